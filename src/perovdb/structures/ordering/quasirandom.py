"""Special quasi-random structures: cells whose pair correlations are those of a random alloy.

A swap of two ions changes the bonds of their own two sites only, so from the number of each
species around each site the error after *every* possible swap follows in a few array operations.
The best swap is made, also uphill, and its sites rest for some steps so that it is not taken
back (tabu search). On 64 to 192 sites this meets the exact optimum within tens of steps, where
single random swaps take thousands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from perovdb.errors import InputError, StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.ordering.correlations import SHELLS, Correlations, measured
from perovdb.structures.ordering.shells import Shells, neighbour_shells
from perovdb.structures.sites import Periodic
from perovdb.structures.streams import stream as random_stream

STEPS = 2000

#: The tables of bonds grow with the square of the sites; this many need some 0.5 GB.
MOST_SITES = 3000

#: More shells than this reach over many cells, and the tables of their bonds grow without end.
MOST_SHELLS = 50

#: Swaps that are looked at in one step, of all pairs of species; of more, random blocks.
MOST_SWAPS = 1 << 14

#: A site that was swapped rests for at least and for less than so many steps.
REST = (3, 8)

#: Steps without a better error after which the search starts anew from a random order.
PATIENCE = 300

STREAM = 3


@dataclass(frozen=True)
class Quasirandom:
    """A special quasi-random ordering of the sites of one role.

    Attributes:
        ions: (n,) species on each site.
        objective: error of its pair correlations, see `Correlations.error`.
        bound: no ordering of these sites has a smaller error; where the objective is equal to it,
            the optimum is proven. The bound may lie below the optimum.
        correlations: per shell, with their ideals.
        steps: swaps that were made in the search.
    """

    ions: np.ndarray
    objective: float
    bound: float
    correlations: Correlations
    steps: int


@checked
def quasirandom(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    counts: Mapping[str, int],
    seed: int,
    *,
    shells: int = SHELLS,
    steps: int = STEPS,
    target: float = 0.0,
    stream: int = 0,
    periodic: Periodic = (True, True, True),
) -> Quasirandom:
    """Order the sites of one role as much like a random alloy as the cell allows.

    Periodic images count, also of a site with itself. Other roles have no say: each mixed role
    is optimised for itself, correlations between roles are left to chance.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates of the sites of the role.
        counts: species -> number, together n; "" is an empty site.
        seed: the same seed gives the same order on every machine.
        shells: how many shells of neighbours count, with the weights 1/shell.
        steps: most swaps to make.
        target: stop as soon as the error is not above this, or above the bound.
        stream: of the random numbers, one for each role.
        periodic: along which cell vectors the cell repeats.

    Raises:
        InputError: shells or steps are not positive.
        StructureError: more than MOST_SITES sites, or fewer than two.
    """
    if not 1 <= shells <= MOST_SHELLS or steps < 1:
        raise InputError(
            f"{shells} shells and {steps} steps cannot be used.",
            f"Give numbers from 1 on, at most {MOST_SHELLS} shells.",
        )
    n = len(fractional)
    if n > MOST_SITES:
        raise StructureError(
            f"A quasi-random order of {n} sites would need too much memory.",
            f'Take at most {MOST_SITES} mixed sites; a cell that large may as well be "random".',
        )
    if n < 2:
        raise StructureError(
            "A quasi-random order needs two sites at least.", "Take a larger cell."
        )
    neighbours = neighbour_shells(lattice_A, fractional, shells, periodic)
    species = [ion for ion, count in counts.items() if count]
    numbers = np.array([counts[ion] for ion in species])
    labels = np.repeat(np.arange(len(species)), numbers)
    bound = lowest_error(neighbours, numbers)
    generator = random_stream(seed, STREAM, stream)
    goal = max(target, bound) + 1e-9
    best, best_place, swaps = np.inf, np.arange(n), 0
    while swaps < steps and best > goal:
        search = _Search(neighbours, numbers, generator)
        better_at, lowest = swaps, np.inf
        while True:
            error = search.error()
            if error < lowest - 1e-9:
                lowest, better_at = error, swaps
                if error < best - 1e-9:
                    best, best_place = error, search.place.copy()
            if best <= goal or swaps == steps or swaps - better_at > PATIENCE:
                break
            search.step()
            swaps += 1
    ions = np.empty(n, dtype=object)
    ions[best_place] = np.array(species, dtype=object)[labels]
    pairs = measured(neighbours, ions)
    return Quasirandom(ions, pairs.error, bound, pairs, swaps)


def lowest_error(shells: Shells, numbers: np.ndarray) -> float:
    """A bound from below on the error, from what the number of unlike bonds can be.

    Bonds between two species come in multiples of g, the greatest common divisor of the bonds
    between two sites. For two species on sites that all have z neighbours other than themselves,
    the number is n_a z - 2 E, with E, the bonds among the first, again a multiple of g.
    """
    n = int(numbers.sum())
    total = 0.0
    for shell, bonds in enumerate(shells.bonds, start=1):
        own = np.diagonal(bonds)
        other = bonds - np.diag(own)
        divisor = int(np.gcd.reduce(other, axis=None))
        degrees = np.unique(other.sum(axis=1))
        every = int(bonds.sum())
        for a, b in combinations(range(len(numbers)), 2):
            ideal = every * numbers[a] * numbers[b] / n**2
            start, step = 0, divisor
            if len(numbers) == 2 and len(degrees) == 1:
                start, step = int(numbers[a] * degrees[0]), 2 * divisor
            away = ideal if step == 0 else abs((ideal - start + step / 2) % step - step / 2)
            total += 4 * away / every / shell
    return total


class _Search:
    """An ordering that improves swap by swap.

    The ions stay in their slots, one species after the other, and the sites move: so the swaps of
    two species are a block of the tables and need no gathering.
    """

    def __init__(
        self, shells: Shells, numbers: np.ndarray, generator: np.random.Generator
    ) -> None:
        n, k = int(numbers.sum()), len(numbers)
        self.generator = generator
        self.place = generator.permutation(n)
        ends = np.cumsum(numbers)
        self.blocks = [slice(int(e - m), int(e)) for e, m in zip(ends, numbers, strict=True)]
        self.pairs = list(combinations(range(k), 2))
        # Fancy indices leave the shells innermost in memory, which makes all that follows slow.
        self.bonds = np.ascontiguousarray(shells.bonds[:, self.place][:, :, self.place])
        totals = shells.totals
        # From a number of bonds to its part of the error.
        self.scale = 4 / totals / np.arange(1, len(shells) + 1)
        self.ideal = totals[:, None, None] * np.outer(numbers, numbers) / n**2
        # (s, k, n) neighbours of each species around each site; (s, k, k) bonds of each pair.
        around = np.stack([self.bonds[:, :, b].sum(axis=2) for b in self.blocks], axis=1)
        self.around = np.ascontiguousarray(around)
        self.between = np.stack([self.around[:, :, b].sum(axis=2) for b in self.blocks], axis=1)
        # Bonds that a swap of two sites does not gain, because they link the two themselves.
        self.inner = np.empty(self.bonds.shape, dtype=np.float32)
        for inner, bonds, scale in zip(self.inner, self.bonds, self.scale, strict=True):
            own = np.diagonal(bonds)
            inner[:] = scale * (own[:, None] + own - 2.0 * bonds)
        self.rests_until = np.zeros(n, dtype=np.int64)
        self.steps = 0

    def error(self) -> float:
        """The error of the ordering as it stands."""
        off = np.abs(self.between - self.ideal) * self.scale[:, None, None]
        return float(sum(off[:, a, b].sum() for a, b in self.pairs))

    def step(self) -> None:
        """Make the best swap of all, whether it is better than none or not."""
        off = np.abs(self.between - self.ideal) * self.scale[:, None, None]
        resting = self.rests_until > self.steps
        best, swap = np.inf, (0, 1, self.blocks[0].start, self.blocks[1].start)
        for a, b in self.pairs:
            rows, columns = self._block(self.blocks[a], self.blocks[b])
            error = self._after_swaps(a, b, rows, columns)
            error[resting[rows]] = np.inf
            error[:, resting[columns]] = np.inf
            row, column = divmod(int(error.argmin()), error.shape[1])
            others = sum(off[:, c, d].sum() for c, d in self.pairs if not {a, b} & {c, d})
            if error[row, column] + others < best:
                best = error[row, column] + others
                swap = (a, b, rows.start + row, columns.start + column)
        self._swap(*swap)
        low, high = REST
        self.rests_until[list(swap[2:])] = self.steps + self.generator.integers(low, high, 2)
        self.steps += 1

    def _block(self, rows: slice, columns: slice) -> tuple[slice, slice]:
        """The slots of two species, or some of them where there are too many swaps."""
        height, width = rows.stop - rows.start, columns.stop - columns.start
        most = MOST_SWAPS // len(self.pairs)
        if height * width <= most:
            return rows, columns
        low = min(height, max(int(most**0.5), most // width))
        wide = min(width, most // low)
        top = rows.start + int(self.generator.integers(height - low + 1))
        left = columns.start + int(self.generator.integers(width - wide + 1))
        return slice(top, top + low), slice(left, left + wide)

    def _after_swaps(self, a: int, b: int, rows: slice, columns: slice) -> np.ndarray:
        """(r, c) error of the pairs with a or b after the swap of each row with each column."""
        scale = self.scale[:, None]
        off = (self.between - self.ideal) * scale[:, :, None]

        def change(around: np.ndarray, start: np.ndarray) -> np.ndarray:
            scaled = around * scale
            right = scaled[:, None, columns].astype(np.float32)
            left = (scaled[:, rows] - start[:, None])[:, :, None].astype(np.float32)
            return np.asarray(right - left)

        unlike = change(self.around[:, b] - self.around[:, a], off[:, a, b])
        unlike -= self.inner[:, rows, columns]
        error = np.abs(unlike, out=unlike).sum(axis=0)
        for c in range(len(self.blocks)):
            if c not in (a, b):
                error += np.abs(change(self.around[:, c], off[:, a, c])).sum(axis=0)
                error += np.abs(change(-self.around[:, c], off[:, b, c])).sum(axis=0)
        return np.asarray(error)

    def _swap(self, a: int, b: int, first: int, second: int) -> None:
        """Exchange the site in a slot of species a with the one in a slot of species b."""
        gain = self.bonds[:, :, second] - self.bonds[:, :, first]
        self.around[:, a] += gain
        self.around[:, b] -= gain
        one, two = [first, second], [second, first]
        self.place[one] = self.place[two]
        self.around[:, :, one] = self.around[:, :, two]
        for table in (self.bonds, self.inner):
            table[:, one] = table[:, two]
            table[:, :, one] = table[:, :, two]
        for c, block in enumerate(self.blocks):
            for species in (a, b):
                self.between[:, species, c] = self.around[:, c, self.blocks[species]].sum(axis=1)
                self.between[:, c, species] = self.around[:, species, block].sum(axis=1)
