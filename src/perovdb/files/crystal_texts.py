"""Structures out of texts: XYZ, JSON of pymatgen, CIF without symmetry; what makes a POSCAR."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError
from perovdb.files.atoms import MOST_ATOMS, check_number_of_atoms, structure_of_atoms
from perovdb.files.labels import one_line
from perovdb.files.names import FORMATS
from perovdb.files.own_records import KEY
from perovdb.files.reading import reason
from perovdb.files.statements import take_charge

#: Words of a CIF, each of which costs some microseconds: those of as many atoms as are taken in.
_MOST_WORDS_CIF = 15 * MOST_ATOMS

#: The most sites of a CIF with symmetry, times its operations.
_MOST_SITES_CIF = 12_000

_X = "_atom_site_fract_x"
_CELL = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
_OPERATIONS = (
    "_symmetry_equiv_pos_as_xyz",
    "_space_group_symop_operation_xyz",
    "_symmetry_equiv_pos_as_xyz_",
    "_space_group_symop_operation_xyz_",
)
#: The number of the space group, where a file gives it without its operations, and its names.
_GROUPS = (
    "_space_group_IT_number",
    "_symmetry_Int_Tables_number",
    "_space_group_IT_number_",
    "_symmetry_Int_Tables_number_",
)
_GROUP_NAMES = (
    "_symmetry_space_group_name_H-M",
    "_symmetry_space_group_name_H-M_",
    "_space_group_name_H-M_alt",
    "_space_group_name_H-M_alt_",
    "_space_group_name_Hall",
    "_space_group_name_Hall_",
)

READABLE = f"Give a POSCAR or CONTCAR, or a file that ends in {', '.join(FORMATS)}."


def read_xyz(text: str) -> Structure:
    """The last frame of an XYZ file, with its arrays and info.

    Raises:
        InputError: it is no XYZ file, or is cut.
    """
    from ase.io import read

    *_, last = frames_of_xyz(text)
    atoms: Any = read(io.StringIO(last), format="extxyz")
    structure = structure_of_atoms(atoms)
    # A record says it by itself, with the steps that asked for it.
    if "charge" in atoms.info and KEY not in atoms.info:
        take_charge(structure, atoms.info["charge"])
    return structure


def frames_of_xyz(text: str) -> Iterator[str]:
    """The frames of an XYZ file, one at least, each with as many lines as it tells atoms.

    Raises:
        InputError: it is no XYZ file, is cut, or tells too many atoms.
    """
    lines = text.splitlines()
    start = 0
    while start < len(lines) and (lines[start].strip() or not start):
        words = lines[start].split()
        if len(words) != 1 or not words[0].isdigit():
            raise InputError(f"Line {start + 1} is not a number of atoms.", READABLE)
        count = int(words[0][:12])
        end = start + 2 + count
        if end > len(lines):
            raise InputError(
                f"Line {start + 1} tells {words[0][:12]} atoms, but only "
                f"{max(0, len(lines) - start - 2)} lines follow.",
                "Check that the file is whole.",
            )
        check_number_of_atoms(count, f"The frame of line {start + 1}")
        if count:
            _check_columns(lines[start + 1], lines[start + 2], start + 2)
        yield "\n".join(lines[start:end]) + "\n"
        start = end


def _check_columns(comment: str, first: str, number: int) -> None:
    """Refuse the comment line of a frame that tells of more columns than its first atom has: who
    reads it would make room for all of them.

    Raises:
        InputError: as said.
    """
    told = re.search(r'Properties=["{]?([^\s"}]*)', comment, re.IGNORECASE)
    counts = re.findall(r"[^:]*:[^:]*:(\d+)(?::|$)", told[1]) if told else []
    columns = sum(int(count[:12]) for count in counts)
    if columns > len(first.split()):
        raise InputError(
            f"Line {number} tells {columns} columns, but its first atom has {len(first.split())}.",
            "Check that the file is whole.",
        )


def read_json(text: str) -> Structure:
    """The JSON of a pymatgen Structure. What is tagged as an object in it is taken as its data.

    Raises:
        InputError: it is none, holds too many atoms, or names modules of others.
    """
    try:
        content = json.loads(text, object_hook=_data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"It is not JSON: {reason(error)}.", READABLE) from error
    if not isinstance(content, dict) or not {"lattice", "sites"} <= content.keys():
        raise InputError("It is not the JSON of a structure.", "Write it with pymatgen's as_dict.")
    check_number_of_atoms(len(content["sites"]), "It")
    return Structure.from_dict(content)


def _data(tagged: dict[str, Any]) -> Any:
    """A mapping without its tags: from_dict would import each module that a property of a site
    names, and call what it names of it.

    Raises:
        InputError: the module is none of pymatgen or numpy.
    """
    if "@module" not in tagged:
        return tagged
    module = str(tagged["@module"])
    package = module.split(".")[0]
    if package not in ("pymatgen", "numpy"):
        raise InputError(
            f"It names the Python module {one_line(module)!a}, and no module is run for a file.",
            "Leave out what is tagged so.",
        )
    if package == "numpy" and "data" in tagged:
        return tagged["data"]
    return {key: value for key, value in tagged.items() if not key.startswith("@")}


def read_plain_cif(text: str) -> Structure | None:
    """The atoms of a CIF in P1, in their order and not wrapped; None if pymatgen must read it.

    Raises:
        InputError: it is too long, or pymatgen would work on it for long: its time grows as the
            square of the sites.
    """
    from pymatgen.io.cif import CifFile, str2float

    if sum(1 for _ in islice(re.finditer(r"\S+", text), _MOST_WORDS_CIF + 1)) > _MOST_WORDS_CIF:
        raise InputError(
            f"It holds more than {_MOST_WORDS_CIF:,} words.",
            f"Give {MOST_ATOMS:,} atoms at the most, with what is needed of each.",
        )
    blocks = [block for block in CifFile.from_str(text).data.values() if _X in block.data]
    if not blocks:
        return None
    data = blocks[0].data
    check_number_of_atoms(len(data[_X]), "It")
    operations = _operations(data)
    occupancy = data.get("_atom_site_occupancy", ["1"])
    plain = len(operations) == 1 and all(str2float(x) == 1 for x in occupancy)
    if plain and "_atom_site_type_symbol" in data:
        cell = [str2float(data[f"_cell_{name}"]) for name in _CELL]
        columns = [map(str2float, data[f"_atom_site_fract_{axis}"]) for axis in "xyz"]
        symbols = [re.match("[A-Za-z]*", word) for word in data["_atom_site_type_symbol"]]
        names = [symbol[0].capitalize() if symbol else "" for symbol in symbols]
        return Structure(Lattice.from_parameters(*cell), names, list(zip(*columns, strict=True)))
    # pymatgen reads every block before the first is taken.
    for one in blocks:
        sites, count = len(one.data[_X]), _most_operations(one.data)
        if sites * count > _MOST_SITES_CIF:
            raise InputError(
                f"A CIF of {sites} sites and {count} operations takes too long to read.",
                "Give it in P1 with all its atoms, or as another format.",
            )
    return None


def _operations(data: Mapping[str, Any]) -> list[str]:
    """The symmetry operations that a block of a CIF lists."""
    symmetry = [data[key] for key in _OPERATIONS if key in data]
    return symmetry[0] if symmetry and isinstance(symmetry[0], list) else []


def _most_operations(data: Mapping[str, Any]) -> int:
    """How many operations pymatgen may apply to a block: those listed, else those of the group,
    by its name or its number, whichever are more."""
    from pymatgen.symmetry.groups import SpaceGroup

    listed = _operations(data)
    if listed:
        return len(listed)
    orders = [SpaceGroup.from_int_number(int(data[key])).order for key in _GROUPS if key in data]
    for key in _GROUP_NAMES:
        if key in data:
            try:
                orders.append(SpaceGroup(str(data[key]).replace(" ", "")).order)
            except ValueError:
                orders.append(192)
    return max(orders, default=192)


def check_poscar(text: str) -> None:
    """Refuse a POSCAR whose counts and lines do not fit.

    Raises:
        InputError: as said.
    """
    lines = text.splitlines()
    head = [number for number, line in enumerate(lines[:7]) if number >= 5 and _counts(line)]
    if not head:
        raise InputError("There are no numbers of atoms on line 6 or 7.", READABLE)
    count = sum(_counts(lines[head[0]]))
    left = len(lines) - head[0] - 2
    if not count:
        raise InputError("It tells no atoms.", "Give a structure with one atom or more.")
    atoms = lines[head[0] + 1 :]
    if head[0] == 5 and not any(re.search(r"\d\s+[A-Z][a-z]?\b", line) for line in atoms):
        raise InputError("It names no elements.", "Write them on its sixth line.")
    if count > left:
        raise InputError(
            f"Line {head[0] + 1} tells {count} atoms, but only {max(0, left)} lines follow.",
            "Check that the file is whole.",
        )
    check_number_of_atoms(count, "It")


def _counts(line: str) -> list[int]:
    """The whole numbers of a line, none if it holds anything else."""
    words = line.split("!")[0].split()
    return [int(word[:12]) for word in words] if all(w.isdigit() for w in words) else []
