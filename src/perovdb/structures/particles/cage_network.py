"""Which B sites each site of a perovskite stands next to, and what is at the surface."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pymatgen.core import Lattice
from scipy.sparse import csr_array

from perovdb.structures.neighbours import Neighbours

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
        n, b_sites = len(self.roles), np.flatnonzero(self.roles == "B")
        cell_A, periodic = np.eye(3), (False, False, False)
        if self.lattice is not None:
            cell_A, periodic = np.asarray(self.lattice.matrix), self.lattice.pbc
        reach = np.array([REACH.get(role, 0.0) for role in self.roles]) * self.a_A
        most = np.array([BULK.get(role, 0) for role in self.roles])
        b, site, _, distance = Neighbours(
            cell_A, self.positions_A @ np.linalg.inv(cell_A), float(reach.max(initial=0)), periodic
        ).pairs(b_sites)
        near = (distance <= reach[site]) & (distance > 0.1)
        b, site, distance = b[near], site[near], distance[near]
        order = np.lexsort((distance, site))
        b, site = b[order], site[order]
        nearest = np.arange(len(site)) - np.searchsorted(site, site) < most[site]
        b, site = b[nearest], site[nearest]
        return csr_array((np.ones(len(b), dtype=int), (site, b)), shape=(n, n))

    def b_counts(self, filled: np.ndarray | None = None) -> np.ndarray:
        """(n,) number of B next to each site, of those filled if a mask (n,) is given."""
        mask = np.ones(len(self.roles), dtype=int) if filled is None else filled.astype(int)
        return np.asarray(self.next_to_b @ mask)

    def depths(self, filled: np.ndarray | None = None) -> np.ndarray:
        """(n,) layer of each B from the surface, 0 the outermost; -1 for all other sites.

        A B is at the surface if one of its six B neighbours is not there; each further layer is
        what touches the one before.
        """
        present = self.roles == "B"
        if filled is not None:
            present &= filled
        depth = np.where(present, -2, -1)
        front = present & (self.b_counts(present) < BULK["B"])
        layer = 0
        while front.any():
            depth[front] = layer
            front = (depth == -2) & (self.b_counts(front) > 0)
            layer += 1
        return depth
