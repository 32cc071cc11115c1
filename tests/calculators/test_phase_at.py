"""Phases at a temperature, against what is known of the compounds."""

import pytest

from perovdb.calculators.phase_at import phase_at
from perovdb.errors import InputError


@pytest.mark.parametrize(
    ("formula", "temperature_K", "phase"),
    [
        # MAPbI3: orthorhombic below 160 K, cubic above 330 K (Weller 2015, Poglitsch 1987).
        ("MAPbI3", 100, "gamma"),
        ("MAPbI3", 298, "beta"),
        ("MAPbI3", 350, "alpha"),
        # CsPbBr3: 361 and 403 K.
        ("CsPbBr3", 298, "gamma"),
        ("CsPbBr3", 385, "beta"),
        ("CsPbBr3", 450, "alpha"),
        ("MAPbBr3", 298, "alpha"),
        ("CsSnI3", 298, "gamma"),
        ("CsPbI3", 298, "gamma"),
        # MAPbBr3 is orthorhombic below 145 K (Poglitsch 1987), MAPbCl3 P2221 below 173 K.
        ("MAPbBr3", 100, "gamma"),
        ("MAPbBr3", 200, "beta"),
        ("MAPbCl3", 100, "P2221"),
        ("MAPbCl3", 298, "alpha"),
        # FAPbI3 cools from cubic to tetragonal at 280 K.
        ("FAPbI3", 298, "alpha"),
        ("FAPbI3", 200, "beta"),
        ("CsSnBr3", 80, "phase II"),
        ("CsSnBr3", 298, "alpha"),
        # A transition at 110 K whose low phase nobody named.
        ("MASnI3", 50, "not named"),
    ],
)
def test_the_phase_of_a_compound_with_known_transitions(formula, temperature_K, phase):
    found = phase_at(formula, temperature_K)
    assert (found.phase, found.basis) == (phase, "transitions")
    assert found.transitions


def test_a_yellow_phase_that_is_more_stable_is_told():
    assert any("metastable" in note for note in phase_at("CsPbI3", 298).notes)
    assert any("metastable" in note for note in phase_at("FAPbI3", 298).notes)
    assert phase_at("CsPbI3", 650).notes == ()


def test_an_alloy_is_judged_by_t_and_the_rule_is_told():
    found = phase_at("Cs0.5FA0.5PbI3", 298)
    assert (found.phase, found.basis) == ("perovskite", "t")
    assert "says nothing of its symmetry" in found.rule
    assert phase_at("TMAPbI3", 298).phase == "no perovskite"


def test_experiment_comes_before_t():
    found = phase_at("GUAPbI3", 300)
    assert (found.phase, found.basis) == ("no perovskite", "experiment")


def test_a_temperature_that_is_none_is_refused():
    for temperature_K in (float("nan"), -1.0, float("inf")):
        with pytest.raises(InputError, match="not a temperature"):
            phase_at("MAPbI3", temperature_K)


def test_an_experiment_that_found_a_perovskite_is_believed_too():
    # CsMgF3: t = 1.107 says no, the label says perovskite.
    found = phase_at("CsMgF3", 298)
    assert (found.phase, found.basis) == ("perovskite", "experiment")


def test_a_transition_within_a_phase_is_told():
    notes = phase_at("FAPbI3", 100).notes
    assert any("tetragonal (HT) to tetragonal (LT)" in n and "140 K" in n for n in notes)


def test_isotopes_do_not_count():
    # Deuterated MAPbI3 turns at 327 and 165 K.
    assert all(not row["isotopes"] for row in phase_at("MAPbI3", 298).transitions)
