"""Claims that are true, false or unknown of each of many compositions, and how they join.

A comparison with a number that is not known (NaN) is neither true nor false, and neither is its
opposite; `and` and `or` follow Kleene: false and unknown is false, true or unknown is true. Only
what is true satisfies a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

#: Name -> (n,) values.
Values = Mapping[str, np.ndarray]


class Truth(NamedTuple):
    """For each composition whether a condition is true, and whether it is false: or neither."""

    true: np.ndarray
    false: np.ndarray


Number = Callable[[Values], Any]
Claim = Callable[[Values], Truth]


def compared(compare: Callable[[Any, Any], Any], left: Number, right: Number) -> Claim:
    """That two numbers compare so; unknown where either is."""

    def claim(values: Values) -> Truth:
        a, b = left(values), right(values)
        known = ~(np.isnan(a) | np.isnan(b))
        true = compare(a, b)
        return Truth(np.asarray(true & known), np.asarray(~true & known))

    return claim


def all_of(claims: list[Claim]) -> Claim:
    """True where all claims are, false where any is."""

    def claim(values: Values) -> Truth:
        truths = [each(values) for each in claims]
        true, false = truths[0]
        for other in truths[1:]:
            true, false = true & other.true, false | other.false
        return Truth(true, false)

    return claims[0] if len(claims) == 1 else claim


def any_of(claims: list[Claim]) -> Claim:
    """True where any claim is, false where all are."""
    return opposite(all_of([opposite(each) for each in claims]))


def opposite(claim: Claim) -> Claim:
    """True where a claim is false, false where it is true."""

    def turned(values: Values) -> Truth:
        true, false = claim(values)
        return Truth(false, true)

    return turned
