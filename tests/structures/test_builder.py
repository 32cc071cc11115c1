"""Atomic models: exact counts, whole molecules, neutral cells, the same for the same seed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.mixing import lattice
from perovdb.composition import parse
from perovdb.errors import InputError, StructureError
from perovdb.structures.builder import build, distinct_models
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.hosts import Tilt
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.molecules.orientations import (
    ORIENTATIONS,
    cube_rotations,
    orientations,
)
from perovdb.structures.ordering import RULES, shuffled, whole_counts
from perovdb.structures.supercells import repeat
from perovdb.structures.units import closest_contact, units

#: Cages along x, y, z of a model that is read off in `test_a_seed_means_the_same_...`.
SQS_OF_SEED_11 = "MA MA FA FA MA FA MA FA"
FIRST_NITROGEN_OF_SEED_11 = [3.8681663, 3.1604743, 3.1604752]

CHARGES = {"Cs": 1, "MA": 1, "FA": 1, "Pb": 2, "Cd": 2, "I": -1, "Br": -1}


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


@pytest.mark.parametrize(
    ("formula", "phase", "size", "wanted"),
    [
        ("CsPbI3", "alpha", (2, 2, 2), {"Cs": 8, "Pb": 8, "I": 24}),
        ("CsPbI3", "gamma", (1, 1, 1), {"Cs": 4, "Pb": 4, "I": 12}),
        ("CsPbBr3", "gamma", (2, 1, 1), {"Cs": 8, "Pb": 8, "Br": 24}),
        ("Cs0.5FA0.5PbI3", None, (2, 2, 2), {"Cs": 4, "FA": 4, "Pb": 8, "I": 24}),
        ("MA0.5FA0.5PbI3", None, (2, 2, 2), {"MA": 4, "FA": 4, "Pb": 8, "I": 24}),
        ("CsPb(I0.5Br0.5)3", None, (2, 2, 2), {"Cs": 8, "Pb": 8, "Br": 12, "I": 12}),
    ],
)
def test_cells_hold_exactly_what_the_formula_says(formula, phase, size, wanted):
    structure = build(formula, phase, size)
    assert ions(structure) == wanted
    assert sum(CHARGES[ion] * count for ion, count in ions(structure).items()) == 0
    assert structure.properties["charge"] == 0


@pytest.mark.parametrize("formula", ["MAPbI3", "FAPbI3", "MA0.5FA0.5PbI3", "Cs0.5FA0.5PbI3"])
@pytest.mark.parametrize("orientation", ["random", "aligned"])
def test_molecules_are_whole_and_keep_apart(store, formula, orientation):
    structure = build(formula, "alpha", (2, 2, 2), seed=3, orientation=orientation)
    assert closest_contact(structure) > 1.6
    for unit in units(structure):
        if len(unit.atoms) == 1:
            continue
        shape = load_molecule(unit.ion)
        assert tuple(structure[int(a)].specie.symbol for a in unit.atoms) != ()
        found = structure.cart_coords[unit.atoms]
        wanted = np.array(
            [shape.positions_A[i] for i in _order(shape.elements, structure, unit.atoms)]
        )
        assert _distances(found) == pytest.approx(_distances(wanted), abs=1e-6)


def _order(elements, structure, atoms):
    """Atoms of one element keep their order in a structure sorted by element."""
    left = list(range(len(elements)))
    order = []
    for atom in atoms:
        symbol = structure[int(atom)].specie.symbol
        index = next(i for i in left if elements[i] == symbol)
        left.remove(index)
        order.append(index)
    return order


def _distances(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=-1)


def test_a_molecule_stands_with_its_centre_of_mass_on_the_site():
    structure = build("FAPbI3", "alpha", (2, 2, 2))
    for unit in units(structure):
        if unit.ion == "FA":
            fraction = structure.lattice.get_fractional_coords(unit.centre_A) * 2
            assert fraction % 1 == pytest.approx([0.5, 0.5, 0.5], abs=1e-9)


def test_random_orientations_are_turns_of_the_cube_and_aligned_ones_are_equal():
    rotations = cube_rotations()
    assert len(rotations) == 24
    assert np.linalg.det(rotations) == pytest.approx(np.ones(24))
    assert len({tuple(r.ravel()) for r in rotations}) == 24
    assert (orientations("aligned", 5, seed=1) == np.eye(3)).all()
    some = orientations("random", 50, seed=1)
    assert len({tuple(r.ravel()) for r in some}) > 10


def test_molecules_lie_along_their_own_axes(store):
    """C-N of MA along x; FA flat in the plane normal to z, N-N along x."""
    ma, fa = load_molecule("MA"), load_molecule("FA")
    bond = ma.positions_A[ma.elements.index("N")] - ma.positions_A[ma.elements.index("C")]
    assert abs(bond[0]) / np.linalg.norm(bond) > 0.999
    assert np.abs(fa.positions_A[:, 2]).max() < 0.02
    nitrogen = [fa.positions_A[i] for i, e in enumerate(fa.elements) if e == "N"]
    assert abs((nitrogen[0] - nitrogen[1])[0]) > 2.2


def test_the_same_seed_gives_the_same_structure_and_another_one_another():
    one, two, other = (build("MA0.5FA0.5PbI3", size=(2, 2, 2), seed=s) for s in (7, 7, 8))
    assert one == two
    assert one != other


def test_every_site_gets_its_share_over_the_seeds():
    """Half bromide on each of six sites: 400 seeds, five sigma."""
    composition, roles = parse("CsPb(I0.5Br0.5)3"), ("A", "B", "X", "X", "X") * 2
    counts = whole_counts(composition.formula, composition.sites, {"A": 2, "B": 2, "X": 6})
    orders = np.array([shuffled(np.array(roles), counts, seed) for seed in range(400)])
    bromide = (orders == "Br").sum(axis=0)[[role == "X" for role in roles]]
    assert (np.abs(bromide - 200) < 5 * np.sqrt(400 * 0.25)).all()


def test_fractions_that_do_not_fit_are_refused_with_a_cell_that_fits():
    with pytest.raises(StructureError, match=r"2\.4 Cs.* on 8 A sites.*multiple of 10 .*5 times"):
        build("Cs0.3FA0.7PbI3", size=(2, 2, 2))
    assert ions(build("Cs0.3FA0.7PbI3", size=(5, 2, 1)))["Cs"] == 3


@given(st.integers(1, 12), st.integers(1, 11))
@settings(deadline=None)
def test_exact_counts_sum_to_the_sites(sites, part):
    composition = parse(f"Cs{part / 12:.6f}FA{1 - part / 12:.6f}PbI3")
    try:
        counts = whole_counts(
            composition.formula, composition.sites, {"A": sites, "B": sites, "X": 3 * sites}
        )
    except StructureError:
        assert (part * sites) % 12 != 0
    else:
        assert counts["A"]["Cs"] + counts["A"]["FA"] == sites
        assert counts["A"]["Cs"] * 12 == part * sites


@pytest.mark.parametrize(
    ("formula", "ion", "atoms", "charge"),
    [
        ("CsPbI3", "I", 39, +1),
        ("CsPbI3", "Cs", 39, -1),
        ("CsPbI3", "Pb", 39, -2),
        ("FAPbI3", "FA", 88, -1),
        ("MAPbI3", "MA", 88, -1),
        ("MAPbI3", "CH3NH3", 88, -1),
    ],
)
def test_a_vacancy_takes_the_whole_ion_and_leaves_its_opposite_charge(formula, ion, atoms, charge):
    structure = defects(build(formula, "alpha", (2, 2, 2)), [f"V_{ion}"])
    assert len(structure) == atoms
    assert structure.properties["charge"] == charge
    left = sum(CHARGES[name] * count for name, count in ions(structure).items())
    assert left == charge
    assert structure.properties["history"][-1]["step"] == "defects"


def test_vacancies_add_up():
    structure = defects(
        defects(build("CsPbI3", "alpha", (2, 2, 2)), ["V_Cs"]), [Defect("V_I", at=[5])]
    )
    assert structure.properties["charge"] == 0
    assert ions(structure) == {"Cs": 7, "Pb": 8, "I": 23}


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"size": (0, 1, 1)}, InputError, "no volume"),
        ({"size": (99, 99, 99)}, InputError, "at most"),
        ({"orientation": "sideways"}, InputError, "random, aligned"),
    ],
)
def test_what_cannot_be_built(arguments, error, words):
    with pytest.raises(error, match=words):
        build("CsPbI3", "alpha", **arguments)


def test_a_vacancy_that_is_not_there():
    with pytest.raises(InputError, match="has 1, numbered from 0"):
        defects(build("CsPbI3", "alpha"), [Defect("V_Cs", at=[1])])


def test_atoms_of_an_element_stand_together():
    structure = defects(build("Cs0.5FA0.5PbI3", size=(2, 2, 2)), ["V_FA"])
    symbols = [site.specie.symbol for site in structure]
    blocks = [s for i, s in enumerate(symbols) if i == 0 or symbols[i - 1] != s]
    assert blocks == ["Cs", "C", "N", "H", "Pb", "I"]


def test_a_supercell_repeats_every_site():
    lattice, inside = repeat(np.eye(3) * 6.0, np.array([[0.5, 0.5, 0.5]]), (2, 3, 1))
    assert np.diag(lattice) == pytest.approx([12, 18, 6])
    assert len({tuple(p) for p in inside.round(9)}) == 6
    assert (inside < 1).all()


def test_a_structure_without_roles_is_refused():
    from pymatgen.core import Lattice, Structure

    bare = Structure(Lattice.cubic(6), ["Cs"], [[0, 0, 0]])
    with pytest.raises(StructureError, match="carries no site property"):
        units(bare)


def sound(structure, store, wanted):
    """Exact composition, whole molecules, room between units."""
    assert ions(structure) == wanted
    assert closest_contact(structure) > 1.6
    for unit in units(structure):
        if len(unit.atoms) > 1:
            shape = load_molecule(unit.ion)
            order = _order(shape.elements, structure, unit.atoms)
            found = _distances(structure.cart_coords[unit.atoms])
            assert found == pytest.approx(_distances(shape.positions_A[order]), abs=1e-6)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_ordering_goes_with_every_orientation(store, rule, orientation):
    structure = build(
        "MA0.5FA0.5PbI3", size=(2, 2, 2), order=rule, orientation=orientation, seed=1
    )
    sound(structure, store, {"MA": 4, "FA": 4, "Pb": 8, "I": 24})
    again = build("MA0.5FA0.5PbI3", size=(2, 2, 2), order=rule, orientation=orientation, seed=1)
    assert (structure.cart_coords == again.cart_coords).all()


@pytest.mark.parametrize(
    ("rule", "orientation"),
    [*((rule, "random") for rule in RULES), ("random", "antiferro"), ("sqs", "columnar")],
)
def test_larger_cells_are_sound_too(store, rule, orientation):
    structure = build("MA0.5FA0.5PbI3", size=(4, 4, 4), order=rule, orientation=orientation)
    sound(structure, store, {"MA": 32, "FA": 32, "Pb": 64, "I": 192})


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"rocksalt", "columnar"}))
def test_an_odd_cell_holds_thirds_and_no_halves(store, rule):
    with pytest.raises(StructureError, match=r"13\.5 MA, 13\.5 FA on 27 A sites.*multiple of 2 "):
        build("MA0.5FA0.5PbI3", size=(3, 3, 3), order=rule)
    structure = build("(MAPbI3)0.333333(FAPbI3)0.666667", size=(3, 3, 3), order=rule)
    sound(structure, store, {"MA": 9, "FA": 18, "Pb": 27, "I": 81})


def test_a_seed_means_the_same_on_every_machine():
    """Read off once; another machine, numpy or order of threads must give the same model."""
    structure = build("MA0.5FA0.5PbI3", size=(2, 2, 2), order="sqs", seed=11)
    cages = sorted(
        (unit for unit in units(structure) if unit.role == "A"),
        key=lambda unit: tuple(unit.centre_A.round(3)),
    )
    assert " ".join(unit.ion for unit in cages) == SQS_OF_SEED_11
    nitrogen = [site.coords for site in structure if site.specie.symbol == "N"]
    assert nitrogen[0] == pytest.approx(FIRST_NITROGEN_OF_SEED_11, abs=1e-6)


def test_distinct_models_are_counted_by_their_multiplicities():
    found = distinct_models("CsPbBr3", "cubic", (2, 2, 2), replace={"Pb": {"Cd": 2}})
    assert [model.multiplicity for model in found] == [12, 12, 4]
    apart = []
    for structure in (model.structure for model in found):
        one, two = (i for i, site in enumerate(structure) if site.specie.symbol == "Cd")
        apart.append(structure.get_distance(one, two) / structure.lattice.a * 2)
    # Edge, face diagonal, body diagonal of the small cube.
    assert sorted(apart) == pytest.approx([1, 2**0.5, 3**0.5])


@pytest.mark.parametrize("size", [(1, 1, 1), (2, 1, 2)])
def test_a_compound_with_sites_of_its_own_keeps_them(size):
    """In Cs2PbI2Cl2 iodide is apical: one Pb near; chloride is between two."""
    structure = build("Cs2PbI2Cl2", size=size)
    for site in structure:
        near = structure.get_neighbors(site, 3.5)
        lead = [other for other in near if other.specie.symbol == "Pb"]
        if site.specie.symbol in ("I", "Cl"):
            assert len(lead) == {"I": 1, "Cl": 2}[site.specie.symbol]


def test_empty_sites_of_a_formula_are_left_empty():
    structure = build("Cs0.96PbI2.96", "alpha", (5, 5, 1))
    assert ions(structure) == {"Cs": 24, "Pb": 25, "I": 74}
    assert structure.properties["charge"] == 0
    with pytest.raises(StructureError, match="multiple of 25"):
        build("Cs0.96PbI2.96", "alpha", (2, 2, 2))


def test_tilted_octahedra_have_the_volume_of_the_lattice_and_the_space_group():
    from spglib import get_spacegroup

    structure = build("CsPbI3", phase=Tilt("a-b+a-", [8, 10]))
    wanted = lattice("CsPbI3").a_pseudocubic_A
    assert (structure.volume / 4) ** (1 / 3) == pytest.approx(wanted, rel=1e-9)
    cell = (structure.lattice.matrix, structure.frac_coords, structure.atomic_numbers)
    assert get_spacegroup(cell, symprec=1e-3) == "Pnma (62)"
