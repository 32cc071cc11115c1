"""The one reader of structure files: a file becomes a pymatgen Structure as it stands."""

from __future__ import annotations

import hashlib
import re
import warnings
from typing import NamedTuple

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.files.atoms import check_number_of_atoms
from perovdb.files.code_inputs import read_cp2k, read_qe
from perovdb.files.crystal_texts import (
    READABLE,
    check_poscar,
    read_json,
    read_plain_cif,
    read_xyz,
)
from perovdb.files.names import format_to_read
from perovdb.files.own_records import with_own_boundaries
from perovdb.files.reading import read_bytes, reason, unpacked
from perovdb.files.statements import check_formula_of_cif, check_names_of_poscar


class Crystal(NamedTuple):
    """What a file holds.

    Attributes:
        structure: its atoms; partial occupancies stay, and so do the arrays and the info of an
            extended XYZ and the properties of pymatgen's JSON.
        notes: what its reader warned of.
        text: of the file.
        form: as its name tells it: "poscar", "cif", "xyz", "cp2k", "qe" or "json".
        sha256: of the file.
    """

    structure: Structure
    notes: tuple[str, ...]
    text: str
    form: str
    sha256: str


def read_crystal(path: str, sha256: str | None = None) -> Crystal:
    """A crystal from a file.

    The name tells the format: POSCAR*, CONTCAR*, *.vasp, *.cif, *.xyz, *.json of pymatgen, inputs
    of CP2K (*.inc, *.inp) and of pw.x (*.qe, *.in, *.pwi). Of several crystals in a CIF the first
    is taken, of several frames of an XYZ file the last; one without a cell stands in the middle of
    a box, 10 A from each side, and is not periodic.

    Args:
        path: of the file.
        sha256: the file must have this digest, as in a history.

    Raises:
        InputError: there is no such file, it is another, or it cannot be read as a crystal.
    """
    text, digest = _text(path)
    if sha256 is not None and digest != sha256:
        raise InputError(
            f"{path} is not the file of this history: its SHA-256 is {digest}.",
            "Give the file from which the structure was made.",
        )
    form = format_to_read(path)
    if not form:
        raise InputError(f"The name {path} does not tell a format.", READABLE)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            structure = _ours(form, text)
            warned.clear()
            if structure is None:
                structure = Structure.from_str(text, fmt="poscar" if form == "poscar" else "cif")
            if form == "poscar":
                check_names_of_poscar(text, structure)
            said = check_formula_of_cif(text, structure) if form == "cif" else []
        except InputError as error:
            raise InputError(f"{path}: {error.what}", error.mend) from error
        except Exception as error:
            # Each of the readers has errors of its own, down to IndexError.
            raise InputError(
                f"{path} cannot be read as a crystal: {reason(error)}.",
                "Check that the file is whole.",
            ) from error
    check_number_of_atoms(len(structure), path)
    if not len(structure):
        raise InputError(f"{path} holds no atoms.", READABLE)
    notes = dict.fromkeys(
        reason(one.message)
        for one in warned
        if isinstance(one.message, Warning)
        and not issubclass(one.category, DeprecationWarning | PendingDeprecationWarning)
    )
    notes |= dict.fromkeys(said)
    return Crystal(with_own_boundaries(structure, text), tuple(notes), text, form, digest)


def _ours(form: str, text: str) -> Structure | None:
    """The structure in a text of one of our formats; None if pymatgen must read it."""
    readers = {
        "cp2k": read_cp2k,
        "qe": read_qe,
        "xyz": read_xyz,
        "json": read_json,
        "cif": read_plain_cif,
    }
    if form == "poscar":
        check_poscar(text)
    return readers[form](text) if form in readers else None


def _text(path: str) -> tuple[str, str]:
    """The text of a file, unpacked, and its SHA-256."""
    if not isinstance(path, str):
        raise InputError(f"{path!r} is not the name of a file.", READABLE)
    packed = read_bytes(path, "structure")
    content = unpacked(packed, path, "structure")
    if not content.strip():
        raise InputError(f"{path} is empty.", READABLE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise InputError(f"{path} is not a text.", READABLE)
    return text, hashlib.sha256(packed).hexdigest()
