"""Chemical potentials at which ABX3 is stable against AX, BX2 and other phases.

mu_A + mu_B + 3 mu_X = H(ABX3) leaves a polygon in the plane of mu_A and mu_X. A, B and X are
units: a molecular cation is one, for elements such as carbon and nitrogen would put graphite and
N2 beside a crystal that is grown from MAI.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import atan2
from typing import NamedTuple

import numpy as np

from perovdb.errors import InputError, OutOfRange

#: Corners of the polygon closer than this are one.
_SAME_EV = 1e-9


class Vertex(NamedTuple):
    """A corner of the polygon: chemical potentials in eV and the phases that stand beside it."""

    mu_A_eV: float
    mu_B_eV: float
    mu_X_eV: float
    beside: tuple[str, ...]


def stability_polygon(
    abx3_eV: float,
    ax_eV: float,
    bx2_eV: float,
    others: Mapping[str, tuple[float, float, float, float]] | None = None,
) -> list[Vertex]:
    """Corners of the region of stability, in order around it.

    Args:
        abx3_eV, ax_eV, bx2_eV: formation energies per formula unit, from A, B and X in their
            references: B and X the elements, A any, the same in all.
        others: name -> numbers of A, B and X in a formula unit and its formation energy in eV, of
            other phases such as A4BX6.

    Raises:
        OutOfRange: ABX3 is not stable at any potentials.
        InputError: a number is not finite.

    >>> for corner in stability_polygon(-6.0, -3.4, -2.4):
    ...     print(f"{corner.mu_A_eV:.1f} {corner.mu_X_eV:.1f} {' '.join(corner.beside)}")
    -3.4 0.0 AX X
    -3.6 0.0 BX2 X
    -2.4 -1.2 B BX2
    -2.1 -1.3 AX B
    """
    phases = {
        "AX": (1.0, 0.0, 1.0, ax_eV),
        "BX2": (0.0, 1.0, 2.0, bx2_eV),
        "B": (0.0, 1.0, 0.0, 0.0),
        "X": (0.0, 0.0, 1.0, 0.0),
        **(others or {}),
    }
    if not np.isfinite(
        [abx3_eV, *(number for phase in phases.values() for number in phase)]
    ).all():
        raise InputError("A formation energy is no finite number.", "Give energies in eV.")
    strip = ax_eV + bx2_eV - abx3_eV
    if strip < 0:
        raise OutOfRange(
            f"ABX3 falls apart into AX and BX2, which lie {-strip:.3f} eV lower.",
            "With these energies there are no potentials at which defects are in equilibrium: "
            "look for a phase or a method in which it is stable.",
        )
    # a mu_A + b (H - mu_A - 3 mu_X) + x mu_X <= h
    bounds = {name: (a - b, x - 3 * b, h - b * abx3_eV) for name, (a, b, x, h) in phases.items()}
    corners: dict[tuple[float, float], set[str]] = {}
    for (one, left), (other, right) in combinations(bounds.items(), 2):
        matrix = np.array([left[:2], right[:2]])
        if abs(np.linalg.det(matrix)) < 1e-12:
            continue
        a, x = np.linalg.solve(matrix, [left[2], right[2]])
        if all(p * a + q * x <= r + _SAME_EV for p, q, r in bounds.values()):
            key = (round(float(a), 8) + 0.0, round(float(x), 8) + 0.0)
            corners.setdefault(key, set()).update((one, other))
    if not corners:
        raise OutOfRange(
            f"ABX3 falls apart beside {', '.join(others or ())}.",
            "With these energies it is stable at no potentials.",
        )
    middle = np.mean(list(corners), axis=0)
    order = sorted(corners, key=lambda c: -atan2(c[1] - middle[1], -(c[0] - middle[0])))
    return [Vertex(a, abx3_eV - a - 3 * x, x, tuple(sorted(corners[a, x]))) for a, x in order]
