"""Ways to go through a space: all compositions of a grid, or random ones, a block at a time.

The compositions are never all in memory: a design tells their number beforehand and makes any
block of them by its number alone, on this machine or another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import comb, gcd, lcm, prod

import numpy as np

from perovdb.calculators.screening.space import Block, Site, Space
from perovdb.composition import Composition
from perovdb.composition.composition import SITE_COUNT
from perovdb.composition.stoichiometry import DECIMALS
from perovdb.errors import InputError

#: Compositions made at a time: their descriptors stay in a processor's cache.
BLOCK = 8192

#: More compositions than this take weeks to look at.
MOST = 10**12

#: Random fractions are multiples of 1 / RANDOM_STEPS, so that a formula gives them back exactly.
RANDOM_STEPS = 10_000

SMALLEST_STEP = 1e-4
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)


@dataclass(frozen=True)
class RandomSample:
    """So many random compositions; the same seed gives the same ones."""

    count: int
    seed: int = 0


@dataclass(frozen=True)
class Grid:
    """All compositions of a space whose free fractions are multiples of a step.

    Fractions are the doubles nearest to k / n, so that one of 0.3 is equal to 0.3; the k of a site
    sum to n exactly.

    Args:
        space: of the compositions.
        step: 1 must be a multiple of it.

    Raises:
        InputError: the step cannot be used, or gives too many compositions.

    >>> from perovdb.calculators.screening.space import parse_space
    >>> Grid(parse_space("Cs,FA,MA | Pb,Sn | I,Br"), 0.1).total
    7986
    """

    space: Space
    step: float

    def __post_init__(self) -> None:
        if not SMALLEST_STEP <= self.step <= 1:
            raise InputError(
                f"A step of {self.step:g} cannot be used.",
                f"Give one from {SMALLEST_STEP:g} to 1, such as 0.1 or 0.05.",
            )
        if abs(round(1 / self.step) * self.step - 1) > 1e-9:
            raise InputError(
                f"A whole site is not a whole number of steps of {self.step:g}.",
                f"Give {min(_STEPS, key=lambda step: abs(step - self.step)):g}, or another part "
                "of 1.",
            )
        for site in self.space.sites:
            if site.varies and (site.rest / self._exact_step) % 1:
                whole = 10**DECIMALS
                fitting = gcd(whole, int(site.rest * whole)) / whole
                finer = (
                    f"Give a step of {fitting:g}"
                    if fitting >= SMALLEST_STEP
                    else "Hold round parts"
                )
                raise InputError(
                    f"The rest of the {site.name} site, {float(site.rest):g}, is not a whole "
                    f"number of steps of {self.step:g}.",
                    f"{finer}, or ask for a random sample: RandomSample(count), --count.",
                )
        _check_total(
            self.total,
            "Give a larger step, or ask for a random sample: RandomSample(count), --count.",
        )

    @property
    def _exact_step(self) -> Fraction:
        return Fraction(1, round(1 / self.step))

    def _steps(self, site: Site) -> int:
        return int(site.rest / self._exact_step)

    def _site_total(self, site: Site) -> int:
        """(m + k - 1) choose (k - 1): ways to deal m steps to k ions."""
        k = len(site.free)
        return comb(self._steps(site) + k - 1, k - 1) if site.varies else 1

    @property
    def total(self) -> int:
        """How many compositions there are."""
        return prod(self._site_total(site) for site in self.space.sites)

    def block(self, number: int) -> Block:
        """The compositions from number * BLOCK on, the last site changing fastest."""
        start = number * BLOCK
        index = np.arange(start, min(start + BLOCK, self.total))
        fractions = []
        for site in reversed(self.space.sites):
            size = self._site_total(site)
            index, rank = (index // size, index % size) if size > 1 else (index, index * 0)
            if site.varies:
                dealt = _unrank(rank, self._steps(site), len(site.free))
                fractions.append(_filled(site, dealt, self._exact_step))
            else:
                fractions.append(_held_rows(site, len(rank)))
        return Block(*reversed(fractions))


@dataclass(frozen=True)
class Sample:
    """Random compositions of a space, uniform over the free fractions of each site.

    Args:
        space: of the compositions.
        count: how many.
        seed: the same seed gives the same compositions.

    Raises:
        InputError: the count or the seed cannot be used.
    """

    space: Space
    count: int
    seed: int = 0

    def __post_init__(self) -> None:
        if self.count < 1:
            raise InputError(f"{self.count} compositions cannot be drawn.", "Give 1 or more.")
        if self.seed < 0:
            raise InputError(f"The seed {self.seed} is negative.", "Give 0 or more.")
        _check_total(self.count, "Draw fewer.")

    @property
    def total(self) -> int:
        """How many compositions there are."""
        return self.count

    def block(self, number: int) -> Block:
        """The compositions from number * BLOCK on; each block has random numbers of its own."""
        n = min(BLOCK, self.count - number * BLOCK)
        rng = np.random.default_rng([self.seed, number])
        return Block(*(self._site(site, n, rng) for site in self.space.sites))

    def _site(self, site: Site, n: int, rng: np.random.Generator) -> np.ndarray:
        if not site.varies:
            return _held_rows(site, n)
        # Exponential numbers over their sum are a flat Dirichlet distribution. Rounding their
        # cumulated sums gives whole numbers that still sum exactly.
        edges = np.cumsum(rng.standard_exponential((len(site.free), n)), axis=0)
        fine = lcm(RANDOM_STEPS, site.rest.denominator)
        edges = np.rint(edges * (int(site.rest * fine) / edges[-1]))
        edges[1:] -= edges[:-1].copy()
        return _filled(site, edges, Fraction(1, fine))


def n_blocks(design: Grid | Sample) -> int:
    """How many blocks hold all compositions of a design."""
    return -(-design.total // BLOCK)


def blocks(design: Grid | Sample) -> Iterator[Block]:
    """All compositions of a design, a block at a time."""
    return map(design.block, range(n_blocks(design)))


def formulas(space: Space, block: Block) -> list[str]:
    """Canonical formulas of a block's compositions; ions of fraction 0 are left out.

    A formula is its ions in canonical order, each with its amount, so that every amount of an ion
    is put into words only once.
    """
    texts = np.full(len(block), "", dtype=object)
    for site, fractions in zip(space.sites, block, strict=True):
        for ion, column in zip(site.species, fractions.T, strict=True):
            values, which = np.unique(column, return_inverse=True)
            words = [_amount_of(site.name, ion, float(value)) for value in values]
            texts += np.array(words, dtype=object)[which]
    return [str(text) for text in texts]


def _amount_of(site: str, ion: str, fraction: float) -> str:
    """An ion's part of a formula."""
    alone: dict[str, dict[str, float]] = {name: {} for name in SITE_COUNT}
    if fraction > 0:
        alone[site][ion] = fraction
    return Composition(alone["A"], alone["B"], alone["X"], charge=0.0).formula


