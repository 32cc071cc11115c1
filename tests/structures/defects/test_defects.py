"""Substitutions, antisites and interstitials: labels, charges, room, the same once more."""

import json
from collections import Counter
from contextlib import suppress
from functools import lru_cache
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.builder import build
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.point_defects import defects, distinct_defects
from perovdb.structures.defects.voids import voids
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.units import closest_contact, units

CHARGES = {"Cs": 1, "MA": 1, "FA": 1, "GUA": 1, "Pb": 2, "Cd": 2, "Sn": 2, "I": -1, "Br": -1}


@lru_cache
def cell(formula="CsPbI3", size=(2, 2, 2)):
    return build(formula, "alpha", size)


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


def formal(structure):
    return sum(CHARGES[ion] * number for ion, number in ions(structure).items())


def again(before, after):
    step = json.loads(json.dumps(after.properties["history"][-1]))
    assert step["step"] == "defects"
    return defects(before, **step["arguments"])


@pytest.mark.parametrize(
    ("text", "kind", "ion", "site", "count", "charge"),
    [
        ("V_I", "vacancy", "", "I", 1, +1),
        ("V_Pb:2", "vacancy", "", "Pb", 2, -4),
        ("V_CH3NH3", "vacancy", "", "MA", 1, -1),
        ("Cd_Pb", "substitution", "Cd", "Pb", 1, 0),
        ("I_Pb", "substitution", "I", "Pb", 1, -3),
        ("Pb_I", "substitution", "Pb", "I", 1, +3),
        ("Cs_Pb", "substitution", "Cs", "Pb", 1, -1),
        ("Pb_Cs", "substitution", "Pb", "Cs", 1, +1),
        ("I_Cs", "substitution", "I", "Cs", 1, -2),
        ("FA_Cs:3", "substitution", "FA", "Cs", 3, 0),
        ("I_i", "interstitial", "I", "", 1, -1),
        ("Cs_i", "interstitial", "Cs", "", 1, +1),
        ("Pb_i", "interstitial", "Pb", "", 1, +2),
    ],
)
def test_labels_are_read_and_written(text, kind, ion, site, count, charge):
    """The formal charges are those of Kroger and Vink's notation."""
    found = Defect(text)
    registry = load_registry()
    species = [name and registry.ion(name).species for name in (found.ion, found.site)]
    assert (found.kind, *species) == (kind, ion, site)
    assert (found.amount, found.amount * found.charge) == (count, charge)
    assert Defect(found.label) == found


@pytest.mark.parametrize(
    "text",
    ["", "V", "VI", "V_", "_I", "V_i", "I_I", "V_I:0", "V_I:x", "V_I:-1", "v_I", "V I", None],
)
def test_what_is_no_label(text):
    with pytest.raises(InputError, match=r"Write V_I|from 1 on"):
        Defect(text)


@given(st.text(max_size=8))
def test_any_text_is_read_or_refused(text):
    with suppress(InputError, UnknownSpecies):
        assert Defect(text).amount > 0


@given(
    st.sampled_from(
        ["V_Cs", "V_Pb", "V_I:2", "Cd_Pb:2", "I_Pb", "Pb_I", "Cs_Pb", "I_Cs", "Pb_Cs"]
    ),
    st.sampled_from(["first", "random", "far", "close"]),
    st.sampled_from([None, "cell", "partner"]),
    st.sampled_from(["close", "far"]),
    st.integers(0, 9),
)
@settings(deadline=None, max_examples=40)
def test_charges_are_kept_account_of(label, choose, neutral, partner, seed):
    made = defects(cell(), [label], choose=choose, neutral=neutral, partner=partner, seed=seed)
    charge = made.properties["charge"]
    if neutral == "cell":
        assert charge == 0
        assert formal(made) == Defect(label).charge * Defect(label).amount
    else:
        assert (
            charge
            == formal(made)
            == (0 if neutral else Defect(label).charge * Defect(label).amount)
        )
    assert again(cell(), made) == made


