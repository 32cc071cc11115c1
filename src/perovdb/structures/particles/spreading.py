"""Choose some of many points so that they are spread evenly, always in the same way."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Lattice
from scipy.spatial.distance import cdist

#: Repulsion between two chosen points falls as this power of their distance: strong enough to
#: part neighbours, long enough to tell far arrangements apart.
POWER = 3
#: Swaps that are tried at most, as multiples of the number of chosen points.
ROUNDS = 20
#: Further starts, for as many points at most.
STARTS, MOST_POINTS = 6, 300


def spread(
    points_A: np.ndarray,
    count: int,
    others_A: np.ndarray | None = None,
    lattice: Lattice | None = None,
) -> np.ndarray:
    """(count,) indices of points that lie as far apart as can be, in ascending order.

    The sum of r^-3 over the chosen pairs is made small: one point after another where it is
    smallest, then swaps as long as they lower it; so too from a few other starts, always the same
    ones. Of equal choices the first is taken.

    Args:
        points_A: (n, 3).
        count: how many to choose, 0 to n.
        others_A: (m, 3) points chosen before, from which the new ones keep apart too.
        lattice: the cell, if it repeats: distances are those of the nearest images.
    """
    points = np.asarray(points_A, dtype=float).reshape(-1, 3)
    if count >= len(points):
        return np.arange(len(points))
    if count <= 0:
        return np.empty(0, dtype=int)
    pairs = _repulsion(points, points, lattice)
    np.fill_diagonal(pairs, 0.0)
    outer = np.zeros(len(points))
    if others_A is not None and len(others_A):
        outer += _repulsion(points, np.asarray(others_A, dtype=float), lattice).sum(axis=1)
    # With nothing to keep apart from, begin furthest from the middle: at a corner.
    away = np.linalg.norm(points - points.mean(axis=0), axis=1)
    first = _lowest(outer if outer.any() else -away)
    best = _settled(_one_by_one(pairs, outer, first, count), pairs, outer)
    generator = np.random.default_rng(0)
    for _ in range(STARTS if len(points) <= MOST_POINTS else 0):
        chosen = np.zeros(len(points), dtype=bool)
        chosen[generator.permutation(len(points))[:count]] = True
        other = _settled(chosen, pairs, outer)
        if _energy(other, pairs, outer) < _energy(best, pairs, outer) * (1 - 1e-9):
            best = other
    return np.flatnonzero(best)


def _one_by_one(pairs: np.ndarray, outer: np.ndarray, first: int, count: int) -> np.ndarray:
    chosen, field = np.zeros(len(outer), dtype=bool), outer.copy()
    for number in range(count):
        index = first if number == 0 else _lowest(np.where(chosen, np.inf, field))
        chosen[index] = True
        field += pairs[index]
    return chosen


def _settled(chosen: np.ndarray, pairs: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """The choice after all swaps that lower its energy, the best one first."""
    chosen = chosen.copy()
    field = outer + pairs[chosen].sum(axis=0)
    for _ in range(ROUNDS * int(chosen.sum())):
        inside, outside = np.flatnonzero(chosen), np.flatnonzero(~chosen)
        gain = field[outside][None] - field[inside][:, None] - pairs[np.ix_(inside, outside)]
        best = _lowest(gain.ravel())
        if gain.ravel()[best] > -1e-9 * field[inside].max():
            break
        out, into = inside[best // len(outside)], outside[best % len(outside)]
        chosen[out], chosen[into] = False, True
        field += pairs[into] - pairs[out]
    return chosen


def _energy(chosen: np.ndarray, pairs: np.ndarray, outer: np.ndarray) -> float:
    return float(pairs[np.ix_(chosen, chosen)].sum() / 2 + outer[chosen].sum())


def _repulsion(one: np.ndarray, other: np.ndarray, lattice: Lattice | None) -> np.ndarray:
    if lattice is None or not any(lattice.pbc):
        distance = cdist(one, other)
    else:
        places = lattice.get_fractional_coords(one), lattice.get_fractional_coords(other)
        distance = lattice.get_all_distances(*places)
    return np.asarray(1.0 / np.maximum(distance, 1e-3) ** POWER)


def _lowest(values: np.ndarray) -> int:
    """Index of the smallest value; of values equal to rounding, the first."""
    low = values.min()
    scale = np.abs(values[np.isfinite(values)]).max(initial=1e-12)
    return int(np.flatnonzero(values <= low + 1e-9 * scale)[0])
