"""Which of many equal sites a defect takes: by rule, by seed, or each distinct choice once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from pymatgen.core import Lattice

from perovdb.errors import InputError, StructureError

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

#: Up to so many choices are sorted into distinct ones.
MOST_SORTED = 200_000

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


def distinct_choices(
    demands: Sequence[Demand], images: np.ndarray
) -> list[tuple[list[np.ndarray], int]]:
    """The choices that no symmetry operation turns into each other, each with its multiplicity.

    Args:
        demands: what is chosen.
        images: (o, n) the site that each operation takes each site to.

    Returns:
        the first choice of each set of equivalent ones, in the order of `all_choices`, and how
        many the set holds; these numbers sum to `number_of_choices`.

    Raises:
        StructureError: there are more than MOST_SORTED choices.
    """
    number = number_of_choices(demands)
    if number > MOST_SORTED:
        raise StructureError(
            f"There are {number} choices, too many to sort into distinct ones.",
            f"Take a smaller cell or fewer defects: up to {MOST_SORTED} choices are sorted.",
        )
    every = all_choices(demands)
    keys = _keys(every, demands)
    order = np.argsort(keys)
    in_order = keys[order]
    seen = np.zeros(len(every), dtype=bool)
    found = []
    for row in range(len(every)):
        if seen[row]:
            continue
        orbit = np.unique(_keys(images[:, every[row]], demands))
        seen[order[np.searchsorted(in_order, orbit)]] = True
        found.append((_split(every[row], demands), len(orbit)))
    return found


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
    chosen: list[int] = []
    of_demand = [number for number, demand in enumerate(demands) for _ in range(demand.count)]
    for number in of_demand:
        free = np.setdiff1d(demands[number].candidates, chosen)
        distances = np.rint(points.distances_A(free, np.array(chosen, dtype=int)) / SAME_A)
        chosen.append(int(free[_best(distances, rule)]))
    for _ in range(20):
        before = list(chosen)
        for place, number in enumerate(of_demand):
            others = np.array(chosen[:place] + chosen[place + 1 :], dtype=int)
            free = np.setdiff1d(demands[number].candidates, others)
            # The one that is there comes first: an equal one does not replace it.
            free = np.concatenate([[chosen[place]], free[free != chosen[place]]])
            distances = np.rint(points.distances_A(free, others) / SAME_A)
            chosen[place] = int(free[_best(distances, rule)])
        if chosen == before:
            break
    parts = _split(np.array(chosen), demands)
    return np.concatenate([np.sort(part) for part in parts])


def _keys(rows: np.ndarray, demands: Sequence[Demand]) -> np.ndarray:
    """(k,) one number for each choice: its rank among all combinations, demand by demand."""
    keys = np.zeros(len(rows), dtype=np.int64)
    start = 0
    for demand in demands:
        size, count = len(demand.candidates), demand.count
        order = np.argsort(demand.candidates)
        part = rows[:, start : start + count]
        place = np.sort(order[np.searchsorted(demand.candidates, part, sorter=order)], axis=1)
        # Rank of a combination c_1 < c_2 < ...: the sum of binomials (c_j over j).
        table = np.array([[comb(c, j + 1) for j in range(count)] for c in range(size)])
        rank = table[place, np.arange(count)].sum(axis=1) if count else 0
        keys = keys * comb(size, count) + rank
        start += count
    return keys
