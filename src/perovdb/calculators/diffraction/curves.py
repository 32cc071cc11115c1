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
from perovdb.errors import InputError

#: Axis -> its name with the unit, as in the heads of tables.
AXES = {"two_theta": "two_theta_deg", "q": "q_inv_A", "d": "d_A"}

#: Widest and narrowest step of a default axis, in degrees, and points per width of a line.
WIDEST_STEP_DEG, NARROWEST_STEP_DEG, POINTS_PER_WIDTH = 0.02, 2e-4, 5


@dataclass(frozen=True)
class Curve:
    """A pattern as it would be recorded.

    Attributes:
        axis: "two_theta", "q" or "d".
        x: (n,) degrees, 1/angstrom or angstrom, in the order of 2theta.
        two_theta_deg: (n,) the angles that x stands for.
        intensity: (n,) at each of them.
        ticks: (m,) where the peaks are seen, in the unit of x.
    """

    axis: str
    x: np.ndarray
    two_theta_deg: np.ndarray
    intensity: np.ndarray
    ticks: np.ndarray


@dataclass(frozen=True)
class Scaled:
    """A measured curve in the units of a computed one: scale * measured + offset.

    Attributes:
        intensity: (n,) of the measured curve after it.
        difference: (n,) that less the computed curve.
        scale, offset: of the least squares.
    """

    intensity: np.ndarray
    difference: np.ndarray
    scale: float
    offset: float


def curve(
    pattern: Pattern,
    x: ArrayLike | None = None,
    *,
    axis: str = "two_theta",
    size_nm: float | None = None,
    shape_factor: float = 0.9,
    fwhm_deg: float | None = None,
    caglioti: tuple[float, float, float] | None = None,
    mixing: float | None = None,
    zero_shift_deg: float = 0.0,
    displacement_mm: float = 0.0,
    radius_mm: float = 240.0,
    background_coefficients: Sequence[float] = (),
    highest: float | None = 100.0,
) -> Curve:
    """The curve of a pattern on an axis.

    The instrument makes Gaussian lines, the size of the grains Lorentzian ones; together they are
    pseudo-Voigt lines as of `voigt_as_pseudo`.

    Args:
        pattern: peaks, as of `xrd` or `xrd_structure`. The tails of peaks beyond its range of
            angles are not in the curve.
        x: (n,) where to compute it, n > 1; by default equal steps in 2theta over the range of
            the pattern, five to the narrowest line.
        axis: what x is: "two_theta" in degrees, "q" in 1/angstrom or "d" in angstrom, taken over
            to the angle by the wavelength of the pattern (the stronger line of a doublet).
        size_nm: size of the grains, as for `scherrer_fwhm_deg`; none for large ones.
        shape_factor: K of the Scherrer equation.
        fwhm_deg: width that the instrument gives each line, in degrees.
        caglioti: (U, V, W) in square degrees instead, as for `caglioti_fwhm_deg`.
        mixing: eta of all lines, instead of what the two widths give.
        zero_shift_deg, displacement_mm, radius_mm: as for `observed_two_theta_deg`.
        background_coefficients: of Chebyshev polynomials over the axis in 2theta, as for
            `background`, in the units of the intensity; added last.
        highest: what the highest point of the lines becomes; with None areas under them, in
            intensity times degree, are the intensities of the peaks.

    Raises:
        InputError: no width or two of the instrument, an axis that cannot be used, or as for the
            functions named.
        OutOfRange: a point of the axis is at no angle.
    """
    lines = np.array([peak.two_theta_deg for peak in pattern.peaks], dtype=float)
    wavelengths_A = np.array([peak.wavelength_A for peak in pattern.peaks], dtype=float)
    areas = np.array([peak.intensity for peak in pattern.peaks], dtype=float)
    fwhm, shares = _widths(lines, wavelengths_A, size_nm, shape_factor, fwhm_deg, caglioti)
    if mixing is not None:
        shares = np.full(len(lines), float(mixing))
    seen = observed_two_theta_deg(lines, zero_shift_deg, displacement_mm, radius_mm)
    if not np.isfinite(seen).all():
        raise InputError("A shift of the peaks is not a finite number.", "Give one in degrees.")
    if x is None:
        two_theta = default_two_theta(pattern.two_theta_deg, fwhm)
        shown = to_axis(two_theta, axis, pattern.wavelength_A)
    else:
        shown = np.asarray(x, dtype=float)
        if shown.ndim != 1 or len(shown) < 2 or not np.isfinite(shown).all():
            raise InputError(
                "The axis of a curve cannot be used.", "Give a row of two finite numbers or more."
            )
        two_theta = from_axis(shown, axis, pattern.wavelength_A)
    intensity = profile(two_theta, seen, areas, fwhm, shares)
    top = intensity.max(initial=0.0)
    if highest is not None and top > 0:
        intensity = intensity * (highest / top)
    if len(background_coefficients):
        intensity = intensity + background(two_theta, background_coefficients)
    there = (seen > 0) & (seen < 180)
    ticks = to_axis(seen[there], axis, pattern.wavelength_A)
    return Curve(axis, shown, two_theta, intensity, ticks)


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


