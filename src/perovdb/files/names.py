"""Names of structure files: which format they tell, and whether a text is one or a formula."""

import os

from perovdb.errors import InputError

#: Ending of a name -> format, of files that are written and read.
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
READ_TOO = {
    ".cp2k": "cp2k",
    ".inp": "cp2k",
    ".pwi": "qe",
    ".in": "qe",
    ".poscar": "poscar",
    ".mcif": "cif",
}

#: Endings behind the one that tells the format.
COMPRESSED = (".gz", ".bz2", ".xz")

#: Names without an ending that tell a format.
_POSCARS = ("POSCAR", "CONTCAR")
_WITHOUT_ENDING = ("POSCAR", "CONTCAR", "CHGCAR", "LOCPOT")


def is_file_name(text: str) -> bool:
    """Whether a text is the name of a structure file; else it is a formula.

    That is told by the text alone: what lies in the folder changes no meaning.

    >>> is_file_name("model.cif"), is_file_name("run/POSCAR"), is_file_name("CsPbI2.5Br0.5")
    (True, True, False)
    """
    name = os.path.basename(text)
    _, point, ending = name.rpartition(".")
    # A formula has digits behind a point, as in CsPbI2.5Br0.5.
    return bool(point and ending.isidentifier()) or any(word in name for word in _WITHOUT_ENDING)


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
    name = unpacked_name(name)
    poscar = any(word in os.path.basename(name) for word in _POSCARS)
    return _named(name, FORMATS | READ_TOO) or "poscar" * poscar


def unpacked_name(name: str) -> str:
    """The name of a file without the ending of a packed one."""
    stem, ending = os.path.splitext(name)
    return stem if ending.lower() in COMPRESSED else name


def _named(name: str, formats: dict[str, str]) -> str:
    base = os.path.basename(name)
    if base.startswith(_POSCARS):
        return "poscar"
    return formats.get(os.path.splitext(base)[1].lower(), "")
