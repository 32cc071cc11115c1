"""Which B sites each site of a perovskite stands next to, and what is at the surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pymatgen.core import Lattice
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from perovdb.structures.octahedra.axes import images

#: In units of the B-B distance a: in the ideal cell X is a/2 from its two B, B a from its six
#: B, A 0.87 a from its eight B; the next ones are 1.1 a, 1.4 a and 1.7 a away. Tilts and
#: off-centre ions stay within these.
REACH = {"A": 1.2, "B": 1.22, "X": 0.75}
#: Number of B sites about a site of the bulk.
BULK = {"A": 8, "B": 6, "X": 2}


@dataclass(frozen=True)
class Network:
    """Sites and the B sites next to them.

    Attributes:
        roles: (n,) role of each site; those that are not A, B or X have no neighbours.
        positions_A: (n, 3) Cartesian, in angstrom.
        a_A: mean B-B distance.
        lattice: the cell, of which a slab repeats two vectors; None where nothing repeats.
    """

    roles: np.ndarray
    positions_A: np.ndarray
    a_A: float
    lattice: Lattice | None = None

    @cached_property
    def next_to_b(self) -> csr_array:
        """(n, n) row: any site; column: how many images of each B are next to it."""
        b_sites = np.flatnonzero(self.roles == "B")
        rows, columns = [], []
        positions_A, shifts_A = self._folded()
        around_A = (positions_A[b_sites] + shifts_A[:, None]).reshape(-1, 3)
        tree = cKDTree(around_A) if len(b_sites) else None
        for role, most in BULK.items():
            mine = np.flatnonzero(self.roles == role)
            if tree is None or not len(mine):
                continue
            distance, which = tree.query(
                positions_A[mine],
                k=most + 1 if role == "B" else most,
                distance_upper_bound=REACH[role] * self.a_A,
            )
            near = np.isfinite(distance) & (distance > 0.1)
            rows.append(np.repeat(mine, near.sum(axis=1)))
            columns.append(b_sites[which[near] % len(b_sites)])
        n = len(self.roles)
        if not rows:
            return csr_array((n, n), dtype=int)
        row, column = np.concatenate(rows), np.concatenate(columns)
        return csr_array((np.ones(len(row), dtype=int), (row, column)), shape=(n, n))

    def _folded(self) -> tuple[np.ndarray, np.ndarray]:
        """(n, 3) positions within the cell, and (m, 3) translations to the images in reach."""
        if self.lattice is None:
            return self.positions_A, np.zeros((1, 3))
        cell_A, periodic = np.asarray(self.lattice.matrix), self.lattice.pbc
        fractional = self.lattice.get_fractional_coords(self.positions_A)
        folded = fractional - np.floor(fractional) * np.array(periodic)
        reach_A = max(REACH.values()) * self.a_A
        return folded @ cell_A, images(cell_A, periodic, reach_A) @ cell_A

    def b_counts(self, held: np.ndarray | None = None) -> np.ndarray:
        """(n,) number of B next to each site, of those held if a mask (n,) is given."""
        mask = np.ones(len(self.roles), dtype=int) if held is None else held.astype(int)
        return np.asarray(self.next_to_b @ mask)

    def depths(self, held: np.ndarray | None = None) -> np.ndarray:
        """(n,) layer of each B from the surface, 0 the outermost; -1 for all other sites.

        A B is at the surface if one of its six B neighbours is not there; each further layer is
        what touches the one before.
        """
        present = self.roles == "B"
        if held is not None:
            present &= held
        depth = np.where(present, -2, -1)
        front = present & (self.b_counts(present) < BULK["B"])
        layer = 0
        while front.any():
            depth[front] = layer
            front = (depth == -2) & (self.b_counts(front) > 0)
            layer += 1
        return depth
