"""The other end of a hop by a symmetry of the crystal, instead of a second relaxation."""

from __future__ import annotations

import numpy as np

from perovdb.errors import StructureError
from perovdb.migration.endpoints import Endpoints
from perovdb.structures.symmetry import permutations


def mirrored(ends: Endpoints, start_A: np.ndarray) -> np.ndarray | None:
    """(n, 3) the relaxed end, if an operation takes the start to the end; else None.

    Args:
        ends: as placed; both were cut from one host, and an atom alone hops.
        start_A: (n, 3) the relaxed start, not wrapped.
    """
    if len(ends.mover) != 1 or ends.into != ends.species:
        return None
    lattice = ends.start.lattice
    mover = int(ends.mover[0])
    placed, target = ends.start.frac_coords, ends.end.frac_coords
    # The host: the start with an ion in the vacancy. The two sites are the last two.
    host = np.concatenate([placed, target[mover][None]])
    kinds = [*(site.specie.symbol for site in ends.start), ends.start[mover].specie.symbol]
    try:
        table = permutations(lattice.matrix, host, np.array(kinds))
    except StructureError:
        return None
    vacancy = len(placed)
    found = np.flatnonzero(table.images[:, vacancy] == mover)
    if not len(found):
        return None
    # Of several, one that exchanges the sites: then every atom may keep to its own.
    swaps = found[table.images[found, mover] == vacancy]
    chosen = int((swaps if len(swaps) else found)[0])
    rotation, images = table.rotations[chosen], table.images[chosen]
    moved = lattice.get_fractional_coords(start_A - ends.start.cart_coords)
    end = np.empty_like(placed)
    for atom in range(len(placed)):
        image = int(images[atom])
        # The place of the start that is empty at the end is where the mover has gone.
        end[mover if image == vacancy else image] = rotation @ moved[atom]
    return np.asarray(lattice.get_cartesian_coords(target + end))
