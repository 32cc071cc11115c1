"""Supercells: the same crystal, the right volume, whole molecules, images far enough apart."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.builder import build
from perovdb.structures.cell_shapes import (
    _reducing,
    hermite_form,
    hermite_forms,
    minimum_image_A,
    smallest_matrix,
)
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import MOST_SITES, repeat, supercell, supercell_of_sites
from perovdb.structures.units import units

CUBE = np.eye(3) * 6.0
ORTHORHOMBIC = np.diag([8.2, 8.5, 11.9])
SKEW = np.array([[5.0, 0, 0], [2, 6, 0], [1, -2, 7]])
MATRICES = st.lists(st.lists(st.integers(-2, 2), min_size=3, max_size=3), min_size=3, max_size=3)


def images_by_hand(lattice, most=8):
    """The shortest lattice vector among many."""
    every = [n for n in product(range(-most, most + 1), repeat=3) if any(n)]
    return np.linalg.norm(np.array(every) @ lattice, axis=1).min()


def distances(structure, reach_A=7.0):
    """Elements of a pair -> its sorted distances, each atom being the centre once."""
    centre, other, _, distance = structure.get_neighbor_list(reach_A)
    symbols = np.array([site.specie.symbol for site in structure])
    pairs = np.char.add(np.char.add(symbols[centre], "-"), symbols[other])
    return {pair: np.sort(distance[pairs == pair]) for pair in np.unique(pairs)}


@st.composite
def small_cells(draw):
    """Matrices of determinant 1 to 6: repeats, then rows added to each other."""
    matrix = np.diag(
        draw(st.sampled_from([(1, 1, 1), (2, 1, 1), (1, 1, 3), (2, 2, 1), (1, 2, 3)]))
    )
    for _ in range(draw(st.integers(0, 4))):
        one, other = draw(st.permutations(range(3)))[:2]
        matrix[one] += draw(st.sampled_from([-1, 1])) * matrix[other]
    return matrix.tolist()


@given(small_cells())
@settings(deadline=None, max_examples=25)
def test_a_supercell_has_the_radial_distribution_of_its_cell(matrix):
    cells = round(np.linalg.det(np.array(matrix)))
    cell = build("CsPbBr3", "gamma")
    larger = supercell(cell, matrix)
    assert larger.volume == pytest.approx(cells * cell.volume)
    assert len(larger) == cells * len(cell)
    one, many = distances(cell), distances(larger)
    assert one.keys() == many.keys()
    for pair, of_cell in one.items():
        assert many[pair] == pytest.approx(np.repeat(of_cell, cells), abs=1e-6)


def test_a_supercell_is_that_of_pymatgen():
    cell = build("CsPbBr3", "gamma")
    matrix = [[1, 1, 0], [-1, 1, 0], [0, 1, 2]]
    peer = Structure.from_sites(cell.sites)
    peer = peer.make_supercell(matrix, in_place=False)
    mine = supercell(cell, matrix)
    offset = mine.frac_coords[:, None] - peer.frac_coords[None]
    offset -= np.rint(offset)
    near = np.linalg.norm(offset @ mine.lattice.matrix, axis=-1)
    assert near.min(axis=1).max() < 1e-6
    assert [s.specie for s in mine] == [peer[int(i)].specie for i in near.argmin(axis=1)]


def test_molecules_move_whole_and_are_as_many():
    cell = build("MA0.5FA0.5PbI3", size=(2, 1, 1), seed=4)
    larger = supercell(cell, [[1, 1, 0], [-1, 1, 0], [0, 0, 2]])
    whole = [unit for unit in units(larger) if len(unit.atoms) > 1]
    assert len(whole) == 4 * sum(len(unit.atoms) > 1 for unit in units(cell))
    inside = {}
    for structure in (cell, larger):
        for unit in units(structure):
            at = structure.cart_coords[unit.atoms]
            shape = np.sort(np.linalg.norm(at[:, None] - at[None], axis=-1).ravel())
            inside.setdefault(unit.ion, []).append(shape)
    for shapes in inside.values():
        assert np.ptp(shapes, axis=0).max() < 1e-9


def test_centres_stand_inside_and_never_twice():
    larger = supercell(build("FAPbI3", size=(2, 2, 2)), [[1, 1, 0], [-1, 1, 0], [0, 0, 1]])
    centres = larger.lattice.get_fractional_coords([unit.centre_A for unit in units(larger)])
    assert centres.min() > -1e-5
    assert centres.max() < 1
    assert len(np.unique(centres.round(4), axis=0)) == len(centres)


def test_charge_and_history_go_along():
    vacant = defects(build("CsPbI3", "alpha", (2, 2, 2)), ["V_I"])
    larger = supercell(vacant, [1, 1, 2])
    assert larger.properties["charge"] == 2
    last = larger.properties["history"][-1]
    assert last["step"] == "supercell"
    assert supercell(vacant, **last["arguments"]) == larger


@given(
    st.tuples(*[st.integers(1, 3)] * 3),
    st.lists(st.tuples(*[st.floats(0, 0.999)] * 3), min_size=1, max_size=4),
)
@settings(deadline=None)
def test_plain_repeats_of_sites_are_those_of_repeat(size, points):
    fractional = np.array(points)
    sites = Sites(ORTHORHOMBIC, fractional, np.array(["A"] * len(points)))
    lattice, inside = repeat(ORTHORHOMBIC, fractional, size)
    larger = supercell_of_sites(sites, size)
    assert larger.lattice_A == pytest.approx(lattice)
    assert larger.fractional == pytest.approx(inside)
    assert len(larger.roles) == len(inside)


@pytest.mark.parametrize("lattice", [CUBE, ORTHORHOMBIC, SKEW])
@pytest.mark.parametrize("distance", [5.0, 9.0, 12.0])
def test_the_smallest_cell_is_wide_enough_and_none_is_smaller(lattice, distance):
    matrix = smallest_matrix(lattice, distance)
    cells = round(np.linalg.det(matrix))
    assert images_by_hand(matrix @ lattice) >= distance - 1e-6
    assert minimum_image_A(matrix @ lattice) == pytest.approx(images_by_hand(matrix @ lattice))
    for fewer in range(max(1, cells - 2), cells):
        reached = [minimum_image_A(form @ lattice) for form in hermite_forms(fewer)]
        assert max(reached) < distance - 1e-6


def test_of_the_smallest_cells_the_most_cubic_is_taken():
    assert smallest_matrix(CUBE, 12.0).tolist() == (2 * np.eye(3)).tolist()
    assert smallest_matrix(CUBE, 24.0, diagonal=True).tolist() == (4 * np.eye(3)).tolist()
    cell = np.diag([8.5, 8.5, 12.0])
    assert smallest_matrix(cell, 12.0) @ cell == pytest.approx(
        np.array([[8.5, 8.5, 0], [-8.5, 8.5, 0], [0, 0, 12.0]])
    )


@given(st.floats(6, 20), st.tuples(*[st.floats(5, 9)] * 3))
@settings(deadline=None, max_examples=20)
def test_plain_repeats_reach_the_distance_with_the_fewest_cells(distance, edges):
    matrix = smallest_matrix(np.diag(edges), distance, diagonal=True)
    wanted = np.ceil((distance - 1e-6) / np.array(edges))
    assert np.diag(matrix).tolist() == wanted.tolist()
    assert np.linalg.det(smallest_matrix(np.diag(edges), distance)) <= wanted.prod() + 0.5


def test_as_many_sublattices_as_are_known():
    """Numbers of sublattices of Z^3 of index 1, 2, ...: OEIS A001001."""
    wanted = [1, 7, 13, 35, 31, 91, 57, 155, 130, 217]
    assert [len(hermite_forms(cells)) for cells in range(1, 11)] == wanted


@given(MATRICES)
def test_a_hermite_form_spans_the_same_lattice(matrix):
    assume(round(np.linalg.det(np.array(matrix))) != 0)
    form = hermite_form(np.array(matrix))
    turn = np.array(matrix) @ np.linalg.inv(form)
    assert turn == pytest.approx(np.rint(turn), abs=1e-9)
    assert abs(np.linalg.det(turn)) == pytest.approx(1)
    assert form.tolist() == np.tril(form).tolist()


def test_images_of_a_skew_cell_and_of_a_particle():
    skew = np.array([[10.0, 0, 0], [9.0, 1.0, 0], [0, 0, 30.0]])
    assert minimum_image_A(skew) == pytest.approx(np.sqrt(2))
    assert minimum_image_A(skew, (True, False, False)) == pytest.approx(10)
    assert minimum_image_A(skew, (False, False, False)) == np.inf


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": [[1, 0, 0], [0, 1, 0], [1, 1, 0]]}, "has no volume"),
        ({"size": [[0, 1, 0], [1, 0, 0], [0, 0, 1]]}, "left-handed"),
        ({"size": [1, 2]}, "is not a supercell"),
        ({"size": [1, 2, 0.5]}, "size of supercell cannot be"),
        ({"size": "two"}, "not a size"),
        ({"size": [float("nan"), 1, 1]}, "size of supercell cannot be"),
        ({"size": [40, 40, 40]}, "64000 cells. Of this cell at most 16000"),
        ({"size": [10**9, 1, 1]}, "too large"),
        ({"size": 0}, "no volume"),
        ({"size": "-3 A"}, "not a size"),
        ({"size": "0 A"}, "positive"),
        ({"size": "500 A"}, "keeps images 500 A apart"),
        ({"size": "12 A", "shape": "round"}, "any, diagonal"),
        ({}, "supercell needs size"),
    ],
)
def test_what_is_no_supercell(arguments, words):
    with pytest.raises(InputError, match=words):
        supercell(build("CsPbI3", "alpha"), **arguments)


def test_what_does_not_repeat_is_not_repeated():
    sites = Sites(CUBE, np.zeros((1, 3)), np.array(["B"]), (True, True, False))
    assert len(supercell_of_sites(sites, [3, 3, 1])) == 9
    with pytest.raises(InputError, match="along its vector c"):
        supercell_of_sites(sites, [1, 1, 2])
    assert MOST_SITES >= 2000


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_no_vector_of_a_reduced_cell_can_be_shortened(seed, skew):
    generator = np.random.default_rng(seed)
    bases = np.diag([4.0, 5, 6]) + generator.normal(size=(3, 3, 3)) * skew
    assume(np.abs(np.linalg.det(bases)).min() > 1)
    turns = _reducing(bases)
    assert np.abs(np.linalg.det(turns)) == pytest.approx(np.ones(3))
    steps = np.array(list(product((-1, 0, 1), repeat=2)))
    for reduced in turns @ bases:
        for one in range(3):
            others = np.delete(reduced, one, axis=0)
            tried = np.linalg.norm(reduced[one] + steps @ others, axis=1)
            assert tried.min() > np.linalg.norm(reduced[one]) * (1 - 1e-6)
