"""The tilt angle of a perovskite, estimated from its volume or its tolerance factor."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from scipy.optimize import brentq

from perovdb.errors import InputError, OutOfRange
from perovdb.structures.arguments import checked
from perovdb.structures.tilts.cells import Joined, join
from perovdb.structures.tilts.glazer import MOST_TILT_DEG, Glazer, axis_angles, parse_glazer


@checked
def tilt_from_volume(glazer: str, a_pseudocubic_A: float, bond_A: float) -> float:
    """The tilt angle, the same about every tilted axis, that shrinks rigid octahedra to a volume.

    Rigid octahedra of bond length d that share corners without tilt fill (2d)^3 a formula unit;
    tilted by an angle w in all, antiphase, (2d)^3 cos^2 w. Derived here from the model of
    `tilts.cells.join`, whose volume is set equal to a^3 and solved for the angle.

    Args:
        glazer: symbol of the tilt system.
        a_pseudocubic_A: (V/Z)^(1/3), in angstrom.
        bond_A: B-X, in angstrom.

    Returns:
        degrees about each tilted axis; 0 for a0a0a0.

    Raises:
        InputError: a length is not positive, or the symbol cannot be read.
        OutOfRange: the cell is larger than octahedra without tilt, or too small for this system.
    """
    if not (0 < a_pseudocubic_A < np.inf and 0 < bond_A < np.inf):
        raise InputError("A length is not positive.", "Give a and B-X in angstrom.")
    ratio = a_pseudocubic_A / (2 * bond_A)
    if ratio > 1 + 1e-12:
        raise OutOfRange(
            f"A pseudo-cubic cell of {a_pseudocubic_A:g} A is larger than two bonds of "
            f"{bond_A:g} A.",
            "Octahedra that are stretched, not tilted: take a longer bond.",
        )
    return _solve(
        glazer, ratio, lambda joined: (joined.volume / 8) ** (1 / 3), "pseudo-cubic cell"
    )


@checked
def tilt_from_tolerance(glazer: str, t: float) -> float:
    """The tilt angle, the same about every tilted axis, that brings the A ion into contact.

    Hard spheres: B and X touch, B-X = r_B + r_X, and by the definition of Goldschmidt's factor
    r_A + r_X = t sqrt2 (B-X). Without tilt the A in the middle of its cage is sqrt2 (B-X) away
    from its twelve X, too far for t < 1; the octahedra tilt until the nearest X touches it. For
    a0a0c- and a0a0c+ this is sin 2w = 2 (1 - t^2), for the nearest X is then B-X times
    sqrt(2 - sin 2w) away. Derived here; a rule of thumb: a real A leaves the middle of its cage
    and is not hard, and temperature lessens tilts.

    Args:
        glazer: symbol of the tilt system.
        t: Goldschmidt tolerance factor.

    Returns:
        degrees about each tilted axis; 0 at t = 1 and for a0a0a0.

    Raises:
        InputError: the symbol cannot be read, or t is not a positive number.
        OutOfRange: t > 1, where nothing tilts, or t below what this system can reach.
    """
    if not 0 < t < np.inf:
        raise InputError(f"{t!r} is not a tolerance factor.", "Give a number such as 0.9.")
    if t > 1:
        raise OutOfRange(
            f"The tolerance factor {t:.3f} is above 1: A fills its cage and nothing tilts.",
            "Build a0a0a0, or give the angle.",
        )
    return _solve(glazer, t, _nearest_a_x, "tolerance factor")


@checked
def estimated_tilt(
    glazer: str,
    *,
    a_pseudocubic_A: float | None = None,
    bond_A: float | None = None,
    t: float | None = None,
) -> float:
    """The tilt angle from a pseudo-cubic lattice parameter and B-X, or from the tolerance factor.

    See `tilt_from_volume` and `tilt_from_tolerance`.

    Raises:
        InputError: neither pair, or both, are given.
    """
    by_volume = a_pseudocubic_A is not None and bond_A is not None
    if by_volume == (t is not None):
        raise InputError(
            "A tilt is estimated from one thing.",
            "Give a_pseudocubic_A with bond_A, or the tolerance factor t.",
        )
    if t is not None:
        return tilt_from_tolerance(glazer, t)
    assert a_pseudocubic_A is not None
    assert bond_A is not None
    return tilt_from_volume(glazer, a_pseudocubic_A, bond_A)


def _solve(glazer: str, wanted: float, measure: Callable[[Joined], float], name: str) -> float:
    """The angle at which a quantity that falls from 1 with the tilt has the wanted value."""
    system = parse_glazer(glazer)
    if wanted >= 1 - 1e-12:
        return 0.0
    tilted = np.array([sign != "0" for sign in system.signs])
    most = MOST_TILT_DEG / np.sqrt(max(tilted.sum(), 1)) - 1e-9
    # The nearest A-X is least somewhere below the largest tilt: search where it falls.
    angles = np.linspace(0, most, 16)
    values = [_value(system, angle, measure) for angle in angles]
    lowest = int(np.argmin(values))
    if not tilted.any() or values[lowest] > wanted:
        raise OutOfRange(
            f"The {name}, {wanted:.3f} of that without tilt, needs a larger tilt than "
            f"{glazer} can have.",
            f"At most {angles[lowest]:.0f} degrees about each axis, {values[lowest]:.3f}: take "
            "another tilt system, or give the angle.",
        )
    first = next(i for i, value in enumerate(values) if value <= wanted)
    return float(
        brentq(
            lambda angle: _value(system, angle, measure) - wanted,
            angles[first - 1],
            angles[first],
            xtol=1e-9,
        )
    )


def _value(system: Glazer, angle: float, measure: Callable[[Joined], float]) -> float:
    if angle == 0:
        return 1.0
    return measure(join(system, axis_angles(system, [angle])))


def _nearest_a_x(joined: Joined) -> float:
    """The shortest A-X in units of sqrt2 bonds, A in the middle of its cage."""
    cells = np.array(list(np.ndindex(2, 2, 2)))
    around = np.array(list(product((-1, 0, 1), repeat=3)))
    x_sites = (cells @ joined.axes + joined.shifts)[:, None, :] + joined.corners
    images = x_sites.reshape(-1, 1, 3) + 2 * around @ joined.axes
    cages = (cells + 0.5) @ joined.axes
    away = cages[:, None, :] - images.reshape(1, -1, 3)
    return float(np.linalg.norm(away, axis=-1).min() / np.sqrt(2))
