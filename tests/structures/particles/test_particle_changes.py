"""Dopants and vacancies put into a dot that is there."""

from collections import Counter

import numpy as np
import pytest

from perovdb.calculators.average_cell import average_cell
from perovdb.errors import PerovdbError, StructureError
from perovdb.structures.crystals import Crystal
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.particles.dopants import Placement, dope
from perovdb.structures.particles.nanocrystals import particle
from perovdb.structures.particles.report import report
from perovdb.structures.particles.spreading import spread
from perovdb.structures.units import units


@pytest.fixture(scope="module")
def dot():
    return particle("CsPbBr3", cells=4)


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


@pytest.mark.parametrize("placement", ["uniform", "core", "surface", "random"])
def test_doping_is_exact_and_moves_nothing(dot, placement, same):
    made = dope(dot, "Pb", "Cd", fraction=0.25, placement=placement)
    assert ions(made) == {"Cs": 112, "Pb": 48, "Cd": 16, "Br": 240}
    assert made.properties["charge"] == 0
    places = [np.round(s.cart_coords[np.lexsort(s.cart_coords.T)], 6) for s in (made, dot)]
    assert np.array_equal(*places)
    assert same(dope(dot, **made.properties["history"][-1]["arguments"]), made)


def test_doping_a_particle_is_building_a_doped_one(dot):
    for placement in ("uniform", "core", "surface"):
        doped = dope(dot, "Pb", "Cd", fraction=0.25, placement=placement)
        # The cell of the alloy is another one.
        alike = Crystal("alpha", lattice=average_cell("CsPbBr3", "alpha").parameters[0])
        built = particle("CsCd0.25Pb0.75Br3", cells=4, placement=placement, crystal=alike)
        cd = [
            {tuple(np.round(u.centre_A, 3)) for u in units(s) if u.ion == "Cd"}
            for s in (doped, built)
        ]
        assert cd[0] == cd[1]


def test_dopants_keep_to_a_region(dot):
    region = {"normal": [0, 0, 1], "from_A": -3.0, "to_A": 3.0}
    made = dope(dot, "Pb", "Cd", fraction=0.25, placement=Placement(within=region))
    heights = {round(u.centre_A[2], 3) for u in units(made) if u.ion == "Cd"}
    middle = made.lattice.c / 2
    assert len(heights) == 2
    assert max(abs(z - middle) for z in heights) < 3.0


def test_fractions_that_give_no_whole_number(dot):
    with pytest.raises(StructureError, match="nearest numbers: 6 Cd"):
        dope(dot, "Pb", "Cd", fraction=0.1)
    assert ions(dope(dot, "Pb", "Cd", fraction=0.1, placement=Placement(nearest=True)))["Cd"] == 6


def test_surface_vacancies_single_and_in_pairs(dot, same):
    single = defects(dot, ["V_Br:6"], choose="surface")
    assert ions(single)["Br"] == 234
    assert single.properties["charge"] == 6 == report(single).charge
    # Every one was bound to one Pb only: six X fewer at the surface.
    assert report(single).surface["X"] == report(dot).surface["X"] - 6
    pairs = defects(dot, ["V_Cs:4"], choose="surface", neutral="partner")
    assert ions(pairs) == {"Cs": 108, "Pb": 64, "Br": 236}
    assert pairs.properties["charge"] == 0
    assert same(defects(dot, **pairs.properties["history"][-1]["arguments"]), pairs)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (dope, {"replace": "Pb", "by": "Cs", "count": 1}),
        (dope, {"replace": "Pb", "by": "Cd"}),
        (dope, {"replace": "Pb", "by": "Cd", "count": 99}),
        (dope, {"replace": "Pb", "by": "Cd", "fraction": 1.5}),
        (dope, {"replace": "Pb", "by": "Cd", "count": 1, "placement": "shell"}),
        (defects, {"defects": ["V_Pb"], "choose": "surface"}),
        (defects, {"defects": ["V_Br:0"], "choose": "surface"}),
        (defects, {"defects": ["V_Br:240"], "choose": "surface"}),
        (defects, {"defects": ["V_I"], "choose": "surface"}),
    ],
)
def test_what_cannot_be_done(dot, function, arguments):
    with pytest.raises(PerovdbError):
        function(dot, **arguments)


def test_points_are_spread_as_symmetry_says():
    """Two of a square: a diagonal; four of a cube: a tetrahedron; beyond all, all."""
    square = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], dtype=float)
    assert list(spread(square, 2)) in ([0, 3], [1, 2])
    cube = np.array(list(np.ndindex(2, 2, 2)), dtype=float)
    chosen = cube[spread(cube, 4)]
    away = np.linalg.norm(chosen[:, None] - chosen, axis=2)
    assert away[~np.eye(4, dtype=bool)] == pytest.approx(np.full(12, np.sqrt(2)))
    assert list(spread(cube, 9)) == list(range(8))
    assert not len(spread(cube, 0))
