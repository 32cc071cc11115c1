"""Defects of several kinds in one call: charges by ions, distances, the same once more, counts."""

import json
from collections import Counter
from functools import lru_cache
from math import comb

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, StructureError
from perovdb.structures.builder import build
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.point_defects import defects, distinct_defects
from perovdb.structures.history import notes, rebuild
from perovdb.structures.ordering.distinct import multinomial
from perovdb.structures.units import units

CHARGES = {"Cs": 1, "MA": 1, "Pb": 2, "Cd": 2, "Sn": 2, "I": -1, "Br": -1}
VACANCIES = ["V_I", "V_Cs", "V_Pb", "V_I:2"]
DOPANTS = ["Cd_Pb", "Sn_Pb:2", "Br_I", "MA_Cs", "I_Pb", "Pb_Cs"]
BETWEEN = ["I_i", "Cs_i", "I_i:2", Defect("I_i", split=True), Defect("Br_i", void=1)]


@lru_cache
def cell(size=(2, 2, 2)):
    return build("CsPbI3", "alpha", size)


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


def formal(structure):
    return sum(CHARGES[ion] * number for ion, number in ions(structure).items())


def centres(structure):
    return structure.lattice.get_fractional_coords([unit.centre_A for unit in units(structure)])


def wanted_ions(labels):
    """Ions of the cell and those that the labels bring and take."""
    count = ions(cell())
    for one in labels:
        defect = one if isinstance(one, Defect) else Defect(one)
        count[defect.ion] += defect.amount if defect.ion else 0
        count[defect.site] -= defect.amount if defect.site else 0
    return +Counter({ion: n for ion, n in count.items() if ion})


@given(
    st.sampled_from(VACANCIES),
    st.sampled_from(DOPANTS),
    st.sampled_from(BETWEEN),
    st.sampled_from(["first", "random", "far", "close"]),
    st.sampled_from([None, "cell", "partner", "V_I", "V_Cs"]),
    st.sampled_from(["close", "far"]),
    st.integers(0, 99),
)
@settings(deadline=None, max_examples=25)
def test_a_vacancy_a_dopant_and_an_interstitial(
    vacancy, dopant, between, choose, neutral, partner, seed
):
    labels = [vacancy, dopant, between]
    try:
        made = defects(cell(), labels, choose=choose, neutral=neutral, partner=partner, seed=seed)
    except StructureError:
        # A vacancy of the same sign makes up for nothing.
        change = formal(cell()) + sum(CHARGES[i] * n for i, n in wanted_ions(labels).items())
        assert neutral in ("V_I", "V_Cs")
        assert change * (1 if neutral == "V_I" else -1) > 0
        return
    before = wanted_ions(labels)
    if neutral in (None, "cell"):
        assert ions(made) == before
    else:
        # Partners only go: what is there is what was wanted less some.
        assert not ions(made) - before
        assert made.charge == 0
    assert made.charge == (0 if neutral == "cell" else formal(made))
    # The same again, from arguments as JSON holds them.
    again = rebuild(json.loads(json.dumps(made.properties["history"])))
    assert again == made
    # What the notes tell of the nearest images is the shortest vector of the cell.
    apart = min(made.lattice.abc)
    assert any(f"images of the defect are {apart:.2f} A" in note for note in notes(made))
    # Everything else stands where it stood.
    table = made.lattice.get_all_distances(centres(made), centres(cell()))
    moved = (table.min(axis=1) > 1e-3).sum()
    assert moved <= 2 * (1 if isinstance(between, Defect) else Defect(between).amount)


@given(st.permutations(["I_i", "Cs_i", "Br_i", "Pb_i"]), st.sampled_from(["first", "close"]))
@settings(deadline=None, max_examples=10)
def test_interstitials_of_many_kinds_share_no_void(labels, choose):
    made = defects(cell(), labels, choose=choose)
    table = made.lattice.get_all_distances(centres(made), centres(made))
    assert table[~np.eye(len(table), dtype=bool)].min() > 1.5


def test_a_vacancy_and_a_split_halide_are_two_sites():
    made = defects(cell(), ["V_I", Defect("I_i", split=True)])
    assert ions(made) == ions(cell())
    assert made.charge == 0


def test_partners_make_up_for_all_together():
    """Cd_Pb adds nothing, V_Pb leaves -2, I_i -1: three V_I make up for them."""
    made = defects(cell(), ["Cd_Pb", "V_Pb", "I_i"], neutral="partner")
    assert ions(cell()) - ions(made) == {"Pb": 2, "I": 2}
    assert ions(made)["Cd"] == 1
    made = defects(cell(), ["V_I:2", "Cs_i"], neutral="partner")
    assert ions(made) == {"Cs": 6, "Pb": 8, "I": 22}


def test_named_places_and_chosen_ones_in_one_call():
    made = defects(
        cell(),
        [Defect("V_I", at=[5]), "Cd_Pb", Defect("Br_i", at=[[0.25, 0.25, 0.25]]), "V_Cs:2"],
        choose="far",
    )
    assert ions(made) == {"Cs": 6, "Cd": 1, "Pb": 7, "Br": 1, "I": 23}
    there = [tuple(p) for p in centres(made).round(3) % 1]
    iodide = [unit for unit in units(cell()) if unit.ion == "I"][5]
    gone = cell().lattice.get_fractional_coords(iodide.centre_A).round(3) % 1
    assert tuple(gone) not in there
    assert (0.25, 0.25, 0.25) in there
    assert rebuild(made.properties["history"]) == made
    with pytest.raises(InputError, match=r"named twice|two defects"):
        defects(cell(), [Defect("V_Pb", at=[0]), Defect("Cd_Pb", at=[0])])


@given(
    st.lists(
        st.sampled_from(["V_I:2", "Br_I", "V_Pb", "Cd_Pb:2", "MA_Cs", "V_Cs:2"]),
        min_size=1,
        max_size=3,
        unique=True,
    )
)
@settings(deadline=None, max_examples=10)
def test_multiplicities_of_mixed_defects_sum_to_the_multinomials(same, labels):
    here = cell((2, 2, 1))
    counts = ions(here)
    wanted = 1
    for ion in dict.fromkeys(Defect(label).site for label in labels):
        taken = [Defect(label).amount for label in labels if Defect(label).site == ion]
        wanted *= multinomial([*taken, counts[ion] - sum(taken)])
    assume(wanted < 20_000)
    choices = distinct_defects(here, labels)
    assert sum(choice.multiplicity for choice in choices) == wanted
    last = len(choices) - 1
    by_number = defects(here, labels, choose=last)
    assert same(defects(here, choices[last].defects), by_number)
    assert rebuild(by_number.properties["history"]) == by_number


def test_around_a_named_place_choices_are_distinct_by_what_is_left_of_the_symmetry():
    """Beside one Cd of the eight Pb of a cube: an edge, a face, a body diagonal."""
    choices = distinct_defects(cell(), [Defect("Cd_Pb", at=[0]), "Sn_Pb"])
    assert sorted(choice.multiplicity for choice in choices) == [1, 3, 3]
    assert sum(choice.multiplicity for choice in choices) == comb(7, 1)
    for choice in choices:
        assert choice.defects[0].at == [0]
        assert ions(defects(cell(), choice.defects)) == {
            "Cs": 8,
            "Cd": 1,
            "Sn": 1,
            "Pb": 6,
            "I": 24,
        }
