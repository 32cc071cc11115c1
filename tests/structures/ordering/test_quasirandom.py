"""Special quasi-random order, by an evaluator of its own; small cells are searched out."""

import json
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, StructureError
from perovdb.structures.ordering import Order, ordered
from perovdb.structures.ordering.correlations import correlations
from perovdb.structures.ordering.quasirandom import _Search, quasirandom
from perovdb.structures.ordering.shells import neighbour_shells
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat

PLACES = {"A": [[0.5, 0.5, 0.5]], "X": [[0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]]}


def cell(role, size):
    return repeat(6 * np.eye(3), np.array(PLACES[role], dtype=float), size)


def perovskite(size):
    every = np.array(PLACES["A"] + [[0, 0, 0]] + PLACES["X"], dtype=float)
    lattice, fractional = repeat(6 * np.eye(3), every, size)
    return Sites(lattice, fractional, np.array(list("ABXXX") * int(np.prod(size))))


def bonds(lattice, fractional, shells):
    """Number of bonds between each two sites, image by image of the whole crystal."""
    edges = np.diagonal(lattice)
    reach = np.ceil(20 / edges).astype(int)
    images = np.array(list(product(*(range(-r, r + 1) for r in reach))))
    offsets = (fractional[None, :, None] - fractional[:, None, None] + images) * edges
    squares = np.rint((offsets**2).sum(axis=-1)).astype(int)
    lengths = np.unique(squares)[1 : shells + 1]
    assert lengths[-1] < 18**2
    return [(squares == length).sum(axis=-1) for length in lengths]


def error(table, ions):
    """Sum of |Pi - (1 - 2c)^2| / shell."""
    spins = np.where(np.asarray(ions) == ions[0], 1, -1)
    total = 0.0
    for shell, bond in enumerate(table, start=1):
        total += abs(spins @ bond @ spins / bond.sum() - spins.mean() ** 2) / shell
    return total


