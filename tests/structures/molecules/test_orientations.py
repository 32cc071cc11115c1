"""How molecules are turned: by the rule's own words, and only where the pattern closes."""

import json
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.answers.encoding import encoded
from perovdb.calculators.average_cell import average_cell
from perovdb.errors import InputError, StructureError
from perovdb.structures.drawing import draw
from perovdb.structures.molecules.alternation import alternate
from perovdb.structures.molecules.dipoles import dipoles
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.molecules.orientations import (
    ORIENTATIONS,
    Orientation,
    orientations,
    pointing,
)
from perovdb.structures.rotations import cube_rotations
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import repeat

ALTERNATING = [rule for rule in ORIENTATIONS if rule.startswith(("antiferro", "columnar"))]


def cages(size, edge_A=6.3, keep=None):
    """A sites of a cubic crystal, `size` cells along each axis."""
    inside = np.array(list(product(*map(range, size))), dtype=float) + 0.5
    inside = inside / np.array(size)
    inside = inside if keep is None else inside[keep]
    return Sites(np.diag(np.array(size) * edge_A), inside, np.array(["A"] * len(inside)))


def sites_of(formula, phase, size, store):
    cell = average_cell(formula, phase)
    lattice_A, fractional = repeat(cell.lattice_A, cell.fractional, size)
    return Sites(lattice_A, fractional, np.array(cell.roles * int(np.prod(size))))


@pytest.mark.parametrize("direction", ["100", "010", "001", "110", "111"])
def test_a_direction_is_where_the_long_axis_goes(direction):
    turn = pointing(direction)
    along = np.array([float(digit) for digit in direction])
    assert turn[:, 0] == pytest.approx(along / np.linalg.norm(along))
    assert turn @ turn.T == pytest.approx(np.eye(3))
    assert np.linalg.det(turn) == pytest.approx(1)


def test_random_orientations_are_turns_of_the_cube_by_a_stream_of_their_own():
    drawn = np.random.default_rng([5, 1]).integers(24, size=40)
    assert (orientations("random", 40, 5) == cube_rotations()[drawn]).all()


def test_free_orientations_are_uniform():
    turns = orientations("random-free", 20000, 1)
    assert np.linalg.det(turns) == pytest.approx(np.ones(20000))
    assert turns.mean(axis=0) == pytest.approx(np.zeros((3, 3)), abs=0.02)
    # The angle of a uniform rotation has the density (1 - cos t) / pi: its mean cosine is -1/2.
    cosine = (np.trace(turns, axis1=1, axis2=2) - 1) / 2
    assert cosine.mean() == pytest.approx(-0.5, abs=0.02)
    for power, wanted in ((2, 1 / 3), (4, 1 / 5)):
        assert (turns**power).mean(axis=0) == pytest.approx(np.full((3, 3), wanted), abs=0.02)


#: Rule -> sign of the product of two neighbours along x, y, z.
PRODUCTS = {
    "antiferro": (-1, -1, -1),
    "antiferro-100": (-1, 1, 1),
    "antiferro-010": (1, -1, 1),
    "antiferro-001": (1, 1, -1),
    "columnar": (-1, -1, 1),
    "columnar-100": (1, -1, -1),
    "columnar-010": (-1, 1, -1),
    "columnar-001": (-1, -1, 1),
}


@pytest.mark.parametrize("rule", ALTERNATING)
@pytest.mark.parametrize("size", [(2, 2, 2), (4, 2, 4)])
def test_neighbours_stand_as_the_rule_says(rule, size):
    sites = cages(size)
    reversed_ones = alternate(rule, sites, np.arange(len(sites)))
    turns = orientations(rule, len(sites), 0, reversed_ones)
    cell = np.round(sites.fractional * size - 0.5).astype(int)
    number = {tuple(c): n for n, c in enumerate(cell)}
    for one, axis in product(range(len(sites)), range(3)):
        other = number[tuple((cell[one] + np.eye(3, dtype=int)[axis]) % size)]
        assert turns[one][:, 0] @ turns[other][:, 0] == pytest.approx(PRODUCTS[rule][axis])
    assert np.linalg.det(turns) == pytest.approx(np.ones(len(sites)))


@given(st.tuples(*[st.integers(1, 4)] * 3), st.sampled_from(ALTERNATING))
@settings(deadline=None, max_examples=60)
def test_a_pattern_closes_if_the_axes_along_which_it_alternates_are_even(size, rule):
    odd = [
        name
        for name, count, sign in zip("abc", size, PRODUCTS[rule], strict=True)
        if sign < 0 and count % 2
    ]
    sites = cages(size)
    if odd:
        with pytest.raises(StructureError, match=f"along {' and '.join(odd)} is odd") as error:
            alternate(rule, sites, np.arange(len(sites)))
        doubled = [int(word) for word in error.value.mend.split(": ")[1].split() if word.isdigit()]
        sites = cages(np.array(size) * doubled)
    colours = alternate(rule, sites, np.arange(len(sites)))
    assert 2 * colours.sum() == len(sites)


