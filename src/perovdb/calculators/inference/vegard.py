"""Vegard's rule backwards: a mixture lies on the line between its end members' lattice parameters.

L. Vegard, Z. Phys. 5, 17-26 (1921), doi 10.1007/BF01349680.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import floor, hypot, log10
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from perovdb.calculators.diffraction.bragg import Array
from perovdb.calculators.inference.ends import SAME, End, same_ends, span
from perovdb.composition import parse
from perovdb.composition.stoichiometry import DECIMALS


class Point(NamedTuple):
    """A composition on the line between two end members.

    Attributes:
        fractions: end member -> fraction; not clipped.
        uncertainty: standard uncertainty of the fraction: the parts, added as squares.
        from_measured, from_ends: its part from the measured value and from the end members' a;
            None where no uncertainty of the end members is known.
    """

    fractions: Mapping[str, float]
    uncertainty: float
    from_measured: float
    from_ends: float | None
    formula: str


def vegard_fraction(a_A: ArrayLike, a1_A: ArrayLike, a2_A: ArrayLike) -> Array:
    """Fraction of the second end member, x = (a - a1) / (a2 - a1); arrays are broadcast.

    Args:
        a_A: measured, in angstrom.
        a1_A, a2_A: of the end members, in angstrom.

    Returns:
        Fractions of the broadcast shape, not clipped: below 0 or above 1 there is no alloy.

    Raises:
        OutOfRange: end members have the same lattice parameter.

    Source: L. Vegard, Z. Phys. 5, 17 (1921), doi 10.1007/BF01349680.

    >>> vegard_fraction([6.11, 6.02], 6.02, 6.41).round(3).tolist()
    [0.231, 0.0]
    """
    a, first, second = (np.asarray(value, dtype=float) for value in (a_A, a1_A, a2_A))
    if np.any(first == second):
        raise same_ends()
    fraction: Array = (a - first) / (second - first)
    return fraction


def between(a: float, a_su: float, first: End, second: End, in_range: bool = True) -> Point:
    """The composition with a lattice parameter on the line between two ends."""
    x = float(vegard_fraction(a, first.a_A, second.a_A))
    width = abs(second.a_A - first.a_A)
    measured = a_su / width
    known = [
        share * end.su_A / width
        for share, end in ((1 - x, first), (x, second))
        if end.su_A is not None
    ]
    from_ends = hypot(*known) if known else None
    uncertainty = hypot(measured, from_ends or 0.0)
    fractions = {first.formula: 1 - x, second.formula: x}
    return Point(
        fractions=fractions,
        uncertainty=uncertainty,
        from_measured=measured,
        from_ends=from_ends,
        formula=_formula(fractions, uncertainty) if in_range else "",
    )


def _formula(fractions: Mapping[str, float], uncertainty: float) -> str:
    """Canonical formula, one digit beyond the first of the uncertainty; pure at an end."""
    (first, _), (second, x) = fractions.items()
    decimals = min(max(1 - floor(log10(uncertainty)), 2), DECIMALS - 1)
    x = round(min(max(x, 0.0), 1.0), decimals)
    shares = {first: 1 - x, second: x}
    mixture = "".join(f"({name}){x:.{DECIMALS}f}" for name, x in shares.items() if x > 0)
    return parse(mixture).formula


def segment(a: float, a_su: float, ends: Sequence[End]) -> tuple[Point, ...]:
    """End points of the line of compositions of three ends that share a lattice parameter."""
    low, high = span(ends)
    a = min(max(a, low), high)
    points: dict[tuple[float, ...], Point] = {}
    for first, second in combinations(ends, 2):
        if first.a_A == second.a_A:
            continue
        point = between(a, a_su, first, second)
        if all(-SAME <= x <= 1 + SAME for x in point.fractions.values()):
            shares = tuple(round(point.fractions.get(end.formula, 0.0), 9) for end in ends)
            points.setdefault(shares, point)
    return tuple(points.values())
