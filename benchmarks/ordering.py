"""Quasi-random and distinct orderings: ours against sqsgenerator, icet, random search and bsym.

All orders are measured by one evaluator, which counts the bonds of a grid of cells, a site's own
images included, and knows nothing of our kernel. Each library climbs a ladder of steps until it
is as good as we are or out of patience; its best error is then our target, and the ratio is its
time at that rung alone over our mean time from five seeds, finding the shells included. A library
that is not installed is skipped.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import combinations, product

import numpy as np
from pymatgen.core import Structure

from perovdb.structures.ordering import enumerate_orderings
from perovdb.structures.ordering.quasirandom import quasirandom
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat

EDGE_A = 6.0
PLACES = {"A": [[0.5, 0.5, 0.5]], "X": [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]}
SHELLS = 6
SEEDS = range(5)

#: Name, role, cells along an edge, counts. The names are elements that the libraries know.
CASES = [
    ("Cs0.5FA0.5, 4x4x4", "A", 4, {"Cs": 32, "Rb": 32}),
    ("I2/3Br1/3, 3x3x3", "X", 3, {"I": 54, "Br": 27}),
    ("I0.5Br0.5, 3x3x3 (41:40)", "X", 3, {"I": 41, "Br": 40}),
    ("I0.5Br0.5, 4x4x4", "X", 4, {"I": 96, "Br": 96}),
    ("I1/3Br1/3Cl1/3, 3x3x3", "X", 3, {"I": 27, "Br": 27, "Cl": 27}),
]
#: A library stops to climb when a rung took longer, in seconds.
PATIENCE_S = 8.0
LADDER = [round(10 ** (half / 2)) for half in range(4, 17)]

Rung = tuple[float, np.ndarray]


def cell(role: str, cells: int) -> tuple[np.ndarray, np.ndarray]:
    return repeat(EDGE_A * np.eye(3), np.array(PLACES[role], dtype=float), (cells,) * 3)


def evaluator(role: str, cells: int) -> Callable[[np.ndarray], float]:
    """Error of (n,) ions: sum over shells and pairs of 4 |p_ab - c_a c_b| / shell.

    For two ions it is the sum of |Pi - (1-2c)^2| / shell. Every image counts.
    """
    _, fractional = cell(role, cells)
    points = fractional * cells
    images = np.array(list(product(range(-3, 4), repeat=3)))
    # Pseudo-cubic units, whatever the cell: cells are large enough or the images reach 3 edges.
    offsets = points[None, :, None] - points[:, None, None] + cells * images
    squares = np.rint(4 * (offsets**2).sum(axis=-1)).astype(int)
    shells = np.unique(squares)[1 : SHELLS + 1]
    bonds = [(squares == shell).sum(axis=-1) for shell in shells]

    def error(ions: np.ndarray) -> float:
        total = 0.0
        for number, bond in enumerate(bonds, start=1):
            for a, b in combinations(sorted(set(ions)), 2):
                unlike = (ions == a) @ bond @ (ions == b) / bond.sum()
                total += 4 * abs(unlike - (ions == a).mean() * (ions == b).mean()) / number
        return total

    return error


def matched(points: np.ndarray, symbols: list[str], role: str, cells: int) -> np.ndarray:
    """Ions in the order of our sites, from a library that may have its own."""
    _, fractional = cell(role, cells)
    offset = fractional[:, None] - np.asarray(points)[None]
    offset -= np.rint(offset)
    nearest = np.abs(offset).max(axis=2)
    assert nearest.min(axis=1).max() < 1e-6
    return np.array(symbols, dtype=object)[nearest.argmin(axis=1)]


def sqsgenerator(role: str, cells: int, counts: dict[str, int]) -> Iterator[Rung]:
    """Its random mode on all cores."""
    import sqsgenerator as library

    lattice, fractional = cell(role, cells)
    n = len(fractional)
    for iterations in LADDER:
        config = {
            "structure": {
                "lattice": lattice.tolist(),
                "coords": fractional.tolist(),
                "species": [next(iter(counts))] * n,
            },
            "composition": [dict(counts)],
            "shell_weights": {shell: 1 / shell for shell in range(1, SHELLS + 1)},
            "iterations": iterations,
            "iteration_mode": "random",
            "max_results_per_objective": 1,
        }
        start = time.perf_counter()
        pack = library.optimize(library.parse_config(config))
        seconds = time.perf_counter() - start
        found = library.to_ase(pack.best().structure())
        yield seconds, matched(found.get_scaled_positions(), found.symbols, role, cells)


def icet(role: str, cells: int, counts: dict[str, int]) -> Iterator[Rung]:
    """Its annealing with weights 1/shell on pairs.

    Two ions only: for more, its correlations are not the pair probabilities that are compared.
    """
    import logging

    from ase import Atoms
    from icet import ClusterSpace
    from icet.tools.structure_generation import occupy_structure_randomly
    from mchammer.calculators import TargetVectorCalculator
    from mchammer.ensembles import TargetClusterVectorAnnealing

    if len(counts) > 2:
        return
    logging.disable(logging.WARNING)
    lattice, fractional = cell(role, 1)
    primitive = Atoms(
        [next(iter(counts))] * len(fractional), scaled_positions=fractional, cell=lattice, pbc=True
    )
    n = sum(counts.values())
    shares = {ion: count / n for ion, count in counts.items()}
    # The sixth shell of both sublattices lies at sqrt(6) and sqrt(3) edges.
    cutoff = EDGE_A * (6**0.5 if role == "A" else 3**0.5) + 0.1
    for steps in LADDER:
        start = time.perf_counter()
        space = ClusterSpace(primitive, [cutoff], list(counts))
        orbits = space.as_list
        radii = np.array([orbit["radius"] for orbit in orbits])
        order = np.array([orbit["order"] for orbit in orbits])
        pairs = order == 2
        shells = np.unique(radii[pairs].round(3))
        sizes = np.array([orbit["multiplicity"] for orbit in orbits], dtype=float)
        weights = np.zeros(len(orbits))
        for number, radius in enumerate(shells, start=1):
            inside = pairs & (np.abs(radii - radius) < 0.01)
            weights[inside] = sizes[inside] / sizes[inside].sum() / number
        host = primitive.repeat(cells)
        occupy_structure_randomly(host, space, shares, 1)
        spin = 2 * shares[max(shares)] - 1
        target = np.where(pairs, spin**2, spin)
        target[order == 0] = 1
        calculator = TargetVectorCalculator(
            host, space, target, weights=list(weights), optimality_weight=0.0
        )
        annealing = TargetClusterVectorAnnealing(
            structure=[host], calculators=[calculator], T_start=0.5, T_stop=1e-4, random_seed=1
        )
        found = annealing.generate_structure(number_of_trial_steps=steps)
        seconds = time.perf_counter() - start
        yield seconds, matched(found.get_scaled_positions(), list(found.symbols), role, cells)


def random_search(role: str, cells: int, counts: dict[str, int]) -> Iterator[Rung]:
    """Plain random orders, the best of them kept."""
    error = evaluator(role, cells)
    ions = np.repeat(np.array(list(counts), dtype=object), list(counts.values()))
    generator = np.random.default_rng(1)
    for orders in LADDER:
        start = time.perf_counter()
        best = min((generator.permutation(ions) for _ in range(orders)), key=error)
        yield time.perf_counter() - start, best


LIBRARIES = {"sqsgenerator": sqsgenerator, "icet": icet, "random search": random_search}

#: What each optimises, which is not always what is measured here.
NOTES = {
    "sqsgenerator": "drops periodic images: one bond for each two sites, none of a site to itself",
    "icet": "counts all images; keeps bonds of one length apart that symmetry does not join",
    "random search": "counts all images",
}


def ours(
    role: str, cells: int, counts: dict[str, int], target: float
) -> tuple[float, list[np.ndarray]]:
    """Mean seconds to the target from several seeds, and the orders."""
    lattice, fractional = cell(role, cells)
    start = time.perf_counter()
    orders = [
        quasirandom(lattice, fractional, counts, seed, shells=SHELLS, target=target).ions
        for seed in SEEDS
    ]
    return (time.perf_counter() - start) / len(SEEDS), orders


def compare_quasirandom(name: str, role: str, cells: int, counts: dict[str, int]) -> None:
    """Lines for one cell."""
    error = evaluator(role, cells)
    seconds, orders = ours(role, cells, counts, 0.0)
    worst = max(map(error, orders))
    print(f"{name}: ours {1e3 * seconds:.1f} ms to error {worst:.6f} (the worst of five seeds)")
    for library, climb in LIBRARIES.items():
        if library != "random search" and find_spec(library) is None:
            print(f"  {library:13s} skipped: it is not installed")
            continue
        best, at, total = np.inf, 0.0, 0.0
        for took, ions in climb(role, cells, counts):
            total += took
            if (reached := error(ions)) < best - 1e-9:
                best, at = reached, took
            if took > PATIENCE_S or best <= worst + 1e-9:
                break
        if not total:
            print(f"  {library:13s} skipped: more than two ions")
            continue
        same, orders = ours(role, cells, counts, best)
        reached = max(map(error, orders))
        note = "" if reached <= best + 1e-6 else f" (only {reached:.6f})"
        print(
            f"  {library:13s} {at:8.3f} s to its best error {best:.6f}; ours to the same{note} "
            f"{1e3 * same:6.1f} ms: {at / same:6.0f} x"
        )


#: Role, counts on the 2x2x2 cell of cubic CsPbBr3.
SUBSTITUTIONS = [
    ("B", {"Pb": 6, "Cd": 2}),
    ("X", {"Br": 22, "I": 2}),
    ("X", {"Br": 21, "I": 3}),
    ("X", {"Br": 20, "I": 4}),
    ("X", {"Br": 18, "I": 6}),
    ("X", {"Br": 16, "I": 8}),
]


def compare_distinct() -> None:
    """Distinct orderings on 2x2x2 cells, with bsym; then the largest, alone."""
    places = np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    lattice, fractional = repeat(EDGE_A * np.eye(3), places, (2, 2, 2))
    roles = np.array(list("ABXXX") * 8)
    sites = Sites(lattice, fractional, roles)
    full = {"A": {"Cs": 8}, "B": {"Pb": 8}, "X": {"Br": 24}}
    host = Structure(lattice, [{"A": "Cs", "B": "Pb", "X": "Br"}[r] for r in roles], fractional)
    for role, counts in SUBSTITUTIONS:
        asked = full | {role: counts}
        seconds = min(_seconds(sites, asked) for _ in range(5))
        found = enumerate_orderings(sites, asked)
        line = f"{counts} on {role}: {len(found)} distinct, ours {1e3 * seconds:.1f} ms"
        if find_spec("bsym") is None:
            print(line + "; bsym skipped: it is not installed")
            continue
        from bsym.interface.pymatgen import unique_structure_substitutions

        start = time.perf_counter()
        theirs = unique_structure_substitutions(host, next(iter(counts)), counts)
        slow = time.perf_counter() - start
        sizes = sorted(s.number_of_equivalent_configurations for s in theirs)
        same = sizes == sorted(order.multiplicity for order in found)
        print(
            f"{line}, bsym {slow:8.3f} s, {slow / seconds:6.0f} x, "
            f"multiplicities {'equal' if same else 'DIFFER'}"
        )
    start = time.perf_counter()
    found = enumerate_orderings(sites, full | {"X": {"Br": 12, "I": 12}})
    print(f"2,704,156 arrangements, {len(found)} distinct: {time.perf_counter() - start:.2f} s")


def _seconds(sites: Sites, asked: dict[str, dict[str, int]]) -> float:
    start = time.perf_counter()
    enumerate_orderings(sites, asked)
    return time.perf_counter() - start


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for library, note in NOTES.items():
        print(f"{library} {note}")
    for case in CASES:
        compare_quasirandom(*case)
    compare_distinct()
