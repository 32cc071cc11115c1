"""The pairs of sites between which ions hop: the first shell, the edges of the octahedra, or all
up to a length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from perovdb.errors import StructureError
from perovdb.structures.neighbours import Neighbours, step_keys
from perovdb.structures.octahedra.bonds import find_bonds
from perovdb.structures.sites import Sites

#: The first shell of neighbours ends where the next distance is longer by more than this.
#: It keeps to the edges of the octahedra: in gamma-CsPbI3 they are 4.41 to 4.62 angstrom, and
#: the next I-I distance, between octahedra that share no Pb, is 4.91.
FIRST_SHELL_GAP = 0.05

#: The gap is looked for up to this many times the usual distance of nearest neighbours.
FIRST_SHELL_REACH = 1.6

#: Two X of one B with a larger angle between them are opposite corners of its octahedron.
LARGEST_EDGE_ANGLE_DEG = 135.0


@dataclass(frozen=True)
class Pairs:
    """Pairs of sites, each a hop from the first to the second; both ways round are two.

    Attributes:
        steps: (p, 5) number of the first site, of the second, and the cell of the second, that of
            the first being the origin.
        distances_A: (p,) how far they are apart.
    """

    steps: np.ndarray
    distances_A: np.ndarray

    def __len__(self) -> int:
        return len(self.steps)

    def part(self, keep: np.ndarray) -> Pairs:
        """Some of them, by index or by a mask."""
        return Pairs(self.steps[keep], self.distances_A[keep])


def first_shell(sites: Sites, movers: np.ndarray) -> tuple[Pairs, bool]:
    """Pairs of nearest sites, and whether a gap in the distances ends their shell.

    The shell is cut at the first gap in the sorted distances of the whole cell, see
    FIRST_SHELL_GAP, from the distance on at which half of the sites have a neighbour: one pair
    that is unusually near makes no shell.

    Args:
        sites: of the crystal.
        movers: (m,) the sites to hop between.

    Raises:
        StructureError: there is one site only, and no image of it.
    """
    positions = sites.positions_A[movers]
    nearest = np.full(len(movers), np.inf)
    if len(movers) > 1:
        nearest = KDTree(positions).query(positions, k=2)[0][:, 1]
    # A site's own image is one cell vector away, so the nearest site is not farther.
    vectors = np.linalg.norm(sites.lattice_A, axis=1)[list(sites.periodic)]
    nearest = np.minimum(nearest, vectors.min(initial=np.inf))
    if not np.isfinite(nearest).all():
        raise StructureError(
            "There is one site only, which has no neighbour of its kind.", "Take a larger cell."
        )
    pairs = pairs_within(sites, movers, FIRST_SHELL_REACH * float(np.median(nearest)))
    distances = pairs.distances_A
    nearest = np.full(len(sites), np.inf)
    np.minimum.at(nearest, pairs.steps[:, 0], distances)
    usual = float(np.sort(nearest[movers])[(len(movers) - 1) // 2])
    reach = FIRST_SHELL_REACH * usual
    ladder = np.sort(distances[(distances >= usual * (1 - 1e-9)) & (distances <= reach)])
    gaps = np.flatnonzero(np.append(ladder[1:], reach) > ladder * (1 + FIRST_SHELL_GAP))
    last = ladder[gaps[0]] if len(gaps) else ladder[-1]
    return pairs.part(distances <= last * (1 + 1e-9)), len(gaps) > 0


def pairs_within(sites: Sites, movers: np.ndarray, reach_A: float) -> Pairs:
    """All pairs of some sites up to a length, a site and its own images too."""
    near = Neighbours(sites.lattice_A, sites.fractional[movers], reach_A, sites.periodic)
    start, end, cells, distances = near.pairs()
    return Pairs(np.column_stack([movers[start], movers[end], cells]), distances)


def pairs_of_role(sites: Sites, role: str, reach_A: float | None) -> tuple[Pairs, np.ndarray]:
    """Pairs of sites of a role, and (p,) whether each is an edge of an octahedron.

    Args:
        sites: of the crystal.
        role: "A", "B" or "X".
        reach_A: the longest pair; by default the first shell and, of X, all edges; these alone
            where the distances leave no gap.

    Raises:
        StructureError: the distances leave no gap, and there are no edges.
    """
    movers = sites.of(role)
    edges = octahedron_edges(sites) if role == "X" else np.empty((0, 5), dtype=np.int64)
    edge_keys = step_keys(edges, len(sites))
    if reach_A is not None:
        pairs = pairs_within(sites, movers, reach_A)
        return pairs, _among(step_keys(pairs.steps, len(sites)), edge_keys)
    pairs, gap = first_shell(sites, movers)
    if not gap and not len(edges):
        raise StructureError(
            f"The distances of the {role} ions leave no gap after the first shell.",
            "Give reach_A, the length of the longest hop.",
        )
    if not gap:
        pairs = pairs.part(np.zeros(len(pairs), dtype=bool))
    missing = ~_among(edge_keys, step_keys(pairs.steps, len(sites)))
    if missing.any():
        steps = np.concatenate([pairs.steps, edges[missing]])
        steps = steps[np.lexsort(steps.T[::-1])]
        vectors = sites.fractional[steps[:, 1]] + steps[:, 2:] - sites.fractional[steps[:, 0]]
        pairs = Pairs(steps, np.linalg.norm(vectors @ sites.lattice_A, axis=1))
    return pairs, _among(step_keys(pairs.steps, len(sites)), edge_keys)


def _among(keys: np.ndarray, ladder: np.ndarray) -> np.ndarray:
    """(p,) which keys stand in an ascending list."""
    if not len(ladder):
        return np.zeros(len(keys), dtype=bool)
    place = np.minimum(np.searchsorted(ladder, keys), len(ladder) - 1)
    return np.asarray(ladder[place] == keys)


def octahedron_edges(sites: Sites) -> np.ndarray:
    """(m, 5) every pair of X that are neighbouring corners of an octahedron, both ways round."""
    nothing = np.empty((0, 5), dtype=np.int64)
    if "B" not in sites.roles or "X" not in sites.roles:
        return nothing
    try:
        bonds = find_bonds(sites)
    except StructureError:
        return nothing
    # One row for each B and one column for each corner that is there.
    _, first, b = np.unique(bonds.b_site, return_index=True, return_inverse=True)
    corner = np.full((len(first), 6), -1)
    corner[b, np.arange(len(b)) - first[b]] = np.arange(len(b))
    one, two = np.broadcast_arrays(corner[:, :, None], corner[:, None, :])
    there = (one >= 0) & (two >= 0) & (one != two)
    one, two = one[there], two[there]
    vector = bonds.vector_A / np.linalg.norm(bonds.vector_A, axis=1)[:, None]
    cosine = np.einsum("pi,pi->p", vector[one], vector[two])
    cis = cosine > np.cos(np.radians(LARGEST_EDGE_ANGLE_DEG))
    one, two = one[cis], two[cis]
    ends = bonds.vector_A @ np.linalg.inv(sites.lattice_A) + sites.fractional[bonds.b_site]
    cells = np.rint(ends - sites.fractional[bonds.x_site]).astype(np.int64)
    steps = np.column_stack([bonds.x_site[one], bonds.x_site[two], cells[two] - cells[one]])
    # Octahedra that share an edge both tell it.
    _, first = np.unique(step_keys(steps, len(sites)), return_index=True)
    return np.asarray(steps[first])
