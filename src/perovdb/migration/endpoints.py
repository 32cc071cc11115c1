"""The two ends of a hop: the same atoms in the same order, before and after.

The periodic image is chosen once for the whole ion or molecule, by the vector of the hop; atoms
are never wrapped one by one. In a cell two sites wide a hop is half the cell, and wrapping atom
by atom would tear a molecule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.average_cell import AverageCell
from perovdb.errors import StructureError
from perovdb.migration.hops import Hop
from perovdb.migration.rigid import nearest_numbering
from perovdb.store import Store
from perovdb.structures.supercells import Size
from perovdb.structures.units import Unit, units
from perovdb.structures.vacancies import remove_unit

#: A unit stands on a site if its centre is this near.
ON_SITE_A = 0.5


@dataclass(frozen=True)
class Endpoints:
    """Start and end of a hop in a supercell with one vacancy.

    Attributes:
        start, end: structures with the same atoms in the same order; the mover of `end` is not
            wrapped back into the cell.
        mover: (m,) indices of the atoms that hop.
        vector_A: (3,) the hop.
        half_cell: the hop is half a cell vector, so that its mirror image is as long.
    """

    start: Structure
    end: Structure
    mover: np.ndarray
    vector_A: np.ndarray
    half_cell: bool


def endpoints(host: Structure, hop: Hop, cell: AverageCell, size: Size, store: Store) -> Endpoints:
    """Place a hop of the average cell in a supercell built from it, and open the vacancy.

    The first of the equivalent places whose two sites both hold the moving ion is taken. At the
    end the mover stands as the ion that was there before: both ends are cut from one host.

    Args:
        host: the full supercell.
        hop: of the average cell.
        cell: the average cell.
        size: its repeats in the host.
        store: charges come from it.

    Raises:
        StructureError: the cell is so small that the ion would hop onto its own image, or no
            two neighbouring sites hold this ion.
    """
    mover, target, vector_A = _place(host, hop, cell, size)
    start = remove_unit(host, target, store)
    kept = np.setdiff1d(np.arange(len(host)), target.atoms)
    moved = np.searchsorted(kept, mover.atoms)

    positions = start.cart_coords
    local_start = host.cart_coords[mover.atoms] - mover.centre_A
    local_end = host.cart_coords[target.atoms] - target.centre_A
    if len(moved) > 1:
        elements = tuple(host[int(atom)].specie.symbol for atom in mover.atoms)
        local_end = nearest_numbering(elements, local_start, local_end)
    else:
        local_end = local_start
    positions[moved] = mover.centre_A + vector_A + local_end
    half = host.lattice.get_fractional_coords(vector_A)
    return Endpoints(
        start=start,
        end=with_positions(start, positions),
        mover=moved,
        vector_A=vector_A,
        half_cell=bool(np.any(np.abs(np.abs(half) - 0.5) < 1e-6)),
    )


def with_positions(structure: Structure, positions_A: np.ndarray) -> Structure:
    """The structure with its atoms elsewhere: (n, 3) Cartesian, not wrapped into the cell."""
    moved = Structure(
        structure.lattice,
        structure.species,
        positions_A,
        coords_are_cartesian=True,
        to_unit_cell=False,
        site_properties=structure.site_properties,
    )
    moved.properties = dict(structure.properties)
    return moved


def _place(
    host: Structure, hop: Hop, cell: AverageCell, size: Size
) -> tuple[Unit, Unit, np.ndarray]:
    every = units(host)
    centres = host.lattice.get_fractional_coords([unit.centre_A for unit in every])
    onto_itself = False
    for start, end in (np.array(ends) for ends in hop.equivalents):
        for corner in np.ndindex(*size):
            mover = _unit_at((start + corner) / np.array(size), every, centres, host)
            target = _unit_at((end + corner) / np.array(size), every, centres, host)
            if mover is target:
                onto_itself = True
            elif mover.ion == target.ion == hop.species:
                return mover, target, (end - start) @ cell.lattice_A
    if onto_itself:
        raise StructureError(
            f"In this cell {hop.species} would hop onto its own periodic image.",
            "Take a larger --size along the hop.",
        )
    raise StructureError(
        f"No two neighbouring sites of this cell both hold {hop.species}.",
        "Take a larger --size or another --seed.",
    )


def _unit_at(
    fractional: np.ndarray, every: list[Unit], centres: np.ndarray, host: Structure
) -> Unit:
    offset = centres - fractional
    offset -= np.rint(offset)
    distance = np.linalg.norm(offset @ host.lattice.matrix, axis=1)
    nearest = int(distance.argmin())
    if distance[nearest] > ON_SITE_A:
        raise StructureError(
            f"There is no ion within {ON_SITE_A} A of the site at {fractional.round(3)}.",
            "The host must be the full supercell of the average cell.",
        )
    return every[nearest]
