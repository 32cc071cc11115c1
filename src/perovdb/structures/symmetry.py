"""The operations of a space group as permutations of the sites of a cell.

One table serves the distinct orderings, the distinct vacancies and the distinct hops. In a
supercell its pure translations are among the operations.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import spglib

from perovdb.errors import StructureError

SYMMETRY_TOLERANCE_A = 1e-3

#: A cell that is symmetric to this, but not to SYMMETRY_TOLERANCE_A, was perhaps meant to be so.
NEARLY_A = 0.05

#: An image may lie this many tolerances from its site: spglib holds each operation to one
#: tolerance for the sites that it tried it on, and evens the operations out afterwards.
SLACK = 5.0

#: Sites are looked up in boxes about as wide as this, in angstrom: few hold more than one.
BOX_A = 1.0

#: How many images are looked up at once; it keeps the intermediate arrays at some 50 MB.
BLOCK = 1 << 19


@dataclass(frozen=True)
class Permutations:
    """Where each operation takes each site.

    The operation (R, t) takes site i to site i' in the cell n: R f_i + t = f_i' + n.

    Attributes:
        rotations: (o, 3, 3) integer matrices R, for fractional coordinates.
        translations: (o, 3) fractional t.
        images: (o, n) number of the site i'.
        shifts: (o, n, 3) integer cell n.
    """

    rotations: np.ndarray
    translations: np.ndarray
    images: np.ndarray
    shifts: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def orbits(self) -> np.ndarray:
        """(n,) number of the first site that is equivalent to each."""
        return np.asarray(self.images.min(axis=0))

    def of(self, sites: np.ndarray) -> Permutations:
        """The table for some sites only, numbered anew in the order given.

        Args:
            sites: (m,) site numbers; with a site all that are equivalent to it.

        Raises:
            StructureError: an operation takes one of the sites to a site that is not among them.
        """
        number = np.full(self.images.shape[1], -1, dtype=np.int32)
        number[sites] = np.arange(len(sites))
        images = number[self.images[:, sites]]
        if (images < 0).any():
            raise StructureError(
                "Some of the sites are equivalent to sites that are left out.",
                "Take whole sets of equivalent sites, or give the sites different kinds.",
            )
        return Permutations(self.rotations, self.translations, images, self.shifts[:, sites])

    def moved(self, pairs: np.ndarray, shifts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each operation takes pairs of sites.

        Args:
            pairs: (p, 2) site numbers i and j.
            shifts: (p, 3) cell of j, that of i being the origin.

        Returns:
            (o, p, 2) numbers of the sites i' and j', and (o, p, 3) cell of j', that of i' being
            the origin: R s + n_j - n_i.
        """
        i, j = np.asarray(pairs).T
        turned = np.einsum("oab,pb->opa", self.rotations, shifts)
        ends = np.stack([self.images[:, i], self.images[:, j]], axis=2)
        return ends, turned + self.shifts[:, j] - self.shifts[:, i]


