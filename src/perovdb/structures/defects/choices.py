"""Which of many equal sites a defect takes, by rule or by seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from pymatgen.core import Lattice

from perovdb.errors import InputError

#: How sites are chosen; a whole number k takes the k-th distinct choice, from 0.
RULES = {
    "first": "the first ones in the order of the structure",
    "random": "at random, by the seed",
    "far": "the smallest distance between them as large as can be, then the next smallest, ...",
    "close": "the sum of the distances between them as small as can be",
}

#: Up to so many choices the farthest, or closest, is found by trying all; beyond, ion by ion,
#: then by exchanges that improve.
MOST_TRIED = 20_000

#: Distances that differ by less count as equal, so that every machine takes the same sites.
SAME_A = 1e-4


@dataclass(frozen=True)
class Demand:
    """So many sites out of some; demands have the same candidates, or none in common.

    Attributes:
        candidates: (n,) numbers of the sites that will do.
        count: how many of them are wanted.
    """

    candidates: np.ndarray
    count: int


@dataclass(frozen=True)
class Points:
    """The sites that choices are made from.

    Attributes:
        lattice: the cell; distances heed along which vectors it repeats.
        fractional: (n, 3).
    """

    lattice: Lattice
    fractional: np.ndarray

    def distances_A(self, some: np.ndarray, others: np.ndarray) -> np.ndarray:
        """(len(some), len(others)) shortest distances, periodic images counted."""
        if not len(some) or not len(others):
            return np.zeros((len(some), len(others)))
        return np.asarray(
            self.lattice.get_all_distances(self.fractional[some], self.fractional[others])
        )

    def apart_A(self, chosen: np.ndarray) -> float:
        """The shortest distance between two chosen sites; infinite for fewer than two."""
        if len(chosen) < 2:
            return float("inf")
        return float(self.distances_A(chosen, chosen)[np.triu_indices(len(chosen), 1)].min())


def pick(
    points: Points, demands: Sequence[Demand], rule: str, generator: np.random.Generator
) -> list[np.ndarray]:
    """The sites that each demand gets, by a rule of RULES.

    Raises:
        InputError: there is no such rule.
    """
    if rule not in RULES:
        raise InputError(
            f"{rule!r} is not a way to choose sites.",
            f"Choose one of: {', '.join(RULES)}; or a number, that of a distinct choice.",
        )
    if rule == "first":
        return _split(_in_turn(demands, lambda free: free), demands)
    if rule == "random":
        return _split(_in_turn(demands, generator.permutation), demands)
    if number_of_choices(demands) <= MOST_TRIED:
        every = all_choices(demands)
        return _split(every[_best(_pair_distances(points, every), rule)], demands)
    return _split(_improved(points, demands, rule), demands)


def number_of_choices(demands: Sequence[Demand]) -> int:
    """How many choices there are, equivalent ones included: a product of binomials."""
    number, taken = 1, dict[bytes, int]()
    for demand in demands:
        key = demand.candidates.tobytes()
        number *= comb(len(demand.candidates) - taken.get(key, 0), demand.count)
        taken[key] = taken.get(key, 0) + demand.count
    return number


def all_choices(demands: Sequence[Demand]) -> np.ndarray:
    """(k, m) every choice: the sites of the first demand, ascending, then those of the next."""
    rows: list[tuple[int, ...]] = [()]
    for demand in demands:
        rows = [
            (*row, *more)
            for row in rows
            for more in combinations(
                [site for site in demand.candidates.tolist() if site not in row], demand.count
            )
        ]
    width = sum(demand.count for demand in demands)
    return np.array(rows, dtype=int).reshape(len(rows), width)


def nearest_free(
    points: Points, around: np.ndarray, candidates: np.ndarray, count: int, rule: str
) -> np.ndarray:
    """Sites for the partners of defects, beside them or as far from all defects as can be.

    Args:
        points: all sites.
        around: (m,) the defects.
        candidates: (n,) sites that will do, none of them among the defects.
        count: how many partners.
        rule: "close": each defect in turn gets the nearest free one; "far": one after another
            where the nearest defect or partner is farthest.
    """
    distances = points.distances_A(candidates, around)
    free = np.ones(len(candidates), dtype=bool)
    chosen: list[int] = []
    for turn in range(count):
        close = rule == "close"
        score = distances[:, turn % len(around)] if close else -distances.min(axis=1)
        score = np.where(free, np.rint(score / SAME_A), np.inf)
        best = int(score.argmin())
        free[best] = False
        chosen.append(best)
        more = points.distances_A(candidates, candidates[best : best + 1])
        if rule == "far":
            distances = np.hstack([distances, more])
    return np.asarray(candidates[chosen])


def _in_turn(demands: Sequence[Demand], arrange: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    taken: list[int] = []
    for demand in demands:
        free = np.setdiff1d(demand.candidates, taken)
        taken += np.sort(arrange(free)[: demand.count]).tolist()
    return np.array(taken, dtype=int)


def _split(chosen: np.ndarray, demands: Sequence[Demand]) -> list[np.ndarray]:
    ends = np.cumsum([demand.count for demand in demands])[:-1]
    return [np.asarray(part) for part in np.split(np.asarray(chosen), ends)]


def _pair_distances(points: Points, every: np.ndarray) -> np.ndarray:
    """(k, pairs) distances within each choice, in steps of SAME_A."""
    used = np.unique(every)
    place = np.searchsorted(used, every)
    first, second = np.triu_indices(every.shape[1], 1)
    if not len(first):
        return np.zeros((len(every), 0))
    table = np.rint(points.distances_A(used, used) / SAME_A)
    return np.asarray(table[place[:, first], place[:, second]])


def _best(distances: np.ndarray, rule: str) -> int:
    """The row that a rule likes best, the first of equals."""
    if rule == "close":
        return int(distances.sum(axis=1).argmin())
    if distances.shape[1] == 0:
        return 0
    ascending = -np.sort(distances, axis=1)
    return int(np.lexsort(ascending.T[::-1])[0])


def _improved(points: Points, demands: Sequence[Demand], rule: str) -> np.ndarray:
    """One site after another, then exchanges of single sites while they are for the better."""
    of_place = [demand for demand in demands for _ in range(demand.count)]

    def best(place: int, others: list[int], now: Sequence[int]) -> int:
        free = np.setdiff1d(of_place[place].candidates, [*others, *now])
        # The one that is there comes first: an equal one does not replace it.
        free = np.concatenate([np.array(now, dtype=int), free])
        distances = np.rint(points.distances_A(free, np.array(others, dtype=int)) / SAME_A)
        return int(free[_best(distances, rule)])

    chosen: list[int] = []
    for place in range(len(of_place)):
        chosen.append(best(place, chosen, []))
    for _ in range(20):
        before = list(chosen)
        for place, now in enumerate(before):
            chosen[place] = best(place, chosen[:place] + chosen[place + 1 :], [now])
        if chosen == before:
            break
    return np.concatenate([np.sort(part) for part in _split(np.array(chosen), demands)])
