"""The atoms of a material that is given as they stand: a structure, ASE's Atoms or a file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perovdb.composition import Composition, Material
from perovdb.errors import InputError
from perovdb.files.names import is_file_name

if TYPE_CHECKING:
    from pymatgen.core import IStructure


class GivenAtoms(NamedTuple):
    """Atoms as they stand.

    Attributes:
        structure: a structure of pymatgen, ordered or not.
        name: of the file, or "the structure".
        notes: what the reader of the file warned of.
    """

    structure: IStructure
    name: str
    notes: tuple[str, ...]


def given_atoms(x: Material) -> GivenAtoms | None:
    """The atoms of a structure, of ASE's Atoms or of a file; None for a formula or composition.

    Raises:
        InputError: the file cannot be read, there are no atoms, or a coordinate is no number.
    """
    if isinstance(x, os.PathLike) or (isinstance(x, str) and is_file_name(x)):
        from perovdb.files.crystals import read_crystal

        path = os.fspath(x)
        read = read_crystal(path)
        atoms = GivenAtoms(read.structure, path, read.notes)
    elif isinstance(x, str | Composition):
        return None
    else:
        from ase import Atoms
        from pymatgen.core import IStructure

        if isinstance(x, IStructure):
            atoms = GivenAtoms(x, "the structure", ())
        elif isinstance(x, Atoms):
            from perovdb.files.atoms import structure_of_atoms

            atoms = GivenAtoms(structure_of_atoms(x), "the atoms", ())
        else:
            return None
    from perovdb.files.atoms import check_number_of_atoms

    check_number_of_atoms(len(atoms.structure))
    coordinates = (atoms.structure.lattice.matrix, atoms.structure.frac_coords)
    if not all(np.isfinite(rows).all() for rows in coordinates):
        raise InputError(f"A coordinate of {atoms.name} is not a number.", "Check them all.")
    if not sum(atoms.structure.composition.values()):
        raise InputError(f"There are no atoms in {atoms.name}.", "Give one at least.")
    return atoms


def elements_on(species: Mapping[Any, float]) -> dict[str, float]:
    """Element -> occupancy on a site of pymatgen; ions of one element count together.

    Raises:
        InputError: something on the site is no element.
    """
    from pymatgen.core import DummySpecies

    shares: dict[str, float] = {}
    for one, share in species.items():
        if isinstance(one, DummySpecies):
            raise InputError(
                f"'{one}' on a site of the structure is no element.",
                "Give the element that scatters there.",
            )
        # Species have an element, elements are one; isotopes of hydrogen scatter as it does.
        symbol = str(getattr(one, "element", one).symbol)
        shares[symbol] = shares.get(symbol, 0.0) + float(share)
    return shares