def _check_total(total: int, mend: str) -> None:
    if total > MOST:
        raise InputError(f"The space has {total:.3g} compositions, more than {MOST:.0e}.", mend)


def _held_rows(site: Site, n: int) -> np.ndarray:
    """(n, k) fractions of a site on which nothing is left open; columns lie together in memory."""
    row = [float(site.fixed.get(ion, site.rest)) for ion in site.species]
    return np.repeat(np.array(row)[:, None], n, axis=1).T


def _filled(site: Site, counts: np.ndarray, unit: Fraction) -> np.ndarray:
    """(n, k) fractions of a site from the (free, n) numbers of units of its free species."""
    fractions = _held_rows(site, counts.shape[1])
    # One division of whole numbers: the double nearest to the fraction.
    fractions.T[list(site.free)] = counts * unit.numerator / unit.denominator
    return fractions


def _unrank(rank: np.ndarray, steps: int, k: int) -> np.ndarray:
    """(k, n) the ways to deal `steps` to k ions, by their number.

    The ways that leave fewer than s for the ions behind the first are comb(s + k - 2, k - 1) in
    number, so a search in these finds what the first one takes: the combinatorial number system.
    """
    counts = np.empty((k, len(rank)), dtype=np.int64)
    left = np.full(len(rank), steps)
    for i in range(k - 1):
        below = _ways_below(steps, k - 1 - i)
        behind = np.searchsorted(below, rank, side="right") - 1
        rank = rank - below[behind]
        counts[i] = left - behind
        left = behind
    counts[-1] = left
    return counts


@cache
def _ways_below(steps: int, ions: int) -> np.ndarray:
    """(steps + 1,) ways to deal fewer than s to some ions and a spare one, for each s."""
    return np.array([comb(s + ions - 1, ions) for s in range(steps + 1)], dtype=np.int64)
