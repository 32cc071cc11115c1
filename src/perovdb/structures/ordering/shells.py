"""Shells of neighbours among some sites, periodic images of a site being neighbours too."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Periodic

#: A shell ends where the next distance is longer by more than this fraction of it.
SHELL_GAP = 0.02


@dataclass(frozen=True)
class Shells:
    """Neighbour counts, shell by shell.

    Attributes:
        distances_A: (s,) mean distance of each shell.
        bonds: (s, n, n) how many images of site j are neighbours of site i.
    """

    distances_A: np.ndarray
    bonds: np.ndarray

    def __len__(self) -> int:
        return len(self.distances_A)

    @property
    def totals(self) -> np.ndarray:
        """(s,) number of bonds, each counted from both ends."""
        return np.asarray(self.bonds.sum(axis=(1, 2)))


def neighbour_shells(
    lattice_A: np.ndarray, fractional: np.ndarray, most: int, periodic: Periodic = (True,) * 3
) -> Shells:
    """The nearest shells of neighbours.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates.
        most: how many shells; a particle may have fewer.
        periodic: along which cell vectors the cell repeats.
    """
    n = len(fractional)
    volume = abs(float(np.linalg.det(lattice_A)))
    spacing = (volume / n) ** (1 / 3)
    reach = spacing * (1 + most) ** 0.5
    span = float(np.linalg.norm(np.ptp(fractional, axis=0) @ np.abs(lattice_A))) + spacing
    while True:
        start, end, _, distance = Neighbours(lattice_A, fractional, reach, periodic).pairs()
        order = np.argsort(distance, kind="stable")
        start, end, distance = start[order], end[order], distance[order]
        breaks = np.flatnonzero(distance[1:] > distance[:-1] * (1 + SHELL_GAP)) + 1
        # The last shell found may go on beyond the reach, unless nothing lies there at all.
        everything = not any(periodic) and reach > span
        if len(breaks) >= most or everything:
            break
        reach *= 1.3
    edges = [0, *breaks[:most].tolist()]
    if len(edges) <= most and edges[-1] < len(distance):
        edges.append(len(distance))
    shells = list(pairwise(edges))
    bonds = np.zeros((len(shells), n, n), dtype=np.int16)
    for shell, (first, last) in enumerate(shells):
        np.add.at(bonds[shell], (start[first:last], end[first:last]), 1)
    means = np.array([distance[first:last].mean() for first, last in shells])
    return Shells(means, bonds)
