"""Curves of patterns against areas, half heights, and the same curve on another axis."""

import numpy as np
import pytest
from scipy.integrate import trapezoid
from scipy.optimize import brentq
from scipy.special import voigt_profile

from perovdb.calculators.diffraction import xrd
from perovdb.calculators.diffraction.bragg import d_from_two_theta, q_from_two_theta
from perovdb.calculators.diffraction.curves import Instrument, curve, from_axis, scaled_to, to_axis
from perovdb.calculators.diffraction.profile import voigt_as_pseudo
from perovdb.errors import InputError, OutOfRange

ALPHA = xrd("CsPbI3", "alpha", two_theta_deg=(10, 40))
FINE = np.arange(5.0, 45.0, 0.002)


def half_height_width(x, y, near):
    """Width at half the height of the highest line about a place."""
    top = x[np.argmax(np.where(abs(x - near) < 1, y, 0))]

    def above(place):
        return np.interp(place, x, y) - y.max(initial=0, where=abs(x - near) < 1) / 2

    return brentq(above, top, top + 1) - brentq(above, top - 1, top)


@pytest.mark.parametrize(("gaussian", "lorentzian"), [(1, 0), (0, 1), (1, 1), (1, 0.3), (0.2, 1)])
def test_the_pseudo_voigt_is_near_the_voigt_function(gaussian, lorentzian):
    sigma, gamma = gaussian / (2 * np.sqrt(2 * np.log(2))), lorentzian / 2
    half = voigt_profile(0, sigma, gamma) / 2
    width = 2 * brentq(lambda x: voigt_profile(x, sigma, gamma) - half, 1e-6, 5)
    fwhm, mixing = voigt_as_pseudo(gaussian, lorentzian)
    assert fwhm == pytest.approx(width, rel=5e-3)
    assert mixing == pytest.approx(lorentzian / (gaussian + lorentzian), abs=0.25)


def test_areas_are_the_intensities_of_the_peaks():
    drawn = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1), highest=None)
    total = sum(peak.intensity for peak in ALPHA.peaks)
    assert trapezoid(drawn.intensity, FINE) == pytest.approx(total, rel=1e-6)


def test_the_highest_point_is_as_asked_for():
    assert curve(ALPHA, instrument=Instrument(fwhm_deg=0.1)).intensity.max() == pytest.approx(100)
    assert curve(
        ALPHA, instrument=Instrument(fwhm_deg=0.1), highest=7.0
    ).intensity.max() == pytest.approx(7)


def test_widths_of_grains_are_those_of_scherrer():
    drawn = curve(ALPHA, FINE, size_nm=10.0)
    peak = ALPHA.peaks[3]
    theta = np.radians(peak.two_theta_deg / 2)
    expected = np.degrees(0.9 * 1.54056 / (100.0 * np.cos(theta)))
    found = half_height_width(FINE, drawn.intensity, peak.two_theta_deg)
    # The tails of the neighbours lift the line a little.
    assert found == pytest.approx(expected, rel=0.02)


def test_widths_of_the_instrument_are_as_given():
    peak = ALPHA.peaks[3]
    for options in ({"fwhm_deg": 0.2}, {"caglioti": (0.0, 0.0, 0.04)}):
        drawn = curve(ALPHA, FINE, instrument=Instrument(**options))
        found = half_height_width(FINE, drawn.intensity, peak.two_theta_deg)
        assert found == pytest.approx(0.2, rel=1e-4)


def test_lines_without_a_width_are_a_tenth_of_a_degree_wide():
    plain = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1))
    assert np.array_equal(curve(ALPHA, FINE).intensity, plain.intensity)
    assert not np.allclose(curve(ALPHA, FINE, size_nm=50.0).intensity, plain.intensity)


def test_a_mixing_given_replaces_that_of_the_widths():
    tails = [
        curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1, mixing=m)).intensity[0]
        for m in (0.0, 0.5, 1.0)
    ]
    assert tails[0] < tails[1] < tails[2]


def test_shifts_move_the_lines_and_their_ticks():
    plain = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1))
    shifted = curve(ALPHA, FINE + 0.1, instrument=Instrument(fwhm_deg=0.1, zero_shift_deg=0.1))
    assert shifted.intensity == pytest.approx(plain.intensity)
    assert shifted.ticks == pytest.approx(plain.ticks + 0.1)
    low = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1, displacement_mm=0.1))
    assert np.all(low.ticks < plain.ticks)


def test_a_background_lies_under_the_lines():
    plain = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1))
    lifted = curve(
        ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1), background_coefficients=(5.0, -2.0)
    )
    assert lifted.intensity - plain.intensity == pytest.approx(np.linspace(7, 3, len(FINE)))


