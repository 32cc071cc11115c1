"""Defects: the polygon, neutrality and charged cells against exact numbers; what is refused."""

import numpy as np
import pytest

import perovdb as library
from perovdb.calculators.defect_energies import (
    ChargeState,
    fermi_level_eV,
    formation_eV,
    point_charge_eV,
    stability_polygon,
    transition_levels,
)
from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.errors import InputError, OutOfRange

PAIR = {"V_Cs:-1": 1.1, "V_I:+1": 0.1}


def test_the_four_corners_of_a_strip_between_ax_and_bx2():
    corners = stability_polygon(-6.0, -3.4, -2.4)
    places = sorted((round(c.mu_A_eV, 6), round(c.mu_X_eV, 6)) for c in corners)
    assert places == [(-3.6, 0), (-3.4, 0), (-2.4, -1.2), (-2.1, -1.3)]
    assert all(c.mu_A_eV + c.mu_B_eV + 3 * c.mu_X_eV == pytest.approx(-6) for c in corners)
    # A phase that takes a part of the region cuts a corner off.
    cut = stability_polygon(-6.0, -3.4, -2.4, {"AB2X5": (1, 2, 5, -8.45)})
    assert any("AB2X5" in c.beside for c in cut)


def test_a_compound_that_falls_apart_is_refused():
    with pytest.raises(OutOfRange, match=r"0\.100 eV lower"):
        stability_polygon(-6.0, -3.7, -2.4)
    with pytest.raises(OutOfRange, match="beside A4BX6"):
        stability_polygon(-6.0, -3.4, -2.4, {"A4BX6": (4, 1, 6, -30.0)})


def test_two_vacancies_pin_the_fermi_level_between_them():
    answer = library.defect_levels("CsPbI3", PAIR, gap_eV=1.6)
    exact = 0.5 + K_B_EV * 300 / 2 * np.log(3)
    assert answer.fermi_eV == pytest.approx(exact, abs=1e-9)
    assert round(answer.fermi_eV, 4) == 0.5142
    # Few carriers move it little, here towards the middle of the gap.
    with_carriers = library.defect_levels("CsPbI3", PAIR, gap_eV=1.6, masses=(1, 1))
    assert exact < with_carriers.fermi_eV < exact + 2e-3


def test_charges_balance_to_the_last_digit():
    given = [("a", -2, 1.3, 2), ("b", 1, 0.3, 3), ("c", 3, 1.0, 1), ("d", -1, 1.0, 1)]
    states = [ChargeState(name, q, e, (0, 0, 0), sites) for name, q, e, sites in given]
    fermi = fermi_level_eV(states, (0, 0, 0), 1.6, 400)
    kT = K_B_EV * 400
    charges = [
        s.charge * s.sites * np.exp(-formation_eV(s, (0, 0, 0), fermi) / kT) for s in states
    ]
    assert sum(charges) == pytest.approx(0, abs=1e-9 * max(charges))


def test_a_schottky_set_depends_on_no_potential_and_no_fermi_level():
    draw = np.random.default_rng(3)
    parts = [(1, -1, (-1, 0, 0)), (1, -2, (0, -1, 0)), (3, 1, (0, 0, -1))]
    sums = []
    for _ in range(3):
        a, x, fermi = draw.normal(size=3)
        mu = (a, -6.0 - a - 3 * x, x)
        sums.append(
            sum(n * formation_eV(ChargeState("v", q, 1.0, d), mu, fermi) for n, q, d in parts)
        )
    assert sums == pytest.approx([sums[0]] * 3)


def test_levels_follow_the_lowest_line():
    states = [ChargeState("D", q, e, (0, 0, 1)) for q, e in ((1, 0.2), (0, 0.9), (-1, 1.2))]
    # The neutral one is nowhere lowest: a negative U.
    assert transition_levels(states) == [(1, -1, pytest.approx(0.5))]
    states[1] = ChargeState("D", 0, 0.6, (0, 0, 1))
    assert [(a, b) for a, b, _ in transition_levels(states)] == [(1, 0), (0, -1)]
    with pytest.raises(InputError, match="one defect"):
        transition_levels([*states, ChargeState("E", 2, 0.1, (0, 0, 1))])


def test_a_charge_and_its_images():
    assert point_charge_eV(1, 10, 12.6) == pytest.approx(0.162, abs=1e-3)
    assert point_charge_eV(2, 10, 12.6) == pytest.approx(4 * point_charge_eV(1, 10, 12.6))
    with pytest.raises(OutOfRange, match="apart"):
        point_charge_eV(-2, 10, 9.0)
    with pytest.raises(InputError, match="dielectric"):
        point_charge_eV(1, 0.5, 12.0)


def test_molecules_are_whole_and_potentials_move_formation():
    answer = library.defect_levels(
        "MAPbI3", {"V_MA:-1": 4.0, "V_I:1": 0.5}, 1.6, (-6.0, -3.4, -2.4), "AX X"
    )
    assert answer.states[0].added == (-1, 0, 0)
    assert answer.rows()[0]["formation_at_vbm_eV"] == pytest.approx(4.0 - 3.4)
    assert len(answer.corners) == 4


@pytest.mark.parametrize(
    ("host", "states", "limit", "words"),
    [
        ("Cs0.5FA0.5PbI3", PAIR, None, "distribution over surroundings"),
        ("CsPbI3", {"V_Br:1": 0.1}, None, "no Br in CsPbI3"),
        ("CsPbI3", {"V_Cs": 0.1}, None, "no defect with a charge"),
        ("CsPbI3", {"Cs_Cs:0": 0.1}, None, "changes nothing"),
        ("CsPbI3", PAIR, "AX", "not one corner"),
    ],
)
def test_what_has_no_meaning_is_refused(host, states, limit, words):
    with pytest.raises(InputError, match=words):
        library.defect_levels(host, states, 1.6, (-6.0, -3.4, -2.4), limit)


def test_what_is_doubtful_is_told():
    one_sign = library.defect_levels("CsPbI3", {"V_Cs:-1": 1.1}, gap_eV=1.6)
    assert one_sign.fermi_eV is None
    assert "one sign" in " ".join(one_sign.notes)
    crowded = library.defect_levels("CsPbI3", {"V_Cs:-1": 0.3, "V_I:1": -0.6}, 1.6)
    assert "not dilute" in " ".join(crowded.notes)
    odd = library.defect_levels("CsPbI3", {"V_Cs:-1": -0.5, "V_I:1": 1.5}, gap_eV=1.6)
    assert "outside the gap" in " ".join(odd.notes)
    assert "spin-orbit" in " ".join(crowded.notes)


def test_the_command_draws(perovdb, tmp_path):
    states = [word for name, value in PAIR.items() for word in ("--state", f"{name}={value}")]
    picture = tmp_path / "levels.svg"
    run = perovdb("defect-levels", "CsPbI3", *states, "--gap", "1.6", "--plot", str(picture))
    assert "0.5142" in run.out
    assert picture.stat().st_size > 3000
