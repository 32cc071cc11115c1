"""Structures from files, of perovdb's own and of other hands, with roles and molecules."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import warnings

from pymatgen.core import Lattice, Structure

from perovdb.calculators.crystal_files import read_crystal
from perovdb.errors import InputError, PerovdbError
from perovdb.store import Store, open_store
from perovdb.structures.arguments import checked
from perovdb.structures.files.ase_adapter import split
from perovdb.structures.files.code_files import read_cp2k, read_qe
from perovdb.structures.files.formats import FORMATS, format_to_read
from perovdb.structures.files.overlaps import MOST_ATOMS
from perovdb.structures.files.records import KEY, find_record
from perovdb.structures.files.restoring import restore
from perovdb.structures.history import record
from perovdb.structures.units import ion_formula

#: The largest file that is read; and the most sites of a CIF with symmetry, times its operations.
MOST_BYTES = 50_000_000
_MOST_SITES_CIF = 5_000

_X = "_atom_site_fract_x"
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_OPERATIONS = (
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz_",
    "_space_group_symop_operation_xyz_",
)
#: Of a space group, where a file names it without its operations.
_MOST_OPERATIONS = 192

_READABLE = f"Give a POSCAR, or a file that ends in {', '.join(FORMATS)}."


@checked
def read_structure(
    path: str,
    *,
    unknown: str = "refuse",
    charge: int | None = None,
    sha256: str | None = None,
    store: Store | None = None,
) -> Structure:
    """A structure from a file, with roles, ions and whole molecules.

    A file that perovdb wrote gives back what was written: history, charge, roles, molecules. If
    its atoms have moved since, roles and charge are kept and the history begins with the file.
    In a file of other hands they are recognised: elements are the ions of the store, molecules
    are found by bond lengths. Of several frames of an XYZ file the last is read; one without a
    cell is a particle in the middle of a box, 10 A from each side.

    Args:
        path: POSCAR*, CONTCAR*, *.vasp, *.cif, *.xyz, *.json of pymatgen, inputs of CP2K (*.inc,
            *.inp) and of pw.x (*.qe, *.in, *.pwi), and what else pymatgen knows by its name.
        unknown: "refuse" or "keep" molecules that the store does not know; kept, they are A
            cations of charge +1 named by their formula.
        charge: of the cell, in e; by default that of the file, or the sum of formal charges.
        sha256: the file must have this digest, as in a history.
        store: the curated store by default.

    Raises:
        InputError: the file cannot be read, or its history says another charge.
        StructureError: a site is shared, atoms overlap, or an ion is not known.
    """
    text, digest = _text(path)
    if sha256 is not None and digest != sha256:
        raise InputError(
            f"{path} is not the file of this history: its SHA-256 is {digest}.",
            "Give the file from which the structure was made.",
        )
    raw, carried, warned = _raw(path, text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = restore(raw, carried, unknown, store or open_store())
    except PerovdbError as error:
        raise type(error)(f"{path}: {error.what}", error.mend) from error
    structure = found.structure
    total = found.charge if charge is None else charge
    if found.history:
        if total != found.charge:
            raise InputError(
                f"{path} says how it was made, and that its charge is {found.charge:+d}, not "
                f"{total:+d}.",
                "Ask for another charge state where the defect is made.",
            )
        structure.properties = {"charge": total, "history": found.history}
        return structure
    return record(
        structure,
        "read_structure",
        {"path": path, "unknown": unknown, "charge": charge, "sha256": digest},
        f"{ion_formula(structure)} from {os.path.basename(path)}",
        charge=total,
        notes=[*warned, *found.notes],
    )


def _text(path: str) -> tuple[str, str]:
    """The text of a file and its SHA-256."""
    if not isinstance(path, str):
        raise InputError(f"{path!r} is not the name of a file.", _READABLE)
    if not os.path.isfile(path):
        raise InputError(f"There is no file {path}.", "Check its name and its folder.")
    try:
        size = os.path.getsize(path)
        if size > MOST_BYTES:
            raise InputError(
                f"{path} has {size / 1e6:.0f} MB.", f"Give {MOST_BYTES / 1e6:.0f} MB at the most."
            )
        with open(path, "rb") as handle:
            content = handle.read()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}.", "Name a file that you may read."
        ) from error
    if not content.strip():
        raise InputError(f"{path} is empty.", _READABLE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if re.search(r"[\x00-\x08\x0e-\x1f]", text):
        raise InputError(f"{path} is not a text.", _READABLE)
    return text, hashlib.sha256(content).hexdigest()


def _raw(path: str, text: str) -> tuple[Structure, object, list[str]]:
    """The atoms as the file gives them, its record if any, and what its reader warned of."""
    form = format_to_read(path)
    carried, seen = find_record(text) if form in ("poscar", "cif", "cp2k", "qe") else (None, False)
    notes = ["its perovdb record is damaged"] if seen and carried is None else []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if form == "cp2k":
                return read_cp2k(text), carried, notes
            if form == "qe":
                return read_qe(text), carried, notes
            if form == "xyz":
                return *_xyz(text), notes
            if form == "json":
                return *_json(text), notes
            if form == "cif":
                crystal = _plain_cif(text)
                if crystal is not None:
                    return crystal, carried, notes
            if form == "poscar":
                _check_poscar(text)
    except InputError as error:
        raise InputError(f"{path}: {error.what}", error.mend) from error
    except Exception as error:
        # Each of the readers has errors of its own, down to IndexError.
        raise InputError(
            f"{path} cannot be read: {_short(error)}.", "Check that the file is whole."
        ) from error
    raw, warned = read_crystal(path)
    return raw, carried, [*notes, *warned]


def _xyz(text: str) -> tuple[Structure, object]:
    """The last frame of an XYZ file."""
    lines = text.splitlines()
    start, frame = 0, ""
    while start < len(lines) and (lines[start].strip() or not frame):
        words = lines[start].split()
        if len(words) != 1 or not words[0].isdigit():
            raise InputError(f"Line {start + 1} is not a number of atoms.", _READABLE)
        end = start + 2 + int(words[0][:12])
        if end > len(lines):
            raise InputError(
                f"Line {start + 1} tells {words[0][:12]} atoms, but only "
                f"{max(0, len(lines) - start - 2)} lines follow.",
                "Check that the file is whole.",
            )
        frame = "\n".join(lines[start:end]) + "\n"
        start = end
    from ase.io import read

    return split(read(io.StringIO(frame), format="extxyz"))


def _json(text: str) -> tuple[Structure, object]:
    """The JSON of a pymatgen Structure."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"It is not JSON: {_short(error)}.", _READABLE) from error
    if not isinstance(given, dict) or not {"lattice", "sites"} <= given.keys():
        raise InputError("It is not the JSON of a structure.", "Write it with pymatgen's as_dict.")
    if len(given["sites"]) > MOST_ATOMS:
        raise InputError("It holds too many atoms.", f"Give {MOST_ATOMS} of them at the most.")
    structure = Structure.from_dict(given)
    return structure, (structure.properties or {}).get(KEY)


