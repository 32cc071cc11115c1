"""Which cages are reversed where neighbours alternate: two colours that close periodically."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from perovdb.errors import StructureError
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Sites

#: Sites up to this many times the usual nearest distance apart are neighbours; in a cubic cell
#: the second neighbours are at 1.41.
SHELL = 1.2

#: Two neighbours stand along an axis if they are within 30 degrees of it.
ALONG = np.cos(np.pi / 6)

#: No perovskite has its cages farther apart than this, in angstrom.
FARTHEST_A = 20.0


class _Bonds(NamedTuple):
    """Neighbours: (k,) sites i and j, (k, 3) cell of j, (k,) does the sense change."""

    i: np.ndarray
    j: np.ndarray
    cell: np.ndarray
    flips: np.ndarray


def alternate(rule: str, sites: Sites, where: np.ndarray) -> np.ndarray | None:
    """(m,) which molecules a rule reverses; None for a rule in which none is.

    Neighbours are told by their distances, so that displaced cages and cells in any setting are
    met; sites of the same role count, whatever stands on them.

    Args:
        rule: a key of ORIENTATIONS.
        sites: all sites of the structure.
        where: (m,) indices of the sites on which molecules stand.

    Raises:
        StructureError: the pattern does not close in this cell.
    """
    pattern, _, direction = rule.partition("-")
    if pattern not in ("antiferro", "columnar"):
        return None
    direction = direction or ("001" if pattern == "columnar" else "")
    reversed_ones = np.zeros(len(sites), dtype=bool)
    for role in dict.fromkeys(sites.roles[where]):
        group = sites.of(role)
        reversed_ones[group] = _two_colours(
            rule, _bonds(rule, sites, group, pattern, direction), len(group)
        )
    return np.asarray(reversed_ones[where])


def _bonds(rule: str, sites: Sites, group: np.ndarray, pattern: str, direction: str) -> _Bonds:
    i, j, cell, vector = _neighbours(sites, group)
    if not direction:
        return _Bonds(i, j, cell, np.ones(len(i), dtype=bool))
    along = np.abs(vector[:, direction.index("1")]) > ALONG * np.linalg.norm(vector, axis=1)
    if len(i) and not along.any():
        raise StructureError(
            f"No cages stand in rows along [{direction}], so '{rule}' has no meaning here.",
            "Take another direction, or the pseudo-cubic setting of the cell.",
        )
    return _Bonds(i, j, cell, along if pattern == "antiferro" else ~along)


def _neighbours(
    sites: Sites, group: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Neighbours of the first shell: i, j, cell of j, vector from i to j."""
    lattice_A, fractional, reach = sites.lattice_A, sites.fractional[group], 4.0
    while True:
        i, j, cell, distance = Neighbours(lattice_A, fractional, reach, sites.periodic).pairs()
        nearest = np.full(len(group), np.inf)
        np.minimum.at(nearest, i, distance)
        usual = np.median(nearest)
        # The list is complete up to its reach: all of the first shell must lie within.
        if usual * SHELL <= reach or reach > FARTHEST_A:
            break
        reach = usual * SHELL * 1.01 if np.isfinite(usual) else reach * 1.4
    near = distance < usual * SHELL if np.isfinite(usual) else np.zeros(len(i), dtype=bool)
    i, j, cell = i[near], j[near], cell[near]
    return i, j, cell, (fractional[j] + cell - fractional[i]) @ lattice_A


def _two_colours(rule: str, bonds: _Bonds, count: int) -> np.ndarray:
    """(count,) a colour of each site that changes where a bond says so.

    Along a tree of bonds any colours will do. Each bond beyond the tree closes a loop, which may
    lead around the crystal; all loops must come back to the colour from which they left.
    """
    graph = coo_array((np.ones(len(bonds.i)), (bonds.i, bonds.j)), shape=(count, count)).tocsr()
    cell = np.zeros((count, 3), dtype=int)
    colour = np.zeros(count, dtype=bool)
    bond_of = {(a, b): k for k, (a, b) in enumerate(zip(bonds.i, bonds.j, strict=True))}
    _, component = connected_components(graph, directed=False)
    for root in np.unique(component, return_index=True)[1]:
        order, before = breadth_first_order(graph, root)
        for site in order[1:]:
            bond = bond_of[before[site], site]
            cell[site] = cell[before[site]] + bonds.cell[bond]
            colour[site] = colour[before[site]] ^ bonds.flips[bond]
    around = (cell[bonds.i] + bonds.cell - cell[bonds.j]) % 2
    wrong = colour[bonds.i] ^ bonds.flips ^ colour[bonds.j]
    if wrong.any():
        raise _does_not_close(rule, around, wrong)
    return colour


def _does_not_close(rule: str, around: np.ndarray, wrong: np.ndarray) -> StructureError:
    """Say along which cell vectors the pattern would have to be doubled."""
    for odd in sorted(product((0, 1), repeat=3), key=sum):
        if (around @ odd % 2 == wrong).all():
            names = " and ".join(name for name, is_odd in zip("abc", odd, strict=True) if is_odd)
            doubled = " x ".join(str(1 + is_odd) for is_odd in odd)
            return StructureError(
                f"The pattern '{rule}' does not close: the number of cages along {names} is odd.",
                f"Take an even number of cages along {names}: {doubled} of this cell fits.",
            )
    return StructureError(
        f"The cages of this structure cannot alternate as '{rule}' says: some are neighbours in "
        "odd rings.",
        "Take an aligned or a random rule.",
    )
