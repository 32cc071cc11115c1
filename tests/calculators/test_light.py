"""Segregation under light: exact relations, numbers computed independently, what is refused."""

import numpy as np
import pytest
from numpy.polynomial import Polynomial

import perovdb as library
from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.calculators.light import (
    carrier_density_cm3,
    light_spinodal_cm3,
    terminal_fraction,
    threshold_cm3,
)
from perovdb.errors import InputError, MissingData

GAP = Polynomial([1.57, 0.39, 0.33])
VOLUME_A3 = 6.1**3


def test_an_inclusion_comes_to_rest_where_its_pull_balances():
    line = Polynomial([1.57, 0.70])
    for anions, x in ((10, 0.061), (30, 0.287), (60, 0.388), (100, 0.432)):
        assert terminal_fraction(0.5, anions, line) == pytest.approx(x, abs=5e-4)
    exact = 0.70 / (K_B_EV * 298 * np.log(4))
    assert exact == pytest.approx(19.7, abs=0.05)
    assert terminal_fraction(0.5, exact, line) == pytest.approx(0.2, abs=1e-9)


@pytest.mark.parametrize(
    ("L_eV", "expected"),
    [((), (9.8e19, 1.65e19, 2.0e17, 3.5e13)), ((0.12,), (6.6e19, 9.8e18, 8.8e16, 1.3e13))],
)
def test_thresholds_of_free_carriers(L_eV, expected):
    for x, value in zip((0.2, 0.3, 0.5, 0.8), expected, strict=True):
        found = threshold_cm3(x, GAP, L_eV, 300, VOLUME_A3)
        assert found == pytest.approx(value, rel=0.03)
        assert found <= light_spinodal_cm3(x, GAP, L_eV, 300, VOLUME_A3)
    assert light_spinodal_cm3(0.5, GAP, (), 300, VOLUME_A3) == pytest.approx(7.05e19, rel=1e-3)


def test_inside_the_dark_gap_no_light_is_needed():
    assert threshold_cm3(0.5, GAP, (0.1773,), 300, VOLUME_A3) == 0
    assert light_spinodal_cm3(0.5, GAP, (0.1773,), 300, VOLUME_A3) == 0


def test_light_makes_pairs():
    for intensity, density in ((0.04, 2.6e11), (20, 1.3e14), (100, 6.4e14)):
        assert carrier_density_cm3(intensity, 405, 300, 100) == pytest.approx(density, rel=0.02)


def test_the_answer_is_an_interval_with_what_was_seen():
    answer = library.segregation("MAPbBr1.5I1.5", 20)
    low, high = answer.threshold_cm3
    assert low == 0
    assert high > 1e16
    assert len(answer.thresholds) > 3
    notes = " ".join(answer.notes)
    for words in ("in the dark", "two to three orders", "46 +- 7 nm", "mW/cm2"):
        assert words in notes
    ideal = library.segregation("MAPbBr1.5I1.5", L_eV=[0.0])
    assert ideal.threshold_cm3[0] > 1e14


@pytest.mark.parametrize(
    ("formula", "error", "words"),
    [
        ("Cs0.5FA0.5PbI3", InputError, "no two halides"),
        ("RbPbBr1.5I1.5", MissingData, "No gap curve"),
        ("FAPbBr1.5I1.5", MissingData, "how FAPbI3 and FAPbBr3 mix"),
    ],
)
def test_what_cannot_be_told_is_refused(formula, error, words):
    with pytest.raises(error, match=words):
        library.segregation(formula)


def test_the_command_says_the_interval(perovdb):
    out = perovdb("segregate", "MAPbBr1.5I1.5", "--intensity", "20").out
    assert "threshold 0.0e+00 to" in out
    assert "1.3e+14" in out
