"""Structures as files: POSCAR, CIF, extended XYZ."""

from __future__ import annotations

import io
import os

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.units import ion_formula

FORMATS = {".vasp": "poscar", ".cif": "cif", ".xyz": "xyz"}


def format_of(name: str) -> str:
    """The format that a file name asks for.

    Raises:
        InputError: the name does not tell.
    """
    base = os.path.basename(name)
    if base.startswith(("POSCAR", "CONTCAR")):
        return "poscar"
    ending = os.path.splitext(base)[1]
    if ending not in FORMATS:
        raise InputError(
            f"The name {name} does not tell a format.",
            f"Call it POSCAR, or end it in {', '.join(FORMATS)}.",
        )
    return FORMATS[ending]


def as_text(structure: Structure, form: str) -> str:
    """A structure as the text of a file.

    Args:
        structure: as built by perovdb.
        form: "poscar", "cif" or "xyz"; the XYZ file keeps the cell, role, ion and molecule.
    """
    if form == "poscar":
        from pymatgen.io.vasp.inputs import Poscar

        comment = " ".join([ion_formula(structure), _history_line(structure)])
        return Poscar(structure, comment=comment, sort_structure=False).get_str(
            significant_figures=10
        )
    if form == "cif":
        from pymatgen.io.cif import CifWriter

        return str(CifWriter(structure, significant_figures=10))
    from ase.io import write
    from pymatgen.io.ase import AseAtomsAdaptor

    bare = structure.copy()
    bare.properties = {}
    atoms = AseAtomsAdaptor.get_atoms(bare)
    buffer = io.StringIO()
    write(
        buffer, atoms, format="extxyz", columns=["symbols", "positions", "role", "ion", "molecule"]
    )
    return buffer.getvalue()


def write_structure(structure: Structure, name: str) -> None:
    """Write a structure to a new file, whole or not at all.

    Raises:
        InputError: the name tells no format, the file exists, or it cannot be written.
    """
    text = as_text(structure, format_of(name))
    if os.path.lexists(name):
        raise InputError(f"{name} exists already.", "Name another file, or remove it first.")
    part = f"{name}.part{os.getpid()}"
    try:
        with open(part, "w", encoding="utf-8") as handle:
            handle.write(text)
        os.replace(part, name)
    except OSError as error:
        if os.path.exists(part):
            os.remove(part)
        raise InputError(
            f"{name} cannot be written: {error.strerror}.", "Name a place where you may write."
        ) from error


def _history_line(structure: Structure) -> str:
    steps = []
    for step in structure.properties["history"]:
        if step["step"] == "build":
            size = "x".join(map(str, step["size"]))
            steps.append(f"{step['phase']} {size} seed {step['seed']}")
        else:
            steps.append(f"V_{step['ion']} charge {step['charge']:+d}")
    return ", ".join(steps)
