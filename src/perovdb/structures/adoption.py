"""Whatever a person holds, as a structure of perovdb."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ase import Atoms
from pymatgen.core import Structure

from perovdb.composition import Composition, Material, as_composition
from perovdb.errors import InputError
from perovdb.files.atoms import check_number_of_atoms
from perovdb.files.names import is_file_name
from perovdb.structures.files.ase_adapter import from_ase
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.restoring import adopt
from perovdb.structures.history import atoms_of, charge_of
from perovdb.structures.units import PROPERTIES


def as_structure(x: Material) -> Structure:
    """A material as atoms, with roles, ions, molecules, charge and history.

    A structure of perovdb is given back as it is, unless atoms of it were added, taken out or
    exchanged by other means since: then it is one of other hands. Those, in memory or in a file,
    are taken in as `adopt` and `read_structure` do; a formula is built with what `build` takes by
    default.

    Raises:
        InputError: it is none of these, or the file cannot be read.
        StructureError: a site is shared, atoms overlap, or an ion is not known.
        FormulaError, UnknownSpecies, MissingData: as `build`, for a formula.
    """
    if isinstance(x, Structure):
        check_number_of_atoms(len(x))
        if not (x.properties or {}).get("history"):
            return adopt(x)
        if _is_as_made(x):
            charge_of(x)
            return x
        # Its record is of other atoms: ions and charge are those of the atoms that are there.
        bare = Structure(x.lattice, x.species_and_occu, x.frac_coords)
        return adopt(bare)
    if is_formula(x):
        from perovdb.structures.builder import build

        return build(as_composition(x))
    if isinstance(x, str | os.PathLike):
        return read_structure(os.fspath(x))
    if isinstance(x, Atoms):
        return from_ase(x)
    raise InputError(
        f"{type(x).__name__} is no material.",
        "Give a formula, a file, or a structure of pymatgen or ASE.",
    )


def _is_as_made(structure: Structure) -> bool:
    """Whether the atoms are those that the last step of the history left, each with its ion."""
    last = structure.properties["history"][-1]
    atoms = last.get("atoms") if isinstance(last, Mapping) else None
    if atoms is not None and atoms != atoms_of(structure):
        return False
    columns = [structure.site_properties.get(name, [None]) for name in PROPERTIES]
    return not any(value is None for column in columns for value in column)


def is_formula(x: object) -> bool:
    """Whether a material is a formula or a composition, not atoms or a file."""
    if isinstance(x, str):
        return not is_file_name(x)
    # pymatgen's compositions have no sites.
    return isinstance(x, Composition) or (
        hasattr(x, "get_el_amt_dict") and not hasattr(x, "sites")
    )