def is_nearly_symmetric(lattice_A: np.ndarray, fractional: np.ndarray, kinds: np.ndarray) -> bool:
    """Whether a cell has more operations at a tolerance of NEARLY_A than at the usual one.

    Args:
        lattice_A, fractional, kinds: as for `permutations`.
    """
    numbers = np.unique(list(kinds), return_inverse=True)[1].ravel()
    cell = (
        np.asarray(lattice_A).tolist(),
        np.asarray(fractional).tolist(),
        (numbers + 1).tolist(),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        usual, coarse = (
            spglib.get_symmetry(cell, symprec=tolerance_A)
            for tolerance_A in (SYMMETRY_TOLERANCE_A, NEARLY_A)
        )
    # Where spglib finds nothing at the coarse tolerance, sites lie nearer to each other than it.
    return bool(usual and coarse and len(coarse["rotations"]) > len(usual["rotations"]))


def permutations(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    kinds: np.ndarray,
    tolerance_A: float = SYMMETRY_TOLERANCE_A,
    among: np.ndarray | None = None,
) -> Permutations:
    """The symmetry operations of a cell as permutations of its sites.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates, in any cell.
        kinds: (n,) sites with the same kind (a number or a name) may be exchanged.
        tolerance_A: how far from symmetric the sites may be.
        among: (m,) the table is for these sites only, numbered anew in this order: all sites of
            some kinds, or whole orbits. The symmetry is always that of all sites.

    Raises:
        StructureError: spglib finds no symmetry, or its operations do not permute the sites.

    >>> cube = permutations(6.0 * np.eye(3), np.array([[0, 0, 0], [0.5, 0.5, 0.5]]), "AB")
    >>> cube.images.shape, cube.orbits()
    ((48, 2), array([0, 1], dtype=int32))
    """
    lattice = np.asarray(lattice_A, dtype=float)
    points = np.asarray(fractional, dtype=float)
    numbers = np.unique(list(kinds), return_inverse=True)[1].ravel()
    with warnings.catch_warnings():
        # spglib announces that it will raise instead of giving None; both mean the same here.
        warnings.simplefilter("ignore", DeprecationWarning)
        symmetry = spglib.get_symmetry(
            (lattice.tolist(), points.tolist(), (numbers + 1).tolist()), symprec=tolerance_A
        )
    if symmetry is None:
        raise StructureError(
            "The space group of the cell cannot be found.",
            "Check that no two sites lie on each other.",
        )
    rotations = np.asarray(symmetry["rotations"], dtype=np.int64)
    translations = np.asarray(symmetry["translations"], dtype=float)
    if among is not None:
        points, numbers = points[among], numbers[among]
    seats = _Seats(lattice, points, numbers, SLACK * tolerance_A)
    images = np.empty((len(rotations), len(points)), dtype=np.int32)
    shifts = np.empty((*images.shape, 3), dtype=np.int16)
    turned = rotations.transpose(0, 2, 1).astype(float)
    step = max(1, BLOCK // len(points))
    for first in range(0, len(rotations), step):
        block = slice(first, first + step)
        moved = points @ turned[block] + translations[block, None, :]
        images[block] = seats.find(moved)
        shifts[block] = np.rint(moved - points[images[block]])
    hit = np.zeros(images.shape, dtype=bool)
    np.put_along_axis(hit, images, True, axis=1)
    if not hit.all():
        raise _unclear()
    return Permutations(rotations, translations, images, shifts)


class _Seats:
    """Finds the site that lies at a place, by the integer key of the box that the place is in.

    A site that lies near the wall of its box is entered in the box on the other side as well, so
    each place needs a look into its own box only, also at the border of the cell.
    """

    def __init__(
        self, lattice_A: np.ndarray, points: np.ndarray, kinds: np.ndarray, reach_A: float
    ) -> None:
        self.lattice_A, self.points, self.kinds, self.reach_A = lattice_A, points, kinds, reach_A
        # Distance between opposite faces of the cell, along each vector.
        heights = 1 / np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
        self.boxes = np.maximum(1, heights / BOX_A).astype(np.int64)
        signs = np.array(list(np.ndindex(2, 2, 2))) * 2 - 1
        corners = points[:, None, :] + signs * (reach_A / heights)
        keys = self._keys(corners, kinds[:, None])
        entries = np.unique(
            np.stack([keys.ravel(), np.repeat(np.arange(len(points)), 8)], axis=1), axis=0
        )
        self.keys, self.sites = entries[:, 0].copy(), entries[:, 1].copy()
        self.most = int(np.unique(self.keys, return_counts=True)[1].max())

    def find(self, places: np.ndarray) -> np.ndarray:
        """(o, n) number of the site at each of (o, n, 3) fractional places.

        Raises:
            StructureError: no site of the right kind is near enough.
        """
        keys = self._keys(places, self.kinds)
        start = np.searchsorted(self.keys, keys)
        best = np.full(keys.shape, np.inf)
        images = np.zeros(keys.shape, dtype=np.int32)
        for place in range(self.most):
            row = np.minimum(start + place, len(self.keys) - 1)
            site = self.sites[row]
            offset = places - self.points[site]
            offset -= np.rint(offset)
            distance = np.linalg.norm(offset @ self.lattice_A, axis=-1)
            nearer = (self.keys[row] == keys) & (distance < best)
            best[nearer] = distance[nearer]
            images[nearer] = site[nearer]
        if (best > self.reach_A).any():
            raise _unclear()
        return images

    def _keys(self, places: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        x, y, z = np.moveaxis(np.floor(places * self.boxes).astype(np.int64) % self.boxes, -1, 0)
        keys = ((kinds * self.boxes[0] + x) * self.boxes[1] + y) * self.boxes[2] + z
        return np.asarray(keys)


def _unclear() -> StructureError:
    return StructureError(
        "The symmetry operations of the cell do not permute its sites.",
        "The sites are near to a higher symmetry: move them onto it, or change the tolerance.",
    )
