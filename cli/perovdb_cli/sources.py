"""What a command is asked about: a formula, or the file of a structure."""

import os

#: Names of files: a missing one is not taken for a formula.
_ENDINGS = (
    *(".cif", ".mcif", ".vasp", ".poscar", ".xyz", ".extxyz", ".json", ".xml", ".cssr", ".xsf"),
    *(".res", ".inc", ".cp2k", ".inp", ".qe", ".pwi", ".in"),
)
_BEGINNINGS = ("POSCAR", "CONTCAR")


def is_file(name: str) -> bool:
    """Whether a name is that of a file; a formula is none, whatever lies in the folder."""
    from perovdb.composition import parse
    from perovdb.errors import FormulaError, UnknownSpecies

    if name.lower().endswith(_ENDINGS) or os.path.basename(name).startswith(_BEGINNINGS):
        return True
    if not os.path.isfile(name):
        return False
    try:
        parse(name)
    except (FormulaError, UnknownSpecies):
        return True
    return False
