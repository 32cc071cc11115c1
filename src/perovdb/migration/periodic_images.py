"""Whether an ion or molecule stands in another periodic image at the end than at the start.

Files hold positions inside one cell. An iodide at a cell border that trembles across it comes
back on the other side, and a path would send it through the whole crystal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.structures.units import Unit, units

#: The nearest image is another one if it is nearer by more than this.
NEARER_A = 0.1


def strays(ends: Endpoints) -> list[tuple[Unit, np.ndarray]]:
    """Units that a nearer periodic image of their end would spare a way, the mover left out:
    which image it goes to is the hop's own choice.

    Returns:
        each unit of the start, and the (3,) lattice vector in angstrom to add at the end.
    """
    lattice = ends.start.lattice
    found = []
    for before, after in zip(units(ends.start), units(ends.end), strict=True):
        way = after.centre_A - before.centre_A
        cells = np.where(lattice.pbc, -np.rint(lattice.get_fractional_coords(way)), 0)
        shift = np.asarray(lattice.get_cartesian_coords(cells))
        nearer = np.linalg.norm(way) - np.linalg.norm(way + shift) > NEARER_A
        if nearer and before.atoms[0] not in ends.mover:
            found.append((before, shift))
    return found


def unwrapped(ends: Endpoints) -> Endpoints:
    """The same ends, with every unit but the mover in the periodic image nearest to its start."""
    positions = ends.end.cart_coords
    for unit, shift in strays(ends):
        positions[unit.atoms] += shift
    return replace(ends, end=with_positions(ends.end, positions))
