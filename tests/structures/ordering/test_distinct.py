"""Distinct orderings, against counts by a script of its own: spglib, distances, Burnside's lemma.

Nothing of the counting below is shared with the package: the permutations come from a full table
of distances, the number of orbits from polynomials or from canonical forms one by one.
"""

import warnings
from itertools import combinations
from itertools import permutations as arrangements
from math import comb, factorial, prod

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, StructureError
from perovdb.structures.ordering import distinct, enumerate_orderings
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat

PEROVSKITE = np.array([[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])


def cubic(size):
    lattice, fractional = repeat(6 * np.eye(3), PEROVSKITE, size)
    return Sites(lattice, fractional, np.array(list("ABXXX") * int(np.prod(size))))


def gamma():
    cell = average_cell("CsPbI3", "gamma")
    return Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))


def counts(sites, **mixed):
    n = sites.counts()
    return {"A": {"Cs": n["A"]}, "B": {"Pb": n["B"]}, "X": {"Br": n["X"]}} | mixed


def images(sites, roles):
    """Permutations of the sites of some roles, from all distances."""
    numbers = ["ABX".index(role) for role in sites.roles]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        symmetry = spglib.get_symmetry((sites.lattice_A, sites.fractional, numbers), symprec=1e-3)
    where = np.flatnonzero(np.isin(sites.roles, list(roles)))
    points = sites.fractional[where]
    table = []
    for R, t in zip(symmetry["rotations"], symmetry["translations"], strict=True):
        apart = (points @ R.T + t)[:, None] - points[None]
        apart = np.linalg.norm((apart - np.rint(apart)) @ sites.lattice_A, axis=2)
        assert apart.min(axis=1).max() < 1e-2
        table.append(apart.argmin(axis=1))
    return np.array(table), sites.roles[where]


def cycles(permutation):
    left, lengths = set(range(len(permutation))), []
    while left:
        site, length = min(left), 0
        while site in left:
            left.remove(site)
            site, length = permutation[site], length + 1
        lengths.append(length)
    return lengths


def two_species(table, count):
    """Orbits of choices of `count` sites: coefficients of the product of (1 + x^length)."""
    total = 0
    for permutation in np.asarray(table).tolist():
        polynomial = [1]
        for length in cycles(permutation):
            raised = [0] * length + polynomial
            polynomial = [a + b for a, b in zip(polynomial + [0] * length, raised, strict=True)]
        total += polynomial[count]
    assert total % len(table) == 0
    return total // len(table)


def canonical(table, roles, mixed):
    """Orbit sizes of all colourings, each by its smallest image."""
    sizes = {}
    sets = [
        sorted(set(arrangements(ion for ion, c in mixed[r].items() for _ in range(c))))
        for r in mixed
    ]
    where = [np.flatnonzero(roles == role) for role in mixed]

    def fill(choice):
        colours = np.empty(len(roles), dtype=object)
        for sites, ions in zip(where, choice, strict=True):
            colours[sites] = ions
        return colours

    grids = [[]]
    for options in sets:
        grids = [[*chosen, option] for chosen in grids for option in options]
    for chosen in grids:
        colours = fill(chosen)
        least = min(tuple(colours[row]) for row in table)
        sizes[least] = sizes.get(least, 0) + 1
    return sorted(sizes.values())


def test_two_cadmium_in_eight_lead():
    sites = cubic((2, 2, 2))
    found = enumerate_orderings(sites, counts(sites, B={"Pb": 6, "Cd": 2}))
    assert sorted(order.multiplicity for order in found) == [4, 12, 12]
    # Neighbours along an edge, a face diagonal and the body diagonal of the 2x2x2 lattice.
    lengths = []
    for order in found:
        first, second = sites.fractional[order.ions == "Cd"]
        apart = first - second
        lengths.append(np.linalg.norm((apart - np.rint(apart)) @ sites.lattice_A))
        assert (order.ions == "Pb").sum() == 6
        assert order.report == {
            "multiplicity": order.multiplicity,
            "colourings": 28,
            "distinct": 3,
        }
    assert sorted(lengths) == pytest.approx([6, 6 * 2**0.5, 6 * 3**0.5])


