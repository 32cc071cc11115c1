"""The edges of the octahedra: the pairs of X between which X ions hop past one B."""

from __future__ import annotations

import numpy as np

from perovdb.structures.neighbours import Neighbours, step_keys
from perovdb.structures.octahedra.bonds import REACH
from perovdb.structures.sites import Sites

#: No B-X bond is longer, in angstrom, even where REACH would allow it.
LONGEST_BOND_A = 4.8

#: Two X of one B with a larger angle between them are opposite corners of its octahedron.
LARGEST_EDGE_ANGLE_DEG = 135.0


def octahedron_edges(sites: Sites) -> np.ndarray:
    """(m, 5) every pair of X that are neighbouring corners of an octahedron, both ways round.

    A row holds the numbers of the two sites and the cell of the second, that of the first being
    the origin. Bonds are those of `structures.octahedra.bonds`: the nearest X of each B, at most
    six, up to REACH times the usual distance.
    """
    nothing = np.empty((0, 5), dtype=np.int64)
    b_sites, x_sites = sites.of("B"), sites.of("X")
    if not len(b_sites) or not len(x_sites):
        return nothing
    chosen = np.concatenate([b_sites, x_sites])
    near = Neighbours(sites.lattice_A, sites.fractional[chosen], LONGEST_BOND_A, sites.periodic)
    b, x, cell, length = near.pairs(np.arange(len(b_sites)))
    bond = x >= len(b_sites)
    b, x, cell, length = b[bond], x[bond], cell[bond], length[bond]
    if not len(b):
        return nothing
    order = np.lexsort((length, b))
    b, x, cell, length = b[order], x[order], cell[order], length[order]
    rank = np.arange(len(b)) - np.searchsorted(b, b)
    keep = (length <= REACH * np.median(length[rank == 0])) & (rank < 6)
    b, x, cell, rank = b[keep], x[keep], cell[keep], rank[keep]
    # One row for each B and one column for each corner that is there.
    corner = np.full((len(b_sites), 6), -1)
    corner[b, rank] = np.arange(len(b))
    one, two = np.broadcast_arrays(corner[:, :, None], corner[:, None, :])
    there = (one >= 0) & (two >= 0) & (one != two)
    one, two = one[there], two[there]
    fractional = sites.fractional[chosen]
    vector = (fractional[x] + cell - fractional[b]) @ sites.lattice_A
    vector /= np.linalg.norm(vector, axis=1)[:, None]
    cis = np.einsum("pi,pi->p", vector[one], vector[two]) > np.cos(
        np.radians(LARGEST_EDGE_ANGLE_DEG)
    )
    one, two = one[cis], two[cis]
    ends = chosen[x]
    steps = np.concatenate([ends[one, None], ends[two, None], cell[two] - cell[one]], axis=1)
    # Octahedra that share an edge both tell it.
    _, first = np.unique(step_keys(steps, len(sites)), return_index=True)
    return np.asarray(steps[first])
