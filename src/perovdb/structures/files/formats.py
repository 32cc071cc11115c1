"""Structures as files: which format a name asks for, and how a file is written."""

from __future__ import annotations

import os

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.files.new_files import check_new_file, write_new_text
from perovdb.structures.files.writing import text_of

#: Ending of a name -> format.
FORMATS = {
    ".vasp": "poscar",
    ".cif": "cif",
    ".xyz": "xyz",
    ".extxyz": "xyz",
    ".inc": "cp2k",
    ".qe": "qe",
    ".json": "json",
}

#: Endings that files of other hands have.
READ_TOO = {".cp2k": "cp2k", ".inp": "cp2k", ".pwi": "qe", ".in": "qe", ".poscar": "poscar"}


def format_of(name: str) -> str:
    """The format that the name of a new file asks for.

    Raises:
        InputError: the name does not tell.
    """
    form = _named(name, FORMATS)
    if not form:
        raise InputError(
            f"The name {name} does not tell a format.",
            f"Call it POSCAR, or end it in {', '.join(FORMATS)}.",
        )
    return form


def format_to_read(name: str) -> str:
    """The format that the name of a file tells, "" if it tells none of ours."""
    return _named(name, FORMATS | READ_TOO)


@checked
def as_text(structure: Structure, form: str) -> str:
    """A structure as the text of a file, which `read_structure` gives back whole.

    Args:
        structure: as built by perovdb.
        form: "poscar", "cif", "xyz", "cp2k", "qe" or "json".

    Raises:
        InputError: there is no such format.
        StructureError: the structure carries no roles, or a site is shared.
    """
    return text_of(structure, form)


@checked
def write_structure(structure: Structure, name: str) -> None:
    """Write a structure to a new file, whole or not at all.

    Raises:
        InputError: the name tells no format, the file exists, or it cannot be written.
    """
    text = as_text(structure, format_of(name))
    check_new_file(name)
    write_new_text(name, text)


def _named(name: str, formats: dict[str, str]) -> str:
    base = os.path.basename(name)
    if base.startswith(("POSCAR", "CONTCAR")):
        return "poscar"
    return formats.get(os.path.splitext(base)[1].lower(), "")
