"""Phases are found again from their own peaks: exact, shifted and noisy."""

import numpy as np
import pytest
from scipy.signal import find_peaks

from perovdb.calculators.diffraction.bragg import d_from_two_theta
from perovdb.calculators.diffraction.identification import Which, identify
from perovdb.calculators.diffraction.identification.stored_peaks import stored_cell, stored_peaks
from perovdb.calculators.diffraction.powder import peaks
from perovdb.calculators.diffraction.profile import profile
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.store import queries

WITH_POSITIONS = [row for row in queries.facts("phase") if queries.phase_sites(row["id"])]
AXIS = np.arange(8, 60, 0.01)
ANY = Which(temperature_K=None)


def seen(row):
    """Angles and heights of the maxima in the curve of a stored phase."""
    found = peaks(*stored_cell(row), 1.54056, (8, 60), dispersion=True)
    y = profile(AXIS, [p.two_theta_deg for p in found], [p.intensity for p in found], 0.12)
    top, _ = find_peaks(y, height=y.max() * 0.02, prominence=y.max() * 0.01)
    return AXIS[top], y[top]


def row_of(formula, phase):
    return next(r for r in WITH_POSITIONS if (r["formula"], r["phase"]) == (formula, phase))


@pytest.mark.parametrize("row", WITH_POSITIONS, ids=lambda row: row["id"])
@pytest.mark.parametrize(("shift", "noise"), [(0.0, 0.0), (0.1, 0.02)])
def test_a_phase_is_found_from_its_own_peaks(row, shift, noise):
    angles, heights = seen(row)
    noisy = angles + shift + np.random.default_rng(7).normal(0, noise, len(angles))
    near = Which(temperature_K=row["temperature_K"])
    best = identify(noisy, heights, which=near).candidates[0]
    assert (best.formula, best.phase) == (row["formula"], row["phase"])
    assert best.score > 0.7
    # Where lines merge, as in MAPbI3 beta, a maximum is not at any one of them.
    assert best.zero_shift_deg == pytest.approx(shift, abs=0.07)
    assert not best.positions_only


def test_angles_spacings_and_their_order_are_one_question():
    angles, heights = seen(row_of("CsPbBr3", "gamma"))
    plain = identify(angles, heights)
    d = identify(None, heights[::-1], d_A=d_from_two_theta(angles[::-1], 1.54056))
    assert [c.id for c in d.candidates] == [c.id for c in plain.candidates]
    assert d.candidates[0].score == pytest.approx(plain.candidates[0].score)


def test_another_wavelength_finds_the_same_phase():
    row = row_of("CsSnI3", "gamma")
    found = peaks(*stored_cell(row), 0.7, (3, 25), dispersion=True)
    strong = [p for p in found if p.intensity > 2]
    answer = identify(
        [p.two_theta_deg for p in strong],
        [p.intensity for p in strong],
        wavelength=0.7,
        tolerance_deg=0.05,
        zero_shift_deg=0,
    )
    best = answer.candidates[0]
    assert (best.formula, best.phase) == ("CsSnI3", "gamma")
    assert best.zero_shift_deg == 0
    # The intensities of all its lines that a peak meets.
    assert best.agreement > 0.9
    for match in best.matched:
        lines = [p for p in found if abs(p.two_theta_deg - match.two_theta_deg) <= 0.05]
        wanted = sum(line.intensity for line in lines)
        assert match.expected_intensity == pytest.approx(wanted, abs=1)


def test_every_measured_peak_is_matched_or_left_over():
    angles, heights = seen(row_of("CsPbI3", "alpha"))
    stray = 11.0
    answer = identify([*angles, stray], [*heights, heights.max()], which=ANY)
    best = answer.candidates[0]
    assert (best.formula, best.phase) == ("CsPbI3", "alpha")
    assert best.unmatched_deg == (stray,)
    assert sorted([m.two_theta_deg for m in best.matched] + [stray]) == pytest.approx(
        list(answer.peaks_deg)
    )
    share = heights.sum() / (heights.sum() + heights.max())
    assert best.explained == pytest.approx(share)
    assert best.score == pytest.approx(best.explained * best.seen, rel=0.02)
    without = identify([*angles, stray], which=ANY).candidates[0]
    assert without.explained == pytest.approx(len(angles) / (len(angles) + 1))
    assert without.agreement is None


