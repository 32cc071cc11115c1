"""Structures as files, one function a format. Atoms stand where they are, not wrapped."""

from __future__ import annotations

import io
import json
import os
import warnings
from collections.abc import Callable
from itertools import groupby

import numpy as np
from pymatgen.core import Structure

from perovdb.composition import Material
from perovdb.errors import check_choice
from perovdb.files.labels import in_cp2k, one_line
from perovdb.files.names import format_of
from perovdb.files.new_files import check_new_file, write_new_text
from perovdb.files.own_records import KEY, MARK
from perovdb.structures.arguments import checked
from perovdb.structures.files.ase_adapter import to_ase
from perovdb.structures.files.overlaps import plain
from perovdb.structures.files.records import as_comment, as_line, make_record
from perovdb.structures.history import with_history
from perovdb.structures.units import carried, ion_formula

#: Digits behind the point.
DIGITS = 12


def poscar(structure: Structure) -> str:
    """A POSCAR of VASP 5; the record ends its first line.

    VASP stops at left-handed vectors: all three are turned round, which gives the mirror image,
    and the record turns them back.
    """
    bare = plain(structure)
    sign = -1 if np.linalg.det(bare.lattice.matrix) < 0 else 1
    elements = [site.specie.symbol for site in bare]
    runs = [(element, len(list(same))) for element, same in groupby(elements)]
    lines = [
        f"{title(structure)} {MARK}{as_line(make_record(structure))}",
        "1.0",
        *_rows(sign * bare.lattice.matrix),
        " ".join(element for element, _ in runs),
        " ".join(str(count) for _, count in runs),
        "direct",
        *(
            f"{row} {element}"
            for row, element in zip(_rows(bare.frac_coords), elements, strict=True)
        ),
    ]
    return "\n".join(lines) + "\n"


def cif(structure: Structure) -> str:
    """A CIF in P1, as pymatgen writes it; the record stands in comments before it."""
    from pymatgen.io.cif import CifWriter

    bare = plain(structure)
    for number, site in enumerate(bare, 1):
        site.label = f"{site.specie.symbol}{number}"
    record = as_comment(make_record(structure))
    return f"# {title(structure)}\n{record}{CifWriter(bare, significant_figures=DIGITS)}"


def xyz(structure: Structure) -> str:
    """Extended XYZ, as ASE writes it: cell, role, ion, molecule, charge and record."""
    from ase.io import write

    atoms = to_ase(structure)
    buffer = io.StringIO()
    columns = ["symbols", "positions", "role", "ion", "molecule"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write(buffer, atoms, format="extxyz", columns=columns)
    return buffer.getvalue()


def cp2k(structure: Structure) -> str:
    """Sections &CELL and &COORD of CP2K, to be included in &SUBSYS."""
    along = "".join(name for name, yes in zip("XYZ", structure.lattice.pbc, strict=True) if yes)
    lines = [
        f"# {in_cp2k(title(structure))}",
        as_comment(make_record(structure)) + "&CELL",
        *(
            f"  {name} {row}"
            for name, row in zip("ABC", _rows(structure.lattice.matrix), strict=True)
        ),
        f"  PERIODIC {along or 'NONE'}",
        "&END CELL",
        "&COORD",
        *(f"  {row}" for row in _rows(structure.cart_coords, _elements(structure))),
        "&END COORD",
    ]
    return "\n".join(lines) + "\n"


def qe(structure: Structure) -> str:
    """Cards CELL_PARAMETERS and ATOMIC_POSITIONS of pw.x, in angstrom; take ibrav = 0."""
    elements = _elements(structure)
    lines = [
        f"# {title(structure)}",
        f"# ibrav = 0, nat = {len(elements)}, ntyp = {len(set(elements))}",
        as_comment(make_record(structure)) + "CELL_PARAMETERS angstrom",
        *_rows(structure.lattice.matrix),
        "ATOMIC_POSITIONS angstrom",
        *_rows(structure.cart_coords, elements),
    ]
    return "\n".join(lines) + "\n"


def pymatgen_json(structure: Structure) -> str:
    """The JSON of pymatgen; the record is one of the structure's properties."""
    bare, properties = plain(structure), carried(structure)
    for name in ("role", "ion", "molecule"):
        bare.add_site_property(name, list(properties[name]))
    record = make_record(structure)
    with_history(bare, record["charge"], record["history"]).properties[KEY] = record
    return json.dumps(bare.as_dict()) + "\n"


#: Format -> its text.
WRITERS: dict[str, Callable[[Structure], str]] = {
    "poscar": poscar,
    "cif": cif,
    "xyz": xyz,
    "cp2k": cp2k,
    "qe": qe,
    "json": pymatgen_json,
}


@checked
def as_text(structure: Structure, form: str) -> str:
    """A structure as the text of a file, which `read_structure` gives back whole.

    Args:
        structure: as built by perovdb.
        form: "poscar", "cif", "xyz", "cp2k", "qe" or "json".

    Raises:
        InputError: there is no such format, or there are no atoms.
        StructureError: the structure carries no roles, or a site is shared.
    """
    check_choice(form, WRITERS, "not a format")
    plain(structure)
    return WRITERS[form](structure)


@checked
def write_structure(x: Material, path: str | os.PathLike[str], *, force: bool = False) -> None:
    """Write a structure to a new file, whole or not at all.

    Args:
        x: any material; a structure of other hands is taken in first.
        path: *.cif, *.vasp or POSCAR*, *.xyz, *.inc of CP2K, *.qe, *.json of pymatgen; the name
            tells the format.
        force: write over a file that is there.

    Raises:
        InputError: the name tells no format, the file exists, or it cannot be written.
    """
    from perovdb.structures.adoption import as_structure

    name = os.fspath(path)
    text = as_text(as_structure(x), format_of(name))
    check_new_file(name, force=force)
    write_new_text(name, text, force=force)


def title(structure: Structure) -> str:
    """What a structure is, in one line."""
    steps = structure.properties.get("history", [])
    line = " ".join([ion_formula(structure), "; ".join(step["text"] for step in steps)])
    return " ".join(one_line(line).split()).replace("#", "")


def _elements(structure: Structure) -> list[str]:
    return [site.specie.symbol for site in plain(structure)]


def _rows(vectors: np.ndarray, names: list[str] | None = None) -> list[str]:
    """Lines of three numbers, behind names where there are some."""
    numbers = [" ".join(f"{x:{DIGITS + 6}.{DIGITS}f}" for x in row) for row in vectors]
    if names is None:
        return numbers
    return [f"{name:2s} {row}" for name, row in zip(names, numbers, strict=True)]