@pytest.mark.parametrize(
    ("axis", "over"), [("q", q_from_two_theta), ("d", d_from_two_theta), ("two_theta", None)]
)
def test_every_axis_shows_the_same_counts(axis, over):
    plain = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1))
    x = over(FINE, ALPHA.wavelength_A) if over else FINE
    other = curve(ALPHA, x, x_axis=axis, instrument=Instrument(fwhm_deg=0.1))
    assert other.intensity == pytest.approx(plain.intensity, abs=1e-6)
    known = {
        "q": [p.q_inv_A for p in ALPHA.peaks],
        "d": [p.d_A for p in ALPHA.peaks],
        "two_theta": [p.two_theta_deg for p in ALPHA.peaks],
    }
    assert other.ticks == pytest.approx(known[axis])
    assert from_axis(to_axis(FINE, axis, 1.5), axis, 1.5) == pytest.approx(FINE)


def test_the_default_axis_draws_narrow_lines():
    drawn = curve(ALPHA, instrument=Instrument(fwhm_deg=0.02))
    assert (drawn.x[0], drawn.x[-1]) == pytest.approx((10, 40))
    assert np.diff(drawn.x).max() <= 0.02 / 5 + 1e-9
    for peak in ALPHA.peaks:
        assert drawn.intensity[np.argmin(abs(drawn.x - peak.two_theta_deg))] > 0.8 * peak.intensity


def test_a_doublet_has_two_lines_at_high_angles():
    both = curve(
        xrd("CsPbI3", "alpha", "CuKa12", (80, 110)), instrument=Instrument(fwhm_deg=0.05)
    ).intensity
    alone = curve(
        xrd("CsPbI3", "alpha", "CuKa1", (80, 110)), instrument=Instrument(fwhm_deg=0.05)
    ).intensity

    def maxima(y):
        return int(((y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:]) & (y[1:-1] > 2)).sum())

    assert maxima(both) > 1.5 * maxima(alone)


def test_a_pattern_without_peaks_is_a_flat_curve():
    empty = xrd("CsPbI3", "alpha", two_theta_deg=(5, 6))
    assert not curve(empty, instrument=Instrument(fwhm_deg=0.1)).intensity.any()


def test_a_measured_curve_is_scaled_by_least_squares():
    computed = curve(ALPHA, FINE, instrument=Instrument(fwhm_deg=0.1)).intensity
    assert scaled_to(37 * computed + 500, computed) == pytest.approx((1 / 37, -500 / 37))
    noisy = 37 * computed + np.random.default_rng(1).normal(500, 30, len(FINE))
    scale, offset = scaled_to(noisy, computed)
    least = ((scale * noisy + offset - computed) ** 2).sum()
    for factor, shift in ((1.01, 0), (0.99, 0), (1, 0.01), (1, -0.01)):
        other = scale * factor * noisy + offset + shift - computed
        assert (other**2).sum() > least


def test_curves_that_do_not_rise_together_are_not_turned_over():
    # A flat line at the mean.
    assert scaled_to([0, 1, 0, 0], [1, 0, 1, 1]) == pytest.approx((0, 0.75))


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        (
            lambda: curve(ALPHA, instrument=Instrument(fwhm_deg=0.1, caglioti=(0, 0, 1))),
            InputError,
            "two widths",
        ),
        (lambda: curve(ALPHA, instrument=Instrument(fwhm_deg=-0.1)), InputError, "no width"),
        (lambda: curve(ALPHA, size_nm=0.0), InputError, "positive"),
        (
            lambda: curve(ALPHA, instrument=Instrument(fwhm_deg=0.1), x_axis="r"),
            InputError,
            "two_theta, q, d",
        ),
        (
            lambda: curve(ALPHA, [1.0], instrument=Instrument(fwhm_deg=0.1)),
            InputError,
            "two finite numbers",
        ),
        (
            lambda: curve(ALPHA, instrument=Instrument(fwhm_deg=0.1, zero_shift_deg=np.nan)),
            InputError,
            "finite",
        ),
        (
            lambda: curve(ALPHA, instrument=Instrument(fwhm_deg=0.1, mixing=2.0)),
            InputError,
            "mixing",
        ),
        (
            lambda: curve(ALPHA, [1, 20], x_axis="q", instrument=Instrument(fwhm_deg=0.1)),
            OutOfRange,
            "half the wavelength",
        ),
        (lambda: scaled_to([1, 1], [1, 2]), InputError, "flat"),
        (lambda: scaled_to([1, 2, 3], [1, 2]), InputError, "do not match"),
    ],
)
def test_what_cannot_be_drawn(question, error, words):
    with pytest.raises(error, match=words):
        question()