def test_a_strong_peak_that_is_not_there_is_missed():
    angles, heights = seen(row_of("CsPbI3", "alpha"))
    strongest = np.argmax(heights)
    answer = identify(np.delete(angles, strongest), np.delete(heights, strongest), which=ANY)
    alpha = next(c for c in answer.candidates if c.id == "L001")
    assert [peak.hkl for peak in alpha.missing] == [(2, 0, 0)]
    assert alpha.seen < 0.8
    # Outside of the scan nothing is missed.
    narrow = identify([14.07, 19.95], two_theta_deg=(13, 21), which=ANY).candidates
    assert next(c for c in narrow if c.id == "L001").missing == ()


def test_phases_without_positions_are_marked_and_keep_to_their_space_group():
    tried, left_out = stored_peaks(1.54056, (5.0, 40.0))
    assert {one.row["id"] for one in tried} | set(left_out) == {
        row["id"] for row in queries.facts("phase")
    }
    lattice_only = {one.row["id"]: one for one in tried if one.positions_only}
    assert set(lattice_only).isdisjoint(row["id"] for row in WITH_POSITIONS)
    # Pnma: 0kl with k + l = 2n, hk0 with h = 2n.
    for h, k, l in lattice_only["L086"].hkl:  # noqa: E741
        assert h or (k + l) % 2 == 0
        assert l or h % 2 == 0
    lines = lattice_only["L086"].two_theta_deg
    found = identify(lines, limit=200, which=ANY).candidates
    best = next(c for c in found if c.id == "L086")
    assert best.positions_only
    # Nothing is missed, but a match of so many lines is worth less.
    assert best.missing == ()
    assert best.score == pytest.approx(best.seen, rel=0.1)
    assert all(match.expected_intensity is None for match in best.matched)


def test_peaks_of_nothing_are_said():
    with pytest.raises(MissingData, match="explains any of these peaks"):
        identify([2.0], tolerance_deg=0.01, zero_shift_deg=0, two_theta_deg=(1, 2))


def test_a_phase_that_is_no_perovskite_has_a_cell_too():
    row = next(r for r in WITH_POSITIONS if r["formula"] == "Cs2PbCl2I2")
    lattice_A, fractional, occupants = stored_cell(row)
    assert lattice_A.shape == (3, 3)
    elements = [scatterer.elements[0] for site in occupants for scatterer, _ in site]
    assert len(fractional) == len(elements) == 14
    assert {e: elements.count(e) for e in elements} == {"Cs": 4, "Pb": 2, "I": 4, "Cl": 4}
    with pytest.raises(MissingData, match="are not known"):
        stored_cell(next(r for r in queries.facts("phase") if r["id"] == "L086"))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, InputError, "one of the two"),
        ({"peaks": [14.0], "d_A": [6.3]}, InputError, "one of the two"),
        ({"peaks": []}, InputError, "0 measured peaks"),
        ({"peaks": np.linspace(5, 90, 2000)}, InputError, "those of a curve"),
        ({"peaks": np.arange(11, 14, 0.05)}, InputError, "those of a curve"),
        ({"peaks": [30.0, 30.02, 30.04, 30.06]}, InputError, "those of a curve"),
        ({"peaks": [14.0, np.nan]}, InputError, "out of range"),
        ({"peaks": [0.0]}, InputError, "out of range"),
        ({"peaks": [14.0], "intensity": [1, 2]}, InputError, "one number"),
        ({"peaks": [14.0], "intensity": [-1]}, InputError, "zero or more"),
        ({"peaks": [14.0], "intensity": [0]}, InputError, "All intensities are zero"),
        ({"peaks": [14.0], "tolerance_deg": 0}, InputError, "tolerance"),
        ({"peaks": [14.0], "zero_shift_deg": -1}, InputError, "zero shift"),
        ({"peaks": [14.0], "two_theta_deg": (20, 30)}, InputError, "does not hold"),
        ({"peaks": [14.0], "limit": 0}, InputError, "one at least"),
        ({"peaks": [14.0], "wavelength": "CuKx"}, InputError, "CuKa1"),
        ({"d_A": [0.5]}, OutOfRange, "half the wavelength"),
    ],
)
def test_questions_that_cannot_be_answered(arguments, error, words):
    with pytest.raises(error, match=words):
        identify(**arguments)