def _plain_cif(text: str) -> Structure | None:
    """The atoms of a CIF in P1, in their order and not wrapped; None if pymatgen must read it.

    Raises:
        InputError: pymatgen would work on it for long: its time grows as the square of the sites.
    """
    from pymatgen.io.cif import CifFile, str2float

    blocks = [block for block in CifFile.from_str(text).data.values() if _X in block.data]
    if not blocks:
        return None
    data = blocks[0].data
    symmetry = [data[key] for key in _OPERATIONS if key in data]
    operations = symmetry[0] if symmetry and isinstance(symmetry[0], list) else []
    count = len(data[_X]) * (len(operations) or _MOST_OPERATIONS)
    occupancy = data.get("_atom_site_occupancy", ["1"])
    plain = len(operations) == 1 and all(str2float(x) == 1 for x in occupancy)
    if plain and "_atom_site_type_symbol" in data:
        cell = [str2float(data[f"_cell_{name}"]) for name in _CELL]
        columns = [map(str2float, data[f"_atom_site_fract_{axis}"]) for axis in "xyz"]
        symbols = [re.match("[A-Za-z]*", word) for word in data["_atom_site_type_symbol"]]
        names = [found[0].capitalize() if found else "" for found in symbols]
        return Structure(Lattice.from_parameters(*cell), names, list(zip(*columns, strict=True)))
    if count > _MOST_SITES_CIF:
        raise InputError(
            f"A CIF of {len(data[_X])} sites and {len(operations) or 'unknown'} operations takes "
            "too long to read.",
            "Give it in P1 with all its atoms, or as another format.",
        )
    return None


def _check_poscar(text: str) -> None:
    """Refuse a POSCAR whose counts and lines do not fit."""
    lines = text.splitlines()
    head = [number for number, line in enumerate(lines[:7]) if number >= 5 and _counts(line)]
    if not head:
        raise InputError("There are no numbers of atoms on line 6 or 7.", _READABLE)
    told = sum(_counts(lines[head[0]]))
    left = len(lines) - head[0] - 2
    if not told:
        raise InputError("It tells no atoms.", "Give a structure with one atom or more.")
    atoms = lines[head[0] + 1 :]
    if head[0] == 5 and not any(re.search(r"\d\s+[A-Z][a-z]?\b", line) for line in atoms):
        raise InputError("It names no elements.", "Write them on its sixth line.")
    if told > left:
        raise InputError(
            f"Line {head[0] + 1} tells {told} atoms, but only {max(0, left)} lines follow.",
            "Check that the file is whole.",
        )


def _counts(line: str) -> list[int]:
    """The whole numbers of a line, none if it holds anything else."""
    words = line.split("!")[0].split()
    return [int(word[:12]) for word in words] if all(w.isdigit() for w in words) else []


def _short(error: Exception) -> str:
    line = " ".join((str(error) or type(error).__name__).split()).rstrip(".")
    return line if len(line) <= 160 else line[:157].rstrip() + "..."
