"""Ligands: real molecules, as far away as radii say, outwards, and counted in the charge."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, StructureError
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.particles.ligand_heads import acetate, methylammonium
from perovdb.structures.particles.ligand_room import Room, Stand
from perovdb.structures.particles.ligands import _push_A, ligands, radius_A
from perovdb.structures.particles.nanocrystals import Shape, particle
from perovdb.structures.particles.report import report
from perovdb.structures.particles.slabs import Surface, slab
from perovdb.structures.particles.surface_places import Place, places
from perovdb.structures.units import closest_contact, units


@pytest.fixture(scope="module")
def dot():
    return particle("CsPbBr3", cells=4)


def atoms(structure, unit, element):
    return np.array(
        [
            structure.cart_coords[i]
            for i in unit.atoms
            if structure[int(i)].specie.symbol == element
        ]
    )


@settings(max_examples=100, deadline=None)
@given(
    halides=st.lists(st.tuples(*[st.floats(-5, 5)] * 3), max_size=6),
    away=st.lists(st.floats(1.5, 4), min_size=6, max_size=6),
    direction=st.tuples(*[st.integers(-2, 2)] * 3).filter(any),
)
def test_nitrogen_goes_out_no_further_than_to_the_first_room(halides, away, direction):
    """Against small steps along the normal."""
    normal = np.array(direction) / np.linalg.norm(direction)
    place = Place(np.array([1.0, 2.0, 3.0]), normal, 0, 1)
    centres = place.position_A + np.array(halides).reshape(-1, 3)
    keep = np.array(away[: len(centres)])
    found = _push_A(place, centres, keep)
    ways = np.arange(0, 30, 0.01)
    apart = np.linalg.norm(place.position_A + ways[:, None, None] * normal - centres[None], axis=2)
    # A sphere that is hardly grazed may lie between two steps.
    for grazing in (1e-3, -1e-3):
        first = ways[(apart >= keep + grazing).all(axis=1)][0]
        if abs(found - first) < 0.05:
            return
    pytest.fail(f"pushed by {found:.3f}, there is room at {first:.3f}")


def test_acetate_has_two_equal_arms_and_the_bonds_of_acetic_acid():
    head = acetate()
    assert Counter(head.elements) == {"C": 2, "O": 2, "H": 3}
    c1, c2, o1, o2, *h = head.positions_A
    bonds = np.linalg.norm(o1 - c1), np.linalg.norm(o2 - c1)
    assert bonds[0] == pytest.approx(bonds[1])
    # Between the C=O and the C-OH of the acid, 1.217 and 1.361 A in ASE's table.
    assert 1.217 < bonds[0] < 1.361
    assert np.linalg.norm(c2 - c1) == pytest.approx(1.500, abs=1e-3)
    assert [np.linalg.norm(x - c2) for x in h] == pytest.approx([1.09] * 3, abs=5e-3)


def test_methylammonium_is_the_molecule_of_the_store(store):
    head, shape = methylammonium(), load_molecule("MA")

    def lengths(positions):
        return np.linalg.norm(positions[:, None] - positions, axis=2)

    assert lengths(head.positions_A) == pytest.approx(lengths(shape.positions_A), abs=1e-9)
    assert head.positions_A[head.elements.index("N")] == pytest.approx([0, 0, 0])
    assert head.positions_A[head.elements.index("C")][:2] == pytest.approx([0, 0], abs=1e-9)
    # A proper rotation: no mirror image.
    assert np.linalg.det(head.positions_A[:3] - head.positions_A[3:6]) == pytest.approx(
        np.linalg.det(shape.positions_A[:3] - shape.positions_A[3:6]), abs=1e-6
    )


def test_acetate_in_halide_vacancies(dot, store):
    lacking = defects(dot, ["V_Br:5"], choose="surface")
    made = ligands(lacking, "acetate")
    assert made.properties["charge"] == 0 == report(made).charge
    found = [unit for unit in units(made) if unit.ion == "acetate"]
    assert len(found) == 5
    assert {unit.role for unit in found} == {"L"}
    lead = np.array([unit.centre_A for unit in units(made) if unit.ion == "Pb"])
    wanted = radius_A("Pb") + radius_A("O")
    for unit in found:
        oxygen, carbon = atoms(made, unit, "O"), atoms(made, unit, "C")
        away = np.sort(np.linalg.norm(lead[:, None] - oxygen, axis=2), axis=0)[0]
        assert away == pytest.approx([wanted] * 2)
        # Outwards: C-C points away from the middle of the dot.
        bond = carbon - oxygen.mean(axis=0)
        far = bond[np.argmax(np.linalg.norm(bond, axis=1))]
        assert far @ (oxygen.mean(axis=0) - np.array(made.lattice.abc) / 2) > 0
    assert closest_contact(made) > 2.0


@pytest.mark.parametrize("arguments", [{"ligand": "acetate"}, {"ligand": "acetate", "count": 90}])
def test_ligands_on_every_corner_touch_nothing(arguments):
    """Two on one Pb at an edge, and neighbours on a face, all keep apart."""
    made = ligands(particle("CsPbBr3", 2.0, shape=Shape(termination="BX2")), **arguments)
    element = np.array([site.specie.symbol for site in made])
    owner = np.array(made.site_properties["molecule"])
    limits = {("O", "O"): 2.28, ("C", "O"): 2.41, ("C", "C"): 2.55, ("Br", "O"): 2.5}
    heavy = np.flatnonzero((owner >= 0) & (element != "H"))
    table = np.linalg.norm(made.cart_coords[:, None] - made.cart_coords[heavy], axis=2)
    for column, atom in enumerate(heavy):
        for other in np.flatnonzero((table[:, column] < 2.6) & (owner != owner[atom])):
            pair = tuple(sorted((element[atom], element[other])))
            assert table[other, column] > limits.get(pair, 0.0)


def test_who_has_no_room_stands_elsewhere_or_stays_away():
    """Three places in a row 1 A apart and one far off: two ligands have room."""
    up = np.array([0.0, 0.0, 1.0])
    stands = [Stand(np.array([x, 0.0, 10.0]), up, ()) for x in (0.0, 1.0, 2.0, 30.0)]
    crystal = np.array([[0.0, 0.0, 7.0], [30.0, 0.0, 7.0]])

    def room():
        return Room(acetate(), stands, crystal, ["Pb", "Pb"], np.zeros((1, 3)))

    assert list(room().settle(2, 2)) == [0, 3]
    assert list(room().settle(4, 4)) == [0, 3]
    assert list(room().settle(1, 1)) == [0]


def test_methylammonium_takes_the_places_of_caesium(dot):
    filled = ligands(dot, "methylammonium")
    # Cs was taken out at 13 places of the surface to balance the cube of four.
    assert filled.properties["charge"] == 13 == report(filled).charge
    changed = ligands(dot, "methylammonium", count=10, exchange=True)
    assert changed.properties["charge"] == 0
    found = Counter(unit.ion for unit in units(changed))
    assert found == {"Cs": 102, "MA": 10, "Pb": 64, "Br": 240}
    middle = np.array(changed.lattice.abc) / 2
    for unit in units(changed):
        if unit.ion == "MA":
            nitrogen, carbon = atoms(changed, unit, "N")[0], atoms(changed, unit, "C")[0]
            assert np.linalg.norm(carbon - middle) > np.linalg.norm(nitrogen - middle)
    assert closest_contact(changed) > 1.6


def test_no_two_ligands_at_one_place(dot):
    first = ligands(dot, "acetate", at="on A", count=20)
    assert len(places(first, "on A")) <= len(places(dot, "on A")) - 20
    with pytest.raises(StructureError, match="places for acetate"):
        ligands(first, "acetate", at="on A", count=85)


def test_on_one_side_of_a_slab():
    made = slab("CsPbBr3", surface=Surface(termination="BX2", lateral=(2, 2)))
    assert len(places(made, "X vacancy")) == 8
    bound = ligands(made, "acetate", count=2, facing=(0, 0, 1))
    found = [unit for unit in units(bound) if unit.role == "L"]
    lead = max(unit.centre_A[2] for unit in units(bound) if unit.ion == "Pb")
    assert len(found) == 2
    assert all(unit.centre_A[2] > lead + 2 for unit in found)
    assert bound.lattice == made.lattice
    assert bound.properties["charge"] == -2
    # The two stand across the diagonal of the 2 x 2 cell, periodic images counted.
    across = bound.lattice.get_distance_and_image(
        *(bound.lattice.get_fractional_coords(u.centre_A) for u in found)
    )[0]
    assert across > 1.2 * bound.lattice.a / 2


def test_the_history_makes_it_again(dot, same):
    for arguments in (
        {"ligand": "acetate", "count": 7, "exchange": True},
        {"ligand": "acetate", "at": "on A", "numbers": [0, 3], "facing": [1, 0, 0]},
        {"ligand": "methylammonium", "count": 3},
    ):
        made = ligands(dot, **arguments)
        step = made.properties["history"][-1]
        assert same(ligands(dot, **step["arguments"]), made)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"ligand": "oleate"}, InputError),
        ({"ligand": "acetate", "at": "A vacancy"}, InputError),
        ({"ligand": "acetate", "at": "on A", "exchange": True}, InputError),
        ({"ligand": "acetate"}, StructureError),
        ({"ligand": "acetate", "at": "on A", "facing": (0, 0, 0)}, InputError),
        ({"ligand": "methylammonium", "numbers": [99]}, InputError),
        ({"ligand": "methylammonium", "count": 99}, StructureError),
    ],
)
def test_what_cannot_be_bound(dot, arguments, error):
    with pytest.raises(error):
        ligands(dot, **arguments)
