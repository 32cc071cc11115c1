"""From the peaks of a pattern to the curve that a diffractometer records.

Lines stand where the instrument sees them, as broad as the grains and the instrument make them.
A curve is counted in 2theta, on whatever axis it is shown: q and d are other names of the angle,
so that a measured curve taken over from 2theta to q lies on the computed one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from perovdb.calculators.diffraction.bragg import (
    d_from_two_theta,
    q_from_two_theta,
    two_theta_from_q,
)
from perovdb.calculators.diffraction.bragg import two_theta_deg as two_theta_from_d
from perovdb.calculators.diffraction.pattern import Pattern
from perovdb.calculators.diffraction.profile import (
    background,
    caglioti_fwhm_deg,
    observed_two_theta_deg,
    profile,
    scherrer_fwhm_deg,
    voigt_as_pseudo,
)
from perovdb.errors import InputError, check_choice

#: Axis -> its name with the unit, as in the heads of tables.
AXES = {"two_theta": "two_theta_deg", "q": "q_inv_A", "d": "d_A"}

#: Widest and narrowest step of a default axis, in degrees, and points per width of a line.
WIDEST_STEP_DEG, NARROWEST_STEP_DEG, POINTS_PER_WIDTH = 0.02, 2e-4, 5


#: Width of lines in degrees, if neither the grains nor the instrument are told.
DEFAULT_FWHM_DEG = 0.1


@dataclass(frozen=True)
class Instrument:
    """What a diffractometer does to the lines of a pattern.

    Attributes:
        fwhm_deg: width that it gives each line, in degrees.
        caglioti: (U, V, W) in square degrees instead, as for `caglioti_fwhm_deg`.
        mixing: eta of all lines, instead of what the widths of instrument and grains give.
        shape_factor: K of the Scherrer equation for the grains.
        zero_shift_deg, displacement_mm, radius_mm: as for `observed_two_theta_deg`.
    """

    fwhm_deg: float | None = None
    caglioti: tuple[float, float, float] | None = None
    mixing: float | None = None
    shape_factor: float = 0.9
    zero_shift_deg: float = 0.0
    displacement_mm: float = 0.0
    radius_mm: float = 240.0


@dataclass(frozen=True)
class Curve:
    """A pattern as it would be recorded.

    Attributes:
        x: (n,) degrees, 1/angstrom or angstrom, in the order of 2theta.
        two_theta_deg: (n,) the angles that x stands for.
        intensity: (n,) at each of them.
        ticks: (m,) where the peaks are seen, in the unit of x.
    """

    x: np.ndarray
    two_theta_deg: np.ndarray
    intensity: np.ndarray
    ticks: np.ndarray


def curve(
    pattern: Pattern,
    x: ArrayLike | None = None,
    *,
    x_axis: str = "two_theta",
    size_nm: float | None = None,
    instrument: Instrument | None = None,
    background_coefficients: Sequence[float] = (),
    highest: float | None = 100.0,
) -> Curve:
    """The curve of a pattern on an axis.

    The instrument makes Gaussian lines, the size of the grains Lorentzian ones; together they are
    pseudo-Voigt lines as of `voigt_as_pseudo`.

    Args:
        pattern: peaks, as of `xrd`. The tails of peaks beyond its range of angles are not in the
            curve.
        x: (n,) where to compute it, n > 1; by default equal steps in 2theta over the range of
            the pattern, five to the narrowest line.
        x_axis: what x is: "two_theta" in degrees, "q" in 1/angstrom or "d" in angstrom, taken
            over to the angle by the wavelength of the pattern (the stronger line of a doublet).
        size_nm: size of the grains, as for `scherrer_fwhm_deg`; none for large ones.
        instrument: what it does to the lines; where neither it nor the size gives them a width
            they are 0.1 degrees wide.
        background_coefficients: of Chebyshev polynomials over the axis in 2theta, as for
            `background`, in the units of the intensity; added last.
        highest: what the highest point of the lines becomes; with None areas under them, in
            intensity times degree, are the intensities of the peaks.

    Raises:
        InputError: two widths of the instrument, an axis that cannot be used, or as for the
            functions named.
        OutOfRange: a point of the axis is at no angle.
    """
    instrument = instrument or Instrument()
    lines = np.array([peak.two_theta_deg for peak in pattern.peaks], dtype=float)
    wavelengths_A = np.array([peak.wavelength_A for peak in pattern.peaks], dtype=float)
    areas = np.array([peak.intensity for peak in pattern.peaks], dtype=float)
    fwhm, shares = _widths(lines, wavelengths_A, size_nm, instrument)
    seen = observed_two_theta_deg(
        lines, instrument.zero_shift_deg, instrument.displacement_mm, instrument.radius_mm
    )
    if not np.isfinite(seen).all():
        raise InputError("A shift of the peaks is not a finite number.", "Give one in degrees.")
    if x is None:
        two_theta = default_two_theta(pattern.two_theta_deg, fwhm)
        shown = to_axis(two_theta, x_axis, pattern.wavelength_A)
    else:
        shown = np.asarray(x, dtype=float)
        if shown.ndim != 1 or len(shown) < 2 or not np.isfinite(shown).all():
            raise InputError(
                "The axis of a curve cannot be used.", "Give a row of two finite numbers or more."
            )
        two_theta = from_axis(shown, x_axis, pattern.wavelength_A)
    intensity = profile(two_theta, seen, areas, fwhm, shares)
    top = intensity.max(initial=0.0)
    if highest is not None and top > 0:
        intensity = intensity * (highest / top)
    if len(background_coefficients):
        intensity = intensity + background(two_theta, background_coefficients)
    there = (seen > 0) & (seen < 180)
    ticks = to_axis(seen[there], x_axis, pattern.wavelength_A)
    return Curve(shown, two_theta, intensity, ticks)


def default_two_theta(
    two_theta_deg: tuple[float, float], fwhm_deg: np.ndarray | float
) -> np.ndarray:
    """(n,) equal steps over a range of angles that draw lines of these widths, in degrees."""
    narrowest = float(np.min(fwhm_deg, initial=np.inf))
    step = min(WIDEST_STEP_DEG, max(narrowest / POINTS_PER_WIDTH, NARROWEST_STEP_DEG))
    # Where the beam is not scattered, q is zero and d has no bound.
    low = max(two_theta_deg[0], step)
    high = max(two_theta_deg[1], low + step)
    return np.linspace(low, high, int(np.ceil((high - low) / step - 1e-9)) + 1)


def to_axis(two_theta_deg: ArrayLike, x_axis: str, wavelength_A: float) -> np.ndarray:
    """Angles on an axis "two_theta", "q" or "d", same shape.

    Raises:
        InputError: there is no such axis.
        OutOfRange: an angle is not between 0 and 180 degrees.
    """
    check_choice(x_axis, AXES, "no axis of a pattern")
    if x_axis == "q":
        return q_from_two_theta(two_theta_deg, wavelength_A)
    if x_axis == "d":
        return d_from_two_theta(two_theta_deg, wavelength_A)
    return np.asarray(two_theta_deg, dtype=float)


def from_axis(x: ArrayLike, x_axis: str, wavelength_A: float) -> np.ndarray:
    """2theta in degrees of places on an axis "two_theta", "q" or "d", same shape.

    Raises:
        InputError: there is no such axis.
        OutOfRange: a place is at no angle.
    """
    check_choice(x_axis, AXES, "no axis of a pattern")
    if x_axis == "q":
        return two_theta_from_q(x, wavelength_A)
    if x_axis == "d":
        return two_theta_from_d(x, wavelength_A)
    return np.asarray(x, dtype=float)


def scaled_to(measured: ArrayLike, computed: ArrayLike) -> tuple[float, float]:
    """Scale and offset that take a measured curve to a computed one, by least squares.

    The scale is that with which the sum of squares of the difference is least, and never
    negative: curves that do not rise together give 0, and a flat line.

    Args:
        measured, computed: (n,) at the same places, n > 1.

    Raises:
        InputError: shapes that do not match, or a measured curve that is flat.
    """
    y, target = np.asarray(measured, dtype=float), np.asarray(computed, dtype=float)
    if y.ndim != 1 or y.shape != target.shape or len(y) < 2:
        raise InputError(
            "The measured and the computed curve do not match.", "Give both at the same places."
        )
    away = y - y.mean()
    square = float(away @ away)
    if not square > 0:
        raise InputError("The measured curve is flat.", "Give one with peaks.")
    scale = max(0.0, float(away @ target) / square)
    return scale, float(target.mean() - scale * y.mean())


def _widths(
    lines: np.ndarray, wavelengths_A: np.ndarray, size_nm: float | None, instrument: Instrument
) -> tuple[np.ndarray, np.ndarray]:
    """FWHM in degrees and mixing of each line."""
    fwhm_deg, caglioti = instrument.fwhm_deg, instrument.caglioti
    if fwhm_deg is not None and caglioti is not None:
        raise InputError(
            "The instrument has two widths.", "Give one FWHM, or U, V and W of Caglioti."
        )
    if fwhm_deg is None:
        fwhm_deg = DEFAULT_FWHM_DEG if size_nm is None else 0.0
    own = np.full(len(lines), float(fwhm_deg))
    if caglioti is not None:
        own = caglioti_fwhm_deg(lines, *caglioti)
    grains = np.zeros(len(lines))
    if size_nm is not None:
        # One line of a doublet is a little broader than the other.
        grains = scherrer_fwhm_deg(lines, 1.0, size_nm, instrument.shape_factor) * wavelengths_A
    fwhm, mixing = voigt_as_pseudo(own, grains)
    return fwhm, mixing if instrument.mixing is None else np.full(len(lines), instrument.mixing)
