"""Orders by name: random, clustered, layered, columnar, rock-salt."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.average_cell import average_cell
from perovdb.composition import parse
from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.structures.ordering import (
    RULES,
    Order,
    exact_counts,
    ordered,
    shuffled,
    whole_counts,
)
from perovdb.structures.ordering.correlations import correlations
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat

PEROVSKITE = np.array([[0.5, 0.5, 0.5], [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])


ALONG = ("layered", "columnar")
OPTIONS = {"sqs": {"steps": 20}}


def cubic(size):
    lattice, fractional = repeat(6 * np.eye(3), PEROVSKITE, size)
    return Sites(lattice, fractional, np.array(list("ABXXX") * int(np.prod(size))))


def tilted(phase, size):
    cell = average_cell("CsPbI3", phase)
    lattice, fractional = repeat(cell.lattice_A, cell.fractional, size)
    return Sites(lattice, fractional, np.array(list(cell.roles) * int(np.prod(size))))


def counts(sites, **mixed):
    n = sites.counts()
    return {"A": {"Cs": n["A"]}, "B": {"Pb": n["B"]}, "X": {"I": n["X"]}} | mixed


def alpha(sites, ions, role, shells=3):
    return correlations(sites, ions, role, shells).short_range_order[:, 0, 1]


@settings(deadline=None, max_examples=40)
@given(
    rule=st.sampled_from(list(RULES)),
    size=st.sampled_from([(2, 2, 2), (2, 2, 1), (4, 2, 2), (3, 2, 2)]),
    role=st.sampled_from("ABX"),
    share=st.integers(0, 12),
    axis=st.integers(0, 2),
    seed=st.integers(0, 99),
)
def test_counts_hold_or_the_rule_refuses(rule, size, role, share, axis, seed):
    sites = cubic(size)
    n = sites.counts()[role]
    first = share * n // 12
    asked = counts(sites, **{role: {"M": first, "N": n - first}})
    order = Order(rule, **OPTIONS.get(rule, {}) | ({"axis": axis} if rule in ALONG else {}))
    try:
        found = ordered(sites, asked, order, seed)
    except StructureError as error:
        may_refuse = rule in ("layered", "columnar", "rocksalt")
        if not may_refuse or not error.mend:
            raise
    else:
        wanted = Counter({ion: c for of_role in asked.values() for ion, c in of_role.items() if c})
        assert Counter(found.ions.tolist()) == wanted
        again = ordered(sites, asked, order, seed)
        assert (again.ions == found.ions).all()


def test_random_is_the_shuffle_that_it_was():
    """numpy's PCG64 shuffles role by role, A, B, X, from the stream 0 of the seed."""
    composition = parse("Cs0.5FA0.5Pb(I0.5Br0.5)3")
    sites = cubic((2, 2, 2))
    found = ordered(sites, {"X": {"Br": 12, "I": 12}, "B": {"Pb": 8}, "A": {"Cs": 4, "FA": 4}})
    generator = np.random.default_rng([0, 0])
    for role, ions in [("A", "Cs FA"), ("B", "Pb"), ("X", "Br I")]:
        names, m = ions.split(), len(sites.of(role))
        wanted = generator.permutation(np.repeat(names, m // len(names)))
        assert found.ions[sites.of(role)].tolist() == wanted.tolist()
    drawn = shuffled(
        sites.roles, whole_counts(composition.formula, composition.sites, sites.counts()), 0
    )
    assert drawn.tolist() == found.ions.tolist()


@pytest.mark.parametrize("role", ["A", "B"])
def test_rock_salt_has_only_unlike_neighbours(role):
    for sites in (cubic((2, 2, 2)), cubic((4, 2, 6)), tilted("beta", (1, 1, 2))):
        n = sites.counts()[role]
        half = {role: {"M": n // 2, "N": n // 2}}
        found = ordered(sites, counts(sites, **half), "rocksalt")
        assert alpha(sites, found.ions, role, 1) == pytest.approx([-1])


def test_rock_salt_order_of_a_tilted_phase_is_in_its_aristotype():
    """Pnma of 20 atoms: (-1)^(i+j+k) of the pseudo-cubic cell, B at whole pseudo-cubic places."""
    sites = tilted("gamma", (1, 1, 1))
    found = ordered(sites, counts(sites, B={"Pb": 2, "Sn": 2}), "rocksalt")
    assert alpha(sites, found.ions, "B", 1) == pytest.approx([-1])


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_columns_and_layers_run_along_their_axis(axis):
    sites = cubic((4, 4, 4))
    asked = counts(sites, A={"Cs": 32, "FA": 32})
    where = sites.of("A")
    index = np.rint(sites.fractional[where] * 4 - 0.5).astype(int)
    columns = ordered(sites, asked, Order("columnar", axis=axis)).ions[where] == "Cs"
    across = np.delete(index, axis, axis=1).sum(axis=1) % 2
    assert (columns == (across == across[columns][0])).all()
    layers = ordered(sites, asked, Order("layered", axis=axis)).ions[where] == "Cs"
    level = index[:, axis] % 2
    assert (layers == (level == level[layers][0])).all()


def test_a_quarter_of_the_layers():
    sites = cubic((2, 2, 4))
    found = ordered(sites, counts(sites, A={"Cs": 4, "FA": 12}), "layered")
    assert len(np.unique(sites.fractional[found.ions == "Cs", 2])) == 1
    three = ordered(sites, counts(sites, B={"Pb": 8, "Sn": 4, "Cd": 4}), "layered")
    for ion in ("Sn", "Cd"):
        assert len(np.unique(sites.fractional[three.ions == ion, 2])) == 1


def test_layered_halides_fill_the_sites_between_the_layers():
    """A third of the halides: those that link the layers, B above and below them."""
    sites = cubic((2, 2, 2))
    found = ordered(sites, counts(sites, X={"I": 16, "Br": 8}), Order("layered", axis=2))
    bromide = sites.fractional[found.ions == "Br"]
    assert (bromide * 4 % 2)[:, 2] == pytest.approx(np.ones(8))


def test_layers_of_a_tilted_phase_are_found():
    """The A sites of Pnma lie off their planes along a and b."""
    sites = tilted("gamma", (2, 2, 2))
    for axis in range(3):
        found = ordered(sites, counts(sites, A={"Cs": 16, "FA": 16}), Order("layered", axis=axis))
        level = sites.fractional[sites.of("A"), axis]
        caesium = found.ions[sites.of("A")] == "Cs"
        apart = np.abs(level[:, None] - level)
        near = np.minimum(apart, 1 - apart) < 0.07
        planes = [caesium[row] for row in near]
        assert all(len(plane) == 8 and len(set(plane)) == 1 for plane in planes)


def test_a_cluster_is_more_compact_than_chance():
    sites = cubic((4, 4, 4))
    for role, asked in [("A", {"Cs": 8, "FA": 56}), ("X", {"I": 160, "Br": 32})]:
        found = ordered(sites, counts(sites, **{role: asked}), "clustered")
        minority = sites.positions_A[found.ions == min(asked, key=asked.get)]
        rest = sites.positions_A[found.ions == max(asked, key=asked.get)]
        middle = sites.lattice_A.sum(axis=0) / 2

        def away(points, middle=middle):
            offset = (points - middle) / 24
            return np.linalg.norm(24 * (offset - np.rint(offset)), axis=1)

        assert away(minority).max() <= away(rest).min() + 1e-6
        assert alpha(sites, found.ions, role, 1) > 0.2


@pytest.mark.parametrize(
    ("size", "role", "asked", "rule", "says"),
    [
        ((4, 4, 4), "A", {"Cs": 8, "FA": 56}, "layered", "hold 16 sites. Take 16 Cs"),
        ((4, 4, 4), "A", {"Cs": 16, "FA": 48}, "columnar", "Take 32 of each"),
        ((2, 2, 2), "A", {"Cs": 2, "FA": 3, "MA": 3}, "rocksalt", "Take 4 of each"),
        ((3, 2, 2), "A", {"Cs": 6, "FA": 6}, "rocksalt", "even number of cells"),
        ((2, 2, 1), "A", {"Cs": 2, "FA": 2}, "rocksalt", "even number of cells"),
        ((3, 2, 2), "B", {"Pb": 6, "Sn": 6}, "columnar", "even number of cells"),
        ((2, 2, 2), "X", {"I": 12, "Br": 12}, "rocksalt", 'can be "layered"'),
        ((2, 2, 2), "X", {"I": 12, "Br": 12}, "columnar", 'can be "layered"'),
        ((2, 2, 2), "X", {"I": 12, "Br": 12}, "layered", "Take 8 or 16 I"),
        ((2, 2, 2), "X", {"I": 14, "Br": 12}, "random", "24 X sites"),
    ],
)
def test_what_a_pattern_cannot_do_is_refused_with_what_it_can(size, role, asked, rule, says):
    sites = cubic(size)
    with pytest.raises(StructureError, match=says):
        ordered(sites, counts(sites, **{role: asked}), rule)


def test_columns_need_an_axis_along_which_there_are_some():
    sites = tilted("gamma", (1, 1, 1))
    asked = counts(sites, B={"Pb": 2, "Sn": 2})
    with pytest.raises(StructureError, match=r"form no columns along a"):
        ordered(sites, asked, Order("columnar", axis=0))


@pytest.mark.parametrize("lowered", [1, 3])
def test_a_plane_may_lie_across_the_border_of_the_cell(lowered):
    """Sites a hair below zero stand at the top of the cell, and in the plane of the others."""
    for layers, cs in ((4, 8), (1, 1)):
        sites = cubic((2, 2, layers))
        here = sites.of("A")
        fractional = sites.fractional - [0, 0, sites.fractional[here, 2].min()]
        below = fractional.copy()
        below[here[np.isclose(fractional[here, 2], 0)][:lowered], 2] -= 1e-3
        found = []
        for places in (fractional, below):
            moved = replace(sites, fractional=places)
            asked = counts(moved, A={"Cs": cs, "FA": len(here) - cs})
            try:
                found.append(ordered(moved, asked, Order("layered", axis=2)).ions.tolist())
            except StructureError as error:
                found.append(str(error))
        assert found[0] == found[1]
        assert isinstance(found[0], str) is (layers == 1)


def test_arguments_that_mean_nothing_are_refused():
    sites = cubic((1, 1, 1))
    with pytest.raises(InputError, match=r"no ordering rule 'sorted'.*random, sqs"):
        ordered(sites, counts(sites), "sorted")
    with pytest.raises(InputError, match="no cell vector 3"):
        ordered(sites, counts(sites), Order("layered", axis=3))
    with pytest.raises(PerovdbError, match="Y"):
        ordered(sites, counts(sites) | {"Y": {"Cs": 1}})


def test_counts_are_completed_with_empty_sites():
    sites = cubic((2, 2, 2))
    full = exact_counts(sites, {"X": {"I": 22, "Br": 0}, "B": {"Pb": 8}, "A": {"Cs": 8}})
    assert full == {"A": {"Cs": 8}, "B": {"Pb": 8}, "X": {"I": 22, "": 2}}
    assert list(full) == ["A", "B", "X"]


@pytest.mark.parametrize("wrong", [1.5, -1, "2", None])
def test_counts_that_are_no_numbers_of_ions(wrong):
    asked = {"A": {"Cs": 1}, "B": {"Pb": 1}, "X": {"I": 2, "Br": wrong}}
    if wrong is None:
        # Nothing is asked of it.
        assert exact_counts(cubic((1, 1, 1)), asked)["X"] == {"I": 2, "": 1}
        return
    with pytest.raises(InputError, match=r"numbers of ions for X .*whole numbers"):
        exact_counts(cubic((1, 1, 1)), asked)
