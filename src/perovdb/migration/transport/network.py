"""A jump network: the sites of an ion, the jumps between them, and their rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.errors import InputError
from perovdb.migration.hops import Hop

#: Forward less backward barriers, summed around a cycle, that are rounding.
_CLOSED_EV = 1e-3


@dataclass(frozen=True)
class JumpNetwork:
    """Directed jumps of a vacancy among the n sites of a cell.

    Attributes:
        sites: n.
        start, end: (m,) numbers of the sites that a jump joins.
        shift: (m, 3) whole cells from the one to the other.
        vectors_A: (m, 3) Cartesian.
        saddle_eV: (m,) energy of the saddle, on the scale of `site_eV`.
        site_eV: (n,) energy of the vacancy on each site; the lowest is zero.
        hop: (m,) number of the hop that each jump belongs to.
    """

    sites: int
    start: np.ndarray
    end: np.ndarray
    shift: np.ndarray
    vectors_A: np.ndarray
    saddle_eV: np.ndarray
    site_eV: np.ndarray
    hop: np.ndarray

    def rates_Hz(self, temperature_K: float, attempt_frequency_Hz: float) -> np.ndarray:
        """(m,) jumps per second from a site that is vacant."""
        barriers = self.saddle_eV - self.site_eV[self.start]
        rates = attempt_frequency_Hz * np.exp(-barriers / (K_B_EV * temperature_K))
        return np.asarray(rates)

    def shares(self, temperature_K: float) -> np.ndarray:
        """(n,) share of the time that a vacancy spends on each site."""
        weights = np.exp(-self.site_eV / (K_B_EV * temperature_K))
        return np.asarray(weights / weights.sum())


def jump_network(
    hops: Sequence[Hop],
    lattice_A: np.ndarray,
    barriers_eV: Sequence[float | tuple[float, float]],
) -> JumpNetwork:
    """The network of some hops of one cell.

    Args:
        hops: distinct hops, as `hops` gives them.
        lattice_A: (3, 3) rows are the cell vectors.
        barriers_eV: one for each hop; or two, from its start and from its end.

    Raises:
        InputError: there is not one barrier for each hop, one is not a number from zero on, a hop
            whose ends are equivalent has two barriers, or forward and backward barriers do not
            close around a cycle.
    """
    pairs = barrier_pairs(barriers_eV, len(hops))
    steps, vectors, forward, backward, numbers = [], [], [], [], []
    for number, (hop, (there, back)) in enumerate(zip(hops, pairs, strict=True)):
        for step, (first, last) in zip(hop.steps, hop.equivalents, strict=True):
            steps.append(step)
            vectors.append((np.array(last) - np.array(first)) @ lattice_A)
            forward.append(there)
            backward.append(back)
            numbers.append(number)
    table = np.array(steps, dtype=np.int64).reshape(-1, 5)
    _, ends = np.unique(table[:, :2], return_inverse=True)
    start, end = ends.reshape(-1, 2).T
    shift = table[:, 2:]
    n = int(ends.max()) + 1
    up, down = np.array(forward), np.array(backward)
    site = _site_energies(n, start, end, up - down, hops, np.array(numbers))
    vector = np.array(vectors)
    saddle = up + site[start]
    # A jump and its reverse, each once, whichever of them the hops list.
    whole = _both_ways(start, end, shift, vector, saddle, np.array(numbers))
    return JumpNetwork(
        sites=n,
        start=whole[0],
        end=whole[1],
        shift=whole[2],
        vectors_A=whole[3],
        saddle_eV=whole[4] - site.min(),
        site_eV=site - site.min(),
        hop=whole[5],
    )


def barrier_pairs(
    barriers_eV: Sequence[float | tuple[float, float]], count: int
) -> list[tuple[float, float]]:
    """Each barrier as two, from the start of the hop and from its end.

    Raises:
        InputError: there is not one for each hop, or one is not a number from zero on.
    """
    given = list(barriers_eV)
    if len(given) != count or not count:
        raise InputError(
            f"{count} distinct hops do not go with {len(given)} barriers.",
            "Give one for each hop, in the order of `hops`; two, from start and end, where they "
            "differ.",
        )
    pairs = [(one, one) if isinstance(one, int | float) else tuple(one) for one in given]
    for pair in pairs:
        if len(pair) != 2 or not all(np.isfinite(x) and x >= 0 for x in pair):
            raise InputError(f"A barrier of {pair} eV cannot be.", "Give numbers from 0 eV on.")
    return [(float(there), float(back)) for there, back in pairs]


def _site_energies(
    n: int,
    start: np.ndarray,
    end: np.ndarray,
    rise_eV: np.ndarray,
    hops: Sequence[Hop],
    numbers: np.ndarray,
) -> np.ndarray:
    """(n,) energies that differ along each jump by forward less backward barrier.

    Raises:
        InputError: there are none, since a cycle does not close.
    """
    site = np.full(n, np.nan)
    for root in range(n):
        if not np.isnan(site[root]):
            continue
        site[root] = 0.0
        front = [root]
        while front:
            here = front.pop()
            for jumps, other, sign in ((start == here, end, 1.0), (end == here, start, -1.0)):
                for jump in np.flatnonzero(jumps):
                    there = other[jump]
                    if np.isnan(site[there]):
                        site[there] = site[here] + sign * rise_eV[jump]
                        front.append(int(there))
    open_eV = np.abs(site[end] - site[start] - rise_eV)
    if open_eV.max() > _CLOSED_EV:
        worst = int(numbers[int(open_eV.argmax())])
        raise InputError(
            f"Forward and backward barriers do not close around a cycle through hop {worst} "
            f"({hops[worst].distance_A:.3f} A): {open_eV.max():.3f} eV are left.",
            "Barriers of one crystal do: detailed balance. Check the pairs, and that they are of "
            "the same settings.",
        )
    return site


def _both_ways(
    start: np.ndarray,
    end: np.ndarray,
    shift: np.ndarray,
    vectors: np.ndarray,
    saddle: np.ndarray,
    numbers: np.ndarray,
) -> tuple[np.ndarray, ...]:
    """Each jump and its reverse, once."""
    starts, ends = np.concatenate([start, end]), np.concatenate([end, start])
    shifts, ways = np.concatenate([shift, -shift]), np.concatenate([vectors, -vectors])
    keys = np.column_stack([starts, ends, shifts])
    _, first = np.unique(keys, axis=0, return_index=True)
    first = np.sort(first)
    return (
        starts[first],
        ends[first],
        shifts[first],
        ways[first],
        np.concatenate([saddle, saddle])[first],
        np.concatenate([numbers, numbers])[first],
    )
