"""Pareto fronts: what no other composition beats in every objective at once."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from perovdb.calculators.screening.expressions import Quantity, Values
from perovdb.errors import InputError

# Up to so many pairs of points, comparing all of them beats dividing further.
_PAIRS = 1 << 14
_FEW = 64


class Objective(NamedTuple):
    """A quantity to minimise (sign 1) or to maximise (sign -1)."""

    sign: int
    quantity: Quantity

    def cost(self, values: Values) -> np.ndarray:
        """(n,) numbers of which the lowest is best."""
        return self.sign * self.quantity(values)


def objective(text: str, names: tuple[str, ...]) -> Objective:
    """The objective that a text such as "min abs(t - 0.95)" or "max gap_eV" states.

    Args:
        text: min or max (or written out), then an arithmetic expression.
        names: that the expression may use.

    Raises:
        InputError: it cannot be read.

    >>> objective("min abs(t - 0.95)", ("t",)).cost({"t": np.array([1.0, 0.95])}).round(3)
    array([0.05, 0.  ])
    """
    match = re.fullmatch(r"\s*(min|max)(?:imi[sz]e)?\s(.+)", text, re.DOTALL | re.IGNORECASE)
    if not match:
        raise InputError(
            f"The objective '{text[:80]}' does not say min or max.",
            "Write it as in 'min abs(t - 0.95)' or 'max gap_eV'.",
        )
    return Objective(1 if match[1].lower() == "min" else -1, Quantity(match[2], names))


def front(costs: np.ndarray) -> np.ndarray:
    """(n,) which of n points no other point dominates.

    A point dominates another one if it is not worse in any objective and better in one. Equal
    points stay together; a point with a NaN is never on the front.

    Args:
        costs: (n, k) the lower, the better.

    The points are sorted, so that none dominates one before it, halved, and the front of the first
    half sifts that of the second with one objective less (Kung, Luccio and Preparata, J. ACM 22,
    469 (1975), doi 10.1145/321906.321910): n log(n)^(k - 2) comparisons from k = 3 on.

    >>> front(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 3.0], [np.nan, 0.0]]))
    array([ True,  True, False, False])
    """
    costs = np.asarray(costs, dtype=float)
    on_front = np.zeros(len(costs), dtype=bool)
    known = np.flatnonzero(~np.isnan(costs).any(axis=1))
    if not len(known):
        return on_front
    order = known[np.lexsort(costs[known].T[::-1])]
    points = costs[order]
    new = np.concatenate([[True], (points[1:] != points[:-1]).any(axis=1)])
    distinct = np.flatnonzero(new)
    best = _front(points, distinct) if points.shape[1] > 1 else distinct[:1]
    # Each point shares the fate of the one that it equals.
    on_front[order] = np.isin(distinct, best)[np.cumsum(new) - 1]
    return on_front


def _front(points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Those of some distinct rows, in lexical order, that no other of them dominates."""
    if len(rows) <= _FEW:
        some = points[rows]
        covering = (some[None] <= some[:, None]).all(axis=2)
        alone: np.ndarray = rows[covering.sum(axis=1) == 1]
        return alone
    half = len(rows) // 2
    first, second = _front(points, rows[:half]), _front(points, rows[half:])
    beaten = _covered(points[second, 1:], points[first, 1:])
    return np.concatenate([first, second[~beaten]])


def _covered(points: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(n,) for which of (n, d) points one of (m, d) others is as low or lower in all d."""
    n, d = points.shape
    if n == 0 or len(by) == 0:
        return np.zeros(n, dtype=bool)
    if d == 1:
        covered: np.ndarray = points[:, 0] >= by.min()
        return covered
    if d == 2:
        return _covered_in_plane(points, by)
    if n * len(by) <= _PAIRS:
        return np.asarray(np.any(np.all(by[None] <= points[:, None], axis=2), axis=1))
    return _covered_by_halves(points, by)


def _covered_in_plane(points: np.ndarray, by: np.ndarray) -> np.ndarray:
    order = np.argsort(by[:, 0], kind="stable")
    lowest = np.minimum.accumulate(by[order, 1])
    last = np.searchsorted(by[order, 0], points[:, 0], side="right") - 1
    return np.asarray((last >= 0) & (lowest[last] <= points[:, 1]))


def _covered_by_halves(points: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Cut at a middle value of the first objective: below never needs to look above."""
    both = np.concatenate([points[:, 0], by[:, 0]])
    cut = np.partition(both, len(both) // 2)[len(both) // 2]
    if cut == both.min():
        above = both[both > cut]
        if not len(above):
            return _covered(points[:, 1:], by[:, 1:])
        cut = above.min()
    low, by_low = points[:, 0] < cut, by[:, 0] < cut
    covered = np.zeros(len(points), dtype=bool)
    covered[low] = _covered(points[low], by[by_low])
    covered[~low] = _covered(points[~low], by[~by_low])
    open_ = np.flatnonzero(~low & ~covered)
    covered[open_] = _covered(points[open_, 1:], by[by_low, 1:])
    return covered
