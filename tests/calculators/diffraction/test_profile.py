"""Line shapes against integrals, limits and geometry."""

import numpy as np
import pytest
from scipy.integrate import quad, trapezoid
from scipy.optimize import brentq

from perovdb.calculators.diffraction.bragg import (
    d_from_two_theta,
    q_from_d,
    q_from_two_theta,
    two_theta_from_q,
)
from perovdb.calculators.diffraction.bragg import two_theta_deg as two_theta_from_d
from perovdb.calculators.diffraction.profile import (
    background,
    caglioti_fwhm_deg,
    displacement_shift_deg,
    fwhm_in_q,
    observed_two_theta_deg,
    profile,
    pseudo_voigt,
    scherrer_fwhm_deg,
)
from perovdb.errors import InputError, OutOfRange

ANGLES = np.array([5.0, 14.07, 60.0, 120.0, 179.0])


def test_axes_there_and_back():
    assert two_theta_from_d(d_from_two_theta(ANGLES, 1.05), 1.05) == pytest.approx(ANGLES)
    assert two_theta_from_q(q_from_two_theta(ANGLES, 1.05), 1.05) == pytest.approx(ANGLES)
    assert q_from_d(d_from_two_theta(ANGLES, 1.05)) == pytest.approx(
        q_from_two_theta(ANGLES, 1.05)
    )
    # sin 30 deg is a half: at 2theta = 60 deg the planes are a wavelength apart.
    assert d_from_two_theta(60.0, 1.3) == pytest.approx(1.3)


def test_the_width_in_q_is_the_distance_of_two_close_angles():
    low, high = q_from_two_theta([39.99, 40.01], 1.54056)
    assert fwhm_in_q(0.02, 40.0, 1.54056) == pytest.approx(high - low, rel=1e-6)


