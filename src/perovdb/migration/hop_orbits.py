"""Which pairs of sites of a crystal its space group makes the same.

The space group is that of the crystal, whatever cell it is given in: pairs of sites are carried
into its primitive cell, where they are few, and so are the operations.
"""

from __future__ import annotations

import warnings

import numpy as np
import spglib

from perovdb.errors import StructureError
from perovdb.structures.neighbours import step_keys
from perovdb.structures.symmetry import SYMMETRY_TOLERANCE_A, Permutations, permutations

#: Images of pairs that are looked up at once.
BLOCK = 1 << 16


def equivalent_pairs(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    kinds: np.ndarray,
    pairs: np.ndarray,
    shifts: np.ndarray,
    tolerance_A: float = SYMMETRY_TOLERANCE_A,
) -> np.ndarray:
    """(p,) number of the first pair that is equivalent to each, by an operation or a reversal.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) of the sites, in any cell.
        kinds: (n,) sites with the same kind (a number or a name) may be exchanged.
        pairs: (p, 2) site numbers i and j.
        shifts: (p, 3) cell of j, that of i being the origin.
        tolerance_A: how far from symmetric the sites may be.

    Raises:
        StructureError: the symmetry cannot be found.
    """
    numbers = np.unique(kinds, return_inverse=True)[1].ravel()
    primitive_A, seat = _primitive(lattice_A, fractional, numbers, tolerance_A)
    _, first, seat = np.unique(seat, return_index=True, return_inverse=True)
    inverse = np.linalg.inv(primitive_A)
    places = fractional @ lattice_A @ inverse
    cells = np.rint(places - places[first][seat]).astype(np.int64)
    table = permutations(primitive_A, places[first], numbers[first], tolerance_A)
    i, j = np.asarray(pairs).T
    across = np.rint(shifts @ lattice_A @ inverse).astype(np.int64) + cells[j] - cells[i]
    within = np.concatenate([seat[i, None], seat[j, None], across], axis=1)
    _, chosen, number = np.unique(
        step_keys(within, len(first)), return_index=True, return_inverse=True
    )
    within = within[chosen]
    labels = orbit_labels(table, within[:, :2], within[:, 2:])[number.ravel()]
    # Of a class the pair that comes first in the list, not in the primitive cell.
    _, leader, member = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(leader[member.ravel()])


def orbit_labels(table: Permutations, pairs: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """(p,) number of the first pair that is equivalent to each, by an operation or a reversal.

    Args:
        table: the operations, on the sites that the pairs number.
        pairs, shifts: as for `equivalent_pairs`.
    """
    pairs, shifts = np.asarray(pairs, dtype=np.int64), np.asarray(shifts, dtype=np.int64)
    count, sites = len(pairs), table.images.shape[1]
    known = step_keys(np.concatenate([pairs, shifts], axis=1), sites)
    order = np.argsort(known)
    ladder = known[order]
    labels = np.full(count, count)
    # One pair of each orbit is enough: no more at once than there may be orbits, or room for.
    step = max(1, min(BLOCK, 4 * count) // len(table))
    while len(block := np.flatnonzero(labels == count)[:step]):
        ends, cells = table.moved(pairs[block], shifts[block])
        moved = np.concatenate(
            [
                step_keys(np.concatenate([ends, cells], axis=2), sites),
                step_keys(np.concatenate([ends[:, :, ::-1], -cells], axis=2), sites),
            ]
        )
        place = np.minimum(np.searchsorted(ladder, moved), count - 1)
        # A pair at the limit of a cutoff may have lost an image to rounding.
        found = np.where(ladder[place] == moved, order[place], count)
        first = np.broadcast_to(found.min(axis=0), found.shape)
        labels[found[found < count]] = first[found < count]
    return labels


def _primitive(
    lattice_A: np.ndarray, fractional: np.ndarray, kinds: np.ndarray, tolerance_A: float
) -> tuple[np.ndarray, np.ndarray]:
    """(3, 3) primitive lattice and (n,) which site of the primitive cell each site is."""
    if np.gcd.reduce(np.bincount(kinds)) == 1:
        # A cell of several primitive cells has a multiple of each kind.
        return lattice_A, np.arange(len(kinds))
    with warnings.catch_warnings():
        # spglib announces that it will raise instead of giving None; both mean the same here.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = spglib.get_symmetry_dataset(
            (lattice_A.tolist(), fractional.tolist(), (kinds + 1).tolist()), symprec=tolerance_A
        )
    if found is None:
        raise StructureError(
            "The space group of the cell cannot be found.",
            "Check that no two sites lie on each other.",
        )
    return np.array(found.primitive_lattice), np.array(found.mapping_to_primitive)
