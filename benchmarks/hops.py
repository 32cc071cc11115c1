"""Distinct vacancy hops: ours beside DistinctPathFinder of pymatgen-analysis-diffusion.

All get the same structure, the same longest hop and the same tolerance, and must find as many
distinct hops. `distinct_hops` does the same job as theirs: it groups pairs of sites by symmetry.
`hops` also tells molecules from ions, the octahedra and what surrounds each hop.
Theirs is skipped where it is not installed.
"""

import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from pymatgen.core import Structure

from perovdb.migration.hops import distinct_hops, hops
from perovdb.structures.builder import build
from perovdb.structures.sites import Sites

#: Formula, phase, repeats of its cell, species.
CASES = [
    ("CsPbI3", "alpha", (2, 2, 2), "I"),
    ("CsPbI3", "gamma", (2, 2, 1), "I"),
    ("CsPbI3", "beta", (2, 2, 2), "I"),
    ("CsPb(I0.6667Br0.3333)3", "alpha", (3, 3, 3), "I"),
    ("CsPbI3", "gamma", (2, 2, 2), "I"),
    ("CsPbI3", "alpha", (4, 4, 4), "I"),
    ("CsPbI3", "alpha", (4, 4, 4), "Cs"),
]

#: Tighter than DistinctPathFinder's own 0.1 A, so that all see the same symmetry.
TOLERANCE_A = 1e-3


def seconds(run: Callable[[], object], repeats: int) -> float:
    """The least time of some runs; what they run has run once before."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


def compare(formula: str, phase: str, size: tuple[int, int, int], species: str) -> None:
    """One line."""
    structure = build(formula, phase, size)
    plain = Structure(structure.lattice, structure.species, structure.frac_coords)

    def grouped() -> list[object]:
        kinds = np.array(plain.atomic_numbers)
        movers = np.array([n for n, site in enumerate(plain) if site.specie.symbol == species])
        sites = Sites(np.array(plain.lattice.matrix), plain.frac_coords, kinds)
        return [*distinct_hops(sites, kinds, movers, species)]

    def described() -> list[object]:
        return [*hops(structure, species, group="symmetry", tolerance_A=TOLERANCE_A)]

    found = hops(structure, species, group="symmetry", tolerance_A=TOLERANCE_A)
    assert len(grouped()) == len(found)
    ours, ours_with_more = seconds(grouped, 10), seconds(described, 10)
    print(f"{formula} {phase}, {species}, {len(structure)} atoms: {len(found)} distinct")
    print(f"  distinct_hops      {1e3 * ours:8.1f} ms")
    print(f"  hops               {1e3 * ours_with_more:8.1f} ms")
    if find_spec("pymatgen.analysis.diffusion") is None:
        print("  DistinctPathFinder skipped: pymatgen-analysis-diffusion is not installed")
        return
    from pymatgen.analysis.diffusion.neb.pathfinder import DistinctPathFinder

    longest = max(hop.distance_A for hop in found)

    def theirs() -> list[object]:
        finder = DistinctPathFinder(plain, species, max_path_length=longest, symprec=TOLERANCE_A)
        return [*finder.get_paths()]

    paths = theirs()
    slow = seconds(theirs, 3)
    same = "as many" if len(paths) == len(found) else f"{len(paths)} DISTINCT"
    print(
        f"  DistinctPathFinder {1e3 * slow:8.1f} ms, {same}: {slow / ours:.0f} x, "
        f"{slow / ours_with_more:.0f} x"
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for case in CASES:
        compare(*case)
