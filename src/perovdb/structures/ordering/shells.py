"""Shells of neighbours among some sites, periodic images of a site being neighbours too.

In a small cell a neighbour can be the site itself, or one site a neighbour twice: who leaves
such bonds out optimises another crystal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.spatial import cKDTree

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
        start, end, vectors = pairs_within(lattice_A, fractional, reach, periodic)
        distance = np.linalg.norm(vectors, axis=1)
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


def pairs_within(
    lattice_A: np.ndarray, fractional: np.ndarray, reach_A: float, periodic: Periodic
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sites i and images of sites j nearer than a reach: (p,) i, (p,) j, (p, 3) vectors in A.

    A pair stands in the list from both ends; a site and its own image are a pair.
    """
    wrapped = fractional - np.floor(fractional) * np.array(periodic)
    margin = reach_A * np.linalg.norm(np.linalg.inv(lattice_A), axis=0) * np.array(periodic)
    ranges = [np.arange(-n, n + 1) for n in np.ceil(margin).astype(int)]
    cells = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    low, high = wrapped.min(axis=0) - margin, wrapped.max(axis=0) + margin
    images = (wrapped[None, :, :] + cells[:, None, :]).reshape(-1, 3)
    site = np.tile(np.arange(len(wrapped)), len(cells))
    home = np.repeat((cells == 0).all(axis=1), len(wrapped))
    near = ((images >= low - 1e-9) & (images <= high + 1e-9)).all(axis=1)
    images, site, home = images[near], site[near], home[near]
    positions, images = wrapped @ lattice_A, images @ lattice_A
    found = cKDTree(positions).sparse_distance_matrix(
        cKDTree(images), reach_A, output_type="ndarray"
    )
    start, image = found["i"].astype(int), found["j"].astype(int)
    other = ~(home[image] & (start == site[image]))
    start, image = start[other], image[other]
    return start, site[image], images[image] - positions[start]
