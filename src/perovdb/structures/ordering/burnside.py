"""How many orderings are distinct, without making any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb

import numpy as np


def burnside(images: np.ndarray, groups: Sequence[tuple[np.ndarray, Sequence[int]]]) -> int:
    """Number of distinct orderings: the mean number that an operation leaves as they are.

    An operation leaves an ordering alone if each of its cycles holds one species only, so only
    the lengths of the cycles matter (the Cauchy-Frobenius lemma; Polya's counting).

    Args:
        images: (o, n) where each operation of a group takes each site.
        groups: for each set of sites that mixes, its (m,) numbers, and how many of them each
            species takes.

    >>> turns = np.array([[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1], [3, 0, 1, 2]])
    >>> burnside(turns, [(np.arange(4), (2, 2))])
    2
    """
    lengths = _cycle_lengths(images)
    tallies = [_tally(lengths[:, sites]) for sites, _ in groups]
    kinds, repeats = np.unique(np.concatenate(tallies, axis=1), axis=0, return_counts=True)
    total = 0
    for kind, repeat in zip(kinds.tolist(), repeats.tolist(), strict=True):
        unchanged, first = 1, 0
        for tally, (_, counts) in zip(tallies, groups, strict=True):
            of_group = kind[first : first + tally.shape[1]]
            first += tally.shape[1]
            unchanged *= _one_species_a_cycle(of_group, tuple(counts))
        total += repeat * unchanged
    return total // len(images)


def _cycle_lengths(images: np.ndarray) -> np.ndarray:
    """(o, n) length of the cycle that each site is on."""
    sites = np.arange(images.shape[1])
    lengths = np.zeros(images.shape, dtype=np.int64)
    here, length = images, 1
    while not lengths.all():
        lengths[(lengths == 0) & (here == sites)] = length
        here = np.take_along_axis(images, here, axis=1)
        length += 1
    return lengths


def _tally(lengths: np.ndarray) -> np.ndarray:
    """(o, longest) number of cycles of length 1, 2, ... of each operation."""
    every = range(1, int(lengths.max()) + 1)
    return np.stack([(lengths == length).sum(axis=1) // length for length in every], axis=1)


def _one_species_a_cycle(cycles: Sequence[int], counts: tuple[int, ...]) -> int:
    """Ways to give each cycle a species so that the species get their counts of sites.

    Args:
        cycles: number of cycles of length 1, 2, ...
        counts: number of sites of each species; the last takes what is left.
    """
    ways = Counter({counts[:-1]: 1})
    for length, number in enumerate(cycles, start=1):
        if not number:
            continue
        # The last entry of a state is the number of cycles of this length that are still free.
        states = Counter({(*left, number): way for left, way in ways.items()})
        for species in range(len(counts) - 1):
            after: Counter[tuple[int, ...]] = Counter()
            for state, way in states.items():
                left, free = state[species], state[-1]
                for taken in range(min(free, left // length) + 1):
                    rest = (left - taken * length, *state[species + 1 : -1], free - taken)
                    after[state[:species] + rest] += way * comb(free, taken)
            states = after
        ways = Counter()
        for state, way in states.items():
            ways[state[:-1]] += way
    return ways[(0,) * (len(counts) - 1)]
