"""What surrounds a hop, and hops that share their surroundings.

The environment of a hop counts the ions that are no farther from one of its ends than 1.1 times
its own length, the mover and the ion that left the vacancy left out. Those near to both ends stand
first: they line the narrowest part of the way. Then come those near to one end only.
"Cs2I2Pb | Br2Cs4I8Pb2" is an X hop in a cubic perovskite past one Pb and two Cs.

Of an ideal cell this takes in the shells that matter and no more: about X the B, A and X up to the
length of an octahedron's edge, about A and B the shells up to the next A and B.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from perovdb.migration.hop_orbits import equivalent_steps
from perovdb.migration.hop_pairs import Pairs
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Sites

#: Ions count up to this many times the length of the hop. In the cubic cell the next ones are at
#: 1.12 (from B), 1.22 (from A) and 1.41 times it (from X).
NEAR = 1.1

#: With more distinct hops than this a structure counts as disordered.
MOST_DISTINCT = 24

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
        self._ions = ions
        near = Neighbours(sites.lattice_A, sites.fractional, NEAR * reach_A, sites.periodic)
        self._start, end, cells, self._distance = near.pairs(np.unique(about))
        self._images = np.column_stack([end, cells])

    def environment(self, step: np.ndarray, distance_A: float) -> str:
        """The ions around a hop, as the module says.

        Args:
            step: (5,) its sites and the cell of the second, as in `Pairs`.
            distance_A: its length.
        """
        start, end, *cell = step.tolist()
        ends = {(start, 0, 0, 0), (end, *cell)}
        near_start = self._near(start, (0, 0, 0), distance_A) - ends
        near_end = self._near(end, cell, distance_A) - ends
        both = near_start & near_end
        return f"{self._counted(both)} | {self._counted((near_start | near_end) - both)}"

    def _near(self, site: int, cell: tuple[int, ...], distance_A: float) -> set[Image]:
        rows = slice(*np.searchsorted(self._start, [site, site + 1]).tolist())
        images = self._images[rows][self._distance[rows] <= NEAR * distance_A]
        u, v, w = cell
        return {(i, a + u, b + v, c + w) for i, a, b, c in images.tolist()}

    def _counted(self, images: set[Image]) -> str:
        counts = Counter(str(self._ions[image[0]]) for image in images)
        return "".join(f"{ion}{n if n > 1 else ''}" for ion, n in sorted(counts.items()))


def by_environment(
    sites: Sites,
    pairs: Pairs,
    labels: np.ndarray,
    described: Mapping[int, tuple[str, str]],
    tolerance_A: float,
) -> np.ndarray:
    """(p,) number of the first pair of each class, by environments.

    The sites without their ions, of an alloy that is not relaxed, have the symmetry of its phase;
    hops that differ there, such as along c and across it in a tetragonal one, stay apart.

    Args:
        sites: the units as points.
        pairs: the hops.
        labels: (p,) classes by the space group, each by the number of its first pair.
        described: direction and environment of each such first pair.
        tolerance_A: how far from symmetric the sites may be.
    """
    parent = equivalent_steps(sites, sites.roles, pairs.steps, tolerance_A)
    if len(np.unique(parent)) > MOST_DISTINCT:
        parent = np.zeros_like(parent)
    first: dict[tuple[int, str, str], int] = {}
    classes = np.empty_like(labels)
    for number, (label, base) in enumerate(zip(labels.tolist(), parent.tolist(), strict=True)):
        classes[number] = first.setdefault((base, *described[label]), number)
    return classes
