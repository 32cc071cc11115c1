"""Whatever a person holds, as a structure of perovdb."""

from __future__ import annotations

import os

from ase import Atoms
from pymatgen.core import Structure

from perovdb.composition import Composition, Material, as_composition
from perovdb.errors import InputError
from perovdb.files.names import is_file_name
from perovdb.structures.files.ase_adapter import from_ase
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.restoring import adopt
from perovdb.structures.history import charge_of
from perovdb.structures.units import PROPERTIES


def as_structure(x: Material) -> Structure:
    """A material as atoms, with roles, ions, molecules, charge and history.

    A structure of perovdb is given back as it is; one of other hands, in memory or in a file, is
    taken in as `adopt` and `read_structure` do; a formula is built with what `build` takes by
    default.

    Raises:
        InputError: it is none of these, or the file cannot be read.
        StructureError: a site is shared, atoms overlap, or an ion is not known.
        FormulaError, UnknownSpecies, MissingData: as `build`, for a formula.
    """
    if isinstance(x, Structure):
        if "history" in (x.properties or {}) and set(PROPERTIES) <= set(x.site_properties):
            charge_of(x)
            return x
        return adopt(x)
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


def is_formula(x: object) -> bool:
    """Whether a material is a formula or a composition, not atoms or a file."""
    if isinstance(x, str):
        return not is_file_name(x)
    # pymatgen's compositions have no sites.
    return isinstance(x, Composition) or (
        hasattr(x, "get_el_amt_dict") and not hasattr(x, "sites")
    )
