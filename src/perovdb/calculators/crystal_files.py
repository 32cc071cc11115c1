"""Crystals from files: CIF, POSCAR and whatever else pymatgen reads; extended XYZ with a cell."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from perovdb.errors import InputError

if TYPE_CHECKING:
    from pymatgen.core import Structure

_READABLE = "Give a CIF, a POSCAR or CONTCAR (also *.vasp), or another file that pymatgen reads."


def read_crystal(path: str) -> tuple[Structure, tuple[str, ...]]:
    """A crystal from a file, and what its reader warned of.

    The name tells the format: *.cif, POSCAR*, CONTCAR*, *.vasp, *.xyz with a cell, and those of
    pymatgen. Of several crystals in a CIF the first is taken. Partial occupancies stay.

    Raises:
        InputError: there is no such file, or it cannot be read as a crystal.
    """
    if not os.path.isfile(path):
        raise InputError(f"There is no file {path}.", "Check its name and its folder.")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            structure = _read(path)
        except InputError:
            raise
        except Exception as error:
            # Each of the readers has errors of its own, down to IndexError.
            raise InputError(
                f"{path} cannot be read as a crystal: {_reason(error)}.", _READABLE
            ) from error
    if structure is None or not len(structure):
        raise InputError(f"{path} holds no atoms.", _READABLE)
    told = dict.fromkeys(
        _short(str(one.message))
        for one in warned
        if not issubclass(one.category, DeprecationWarning | PendingDeprecationWarning)
    )
    return structure, tuple(told)


def _read(path: str) -> Structure | None:
    if path.lower().endswith((".xyz", ".extxyz")):
        from ase.io import read
        from pymatgen.io.ase import AseAtomsAdaptor

        atoms = read(path, format="extxyz")
        if isinstance(atoms, list) or not all(atoms.pbc):
            raise InputError(f"{path} has no cell.", "Give a crystal with its three vectors.")
        return AseAtomsAdaptor.get_structure(atoms)
    from pymatgen.core import Structure

    if os.path.getsize(path) == 0:
        raise InputError(f"{path} is empty.", _READABLE)
    try:
        return Structure.from_file(path)
    except ValueError as error:
        if "Unrecognized extension" in str(error):
            raise InputError(f"The name {path} does not tell a format.", _READABLE) from error
        raise


def _reason(error: Exception) -> str:
    return _short(str(error) or type(error).__name__)


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= 160 else line[:157].rstrip() + "..."