@pytest.mark.parametrize("label", ["I_i", "Cs_i", "Pb_i", "I_i:2"])
@pytest.mark.parametrize("neutral", [None, "partner"])
def test_an_interstitial_with_a_vacancy_of_its_own_is_a_frenkel_pair(label, neutral):
    made = defects(cell(), [label], neutral=neutral)
    assert made.properties["charge"] == formal(made)
    if neutral:
        assert ions(made) == ions(cell())
        assert made.properties["charge"] == 0
    assert again(cell(), made) == made


def test_the_widest_void_of_a_cubic_perovskite_is_the_window_between_two_cages():
    """Between two A and four X at a/2, three to a cell, as geometry says."""
    for formula, size in (("CsPbI3", (2, 2, 2)), ("CsPbBr3", (1, 2, 3))):
        structure = cell(formula, size)
        a = structure.lattice.c / size[2]
        widest = [void for void in voids(structure) if void.radius_A > a / 2 - 1e-6]
        assert sum(void.multiplicity for void in widest) == 3 * np.prod(size)
        for void in widest:
            assert void.radius_A == pytest.approx(a / 2, abs=1e-6)
            assert void.neighbours == {"Cs": 2, formula[4:-1]: 4}


@pytest.mark.parametrize("formula", ["CsPbI3", "MAPbI3", "Cs0.5FA0.5PbI3"])
def test_voids_are_as_wide_as_they_say(formula):
    structure = cell(formula)
    for void in voids(structure, most=4):
        near = structure.lattice.get_all_distances(void.equivalents, structure.frac_coords)
        assert near.min(axis=1) == pytest.approx(void.radius_A, abs=0.01)
        assert (near.min(axis=0) > 1).all()


def test_no_point_is_wider_than_the_widest_void():
    structure = build("CsPbBr3", "gamma")
    widest = voids(structure)[0].radius_A
    grid = np.array(list(np.ndindex(24, 24, 24))) / 24
    room = structure.lattice.get_all_distances(grid, structure.frac_coords).min(axis=1).max()
    spacing = np.linalg.norm(structure.lattice.matrix, axis=1).max() / 24
    assert room <= widest + 1e-6
    assert room > widest - spacing * np.sqrt(3)


def test_a_split_iodide_keeps_both_halves_at_one_distance_from_both_leads():
    made = defects(cell(), [Defect("I_i", split=True, separation_A=3.5)])
    assert ions(made) == {"Cs": 8, "Pb": 8, "I": 25}
    assert made.properties["charge"] == -1
    old = {tuple(place) for place in cell().cart_coords.round(4)}
    new = [site for site in made if tuple(site.coords.round(4)) not in old]
    assert len(new) == 2
    assert new[0].distance(new[1]) == pytest.approx(3.5)
    leads = [site for site in made if site.specie.symbol == "Pb"]
    h = cell().lattice.a / 4
    for half in new:
        near = sorted(half.distance(lead) for lead in leads)
        assert near[:2] == pytest.approx([np.hypot(h, 3.5 / 2)] * 2)
    assert again(cell(), made) == made


def test_a_molecule_between_the_sites_takes_the_roomiest_turn():
    free = defects(cell(), ["MA_i"])
    others = [defects(cell(), ["MA_i"], orientation="random", seed=seed) for seed in range(4)]
    assert closest_contact(free) >= max(closest_contact(other) for other in others) - 1e-3
    assert ions(free)["MA"] == 1
    assert again(cell(), free) == free


def test_molecules_replace_ions_and_ions_molecules(store):
    made = defects(cell(), ["MA_Cs:2", "FA_Cs"], choose="random", seed=3)
    assert ions(made) == {"Cs": 5, "MA": 2, "FA": 1, "Pb": 8, "I": 24}
    assert made.properties["charge"] == 0
    for unit in units(made):
        if unit.ion in ("MA", "FA"):
            shape = load_molecule(unit.ion).positions_A
            at = made.cart_coords[unit.atoms]
            assert np.sort(_inside(at)) == pytest.approx(np.sort(_inside(shape)), abs=1e-6)
    symbols = [site.specie.symbol for site in made]
    blocks = [s for i, s in enumerate(symbols) if i == 0 or symbols[i - 1] != s]
    assert blocks == ["Cs", "C", "N", "H", "Pb", "I"]
    back = defects(made, ["Cs_MA:2", "Cs_FA"])
    assert ions(back) == ions(cell())
    offset = back.frac_coords[:, None] - cell().frac_coords[None]
    offset -= np.rint(offset)
    assert np.linalg.norm(offset, axis=-1).min(axis=1).max() < 1e-6


