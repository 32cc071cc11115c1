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
from perovdb.structures.sites import Sites
from perovdb.structures.symmetry import SYMMETRY_TOLERANCE_A, Permutations, permutations

#: Images of pairs that are looked up at once.
BLOCK = 1 << 16


def equivalent_steps(
    sites: Sites,
    kinds: np.ndarray,
    steps: np.ndarray,
    tolerance_A: float = SYMMETRY_TOLERANCE_A,
) -> np.ndarray:
    """(p,) number of the first pair that is equivalent to each, by an operation or a reversal.

    Args:
        sites: of the crystal, in any cell.
        kinds: (n,) sites with the same kind (a number or a name) may be exchanged.
        steps: (p, 5) the pairs, as `Pairs` holds them.
        tolerance_A: how far from symmetric the sites may be.

    Raises:
        StructureError: the symmetry cannot be found.
    """
    numbers = np.unique(kinds, return_inverse=True)[1].ravel()
    primitive_A, seat = _primitive(sites.lattice_A, sites.fractional, numbers, tolerance_A)
    _, first, seat = np.unique(seat, return_index=True, return_inverse=True)
    inverse = np.linalg.inv(primitive_A)
    places = sites.positions_A @ inverse
    cells = np.rint(places - places[first][seat]).astype(np.int64)
    table = permutations(primitive_A, places[first], numbers[first], tolerance_A)
    i, j = steps[:, :2].T
    across = np.rint(steps[:, 2:] @ sites.lattice_A @ inverse).astype(np.int64)
    within = np.column_stack([seat[i], seat[j], across + cells[j] - cells[i]])
    _, chosen, number = np.unique(
        step_keys(within, len(first)), return_index=True, return_inverse=True
    )
    labels = _orbit_labels(table, within[chosen])[number.ravel()]
    # Of a class the pair that comes first in the list, not in the primitive cell.
    _, leader, member = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(leader[member.ravel()])


def _orbit_labels(table: Permutations, steps: np.ndarray) -> np.ndarray:
    """The same for a table of operations on the sites that the steps number."""
    count, sites = len(steps), table.images.shape[1]
    known = step_keys(steps, sites)
    order = np.argsort(known)
    ladder = known[order]
    labels = np.full(count, count)
    # One pair of each orbit is enough: no more at once than there may be orbits, or room for.
    most = max(1, min(BLOCK, 4 * count) // len(table))
    while len(block := np.flatnonzero(labels == count)[:most]):
        ends, cells = table.moved(steps[block, :2], steps[block, 2:])
        moved = np.concatenate(
            [
                step_keys(np.concatenate([ends, cells], axis=2), sites),
                step_keys(np.concatenate([ends[:, :, ::-1], -cells], axis=2), sites),
            ]
        )
        place = np.minimum(np.searchsorted(ladder, moved), count - 1)
        # A pair at the limit of a cutoff may have lost an image to rounding.
        image = np.where(ladder[place] == moved, order[place], count)
        first = np.broadcast_to(image.min(axis=0), image.shape)
        labels[image[image < count]] = first[image < count]
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
        dataset = spglib.get_symmetry_dataset(
            (lattice_A.tolist(), fractional.tolist(), (kinds + 1).tolist()), symprec=tolerance_A
        )
    if dataset is None:
        raise StructureError(
            "The space group of the cell cannot be found.",
            "Check that no two sites lie on each other.",
        )
    return np.array(dataset.primitive_lattice), np.array(dataset.mapping_to_primitive)