@pytest.mark.parametrize(
    ("sites", "role", "count"),
    [
        (cubic((2, 2, 2)), "B", 4),
        (cubic((2, 2, 2)), "X", 2),
        (cubic((2, 2, 2)), "X", 5),
        (cubic((3, 3, 3)), "A", 3),
        (cubic((3, 2, 1)), "X", 4),
        (cubic((4, 4, 2)), "B", 3),
        (cubic((5, 5, 4)), "A", 2),
        (gamma(), "X", 6),
        (gamma(), "A", 2),
    ],
)
def test_counts_are_those_of_burnside(sites, role, count):
    n = sites.counts()[role]
    found = enumerate_orderings(sites, counts(sites, **{role: {"M": count, "N": n - count}}))
    table, _ = images(sites, role)
    assert len(found) == two_species(table, count)
    assert sum(order.multiplicity for order in found) == comb(n, count)


@pytest.mark.parametrize(
    ("sites", "mixed"),
    [
        (cubic((2, 1, 1)), {"X": {"Br": 3, "I": 2, "Cl": 1}}),
        (cubic((2, 1, 1)), {"A": {"Cs": 1, "FA": 1}, "X": {"Br": 3, "I": 3}}),
        (cubic((2, 2, 1)), {"A": {"Cs": 2, "FA": 1, "MA": 1}, "B": {"Pb": 2, "Cd": 2}}),
        (gamma(), {"A": {"Cs": 2, "FA": 2}, "B": {"Pb": 2, "Sn": 1, "Cd": 1}}),
        (cubic((2, 2, 2)), {"B": {"Pb": 3, "Sn": 3, "Cd": 2}}),
    ],
)
def test_several_species_and_roles_are_those_of_canonical_forms(sites, mixed):
    found = enumerate_orderings(sites, counts(sites, **mixed))
    table, roles = images(sites, mixed)
    assert sorted(order.multiplicity for order in found) == canonical(
        np.unique(table, axis=0), roles, mixed
    )


def test_no_two_of_them_are_equivalent():
    sites = cubic((2, 2, 2))
    found = enumerate_orderings(sites, counts(sites, X={"Br": 20, "I": 4}))
    table, _ = images(sites, "X")
    where = sites.of("X")
    forms = {
        min(tuple(np.sort(row[order.ions[where] == "I"]).tolist()) for row in table)
        for order in found
    }
    assert len(forms) == len(found)


@settings(deadline=None, max_examples=25)
@given(data=st.data())
def test_multiplicities_sum_to_the_multinomial(data):
    size = data.draw(st.sampled_from([(1, 1, 1), (2, 1, 1), (2, 2, 1), (3, 1, 1), (2, 2, 2)]))
    sites = cubic(size)
    n = sites.counts()["B"]
    first = data.draw(st.integers(0, n))
    second = data.draw(st.integers(0, n - first))
    left = n - first - second
    asked = {"Cd": first, "Sn": second, "Pb": left}
    found = enumerate_orderings(sites, counts(sites, B=asked))
    ways = factorial(n) // prod(factorial(count) for count in asked.values())
    assert sum(order.multiplicity for order in found) == ways
    for order in found:
        assert {ion: int((order.ions == ion).sum()) for ion in asked} == asked


def test_sites_left_over_are_vacancies():
    sites = cubic((2, 2, 2))
    found = enumerate_orderings(sites, counts(sites, X={"Br": 22}))
    table, _ = images(sites, "X")
    assert len(found) == two_species(table, 2)
    assert all((order.ions == "").sum() == 2 for order in found)


def test_kinds_are_the_symmetry_of_the_host():
    """With one lead site marked, a second one can be an edge, a face or a body diagonal away."""
    sites = cubic((2, 2, 2))
    kinds = sites.roles.astype("<U4")
    kinds[sites.of("B")[0]] = "mark"
    found = enumerate_orderings(sites, counts(sites, B={"Pb": 7, "Cd": 1}), kinds)
    assert sorted(order.multiplicity for order in found) == [1, 1, 3, 3]
    assert len(enumerate_orderings(sites, counts(sites, B={"Pb": 7, "Cd": 1}))) == 1


