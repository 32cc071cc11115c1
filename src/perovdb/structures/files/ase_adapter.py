"""Structures as ASE's Atoms and back; ASE is told roles, ions, molecules, charge and history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError
from perovdb.store import Store, open_store
from perovdb.structures.files.records import KEY, make_record
from perovdb.structures.files.restoring import adopted, restore
from perovdb.structures.units import PROPERTIES

if TYPE_CHECKING:
    from ase import Atoms

#: Empty space on each side of a particle that comes without a cell, in angstrom.
VACUUM_A = 10.0


def to_ase(structure: Structure) -> Atoms:
    """A structure built by perovdb as ASE's Atoms.

    Roles, ions and molecules are arrays; charge and a record of the history stand in `info`.

    Raises:
        StructureError: the structure carries no roles.
    """
    from ase import Atoms

    record = make_record(structure)
    atoms = Atoms(
        [site.specie.symbol for site in structure],
        positions=structure.cart_coords,
        cell=structure.lattice.matrix,
        pbc=structure.lattice.pbc,
    )
    for name in PROPERTIES:
        atoms.set_array(name, np.array(structure.site_properties[name]))
    atoms.info = {"charge": record["charge"], KEY: record}
    return atoms


def from_ase(
    atoms: Atoms,
    *,
    unknown: str = "refuse",
    charge: int | None = None,
    store: Store | None = None,
) -> Structure:
    """ASE's Atoms as a structure of perovdb.

    What `to_ase` put there is taken back as far as the atoms still fit it; else roles and
    molecules are recognised. A particle without a cell stands in the middle of a box, 10 A from
    each side.

    Args:
        atoms: one set of atoms.
        unknown: "refuse" or "keep", as for `adopt`.
        charge: of the cell, in e; by default what the atoms carry, or the sum of formal charges.
        store: the curated store by default.

    Raises:
        InputError: these are no atoms, or a cell vector lacks.
        StructureError: as for `adopt`.
    """
    raw, carried = split(atoms)
    found = restore(raw, carried, unknown, store or open_store())
    if not found.history:
        return adopted(found, unknown, charge)
    total = found.charge if charge is None else charge
    found.structure.properties = {"charge": total, "history": found.history}
    return found.structure


def split(atoms: Any) -> tuple[Structure, Any]:
    """The atoms as a structure, not yet checked, with the arrays of `to_ase`; and the record.

    Raises:
        InputError: these are no atoms, or a cell vector lacks.
    """
    from ase import Atoms

    if not isinstance(atoms, Atoms) or not len(atoms):
        raise InputError("There are no atoms.", "Give one set of ASE's Atoms.")
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
        lattice = Lattice(atoms.cell.array, pbc=(along_a, along_b, along_c))
        carried = {
            name: atoms.arrays[name].tolist() for name in PROPERTIES if name in atoms.arrays
        }
        structure = Structure(
            lattice,
            atoms.get_chemical_symbols(),
            atoms.positions,
            coords_are_cartesian=True,
            site_properties=carried,
        )
    except (ValueError, np.linalg.LinAlgError) as error:
        raise InputError(
            f"These atoms are no structure: {error}.", "Check the cell and the elements."
        ) from error
    return structure, atoms.info.get(KEY)