def to_axis(two_theta_deg: ArrayLike, axis: str, wavelength_A: float) -> np.ndarray:
    """Angles on an axis "two_theta", "q" or "d", same shape.

    Raises:
        InputError: there is no such axis.
        OutOfRange: an angle is not between 0 and 180 degrees.
    """
    _check_axis(axis)
    if axis == "q":
        return q_from_two_theta(two_theta_deg, wavelength_A)
    if axis == "d":
        return d_from_two_theta(two_theta_deg, wavelength_A)
    return np.asarray(two_theta_deg, dtype=float)


def from_axis(x: ArrayLike, axis: str, wavelength_A: float) -> np.ndarray:
    """2theta in degrees of places on an axis "two_theta", "q" or "d", same shape.

    Raises:
        InputError: there is no such axis.
        OutOfRange: a place is at no angle.
    """
    _check_axis(axis)
    if axis == "q":
        return two_theta_from_q(x, wavelength_A)
    if axis == "d":
        return two_theta_from_d(x, wavelength_A)
    return np.asarray(x, dtype=float)


def scaled_to(measured: ArrayLike, computed: ArrayLike) -> Scaled:
    """A measured curve scaled to a computed one by least squares, with a constant offset.

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
    offset = float(target.mean() - scale * y.mean())
    fitted = scale * y + offset
    return Scaled(fitted, fitted - target, scale, offset)


def _widths(
    lines: np.ndarray,
    wavelengths_A: np.ndarray,
    size_nm: float | None,
    shape_factor: float,
    fwhm_deg: float | None,
    caglioti: tuple[float, float, float] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """FWHM in degrees and mixing of each line."""
    if fwhm_deg is not None and caglioti is not None:
        raise InputError(
            "The instrument has two widths.", "Give one FWHM, or U, V and W of Caglioti."
        )
    if fwhm_deg is None and caglioti is None and size_nm is None:
        raise InputError(
            "The lines have no width.", "Give a size of the grains, an FWHM, or U, V and W."
        )
    instrument = np.full(len(lines), 0.0 if fwhm_deg is None else float(fwhm_deg))
    if caglioti is not None:
        instrument = caglioti_fwhm_deg(lines, *caglioti)
    grains = np.zeros(len(lines))
    if size_nm is not None:
        # One line of a doublet is a little broader than the other.
        grains = scherrer_fwhm_deg(lines, 1.0, size_nm, shape_factor) * wavelengths_A
    return voigt_as_pseudo(instrument, grains)


def _check_axis(axis: str) -> None:
    if axis not in AXES:
        raise InputError(f"'{axis}' is no axis of a pattern.", f"Give one of: {', '.join(AXES)}.")
