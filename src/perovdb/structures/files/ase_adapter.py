"""Structures as ASE's Atoms and back; ASE is told roles, ions, molecules, charge and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pymatgen.core import Structure

from perovdb.composition import Material
from perovdb.files.atoms import structure_of_atoms
from perovdb.files.own_records import KEY
from perovdb.structures.files.records import make_record
from perovdb.structures.files.restoring import adopt, restore
from perovdb.structures.history import with_history
from perovdb.structures.units import PROPERTIES

if TYPE_CHECKING:
    from ase import Atoms


def to_ase(x: Material) -> Atoms:
    """Any material as ASE's Atoms.

    Roles, ions and molecules are arrays; charge and a record of the history stand in `info`.

    Raises:
        as `as_structure`.
    """
    from ase import Atoms

    from perovdb.structures.adoption import as_structure

    structure = as_structure(x)

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
) -> Structure:
    """ASE's Atoms as a structure of perovdb.

    What `to_ase` put there is taken back as far as the atoms still fit it; else roles and
    molecules are recognised. A particle without a cell stands in the middle of a box, 10 A from
    each side.

    Args:
        atoms: one set of atoms.
        unknown: "refuse" or "keep", as for `adopt`.
        charge: of the cell, in e; by default what the atoms carry, or the sum of formal charges.

    Raises:
        InputError: these are no atoms, or a cell vector lacks.
        StructureError: as for `adopt`.
    """
    raw = structure_of_atoms(atoms)
    restored = restore(raw, raw.properties.get(KEY), unknown)
    total = restored.charge if charge is None else charge
    if not restored.history:
        return adopt(restored.structure, unknown=unknown, charge=total)
    return with_history(restored.structure, total, restored.history)
