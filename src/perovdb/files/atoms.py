"""ASE's Atoms as a pymatgen Structure as they stand."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError

#: The most atoms that are taken in, from a file or from memory: 200,000 are read in a minute or
#: so, in about 1 GB.
MOST_ATOMS = 200_000

#: Empty space on each side of a particle that comes without a cell, in angstrom.
VACUUM_A = 10.0


def check_number_of_atoms(count: int, where: str = "There") -> None:
    """Refuse more than MOST_ATOMS, before they take memory and time.

    Raises:
        InputError: there are more.
    """
    if count > MOST_ATOMS:
        have = "are" if where == "There" else "holds"
        raise InputError(
            f"{where} {have} {count:,} atoms.", f"Give {MOST_ATOMS:,} of them at the most."
        )


def structure_of_atoms(atoms: Any) -> Structure:
    """The atoms as a structure, with their arrays as site properties and their info.

    Along a vector that lacks, and that they do not repeat along, they stand in the middle of a
    box, 10 A from each side.

    Raises:
        InputError: these are no atoms, or a cell vector lacks.
    """
    from ase import Atoms

    if not isinstance(atoms, Atoms) or not len(atoms):
        raise InputError("There are no atoms.", "Give one set of ASE's Atoms.")
    check_number_of_atoms(len(atoms))
    atoms = atoms.copy()
    empty = ~np.array(atoms.cell.array, dtype=float).any(axis=1)
    if (empty & atoms.pbc).any():
        raise InputError(
            "The cell lacks a vector along which it repeats.", "Give all vectors, or set pbc."
        )
    if not np.isfinite(atoms.positions).all():
        raise InputError("A position is not a finite number.", "Mend the file: NaN or inf.")
    if empty.any():
        atoms.center(vacuum=VACUUM_A, axis=tuple(np.flatnonzero(empty)))
    try:
        along_a, along_b, along_c = map(bool, atoms.pbc)
        return Structure(
            Lattice(atoms.cell.array, pbc=(along_a, along_b, along_c)),
            atoms.get_chemical_symbols(),
            atoms.positions,
            coords_are_cartesian=True,
            site_properties={
                name: values.tolist()
                for name, values in atoms.arrays.items()
                if name not in ("numbers", "positions")
            },
            properties=dict(atoms.info),
        )
    except (ValueError, np.linalg.LinAlgError) as error:
        raise InputError(
            f"These atoms are no structure: {error}.", "Check the cell and the elements."
        ) from error