@given(st.integers(0, 100))
@settings(deadline=None, max_examples=20)
def test_displaced_cages_and_cells_wrapped_elsewhere_alternate_alike(seed):
    generator = np.random.default_rng(seed)
    sites = cages((4, 2, 2))
    moved = sites.fractional + generator.normal(size=(16, 3)) * 0.2 / np.diag(sites.lattice_A)
    moved += generator.integers(-1, 2, size=moved.shape)
    other = Sites(sites.lattice_A, moved, sites.roles)
    assert (
        alternate("antiferro", sites, np.arange(16))
        == alternate("antiferro", other, np.arange(16))
    ).all()


def test_other_ions_on_the_same_sites_count_as_neighbours():
    """Molecules on every other cage only: the checkerboard of all cages holds for them."""
    sites = cages((2, 2, 2))
    parity = np.round(sites.fractional.sum(axis=1) * 2 - 1.5).astype(int) % 2
    some = np.flatnonzero(parity == 0)
    assert len(set(alternate("antiferro", sites, some))) == 1


def test_an_orthorhombic_cell_alternates_in_its_own_setting(store):
    """The sqrt2 x 2 x sqrt2 cell of MAPbI3 holds four cages: two up and two down; its in-plane
    rows run along the diagonals, so that columns along its a axis are none."""
    sites = sites_of("MAPbI3", "gamma", (1, 1, 1), store)
    up = alternate("antiferro", sites, sites.of("A"))
    assert up.sum() == 2
    assert alternate("columnar-010", sites, sites.of("A")).sum() == 2
    with pytest.raises(StructureError, match=r"in rows along \[100\]"):
        alternate("columnar-100", sites, sites.of("A"))


def test_a_particle_need_not_close():
    sites = cages((3, 3, 3))
    box = Sites(sites.lattice_A * 2, sites.fractional / 2, sites.roles, (False,) * 3)
    assert alternate("antiferro", box, np.arange(27)).sum() in (13, 14)
    alone = Sites(np.eye(3) * 30, np.array([[0.5] * 3]), np.array(["A"]), (False,) * 3)
    assert alternate("antiferro", alone, np.array([0])).tolist() == [False]


def test_cages_in_odd_rings_cannot_alternate():
    """A close-packed lattice has triangles of neighbours."""
    corners = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    packed = Sites(np.eye(3) * 9, corners, np.array(["A"] * 4))
    with pytest.raises(StructureError, match="odd rings"):
        alternate("antiferro", packed, np.arange(4))


@pytest.mark.parametrize("rule", ALTERNATING)
@pytest.mark.parametrize("formula", ["MAPbI3", "FAPbI3"])
def test_alternating_molecules_have_no_dipole_together(rule, formula, store):
    sites = sites_of(formula, "alpha", (2, 2, 2), store)
    ions = [{"A": formula[:2], "B": "Pb", "X": "I"}[role] for role in sites.roles]
    found = dipoles(draw(sites, ions, rule, 0, share=None))
    assert np.linalg.norm(found.vectors_D, axis=1).min() > 0.2
    assert found.total_D == pytest.approx(np.zeros(3), abs=1e-6)


def test_a_rule_that_is_not_there():
    with pytest.raises(InputError, match=r"random, aligned, .*columnar-001"):
        orientations("sideways", 1, 0)


@pytest.mark.parametrize(
    "orientation",
    [
        Orientation(),
        Orientation("aligned-110", pointing="dipole"),
        Orientation("columnar", centre="heavy", molecules={"MA": load_molecule("MA")}),
    ],
)
def test_an_orientation_goes_through_json(orientation):
    data = json.loads(json.dumps(encoded(orientation)))
    assert Orientation.of(data) == orientation
    assert Orientation.of(orientation) is orientation
    for species, shape in Orientation.of(data).shapes.items():
        assert (shape.positions_A == load_molecule(species).positions_A).all()


def test_a_rule_alone_is_an_orientation():
    assert Orientation.of("aligned") == Orientation("aligned")
    assert Orientation("aligned").as_dict() == {"rule": "aligned"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "sideways"}, "random, aligned"),
        ({"pointing": "short"}, "long, dipole"),
        ({"centre": "gravity"}, "mass, charge, heavy"),
        ({"molecules": {"MA": {"elements": ["C"]}}}, "record of MA"),
        ({"axis": "dipole"}, r"no option axis.*pointing"),
    ],
)
def test_what_is_no_orientation_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        Orientation.of(options)