@pytest.mark.parametrize("mixing", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("fwhm", [0.01, 0.5, 3.0])
def test_a_line_has_area_one_and_its_half_height_at_half_its_width(fwhm, mixing):
    area = 2 * quad(lambda x: float(pseudo_voigt(x, fwhm, mixing)), 0, 10 * fwhm)[0]
    tail = 2 * quad(lambda x: float(pseudo_voigt(x, fwhm, mixing)), 10 * fwhm, np.inf)[0]
    assert area + tail == pytest.approx(1)
    assert pseudo_voigt(fwhm / 2, fwhm, mixing) == pytest.approx(pseudo_voigt(0, fwhm, mixing) / 2)


def test_the_area_of_a_profile_is_the_sum_of_the_intensities():
    axis = np.linspace(-100, 200, 300001)
    curve = profile(axis, [40.0, 60.0], [3.0, 5.0], [0.2, 0.4], mixing=0.0)
    assert trapezoid(curve, axis) == pytest.approx(8)
    apart = profile(axis, [40.0], [3.0], 0.2, 0.0) + profile(axis, [60.0], [5.0], 0.4, 0.0)
    assert curve == pytest.approx(apart)


def test_a_profile_without_peaks_is_flat():
    assert not profile(np.arange(5.0), [], [], 0.1).any()


@pytest.mark.parametrize("cells", [20, 100])
def test_scherrer_is_the_width_of_the_interference_function(cells):
    """sin^2(N x) / sin^2(x) of N planes: K = 0.886 is the exact constant of FWHM for a slab."""
    d_A, wavelength_A = 6.0, 1.54056
    centre = float(two_theta_from_d(d_A, wavelength_A))

    def planes(two_theta):
        x = q_from_two_theta(two_theta, wavelength_A) * d_A / 2
        return float(np.sin(cells * x) ** 2 / np.sin(x) ** 2) - cells**2 / 2

    guess = float(scherrer_fwhm_deg(centre, wavelength_A, cells * d_A / 10))
    high = brentq(planes, centre + 0.1 * guess, centre + guess)
    low = brentq(planes, centre - guess, centre - 0.1 * guess)
    slab = brentq(lambda x: (np.sin(x) / x) ** 2 - 0.5, 1, 2) * 2 / np.pi
    assert slab == pytest.approx(0.886, abs=1e-3)
    expected = scherrer_fwhm_deg(centre, wavelength_A, cells * d_A / 10, slab)
    assert high - low == pytest.approx(float(expected), rel=2e-3)


def test_smaller_grains_and_higher_angles_are_broader():
    assert scherrer_fwhm_deg(30, 1.54, 5) == pytest.approx(2 * scherrer_fwhm_deg(30, 1.54, 10))
    # cos 60 deg is a half.
    assert scherrer_fwhm_deg(120, 1.54, 5) == pytest.approx(0.9 * 1.54 / 25 * 180 / np.pi)
    assert np.all(np.diff(scherrer_fwhm_deg([20, 60, 100], 1.54, 5)) > 0)


def test_caglioti_at_angles_whose_tangent_is_known():
    assert caglioti_fwhm_deg(90, 0.04, -0.02, 0.03) == pytest.approx(np.sqrt(0.05))
    assert caglioti_fwhm_deg([20, 80], 0, 0, 0.01) == pytest.approx([0.1, 0.1])
    # The narrowest place is at tan theta = -V / 2U.
    angles = np.linspace(5, 120, 2000)
    narrowest = angles[np.argmin(caglioti_fwhm_deg(angles, 0.04, -0.03, 0.02))]
    assert narrowest == pytest.approx(2 * np.degrees(np.arctan(0.03 / 0.08)), abs=0.1)


@pytest.mark.parametrize("two_theta", [15.0, 40.0, 100.0])
@pytest.mark.parametrize("displacement", [-0.1, 0.05])
def test_displacement_by_tracing_the_ray(two_theta, displacement):
    """Source and slit on a circle of radius R about the axis; the sample s below its place.

    The detector stands where a ray that leaves the source at distance R, and is turned by 2theta
    at the displaced sample, meets the circle.
    """
    radius, theta = 200.0, np.radians(two_theta / 2)
    # Tangent of the sample along x. The source is on the left at the angle theta.
    source = radius * np.array([-np.cos(theta), np.sin(theta)])
    sample = np.array([0.0, -displacement])
    incoming = (sample - source) / np.linalg.norm(sample - source)
    turn = np.array(
        [
            [np.cos(2 * theta), -np.sin(2 * theta)],
            [np.sin(2 * theta), np.cos(2 * theta)],
        ]
    )
    outgoing = turn @ incoming
    along = sample @ outgoing
    length = -along + np.sqrt(along**2 - sample @ sample + radius**2)
    hit = sample + length * outgoing
    seen = np.degrees(np.arctan2(hit[1], hit[0])) + np.degrees(theta)
    shift = displacement_shift_deg(two_theta, displacement, radius)
    assert seen - two_theta == pytest.approx(float(shift), rel=2e-3)


def test_shifts_add_up():
    assert observed_two_theta_deg(30.0, 0.02) == pytest.approx(30.02)
    both = observed_two_theta_deg(30.0, 0.02, 0.1, 200.0)
    assert both == pytest.approx(30.02 + displacement_shift_deg(30.0, 0.1, 200.0))


def test_a_background_is_a_polynomial_of_its_degree():
    axis = np.linspace(10, 90, 50)
    assert background(axis, [7.0]) == pytest.approx(np.full(50, 7.0))
    curve = background(axis, [1.0, -0.5, 0.2])
    assert np.abs(np.diff(curve, n=3)).max() < 1e-12
    assert curve[0] == pytest.approx(1 + 0.5 + 0.2)
    assert curve[-1] == pytest.approx(1 - 0.5 + 0.2)


@pytest.mark.parametrize(
    "question",
    [
        lambda: d_from_two_theta(0.0, 1.5),
        lambda: two_theta_from_q(20.0, 1.5),
        lambda: two_theta_from_d([3.0, 0.0], 1.5),
        lambda: scherrer_fwhm_deg(30, 1.5, 0),
        lambda: caglioti_fwhm_deg(30, 0, -1, 0),
        lambda: pseudo_voigt(0, 0),
        lambda: pseudo_voigt(0, 1, 1.5),
        lambda: profile([1.0], [1.0], [1.0, 2.0], 0.1),
        lambda: profile([1.0], [1.0, 2.0], [1.0, 2.0], [0.1, 0.1, 0.1]),
        lambda: displacement_shift_deg(30, 0.1, 0),
        lambda: background([1.0], [1.0]),
    ],
)
def test_what_cannot_be_drawn(question):
    with pytest.raises((InputError, OutOfRange)):
        question()
