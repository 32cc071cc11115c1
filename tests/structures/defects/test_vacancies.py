"""Vacancies: exact numbers, whole molecules, stated charges, each distinct choice once."""

import json
from collections import Counter
from functools import lru_cache
from itertools import combinations, product
from math import comb

import numpy as np
import pytest
import spglib
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.builder import build
from perovdb.structures.defects.charge_rules import signed
from perovdb.structures.defects.choices import Demand, Points, pick
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.point_defects import defects, distinct_defects, remove_unit
from perovdb.structures.history import notes
from perovdb.structures.supercells import supercell
from perovdb.structures.units import units

CHARGES = {"Cs": 1, "MA": 1, "FA": 1, "Pb": 2, "I": -1, "Br": -1}


@lru_cache
def cell(formula="CsPbI3", size=(2, 2, 2), seed=0):
    return build(formula, "alpha" if formula != "CsPbBr3" else "gamma", size, seed=seed)


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


def formal(structure):
    return sum(CHARGES[ion] * number for ion, number in ions(structure).items())


def again(before, after):
    """The last step of a history, done again, from arguments as JSON holds them."""
    step = json.loads(json.dumps(after.properties["history"][-1]))
    assert step["step"] == "defects"
    return defects(before, **step["arguments"])


def orbits_by_hand(structure, ion, count):
    """Multiplicities of the distinct choices: every choice under every operation of spglib."""
    every = units(structure)
    places = structure.lattice.get_fractional_coords([unit.centre_A for unit in every])
    kinds = [sorted({unit.ion for unit in every}).index(unit.ion) + 1 for unit in every]
    found = spglib.get_symmetry((structure.lattice.matrix, places, kinds), symprec=1e-3)
    mine = places[[unit.ion == ion for unit in every]]
    tables = []
    for rotation, shift in zip(found["rotations"], found["translations"], strict=True):
        offset = (mine @ rotation.T + shift)[:, None] - mine[None]
        offset -= np.rint(offset)
        tables.append(np.linalg.norm(offset @ structure.lattice.matrix, axis=-1).argmin(axis=1))
    sets = {
        frozenset(frozenset(table[list(chosen)].tolist()) for table in tables)
        for chosen in combinations(range(len(mine)), count)
    }
    return sorted(len(orbit) for orbit in sets)


@pytest.mark.parametrize(
    ("formula", "size", "ion", "count"),
    [
        ("CsPbI3", (2, 2, 2), "Pb", 2),
        ("CsPbI3", (2, 2, 2), "I", 2),
        ("CsPbI3", (2, 2, 2), "Cs", 4),
        ("CsPbI3", (2, 2, 1), "I", 3),
        ("CsPbBr3", (1, 1, 1), "Br", 2),
        ("MAPbI3", (2, 2, 2), "MA", 2),
        ("Cs0.5FA0.5PbI3", (2, 2, 1), "I", 2),
    ],
)
def test_distinct_vacancies_are_those_counted_by_hand(formula, size, ion, count):
    structure = cell(formula, size)
    found = distinct_defects(structure, [f"V_{ion}:{count}"])
    assert sorted(choice.multiplicity for choice in found) == orbits_by_hand(structure, ion, count)
    assert sum(choice.multiplicity for choice in found) == comb(ions(structure)[ion], count)


def test_two_of_eight_sites_of_a_cube_are_an_edge_a_face_or_a_body_diagonal():
    found = distinct_defects(cell(), ["V_Pb:2"])
    a = cell().lattice.a / 2
    sets = sorted((choice.apart_A, choice.multiplicity) for choice in found)
    assert [number for _, number in sets] == [12, 12, 4]
    assert [apart_A for apart_A, _ in sets] == pytest.approx(a * np.sqrt([1, 2, 3]))


@given(
    st.sampled_from(["CsPbI3", "Cs0.5FA0.5PbI3", "CsPb(I0.5Br0.5)3"]),
    st.lists(st.tuples(st.sampled_from("ABX"), st.integers(1, 2)), min_size=1, max_size=2),
    st.integers(0, 3),
)
@settings(deadline=None, max_examples=25)
def test_multiplicities_sum_to_the_binomials(same, formula, asked, seed):
    structure = cell(formula, (2, 2, 1), seed)
    first = {unit.role: unit.ion for unit in units(structure)}
    remove = {first[role]: count for role, count in asked}
    wanted = np.prod([comb(ions(structure)[ion], count) for ion, count in remove.items()])
    labels = [f"V_{ion}:{count}" for ion, count in remove.items()]
    found = distinct_defects(structure, labels)
    assert sum(choice.multiplicity for choice in found) == wanted
    for number, choice in enumerate(found[:3]):
        made = defects(structure, choice.defects)
        assert same(made, defects(structure, labels, choose=number))
        assert ions(structure) - ions(made) == remove


