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
from perovdb.errors import InputError, StructureError
from perovdb.migration.hops import Hop
from perovdb.migration.numbering import stand_as
from perovdb.structures.defects.point_defects import remove_unit
from perovdb.structures.history import charge_of, with_charge
from perovdb.structures.units import Unit, units

#: A unit stands on a site if its centre is this near.
ON_SITE_A = 0.5

#: Two images of the end count as equally near if their distances differ by a smaller share.
HALF_CELL = 0.01


@dataclass(frozen=True)
class Endpoints:
    """Start and end of a hop in a supercell with one vacancy.

    Attributes:
        start, end: structures with the same atoms in the same order; the mover of `end` is not
            wrapped back into the cell.
        mover: (m,) indices of the atoms that hop.
        vector_A: (3,) the hop.
        half_cell: the hop is half a cell vector, so that its mirror image is as long: another
            periodic image of the end is as near, to HALF_CELL.
        into: the ion whose vacancy it hops into.
        notes: what a user should know of the vacancies.
    """

    start: Structure
    end: Structure
    mover: np.ndarray
    vector_A: np.ndarray
    half_cell: bool
    into: str = ""
    notes: tuple[str, ...] = ()


def endpoints(
    host: Structure, hop: Hop, cell: AverageCell, size: tuple[int, int, int]
) -> Endpoints:
    """Place a hop of the average cell in a supercell built from it, and open the vacancy.

    The first of the equivalent places whose two sites both hold the moving ion is taken. At the
    end the mover stands as the ion that was there before: both ends are cut from one host.

    Args:
        host: the full supercell.
        hop: of the average cell.
        cell: the average cell.
        size: its repeats in the host.

    Raises:
        StructureError: the cell is so small that the ion would hop onto its own image, or no
            two neighbouring sites hold this ion.
    """
    mover, target, vector_A = _place(host, hop, cell, size)
    return _between(host, mover, target, vector_A)


def endpoints_in_structure(structure: Structure, hop: Hop) -> Endpoints:
    """Open the vacancy of a hop in the structure itself, and let the ion hop.

    At the end the mover stands as the ion that was there before; an ion of another species, such
    as FA in the vacancy of an MA, keeps its own orientation. Vacancies that are there already
    stay, and the charge of the cell counts them all.

    Args:
        structure: in which the hop was found.
        hop: of `hops_in_structure`, or of a sample.

    Raises:
        InputError: the hop is of another structure.
        StructureError: the cell is so small that the ion would hop onto its own image.
    """
    every = units(structure)
    if max(hop.start_site, hop.end_site) >= len(every):
        raise _of_another(hop, max(hop.start_site, hop.end_site))
    mover, target = every[hop.start_site], every[hop.end_site]
    for unit, ion, place, number in (
        (mover, hop.species, hop.start, hop.start_site),
        (target, hop.into, hop.end, hop.end_site),
    ):
        offset = structure.lattice.get_fractional_coords(unit.centre_A) - place
        offset -= np.rint(offset)
        away_A = np.linalg.norm(structure.lattice.get_cartesian_coords(offset))
        if unit.ion != ion or away_A > ON_SITE_A:
            raise _of_another(hop, number)
    if mover is target:
        raise StructureError(
            f"In this cell {hop.species} would hop onto its own periodic image.",
            "Take a supercell that is larger along the hop, and its hops.",
        )
    # From centre to centre; the hop says which periodic image of the target it is.
    cells = np.rint(
        np.array(hop.end)
        - np.array(hop.start)
        - structure.lattice.get_fractional_coords(target.centre_A - mover.centre_A)
    )
    vector_A = target.centre_A - mover.centre_A + cells @ structure.lattice.matrix
    return _between(structure, mover, target, vector_A)


def _between(host: Structure, mover: Unit, target: Unit, vector_A: np.ndarray) -> Endpoints:
    """The two ends of a hop from a unit of the host to the place of another, which goes."""
    start = remove_unit(host, target)
    kept = np.setdiff1d(np.arange(len(host)), target.atoms)
    moved = np.searchsorted(kept, mover.atoms)
    positions = start.cart_coords
    local_start = host.cart_coords[mover.atoms] - mover.centre_A
    local_end = local_start
    if mover.ion == target.ion and len(moved) > 1:
        mover_elements, target_elements = (
            tuple(host[int(atom)].specie.symbol for atom in unit.atoms) for unit in (mover, target)
        )
        local_target = host.cart_coords[target.atoms] - target.centre_A
        local_end = stand_as(mover_elements, local_start, target_elements, local_target)
    positions[moved] = mover.centre_A + vector_A + local_end
    return Endpoints(
        start=start,
        end=with_positions(start, positions),
        mover=moved,
        vector_A=vector_A,
        half_cell=_half_cell(host, vector_A),
        into=target.ion,
        notes=_notes(host),
    )


def _notes(host: Structure) -> tuple[str, ...]:
    charge = charge_of(host)
    if charge == 0:
        return ()
    return (
        f"the host has a charge of {charge:+d} e before the vacancy of the hop is opened, which "
        "comes on top of what is vacant there",
    )


def _half_cell(host: Structure, vector_A: np.ndarray) -> bool:
    """Whether another periodic image of the end is as near as the one that is taken."""
    periodic = np.array(host.lattice.pbc, dtype=int)
    cells = (np.array(list(np.ndindex(3, 3, 3))) - 1) * periodic
    others = cells[cells.any(axis=1)] @ host.lattice.matrix + vector_A
    nearest = np.linalg.norm(others, axis=1).min(initial=np.inf)
    return bool(nearest < np.linalg.norm(vector_A) * (1 + HALF_CELL))


def _of_another(hop: Hop, number: int) -> InputError:
    return InputError(
        f"The hop of {hop.species} is not one of this structure: its site {number} is another.",
        "Give the structure in which the hop was found, with the same ions.",
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
    return with_charge(moved, charge_of(structure))


def _place(
    host: Structure, hop: Hop, cell: AverageCell, size: tuple[int, int, int]
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
