"""Neighbours by ASE, quick also where the cell is smaller than what stands in it."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase.neighborlist import primitive_neighbor_list

from perovdb.structures.sites import Periodic


def neighbour_list(
    quantities: str,
    periodic: Periodic,
    lattice_A: np.ndarray,
    positions_A: np.ndarray,
    reach_A: float,
) -> tuple[Any, ...]:
    """As ASE's `primitive_neighbor_list`, which sorts atoms into bins of the cell.

    A vector that does not repeat may be of any length, as in a particle without a box. It is
    stretched over all atoms, or they would share the few bins of the cell, and all pairs be tried.

    Args:
        quantities: letters of ASE: "i", "j", "S", "D", "d".
        periodic: along which cell vectors the cell repeats.
        lattice_A: (3, 3) rows are the cell vectors.
        positions_A: (n, 3) Cartesian.
        reach_A: the longest distance.
    """
    cell = np.array(lattice_A, dtype=float)
    places = positions_A @ np.linalg.inv(cell)
    low, span = places.min(axis=0), np.ptp(places, axis=0)
    moved = np.zeros(3)
    for axis in np.flatnonzero(~np.array(periodic)):
        moved -= low[axis] * cell[axis]
        # An angstrom more than the atoms take.
        cell[axis] *= span[axis] + 1.0 / np.linalg.norm(cell[axis])
    return tuple(primitive_neighbor_list(quantities, periodic, cell, positions_A + moved, reach_A))