@given(
    st.sampled_from(["CsPbI3", "MA0.5FA0.5PbI3"]),
    st.sampled_from("ABX"),
    st.integers(1, 2),
    st.sampled_from(["first", "random", "far", "close", 0]),
    st.sampled_from(["partner", "schottky"]),
    st.sampled_from(["close", "far"]),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=40)
def test_with_its_partners_a_vacancy_keeps_the_cell_neutral(
    formula, role, count, choose, neutral, partner, seed
):
    structure = cell(formula)
    ion = next(unit.ion for unit in units(structure) if unit.role == role)
    made = defects(
        structure, [f"V_{ion}:{count}"], choose=choose, neutral=neutral, partner=partner, seed=seed
    )
    assert made.properties["charge"] == formal(made) == 0
    gone = ions(structure) - ions(made)
    atoms = {"MA": 8, "FA": 8}
    assert len(structure) - len(made) == sum(atoms.get(i, 1) * n for i, n in gone.items())
    assert gone[ion] >= count
    assert again(structure, made) == made


@pytest.mark.parametrize(
    ("ion", "neutral", "gone"),
    [
        ("Cs", "partner", {"Cs": 1, "I": 1}),
        ("Pb", "partner", {"Pb": 1, "I": 2}),
        ("I", "partner", {"I": 1, "Cs": 1}),
        ("I", "schottky", {"Cs": 1, "Pb": 1, "I": 3}),
        ("Pb", "V_I", {"Pb": 1, "I": 2}),
    ],
)
def test_partners_are_those_of_schottky(ion, neutral, gone):
    made = defects(cell(), [f"V_{ion}"], neutral=neutral)
    assert ions(cell()) - ions(made) == gone


def test_close_partners_are_next_to_the_vacancy_and_far_ones_are_not():
    def nearest(partner):
        text = notes(defects(cell(), ["V_Cs"], neutral="V_I", partner=partner))
        told = next(note for note in text if "nearest two" in note)
        return float(told.split(" are ")[1].split(" A")[0])

    # From A to X: (1/2, 1/2, 0) at the nearest, (1/2, 1/2, 1) at the farthest in a 2x2x2 cell.
    a = cell().lattice.a / 2
    assert nearest("close") == pytest.approx(a * np.sqrt(0.5), abs=0.01)
    assert nearest("far") == pytest.approx(a * np.sqrt(1.5), abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "charge"),
    [
        ({}, +1),
        ({"neutral": "cell"}, 0),
        ({"charge": -1}, -1),
        ({"charge": +1}, +1),
    ],
)
def test_the_number_of_electrons_follows_from_the_charge(arguments, charge):
    made = defects(cell(), ["V_I"], **arguments)
    assert made.properties["charge"] == charge
    # Z of Cs, Pb and I are 55, 82 and 53.
    electrons = 8 * 55 + 8 * 82 + 23 * 53 - charge
    told = " ".join(notes(made))
    assert f"charge {signed(charge)} and {electrons} electrons" in told
    assert ("odd number" in told) == bool(electrons % 2)
    assert ("electrons more than they do" in told) == (charge < 1)


@given(st.integers(2, 4), st.lists(st.tuples(*[st.floats(0, 0.99)] * 3), min_size=5, max_size=8))
@settings(deadline=None, max_examples=20)
def test_far_and_close_are_the_farthest_and_the_closest(count, places):
    points = Points(cell().lattice, np.array(places))
    demand = Demand(np.arange(len(places)), count)
    lattice, shifts = cell().lattice.matrix, np.array(list(product((-1, 0, 1), repeat=3)))

    def between(i, j):
        offset = np.array(places[i]) - np.array(places[j]) + shifts
        return np.linalg.norm(offset @ lattice, axis=1).min()

    def pairs(chosen):
        return [between(i, j) for i, j in combinations(chosen, 2)]

    every = list(combinations(range(len(places)), count))
    generator = np.random.default_rng(0)
    far, close = (pick(points, [demand], rule, generator)[0] for rule in ("far", "close"))
    assert min(pairs(far)) == pytest.approx(max(min(pairs(c)) for c in every), abs=2e-4)
    assert sum(pairs(close)) == pytest.approx(min(sum(pairs(c)) for c in every), abs=2e-3)


def test_in_a_large_cell_far_ones_are_still_far():
    """Eight of the 192 iodides of a 4x4x4 cell: each could stand in a 2x2x2 block of its own."""
    structure = cell(size=(4, 4, 4))
    made = defects(structure, ["V_I:8"], choose="far")
    told = next(note for note in notes(made) if "nearest two" in note)
    assert float(told.split(" are ")[1].split(" A")[0]) >= structure.lattice.a / 2 - 0.01


@pytest.mark.parametrize("fraction", [0.125, 0.25, 2 / 3])
def test_concentrations_are_exact(fraction):
    made = defects(cell(), [f"V_I:{fraction}"], choose="random", seed=5)
    assert ions(made)["I"] == round(24 * (1 - fraction))


