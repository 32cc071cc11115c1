"""From peaks to a curve: widths, line shapes, shifts and background of a powder pattern.

Angles are 2theta in degrees. Widths are full widths at half maximum (FWHM). The formulas are
those of R. E. Dinnebier and P. Scardi, J. Appl. Cryst. 54, 1811 (2021), doi
10.1107/S1600576721009183, unless a function names another source; the older papers are cited
from memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from perovdb.errors import InputError

#: Numbers in one block of the axis and the peaks (8 bytes each).
BLOCK = 1 << 20


def fwhm_in_q(fwhm_deg: ArrayLike, two_theta_deg: ArrayLike, wavelength_A: float) -> np.ndarray:
    """Width in 1/angstrom of q of a narrow peak: dq = 2 pi / lambda cos(theta) d2theta.

    Args:
        fwhm_deg: width in degrees of 2theta.
        two_theta_deg: where the peak is, same shape or a scalar.
        wavelength_A: in angstrom.
    """
    width = np.radians(np.asarray(fwhm_deg, dtype=float))
    return np.asarray(2 * np.pi / wavelength_A * np.cos(_theta(two_theta_deg)) * width)


def scherrer_fwhm_deg(
    two_theta_deg: ArrayLike,
    wavelength_A: float,
    size_nm: float,
    shape_factor: float = 0.9,
) -> np.ndarray:
    """Width in degrees of 2theta that the size of a crystallite gives a peak.

    beta = K lambda / (L cos theta), in radians. K = 0.9 is the usual choice for FWHM and grains
    of no known shape; it is 2 sqrt(ln 2 / pi) = 0.94 for cubes along an edge in Scherrer's own
    derivation. Source: P. Scherrer, Nachr. Ges. Wiss. Goettingen 1918, 98; A. L. Patterson, Phys.
    Rev. 56, 978 (1939), doi 10.1103/PhysRev.56.978 (both from memory).

    Args:
        two_theta_deg: where the peaks are, any shape.
        wavelength_A: in angstrom.
        size_nm: L in nanometres, volume-weighted and along the normal of the planes.
        shape_factor: K.

    Raises:
        InputError: a size or a shape factor that is not positive, or an angle out of range.
    """
    if not (size_nm > 0 and shape_factor > 0):
        raise InputError(
            f"A crystallite of {size_nm:g} nm with shape factor {shape_factor:g} has no width.",
            "Give positive numbers.",
        )
    cosine = np.cos(_theta(two_theta_deg))
    return np.asarray(np.degrees(shape_factor * wavelength_A / (10 * size_nm * cosine)))


def caglioti_fwhm_deg(two_theta_deg: ArrayLike, u: float, v: float, w: float) -> np.ndarray:
    """Width in degrees that the instrument gives: FWHM^2 = U tan^2 theta + V tan theta + W.

    Source: G. Caglioti, A. Paoletti and F. P. Ricci, Nucl. Instrum. 3, 223 (1958), doi
    10.1016/0369-643X(58)90029-X (from memory).

    Args:
        two_theta_deg: where the peaks are, any shape.
        u, v, w: in square degrees.

    Raises:
        InputError: the square is negative at one of the angles.
    """
    tangent = np.tan(_theta(two_theta_deg))
    square = u * tangent**2 + v * tangent + w
    if np.any(square < 0):
        raise InputError(
            "U tan^2 theta + V tan theta + W is negative at one of the angles.",
            "Check U, V and W, which are in square degrees; V is usually negative.",
        )
    return np.asarray(np.sqrt(square))


def pseudo_voigt(offset: ArrayLike, fwhm: ArrayLike, mixing: ArrayLike = 0.5) -> np.ndarray:
    """A line of area 1: eta Lorentzian + (1 - eta) Gaussian of the same FWHM.

    Args:
        offset: distance from the centre; it and the width in one unit, any shapes that match.
        fwhm: positive.
        mixing: eta, from 0 (Gaussian) to 1 (Lorentzian).

    Raises:
        InputError: a width that is not positive, or a mixing out of range.
    """
    fwhm, mixing = np.asarray(fwhm, dtype=float), np.asarray(mixing, dtype=float)
    if not np.all(fwhm > 0):
        raise InputError("A line has no width.", "Give a positive FWHM for each peak.")
    if not np.all((mixing >= 0) & (mixing <= 1)):
        raise InputError(
            "The mixing of a pseudo-Voigt line is out of range.",
            "Give a number from 0 (Gaussian) to 1 (Lorentzian).",
        )
    square = (2 * np.asarray(offset, dtype=float) / fwhm) ** 2
    lorentzian = (2 / np.pi) / (1 + square)
    gaussian = (2 * np.sqrt(np.log(2) / np.pi)) * np.exp(-np.log(2) * square)
    return np.asarray((mixing * lorentzian + (1 - mixing) * gaussian) / fwhm)


def voigt_as_pseudo(gaussian: ArrayLike, lorentzian: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """FWHM and mixing of the pseudo-Voigt line nearest to a Gaussian convolved by a Lorentzian.

    FWHM^5 = G^5 + 2.69269 G^4 L + 2.42843 G^3 L^2 + 4.47163 G^2 L^3 + 0.07842 G L^4 + L^5 and
    eta = 1.36603 r - 0.47719 r^2 + 0.11116 r^3 with r = L / FWHM. Source: P. Thompson,
    D. E. Cox and J. B. Hastings, J. Appl. Cryst. 20, 79 (1987), doi 10.1107/S0021889887087090
    (from memory; the width is that of the Voigt function within 0.5 %, as a test holds).

    Args:
        gaussian: FWHM of the Gaussian, zero or more, any shape.
        lorentzian: FWHM of the Lorentzian in the same unit, a shape that matches.

    Raises:
        InputError: a width that is negative, or two that are zero.
    """
    g, l = np.asarray(gaussian, dtype=float), np.asarray(lorentzian, dtype=float)  # noqa: E741 (the field's names)
    if not np.all((g >= 0) & (l >= 0) & (g + l > 0)):
        raise InputError(
            "A line has no width.", "Give widths of zero or more, one of them positive."
        )
    fwhm = (
        g**5
        + 2.69269 * g**4 * l
        + 2.42843 * g**3 * l**2
        + 4.47163 * g**2 * l**3
        + 0.07842 * g * l**4
        + l**5
    ) ** 0.2
    r = l / fwhm
    # Rounding may leave a hundred-thousandth more than a pure Lorentzian.
    mixing = np.clip(1.36603 * r - 0.47719 * r**2 + 0.11116 * r**3, 0.0, 1.0)
    return np.asarray(fwhm), np.asarray(mixing)


def profile(
    axis: ArrayLike,
    positions: ArrayLike,
    intensities: ArrayLike,
    fwhm: ArrayLike,
    mixing: ArrayLike = 0.5,
) -> np.ndarray:
    """(n,) curve of pseudo-Voigt lines whose areas are the intensities.

    Args:
        axis: (n,) 2theta, q or d.
        positions: (m,) of the peaks, on the same axis.
        intensities: (m,) areas.
        fwhm: (m,) or one number, in units of the axis.
        mixing: (m,) or one number, as for `pseudo_voigt`.

    Raises:
        InputError: shapes that do not match, or as for `pseudo_voigt`.
    """
    axis, positions = np.asarray(axis, dtype=float), np.asarray(positions, dtype=float)
    areas = np.asarray(intensities, dtype=float)
    if axis.ndim != 1 or positions.ndim != 1 or positions.shape != areas.shape:
        raise InputError(
            "The axis, positions and intensities of a profile do not match.",
            "Give one row of each, and as many intensities as positions.",
        )
    try:
        widths = np.broadcast_to(np.asarray(fwhm, dtype=float), positions.shape)
        shares = np.broadcast_to(np.asarray(mixing, dtype=float), positions.shape)
    except ValueError as error:
        raise InputError(
            "The widths or mixings of a profile are not as many as its peaks.",
            "Give one number, or one for each peak.",
        ) from error
    curve = np.zeros(len(axis))
    rows = max(1, BLOCK // max(1, len(positions)))
    for start in range(0, len(axis), rows):
        offset = axis[start : start + rows, None] - positions
        curve[start : start + rows] = pseudo_voigt(offset, widths, shares) @ areas
    return curve


def displacement_shift_deg(
    two_theta_deg: ArrayLike, displacement_mm: float, radius_mm: float
) -> np.ndarray:
    """What a sample off the axis of a Bragg-Brentano goniometer adds to 2theta, in degrees.

    Delta 2theta = -2 s cos(theta) / R, in radians: peaks of a sample that lies too low (s > 0) are
    seen at angles too small. Source: A. J. C. Wilson, Mathematical Theory of
    X-ray Powder Diffractometry, 1963 (from memory).

    Args:
        two_theta_deg: where the peaks belong, any shape.
        displacement_mm: s, positive away from the centre of the focusing circle (too low).
        radius_mm: R, of the goniometer.

    Raises:
        InputError: a radius that is not positive.
    """
    if not radius_mm > 0:
        raise InputError(f"A goniometer has no radius of {radius_mm:g} mm.", "Give it in mm.")
    cosine = np.cos(_theta(two_theta_deg))
    return np.asarray(np.degrees(-2 * displacement_mm * cosine / radius_mm))


def observed_two_theta_deg(
    two_theta_deg: ArrayLike,
    zero_shift_deg: float = 0.0,
    displacement_mm: float = 0.0,
    radius_mm: float = 240.0,
) -> np.ndarray:
    """Where peaks are seen: 2theta + zero shift + `displacement_shift_deg`.

    Args:
        two_theta_deg: where the peaks belong, any shape.
        zero_shift_deg: what the goniometer reads at 2theta = 0.
        displacement_mm, radius_mm: as for `displacement_shift_deg`; the radius matters only with
            a displacement, and its default is but a common one (from memory): give your own.
    """
    shift = displacement_shift_deg(two_theta_deg, displacement_mm, radius_mm)
    return np.asarray(np.asarray(two_theta_deg, dtype=float) + zero_shift_deg + shift)


def background(axis: ArrayLike, coefficients: Sequence[float]) -> np.ndarray:
    """sum_i c_i T_i(x) with the Chebyshev polynomials, x from -1 to 1 over the axis.

    A polynomial of the same degree as sum_i c_i x^i, without its loss of digits; the first
    coefficient alone is a constant background.

    Args:
        axis: (n,) in any unit, n > 1.
        coefficients: c_0, c_1, ...

    Raises:
        InputError: no coefficients, or an axis without extent.
    """
    axis = np.asarray(axis, dtype=float)
    low, high = (axis.min(), axis.max()) if axis.size else (0.0, 0.0)
    if not len(coefficients) or not low < high:
        raise InputError(
            "A background needs coefficients and an axis with an extent.",
            "Give at least one coefficient and two different places.",
        )
    scaled = (2 * axis - low - high) / (high - low)
    return np.asarray(np.polynomial.chebyshev.chebval(scaled, np.asarray(coefficients)))


def _theta(two_theta_deg: ArrayLike) -> np.ndarray:
    """Half the angle, in radians."""
    two_theta = np.asarray(two_theta_deg, dtype=float)
    if not np.all((two_theta > 0) & (two_theta <= 180)):
        raise InputError(
            "An angle of 2theta is out of range.", "Give angles above 0 and up to 180 degrees."
        )
    return np.asarray(np.radians(two_theta) / 2)