@pytest.mark.parametrize(
    ("role", "size", "counts"),
    [
        ("A", (4, 4, 4), {"Cs": 32, "FA": 32}),
        ("A", (4, 4, 4), {"Cs": 16, "FA": 48}),
        ("X", (3, 3, 3), {"I": 54, "Br": 27}),
        ("X", (4, 4, 4), {"I": 96, "Br": 96}),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_large_cells_reach_the_random_alloy_exactly(role, size, counts, seed):
    """Six shells without any error: what sqsgenerator and icet come near to."""
    lattice, fractional = cell(role, size)
    found = quasirandom(lattice, fractional, counts, seed)
    assert {ion: int((found.ions == ion).sum()) for ion in counts} == counts
    assert error(bonds(lattice, fractional, 6), found.ions) == pytest.approx(0, abs=1e-12)
    assert found.objective == pytest.approx(0, abs=1e-12)
    assert found.steps < 500


@pytest.mark.parametrize(
    ("role", "size", "count", "shells"),
    [
        ("A", (2, 2, 2), 4, 6),
        ("A", (2, 2, 2), 3, 3),
        ("A", (3, 2, 2), 5, 5),
        ("X", (2, 2, 1), 6, 4),
        ("A", (1, 1, 8), 4, 4),
    ],
)
def test_small_cells_reach_their_optimum(role, size, count, shells):
    """Against all choices; in these cells sites are neighbours of themselves."""
    lattice, fractional = cell(role, size)
    n = len(fractional)
    table = bonds(lattice, fractional, shells)
    assert any(np.trace(bond) for bond in table) or size == (3, 2, 2) or shells == 3
    every = np.array([np.isin(np.arange(n), choice) for choice in combinations(range(n), count)])
    best = min(error(table, choice) for choice in every)
    found = quasirandom(
        lattice, fractional, {"M": count, "N": n - count}, 0, shells=shells, steps=400
    )
    assert found.objective == pytest.approx(error(table, found.ions), abs=1e-12)
    assert found.objective == pytest.approx(best, abs=1e-12)
    assert found.bound <= best + 1e-12


@given(
    seed=st.integers(0, 10**6),
    size=st.sampled_from([(2, 2, 2), (3, 2, 1), (2, 2, 3)]),
    role=st.sampled_from("AX"),
    share=st.floats(0.1, 0.9),
    steps=st.integers(1, 40),
)
@settings(deadline=None, max_examples=25)
def test_the_running_sums_stay_right(seed, size, role, share, steps):
    lattice, fractional = cell(role, size)
    n = len(fractional)
    first = min(n - 1, max(1, round(share * n)))
    asked = {"M": first, "N": n - first}
    found = quasirandom(lattice, fractional, asked, seed, shells=4, steps=steps)
    assert found.objective == pytest.approx(
        error(bonds(lattice, fractional, 4), found.ions), abs=1e-9
    )
    assert found.bound <= found.objective + 1e-9
    assert found.steps <= steps
    again = quasirandom(lattice, fractional, asked, seed, shells=4, steps=steps)
    assert (again.ions == found.ions).all()


def test_three_species_come_near_to_no_short_range_order():
    sites = perovskite((4, 4, 4))
    asked = {"A": {"Cs": 20, "FA": 24, "MA": 20}, "B": {"Pb": 64}, "X": {"I": 192}}
    found = ordered(sites, asked, Order("sqs", shells=4), 3)
    report = found.report["roles"]["A"]
    assert report["bound"] <= report["error"] < 0.02
    for shell in report["shells"]:
        assert all(abs(alpha) < 0.05 for alpha in shell["short_range_order"].values())
    plain = ordered(sites, asked, "random", 3)
    assert correlations(sites, plain.ions, "A", 4).error > 5 * report["error"]
    json.dumps(found.report)


def test_spin_correlation_and_short_range_order_are_one_thing_for_two_species():
    """Pi - (1 - 2c)^2 = 4 c (1 - c) alpha."""
    sites = perovskite((3, 3, 2))
    ions = ordered(sites, {"A": {"Cs": 5}, "B": {"Pb": 18}, "X": {"I": 54}}, "random", 1).ions
    found = correlations(sites, ions, "A", 5)
    c = 5 / 18
    assert found.ideal_spin == pytest.approx((1 - 2 * c) ** 2)
    assert found.spin - found.ideal_spin == pytest.approx(
        4 * c * (1 - c) * found.short_range_order[:, 0, 1]
    )
    where = sites.of("A")
    table = bonds(sites.lattice_A, sites.fractional[where], 5)
    assert found.error == pytest.approx(error(table, ions[where]))


def test_neighbours_are_those_of_the_lattice():
    """6, 12, 8, 6, 24, 24 in a simple cubic lattice, however small the cell."""
    for size in [(1, 1, 1), (2, 1, 1), (3, 2, 2), (4, 4, 4)]:
        lattice, fractional = cell("A", size)
        found = neighbour_shells(lattice, fractional, 6)
        assert found.totals / len(fractional) == pytest.approx([6, 12, 8, 6, 24, 24])
        lengths = np.sqrt([1, 2, 3, 4, 5, 6]) * 6
        assert found.distances_A == pytest.approx(lengths)
        assert (found.bonds == bonds(lattice, fractional, 6)).all()


def test_a_particle_has_no_neighbours_across_its_box():
    lattice, fractional = cell("A", (2, 2, 2))
    found = neighbour_shells(3 * lattice, fractional / 3, 6, (False, False, False))
    assert found.totals.tolist() == [8 * 3, 8 * 3, 8 * 1]
    alone = quasirandom(
        3 * lattice, fractional / 3, {"M": 4, "N": 4}, 0, periodic=(False, False, False)
    )
    assert alone.correlations.neighbours == pytest.approx([3, 3, 1])


def test_a_target_stops_the_search():
    lattice, fractional = cell("X", (3, 3, 3))
    asked = {"I": 41, "Br": 40}
    rough = quasirandom(lattice, fractional, asked, 0, target=0.03)
    fine = quasirandom(lattice, fractional, asked, 0)
    assert fine.objective < rough.objective <= 0.03
    assert rough.steps < fine.steps


def test_each_role_is_ordered_and_the_counts_hold():
    sites = perovskite((2, 2, 2))
    asked = {"A": {"Cs": 4, "FA": 4}, "B": {"Pb": 8}, "X": {"I": 12, "Br": 11}}
    found = ordered(sites, asked, Order("sqs", steps=50), 5)
    assert set(found.report["roles"]) == {"A", "X"}
    for role, of_role in asked.items():
        there = found.ions[sites.of(role)]
        assert {ion: int((there == ion).sum()) for ion in of_role} == of_role
    assert (found.ions == "").sum() == 1
    assert "A correlation error" in found.text


def test_what_cannot_be_searched_is_refused():
    lattice, fractional = cell("A", (2, 2, 2))
    with pytest.raises(InputError, match="0 shells"):
        quasirandom(lattice, fractional, {"M": 4, "N": 4}, 0, shells=0)
    lattice, fractional = cell("A", (15, 15, 15))
    with pytest.raises(StructureError, match="at most 3000"):
        quasirandom(lattice, fractional, {"M": 1, "N": 3374}, 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_step_makes_the_best_of_all_swaps(seed):
    """Four species on twelve sites, which are neighbours of themselves: every swap is tried."""
    numbers = np.array([5, 3, 2, 2])
    lattice, fractional = cell("A", (3, 2, 2))
    shells = neighbour_shells(lattice, fractional, 3)
    search = _Search(shells, numbers, np.random.default_rng(seed))
    table = bonds(lattice, fractional, 3)
    labels = np.repeat(np.arange(4), numbers)

    def off(ions):
        total = 0.0
        for shell, bond in enumerate(table, start=1):
            for a, b in combinations(range(4), 2):
                between = (ions == a) @ bond @ (ions == b)
                ideal = bond.sum() * numbers[a] * numbers[b] / 12**2
                total += 4 * abs(between - ideal) / bond.sum() / shell
        return total

    resting: set[int] = set()
    for _ in range(3):
        ions = labels[np.argsort(search.place)]
        assert search.error() == pytest.approx(off(ions), abs=1e-6)
        tried = []
        for one, two in combinations(range(12), 2):
            swapped = ions.copy()
            swapped[[one, two]] = ions[[two, one]]
            if ions[one] != ions[two] and not {one, two} & resting:
                tried.append(off(swapped))
        search.step()
        # A site that was swapped rests for the three steps after.
        resting |= set(np.flatnonzero(labels[np.argsort(search.place)] != ions).tolist())
        assert search.error() == pytest.approx(min(tried), abs=1e-6)