def test_the_two_ways_to_number_choices_agree(monkeypatch):
    sites = cubic((2, 2, 2))
    asked = counts(sites, X={"Br": 20, "I": 3, "Cl": 1})
    bits = enumerate_orderings(sites, asked)
    monkeypatch.setattr(distinct, "DIRECT", 0)
    ranked = enumerate_orderings(sites, asked)
    monkeypatch.setattr(distinct, "WORD", 0)
    places = enumerate_orderings(sites, asked)
    for one, other, third in zip(bits, ranked, places, strict=True):
        assert (one.ions == other.ions).all()
        assert (one.ions == third.ions).all()
        assert one.multiplicity == other.multiplicity == third.multiplicity


def test_millions_of_colourings_are_walked():
    """12 of 24 halides: the number of distinct orders by Burnside's lemma, from our own script."""
    sites = cubic((2, 2, 2))
    found = enumerate_orderings(sites, counts(sites, X={"Br": 12, "I": 12}))
    table, _ = images(sites, "X")
    assert len(found) == two_species(table, 12)
    assert sum(order.multiplicity for order in found) == comb(24, 12)


def test_too_many_are_refused_with_their_number():
    sites = cubic((3, 3, 3))
    with pytest.raises(StructureError, match=r"at most 5,000,000.*sqs"):
        enumerate_orderings(sites, counts(sites, X={"Br": 41, "I": 40}))
    each_its_own = np.arange(len(sites))
    with pytest.raises(StructureError, match=r"80,730 distinct.*at most 50,000"):
        enumerate_orderings(sites, counts(sites, A={"Cs": 22, "FA": 5}), each_its_own)


def test_ions_that_do_not_fit_are_refused():
    sites = cubic((2, 2, 2))
    with pytest.raises(StructureError, match=r"9 Cd cannot stand on 8 B sites.*2 times this one"):
        enumerate_orderings(sites, counts(sites, B={"Cd": 9}))
    with pytest.raises(InputError, match="Nothing says what stands on the 24 X sites"):
        enumerate_orderings(sites, {"A": {"Cs": 8}, "B": {"Pb": 8}})
    with pytest.raises(InputError, match="whole numbers"):
        enumerate_orderings(sites, counts(sites, B={"Cd": -1, "Pb": 8}))
    with pytest.raises(InputError, match="to whole numbers"):
        enumerate_orderings(sites, counts(sites, B={"Cd": 1.5, "Pb": 6}))


def test_nothing_mixed_is_one_ordering():
    sites = cubic((1, 1, 1))
    (only,) = enumerate_orderings(sites, counts(sites))
    assert only.multiplicity == 1
    assert only.ions.tolist() == ["Cs", "Pb", "Br", "Br", "Br"]


def test_choices_are_in_the_order_of_their_bits():
    sites = cubic((2, 2, 1))
    found = enumerate_orderings(sites, counts(sites, B={"Pb": 2, "Cd": 2}))
    where = sites.of("B")
    codes = [sum(1 << int(i) for i in np.flatnonzero(o.ions[where] == "Cd")) for o in found]
    table, _ = images(sites, "B")
    smallest = {
        min(sum(1 << int(i) for i in row[list(choice)]) for row in table)
        for choice in combinations(range(4), 2)
    }
    assert codes == sorted(smallest)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=15)
def test_a_cell_that_is_nearly_symmetric_says_so(seed):
    exact = cubic((2, 1, 1))
    asked = counts(exact, X={"Br": 3, "I": 3})
    few = enumerate_orderings(exact, asked)
    assert not any("more symmetry" in each.text for each in few)
    moved_A = np.random.default_rng(seed).uniform(-0.008, 0.008, (len(exact), 3))
    moved = exact.fractional + moved_A @ np.linalg.inv(exact.lattice_A)
    many = enumerate_orderings(Sites(exact.lattice_A, moved, exact.roles), asked)
    assert len(many) > len(few)
    assert all("to 0.05 A, not to 0.001 A" in each.text for each in many)
