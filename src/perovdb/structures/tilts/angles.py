"""The tilt angle of a perovskite, estimated from its tolerance factor."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import brentq

from perovdb.errors import InputError, OutOfRange
from perovdb.structures.arguments import checked
from perovdb.structures.tilts.cells import join
from perovdb.structures.tilts.glazer import MOST_TILT_DEG, Glazer, axis_angles, parse_glazer


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
    system = parse_glazer(glazer)
    if t > 1 - 1e-12:
        return 0.0
    # The nearest A-X is least somewhere below the largest tilt: search where it falls.
    most = MOST_TILT_DEG / np.sqrt(max(3 - system.signs.count("0"), 1)) - 1e-9
    angles = np.linspace(0, most, 16)
    values = [_nearest_a_x(system, angle) for angle in angles]
    lowest = int(np.argmin(values))
    if values[lowest] > t:
        raise OutOfRange(
            f"The tolerance factor {t:.3f} needs a larger tilt than {glazer} can have.",
            f"At most {angles[lowest]:.0f} degrees about each axis, {values[lowest]:.3f}: take "
            "another tilt system, or give the angle.",
        )
    first = next(i for i, value in enumerate(values) if value <= t)
    return float(
        brentq(
            lambda angle: _nearest_a_x(system, angle) - t,
            angles[first - 1],
            angles[first],
            xtol=1e-9,
        )
    )


def _nearest_a_x(system: Glazer, angle_deg: float) -> float:
    """The shortest A-X in units of sqrt2 bonds, A in the middle of its cage."""
    if angle_deg == 0:
        return 1.0
    joined = join(system, axis_angles(system, [angle_deg]))
    cells = np.array(list(np.ndindex(2, 2, 2)))
    around = np.array(list(product((-1, 0, 1), repeat=3)))
    x_sites = (cells @ joined.axes + joined.shifts)[:, None, :] + joined.corners
    images = x_sites.reshape(-1, 1, 3) + 2 * around @ joined.axes
    cages = (cells + 0.5) @ joined.axes
    away = cages[:, None, :] - images.reshape(1, -1, 3)
    return float(np.linalg.norm(away, axis=-1).min() / np.sqrt(2))