def _inside(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=-1).ravel()


def test_an_antisite_has_the_role_of_its_site():
    made = defects(cell(), ["I_Pb", "Pb_I"], choose="close")
    roles = Counter((unit.ion, unit.role) for unit in units(made))
    assert roles["I", "B"] == roles["Pb", "X"] == 1
    assert made.properties["charge"] == 0


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        (["Cd_Pb:2"], comb(8, 2)),
        (["Cd_Pb", "Sn_Pb:2"], 8 * comb(7, 2)),
        (["FA_Cs:4"], comb(8, 4)),
        (["Cd_Pb", "Br_I"], 8 * 24),
        (["Cd_Pb", "V_Pb"], 8 * 7),
    ],
)
def test_multiplicities_of_substitutions_sum_to_the_multinomial(labels, wanted, same):
    choices = distinct_defects(cell(), labels)
    assert sum(choice.multiplicity for choice in choices) == wanted
    assert len(choices) > 1
    number = len(choices) - 1
    by_place = defects(cell(), choices[number].defects)
    assert same(by_place, defects(cell(), labels, choose=number))


def test_two_cadmium_on_eight_lead_sites():
    choices = distinct_defects(cell("CsPbBr3"), ["Cd_Pb:2"])
    assert sorted(choice.multiplicity for choice in choices) == [4, 12, 12]


def test_fractions_of_an_ion_are_replaced_exactly():
    made = defects(cell("CsPbBr3"), ["Cd_Pb:0.25"])
    assert ions(made) == {"Cs": 8, "Cd": 2, "Pb": 6, "Br": 24}


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"defects": ["Pb_Pb"]}, InputError, "in its own place"),
        ({"defects": ["MA_CH3NH3"]}, UnknownSpecies, "It holds"),
        ({"defects": ["Cd_Pb:5", "Sn_Pb:4"]}, InputError, "structure has 8"),
        ({"defects": ["I_Br"]}, UnknownSpecies, "It holds"),
        ({"defects": ["Qq_Pb"]}, UnknownSpecies, "Qq"),
        ({"defects": ["Cd_Pb:0.3"]}, StructureError, "5 times"),
        (
            {"defects": [Defect("Cd_Pb", at=[0]), Defect("V_Pb", at=[0])]},
            InputError,
            "two defects",
        ),
        ({"defects": ["MA_Cs"], "orientation": "sideways"}, InputError, "not a rule"),
        ({"defects": ["Qq_i"]}, UnknownSpecies, "Qq"),
        ({"defects": ["I_i:0"]}, InputError, "asks for no defect"),
        ({"defects": ["I_i:0.5"]}, InputError, "number of interstitials"),
        ({"defects": [Defect("Cs_i", split=True)]}, InputError, "Only a halide"),
        ({"defects": [Defect("I_i", void=99)]}, InputError, "distinct ones"),
        ({"defects": [{"label": "I_i", "void": -1}]}, InputError, "from 0"),
        ({"defects": ["I_i:99"]}, StructureError, "fewer than 99"),
        ({"defects": [Defect("I_i", at=[[0, 0]])]}, InputError, "not a place"),
        ({"defects": [{"label": "I_i", "at": []}]}, InputError, "list of places"),
        ({"defects": [Defect("I_i", split=True, separation_A=50)]}, InputError, "0.5 to 8"),
        ({"defects": ["I_i"], "choose": 3}, InputError, "no numbered choices"),
        ({"defects": ["Cd_Pb", "V_I"], "neutral": "schottky"}, InputError, "are vacancies"),
        ({"defects": ["Cd_Pb"], "choose": "surface"}, InputError, "`dope`"),
    ],
)
def test_what_cannot_be_made(arguments, error, words):
    with pytest.raises(error, match=words):
        defects(cell(), **arguments)