def test_a_concentration_that_does_not_fit_names_what_does():
    with pytest.raises(StructureError, match=r"7\.2 of the 24 I.*7 of 24 .*8 of 24 .*5 times"):
        defects(cell(), ["V_I:0.3"])
    larger = supercell(cell(), [1, 1, 5])
    assert ions(defects(larger, ["V_I:0.3"]))["I"] == 84


def test_places_are_numbers_or_coordinates(same):
    by_number = defects(cell(), [Defect("V_I", at=[3, 7])])
    every = [unit for unit in units(cell()) if unit.ion == "I"]
    centres = [every[3].centre_A, every[7].centre_A]
    places = cell().lattice.get_fractional_coords(centres) + np.array([1, 0, 0])
    by_place = defects(cell(), [Defect("V_I", at=places.round(4).tolist())])
    assert same(by_number, by_place)
    assert again(cell(), by_place) == by_place
    one = remove_unit(cell(), every[3])
    assert again(cell(), one) == one
    assert same(one, defects(cell(), [Defect("V_I", at=[3])]))


def test_molecules_go_whole_and_the_others_stay_as_they_are():
    structure = cell("MA0.5FA0.5PbI3")
    made = defects(structure, ["V_MA:2", "V_FA"], choose="random", seed=2)
    assert ions(made) == {"MA": 2, "FA": 3, "Pb": 8, "I": 24}
    assert made.properties["charge"] == -3
    before = {tuple(place) for place in structure.cart_coords.round(6)}
    assert {tuple(place) for place in made.cart_coords.round(6)} < before
    assert len(made) == len(structure) - 3 * 8


def test_near_images_are_warned_about():
    near = defects(cell(size=(1, 2, 2)), ["V_I"])
    assert any(note.startswith("Warning") for note in notes(near))
    assert not any(note.startswith("Warning") for note in notes(defects(cell(), ["V_I"])))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"defects": ["V_Br"]}, UnknownSpecies, "It holds: Cs, Pb, I"),
        ({"defects": ["V_Xx"]}, UnknownSpecies, "Xx"),
        ({"defects": ["V_I:25"]}, InputError, "structure has 24"),
        ({"defects": ["V_I:0"]}, InputError, "asks for no defect"),
        ({"defects": ["V_I:-1"]}, InputError, "not the label"),
        ({"defects": ["V_I:1.5"]}, InputError, "1.5 is not a number"),
        ({"defects": ["V_I:nan"]}, InputError, "not the label"),
        ({"defects": ["V_I:many"]}, InputError, "not the label"),
        ({"defects": "V_I"}, InputError, "defects of defects cannot be 'V_I'"),
        ({"defects": [1]}, InputError, "defects of defects cannot be"),
        ({"defects": []}, InputError, "no list of defects"),
        ({}, InputError, "defects needs defects"),
        ({"defects": ["V_I", "V_I:2"]}, InputError, "named twice"),
        ({"defects": [{"label": "V_I", "at": [24]}]}, InputError, "numbered from 0"),
        ({"defects": [{"label": "V_I", "at": [1, 1]}]}, InputError, "named twice"),
        ({"defects": [{"label": "V_I:2", "at": [1]}]}, InputError, "asks for 2 places"),
        ({"defects": [{"label": "V_I", "at": [[0.5, 0.5]]}]}, InputError, "not a place"),
        ({"defects": [{"label": "V_Cs", "at": [[0.0, 0.0, 0.0]]}]}, InputError, "no Cs at"),
        ({"defects": [{"label": "V_I", "void": 1}]}, InputError, "in no void"),
        ({"defects": ["V_I"], "choose": "best"}, InputError, "first, random, far, close"),
        ({"defects": ["V_I:2"], "choose": 99}, InputError, "There are 7"),
        ({"defects": ["V_I:2"], "choose": 0.5}, InputError, "choose of defects cannot be 0.5"),
        ({"defects": ["V_I"], "choose": "random", "seed": -1}, InputError, "cannot be -1"),
        ({"defects": ["V_I"], "neutral": "yes"}, InputError, "cell, partner, schottky"),
        ({"defects": ["V_I"], "neutral": "partner", "partner": "by"}, InputError, "close, far"),
        ({"defects": ["V_I"], "neutral": "V_Pb"}, StructureError, r"charge of \+1"),
        ({"defects": ["V_I:9"], "neutral": "partner"}, StructureError, "there are 8 Cs"),
        ({"defects": ["V_I"], "neutral": "cell", "charge": 1}, InputError, "contradict"),
        ({"defects": ["V_I"], "charge": 0.5}, InputError, "charge of defects cannot be 0.5"),
    ],
)
def test_what_cannot_be_taken_out(arguments, error, words):
    with pytest.raises(error, match=words):
        defects(cell(), **arguments)


def test_too_many_choices_are_refused():
    with pytest.raises(StructureError, match=r"arrangements of 176 I, 16 V_I.* or fewer defects"):
        distinct_defects(cell(size=(4, 4, 4)), ["V_I:16"])
