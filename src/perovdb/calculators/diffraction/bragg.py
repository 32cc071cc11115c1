"""Bragg's law: angles, spacings, and the pseudo-cubic lattice parameter behind some peaks.

An index may be meant in the pseudo-cubic cell or in one of the larger cells of tilted phases;
the pseudo-cubic (200), the tetragonal (220) and (004) are the same planes. Every spacing here is
that of a pseudo-cubic metric, d = a / sqrt(h^2 + k^2 + l^2) with the index taken over to the
pseudo-cubic cell; how a tetragonal or orthorhombic strain splits peaks is left out.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from perovdb.errors import InputError, OutOfRange

Array = np.ndarray[Any, np.dtype[np.float64]]
Index = tuple[int, int, int]

#: Where the sine of Bragg's law still has a slope, for the fit.
_LARGEST_SINE = 1 - 1e-9


class Cell(NamedTuple):
    """A cell in which an index may be meant.

    Attributes:
        name: setting and size.
        to_pseudocubic: (3, 3) takes (h, k, l) of this cell to the index of the pseudo-cubic one.
    """

    name: str
    to_pseudocubic: tuple[tuple[float, ...], ...]


PSEUDOCUBIC = Cell("pseudo-cubic", ((1, 0, 0), (0, 1, 0), (0, 0, 1)))
#: a - b, a + b, 2c of the pseudo-cubic cell: I4/mcm, and Pbnm of the orthorhombic phases.
DOUBLED = Cell("sqrt2 x sqrt2 x 2", ((0.5, 0.5, 0), (-0.5, 0.5, 0), (0, 0, 0.5)))
#: a - b, a + b, c: P4/mbm.
IN_PLANE = Cell("sqrt2 x sqrt2 x 1", ((0.5, 0.5, 0), (-0.5, 0.5, 0), (0, 0, 1)))
#: The orthorhombic cell with its long axis along b: Pnma.
LONG_B = Cell("sqrt2 x 2 x sqrt2", ((0.5, 0, 0.5), (0, 0.5, 0), (-0.5, 0, 0.5)))

#: Setting -> the cells that it may mean, in the order in which they are tried.
SETTINGS = {
    "pseudo-cubic": (PSEUDOCUBIC,),
    "tetragonal": (DOUBLED, IN_PLANE),
    "orthorhombic": (DOUBLED, LONG_B),
    "auto": (PSEUDOCUBIC, DOUBLED, IN_PLANE, LONG_B),
}


class Refined(NamedTuple):
    """A lattice parameter refined from peaks, with what the peaks leave over.

    Attributes:
        a_A, a_su_A: pseudo-cubic lattice parameter and its standard uncertainty, in angstrom.
        zero_shift_deg, zero_shift_su_deg: 2theta as measured less that of Bragg's law.
        residuals_deg: (n,) 2theta as measured less that of the fit.
    """

    a_A: float
    a_su_A: float
    zero_shift_deg: float
    zero_shift_su_deg: float
    residuals_deg: tuple[float, ...]


def two_theta_deg(d_A: ArrayLike, wavelength_A: ArrayLike) -> Array:
    """Angle 2theta = 2 asin(lambda / 2d) of planes at a spacing; arrays are broadcast.

    Args:
        d_A: spacings in angstrom.
        wavelength_A: in angstrom.

    Returns:
        2theta in degrees, of the broadcast shape.

    Raises:
        OutOfRange: a number is not positive, or a spacing is below half the wavelength.

    >>> round(float(two_theta_deg(6.11, 1.5406)), 2)
    14.49
    """
    d, wavelength = _positive(d_A, "spacing"), _positive(wavelength_A, "wavelength")
    sine = wavelength / (2 * d)
    if np.any(sine > 1):
        raise OutOfRange(
            f"Planes {float(np.min(d)):g} A apart reflect no wave of "
            f"{float(np.max(wavelength)):g} A: the spacing is below half the wavelength.",
            "Take a shorter wavelength or planes further apart.",
        )
    angle: Array = np.degrees(2 * np.arcsin(sine))
    return angle


def d_from_two_theta(two_theta_deg: ArrayLike, wavelength_A: ArrayLike) -> Array:
    """Spacing d = lambda / (2 sin theta) of planes that reflect at an angle; arrays broadcast.

    Args:
        two_theta_deg: angles 2theta in degrees, above 0 and up to 180.
        wavelength_A: in angstrom.

    Returns:
        d in angstrom, of the broadcast shape.

    Raises:
        OutOfRange: an angle is not between 0 and 180, or a wavelength is not positive.

    >>> round(float(d_from_two_theta(14.49, 1.5406)), 2)
    6.11
    """
    wavelength = _positive(wavelength_A, "wavelength")
    angle = np.asarray(two_theta_deg, dtype=float)
    bad = ~((angle > 0) & (angle <= 180))
    if np.any(bad):
        raise OutOfRange(
            f"No planes reflect at 2theta = {float(angle[bad].flat[0]):g} degrees.",
            "Give angles above 0 and up to 180.",
        )
    d_A: Array = wavelength / (2 * np.sin(np.radians(angle) / 2))
    return d_A


def q_from_d(d_A: ArrayLike) -> Array:
    """Length of the scattering vector, q = 2 pi / d.

    Args:
        d_A: spacings in angstrom.

    Returns:
        q in 1/angstrom, of the same shape.

    Raises:
        OutOfRange: a spacing is not positive.

    >>> round(float(q_from_d(6.11)), 4)
    1.0283
    """
    return 2 * np.pi / _positive(d_A, "spacing")


def q_from_two_theta(two_theta_deg: ArrayLike, wavelength_A: ArrayLike) -> Array:
    """Length of the scattering vector in 1/angstrom at an angle; see `d_from_two_theta`."""
    return q_from_d(d_from_two_theta(two_theta_deg, wavelength_A))


def two_theta_from_q(q_inv_A: ArrayLike, wavelength_A: ArrayLike) -> Array:
    """Angle 2theta in degrees at which a scattering vector is met; see `two_theta_deg`."""
    return two_theta_deg(2 * np.pi / _positive(q_inv_A, "scattering vector"), wavelength_A)


def pseudocubic_index(hkl: Index, cell: Cell = PSEUDOCUBIC) -> tuple[float, float, float]:
    """The index in the pseudo-cubic cell of planes whose index is given in another.

    Halves belong to reflections that only the larger cell has.

    Raises:
        InputError: all three are zero.

    >>> pseudocubic_index((2, 2, 0), DOUBLED)
    (2.0, 0.0, 0.0)
    """
    if not any(hkl):
        raise InputError("(0 0 0) is no family of planes.", "Give an index such as 1 0 0.")
    h, k, l = (float(x) for x in np.asarray(cell.to_pseudocubic) @ np.asarray(hkl))  # noqa: E741 (the field's names)
    return h, k, l


def a_over_d(hkl: Index, cell: Cell = PSEUDOCUBIC) -> float:
    """Pseudo-cubic lattice parameter over spacing: sqrt(h^2 + k^2 + l^2), index pseudo-cubic.

    Raises:
        InputError: all three are zero.
    """
    return float(np.linalg.norm(pseudocubic_index(hkl, cell)))


def refine(
    two_theta_deg: Sequence[float],
    su_deg: Sequence[float],
    ratios: Sequence[float],
    wavelength_A: float,
) -> Refined:
    """Lattice parameter and zero shift from several peaks, by least squares in 2theta.

    The model is 2theta = 2 asin(lambda r / 2a) + zero with r = a / d. Each peak weighs
    1 / su^2. Standard uncertainties are those of the covariance matrix; where the peaks (three
    or more) scatter by more than their own uncertainties, they grow by the root of the reduced
    chi squared.

    Args:
        two_theta_deg: (n,) angles in degrees, n >= 2.
        su_deg: (n,) their standard uncertainties in degrees, above 0.
        ratios: (n,) of a / d, from `a_over_d`.
        wavelength_A: in angstrom.

    Raises:
        InputError: fewer than two different ratios, which cannot tell a shift from a; or no
            lattice parameter comes near the peaks.
        OutOfRange: an angle is not between 0 and 180.
    """
    from scipy.optimize import least_squares

    measured, su, ratio = (np.asarray(x, dtype=float) for x in (two_theta_deg, su_deg, ratios))
    if len(np.unique(np.round(ratio, 9))) < 2:
        raise InputError(
            "These peaks belong to one spacing, so a zero shift cannot be told from the lattice "
            "parameter.",
            "Give peaks of different spacings, or one peak alone.",
        )
    alone = d_from_two_theta(measured, wavelength_A) * ratio
    # With the largest of the single values every sine is one that was measured, or less.
    start = float(np.max(alone))

    def theta(a_A: float) -> Array:
        sine = np.clip(wavelength_A * ratio / (2 * a_A), -_LARGEST_SINE, _LARGEST_SINE)
        angle: Array = np.arcsin(sine)
        return angle

    def residuals(x: Array) -> Array:
        left: Array = (np.degrees(2 * theta(x[0])) + x[1] - measured) / su
        return left

    def slopes(x: Array) -> Array:
        along_a = np.degrees(-2 * np.tan(theta(x[0])) / x[0])
        both: Array = np.stack([along_a, np.ones(len(su))], 1) / su[:, None]
        return both

    fit = least_squares(
        residuals, [start, 0.0], slopes, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    # A fit that runs off has left the peaks behind.
    smallest = wavelength_A * float(np.max(ratio)) / (2 * _LARGEST_SINE)
    if not max(float(np.min(alone)) / 2, smallest) < fit.x[0] < 2 * start:
        raise InputError(
            "No lattice parameter gives peaks at these angles, whatever the zero shift.",
            "Check the indices and the wavelength.",
        )
    covariance = np.linalg.inv(fit.jac.T @ fit.jac)
    freedom = len(measured) - 2
    scatter = max(1.0, 2 * fit.cost / freedom) if freedom else 1.0
    a_su, zero_su = np.sqrt(np.diag(covariance) * scatter)
    return Refined(
        a_A=float(fit.x[0]),
        a_su_A=float(a_su),
        zero_shift_deg=float(fit.x[1]),
        zero_shift_su_deg=float(zero_su),
        residuals_deg=tuple(float(r) for r in -fit.fun * su),
    )


def _positive(values: ArrayLike, name: str) -> Array:
    array = np.asarray(values, dtype=float)
    bad = ~((array > 0) & np.isfinite(array))
    if np.any(bad):
        raise OutOfRange(
            f"A {name} of {float(array[bad].flat[0]):g} A cannot be.", "Give numbers above 0."
        )
    return array
