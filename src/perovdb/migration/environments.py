"""What surrounds a hop: the ions on both sides of its path.

The environment of a hop counts the ions that are no farther from one of its ends than 1.1 times
its own length, the mover and the ion that left the vacancy left out. Those near to both ends stand
first: they line the narrowest part of the way. Then come those near to one end only.
"Cs2I2Pb | Br2Cs4I8Pb2" is an X hop in a cubic perovskite past one Pb and two Cs.

Of an ideal cell this takes in the shells that matter and no more: about X the B, A and X up to the
length of an octahedron's edge, about A and B the shells up to the next A and B.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Sites

#: Ions count up to this many times the length of the hop. In the cubic cell the next ones are at
#: 1.12 (from B), 1.22 (from A) and 1.41 times it (from X).
NEAR = 1.1

Image = tuple[int, int, int, int]


class Surroundings:
    """The neighbours of sites of a structure, looked up once for all its hops.

    Args:
        sites: the units as points.
        ions: (n,) the species on each.
        about: numbers of the sites that hops begin and end on.
        reach_A: length of the longest hop.
    """

    def __init__(self, sites: Sites, ions: np.ndarray, about: np.ndarray, reach_A: float) -> None:
        self.sites, self.ions = sites, ions
        near = Neighbours(sites.lattice_A, sites.fractional, NEAR * reach_A, sites.periodic)
        self._start, end, shift, self._distance = near.pairs(np.unique(about))
        self._images = np.concatenate([end[:, None], shift], axis=1)

    def environment(self, start: int, end: int, shift: np.ndarray, distance_A: float) -> str:
        """The ions around a hop, as the module says."""
        cell = tuple(int(x) for x in shift)
        ends = {(start, 0, 0, 0), (end, *cell)}
        near_start = self._near(start, (0, 0, 0), distance_A) - ends
        near_end = self._near(end, cell, distance_A) - ends
        both = near_start & near_end
        return f"{self._counted(both)} | {self._counted((near_start | near_end) - both)}"

    def _near(self, site: int, cell: tuple[int, ...], distance_A: float) -> set[Image]:
        rows = self._rows(site)
        images = self._images[rows][self._distance[rows] <= NEAR * distance_A]
        u, v, w = cell
        return {(i, a + u, b + v, c + w) for i, a, b, c in images.tolist()}

    def _rows(self, site: int) -> slice:
        first, last = np.searchsorted(self._start, [site, site + 1]).tolist()
        return slice(first, last)

    def _counted(self, images: set[Image]) -> str:
        counts = Counter(str(self.ions[image[0]]) for image in images)
        return "".join(f"{ion}{n if n > 1 else ''}" for ion, n in sorted(counts.items()))
