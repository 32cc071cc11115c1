"""Pairs of sites within a distance, periodic images counted, and the networks that they make.

In a small cell a neighbour can be the site itself, or one site a neighbour twice: who leaves such
pairs out describes another crystal.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

#: Cells that the two sites of a pair may be apart, along each vector.
MOST_CELLS = 100

#: In a simple cubic lattice the second neighbours are 1.41 times as far away as the first; tilts
#: and off-centre ions spread the first by some percent.
FIRST_SHELL = 1.2

#: No perovskite has equal sites farther apart than this, in angstrom.
FARTHEST_A = 20.0


class Neighbours:
    """The sites of a cell and those of their images that are within reach of the cell.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) of the sites, in any cell.
        reach_A: the longest distance that counts.
        periodic: along which cell vectors the cell repeats.
    """

    def __init__(
        self,
        lattice_A: np.ndarray,
        fractional: np.ndarray,
        reach_A: float,
        periodic: tuple[bool, ...] = (True, True, True),
    ) -> None:
        self.reach_A = reach_A * (1 + 1e-9)
        repeats = np.array(periodic, dtype=int)
        # The search looks about sites in the first cell; `home` brings each there.
        self._home = np.floor(fractional).astype(int) * repeats
        points = fractional - self._home
        # Distance between opposite faces of the cell, along each vector.
        heights = 1 / np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
        margin = self.reach_A / heights
        cells = np.ceil(margin).astype(int) * repeats
        corners = np.array(list(np.ndindex(*(2 * cells + 1)))) - cells
        images = points[None] + corners[:, None]
        inside = ((images > -margin - 1e-9) & (images < 1 + margin + 1e-9)) | (repeats == 0)
        corner, self._site = np.nonzero(inside.all(axis=2))
        self._cell = corners[corner]
        self._points_A = points @ lattice_A
        self._tree = KDTree(images[corner, self._site] @ lattice_A)

    def pairs(
        self, about: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """All pairs within reach, sorted by first site, second site and cell.

        Args:
            about: numbers of the first sites; all by default.

        Returns:
            (p,) first sites, (p,) second sites, (p, 3) cell of the second if the first is in its
            own, (p,) distances in angstrom. A site and its own image are a pair.
        """
        first = np.arange(len(self._points_A)) if about is None else np.asarray(about)
        near = KDTree(self._points_A[first]).sparse_distance_matrix(
            self._tree, self.reach_A, output_type="ndarray"
        )
        start, image, distance = first[near["i"]], near["j"], near["v"]
        end = self._site[image]
        shift = self._cell[image]
        keep = (start != end) | shift.any(axis=1)
        start, end, distance = start[keep], end[keep], distance[keep]
        shift = shift[keep] + self._home[start] - self._home[end]
        order = np.argsort(
            step_keys(
                np.concatenate([start[:, None], end[:, None], shift], axis=1), len(self._points_A)
            )
        )
        return start[order], end[order], shift[order], distance[order]


def step_keys(steps: np.ndarray, n_sites: int) -> np.ndarray:
    """One number for each step: (..., 5) site, site and cell; cells count up to MOST_CELLS."""
    i, j, x, y, z = np.moveaxis(np.asarray(steps, dtype=np.int64), -1, 0)
    width = 2 * MOST_CELLS + 1
    key = (i * n_sites + j) * width + (x + MOST_CELLS)
    return np.asarray((key * width + (y + MOST_CELLS)) * width + (z + MOST_CELLS))


def first_shell(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    periodic: tuple[bool, ...] = (True, True, True),
    within: float = FIRST_SHELL,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The nearest neighbours of equal sites, each pair from both ends.

    Args:
        lattice_A, fractional, periodic: as for `Neighbours`.
        within: they are up to this many times the usual nearest distance, the median, away.

    Returns:
        (p,) first sites, (p,) second sites, (p, 3) cell of the second if the first is in its own,
        (p, 3) vectors in angstrom; no pairs where none is within FARTHEST_A.
    """
    reach = 4.0
    while True:
        start, end, cell, distance = Neighbours(lattice_A, fractional, reach, periodic).pairs()
        nearest = np.full(len(fractional), np.inf)
        np.minimum.at(nearest, start, distance)
        usual = float(np.median(nearest))
        # The pairs are complete up to the reach: all of the first shell must lie within.
        if usual * within <= reach or reach > FARTHEST_A:
            break
        reach = usual * within * 1.01 if np.isfinite(usual) else reach * 1.4
    near = distance <= (usual * within if np.isfinite(usual) else -1.0)
    start, end, cell = start[near], end[near], cell[near]
    return start, end, cell, (fractional[end] + cell - fractional[start]) @ lattice_A


def two_colours(
    count: int, start: np.ndarray, end: np.ndarray, changes: np.ndarray | None = None
) -> np.ndarray | None:
    """(count,) a colour, False or True, of each node of a network; None where none will do.

    Two copies of the network stand for the colours, and a bond that changes the colour leads from
    one to the other: a part that can be coloured falls into two halves, one that cannot stays
    whole.

    Args:
        count: number of nodes; the first of each part is False.
        start, end: (p,) nodes of each bond.
        changes: (p,) which bonds join nodes of two colours, the others joining two of one; all
            by default.
    """
    step = count if changes is None else count * changes.astype(int)
    one = np.concatenate([start, start + count])
    other = np.concatenate([end + step, (end + count + step) % (2 * count)])
    _, part = parts_of(2 * count, one, other)
    if (part[:count] == part[count:]).any():
        return None
    return np.asarray(part[:count] > part[count:])


def parts_of(count: int, start: np.ndarray, end: np.ndarray) -> tuple[int, np.ndarray]:
    """Number of parts of a network that no bond joins, and (count,) the part of each node."""
    bonds = coo_array((np.ones(len(start)), (start, end)), shape=(count, count))
    number, part = connected_components(bonds, directed=False)
    return int(number), np.asarray(part)


def walked(
    count: int, start: np.ndarray, end: np.ndarray, steps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How far each node of a network is from the first one of its part.

    The way leads along a tree of bonds. A loop that comes back to another image of its node has a
    bond for which `steps + sums[start] - sums[end]` is not zero.

    Args:
        count: number of nodes.
        start, end: (p,) nodes of each bond.
        steps: (p, k) whole numbers that a bond adds, such as the cells that it crosses.

    Returns:
        (count,) number of the first node of the part of each, and (count, k) sums from it.
    """
    onward: list[list[tuple[int, int, int]]] = [[] for _ in range(count)]
    for bond, (one, other) in enumerate(zip(start.tolist(), end.tolist(), strict=True)):
        onward[one].append((other, bond, 1))
        onward[other].append((one, bond, -1))
    part = np.full(count, -1)
    sums = np.zeros((count, steps.shape[1]), dtype=np.int64)
    for first in range(count):
        if part[first] >= 0:
            continue
        part[first] = first
        ahead = deque([first])
        while ahead:
            here = ahead.popleft()
            for there, bond, sense in onward[here]:
                if part[there] < 0:
                    part[there], sums[there] = first, sums[here] + sense * steps[bond]
                    ahead.append(there)
    return part, sums
