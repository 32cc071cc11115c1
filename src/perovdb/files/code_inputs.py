"""Cell and coordinates out of inputs of CP2K and Quantum ESPRESSO."""

from __future__ import annotations

import re

import numpy as np
from ase.units import Bohr
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError
from perovdb.files.statements import take_charge

_SECTION = r"^\s*&{0}\b[^\n]*\n(.*?)^\s*&END\b"
_ELEMENT = re.compile(r"[A-Za-z][a-z]?(?![a-z])")
_IBRAV = re.compile(r"^[^!#\n]*\bibrav\s*=\s*(\S+?)\s*(?:,|!|/|$)", re.IGNORECASE | re.MULTILINE)
_CELLDM = re.compile(r"\bcelldm\s*\(\s*1\s*\)\s*=\s*([^\s,/]+)", re.IGNORECASE)
_A = re.compile(r"(?:^|[\s,])A\s*=\s*([^\s,/]+)")

_SAID = re.compile(r"\b(nat|ntyp|tot_charge)\s*=\s*([^\s,/]+)", re.IGNORECASE)
_REPEATS = re.compile(r"^\s*MULTIPLE_UNIT_CELL\s+(.*)$", re.IGNORECASE | re.MULTILINE)
_DFT = re.compile(r"^\s*&DFT\b.*?^\s*&END\s+DFT\b", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_CHARGE = re.compile(r"^\s*CHARGE\s+([^\s!#]+)", re.IGNORECASE | re.MULTILINE)

_CP2K = "Give the sections &CELL (A, B, C or ABC) and &COORD with their atoms in the file."
_QE = "Give the cards CELL_PARAMETERS and ATOMIC_POSITIONS."


def read_cp2k(text: str) -> Structure:
    """The structure of a CP2K input or a part of it: sections &CELL and &COORD.

    Raises:
        InputError: a section or a number lacks, or the units are others than A and bohr.
    """
    lines = {name: _section(text, name) for name in ("CELL", "COORD")}
    keys = {line.split()[0].upper(): line.split()[1:] for line in lines["CELL"]}
    if {"A", "B", "C"} <= keys.keys():
        matrix = np.array([_numbers(keys[name], 3, _CP2K, units=True) for name in "ABC"])
    elif "ABC" in keys:
        angles = keys.get("ALPHA_BETA_GAMMA", ["90", "90", "90"])
        matrix = Lattice.from_parameters(
            *_numbers(keys["ABC"], 3, _CP2K, units=True), *_numbers(angles, 3, _CP2K)
        ).matrix
    else:
        raise InputError("The section &CELL has no vectors.", _CP2K)
    repeats = _REPEATS.search("\n".join(re.split("[!#]", row)[0] for row in text.splitlines()))
    if repeats and set(repeats[1].split()) != {"1"}:
        raise InputError(
            f"Its cell is repeated: MULTIPLE_UNIT_CELL {repeats[1].strip()[:40]}.",
            "Give all atoms of the large cell: CP2K writes them to PROJECT-pos-1.xyz.",
        )
    along = "".join(keys.get("PERIODIC", ["XYZ"])).upper()
    pbc = ("X" in along, "Y" in along, "Z" in along)
    scaled, factor, names, places = False, 1.0, [], []
    for line in lines["COORD"]:
        words = line.split()
        if words[0].upper() == "SCALED":
            scaled = len(words) == 1 or words[1].upper().strip(".") in ("T", "TRUE", "ON", "YES")
        elif words[0].upper() == "UNIT":
            factor = _length(words[1] if len(words) > 1 else "", _CP2K)
        else:
            names.append(_element(words[0], _CP2K))
            places.append(_numbers(words[1:], 3, _CP2K))
    structure = _structure(Lattice(matrix, pbc=pbc), names, np.array(places) * factor, scaled)
    dft = _DFT.search(text)
    if dft and (charge := _CHARGE.search(dft[0])):
        take_charge(structure, charge[1])
    return structure


def read_qe(text: str) -> Structure:
    """The structure of an input of pw.x with ibrav = 0, or of its cards alone.

    The unit alat is celldm(1) in bohr or A in angstrom, else the length of the first vector, as
    the description of pw.x's input says (from memory).

    Raises:
        InputError: a card or a number lacks, or a unit is not known.
    """
    lattice_kind = _IBRAV.search(text)
    if lattice_kind and lattice_kind[1] != "0":
        raise InputError(f"ibrav is {lattice_kind[1]}.", f"{_QE} Only ibrav = 0 is read.")
    rows = [re.split("[!#]", line)[0].split() for line in text.splitlines()]
    rows = [row for row in rows if row]
    cards = {row[0].upper(): number for number, row in enumerate(rows)}
    if not {"CELL_PARAMETERS", "ATOMIC_POSITIONS"} <= cards.keys():
        raise InputError("CELL_PARAMETERS or ATOMIC_POSITIONS lacks.", _QE)
    alat = 0.0
    for pattern, length in ((_CELLDM, float(Bohr)), (_A, 1.0)):
        if value := pattern.search(text):
            alat = _numbers([value[1]], 1, _QE)[0] * length
    start = cards["CELL_PARAMETERS"]
    matrix = np.array([_numbers(row, 3, _QE) for row in rows[start + 1 : start + 4]])
    if matrix.shape != (3, 3):
        raise InputError("CELL_PARAMETERS has not three vectors.", _QE)
    matrix *= _length(_unit(rows[start]) or "bohr", _QE, alat or float(Bohr))
    alat = alat or float(np.linalg.norm(matrix[0]))
    start = cards["ATOMIC_POSITIONS"]
    names, places = [], []
    for row in rows[start + 1 :]:
        if len(row) < 4 or row[0].upper() == "CELL_PARAMETERS":
            break
        names.append(_element(row[0], _QE))
        places.append(_numbers(row[1:], 3, _QE))
    unit = _unit(rows[start]) or "alat"
    factor = 1.0 if unit == "crystal" else _length(unit, _QE, alat)
    structure = _structure(Lattice(matrix), names, np.array(places) * factor, unit == "crystal")
    kinds = {row[0] for row in rows[start + 1 : start + 1 + len(names)]}
    said = {key.lower(): word for key, word in _SAID.findall("\n".join(map(" ".join, rows)))}
    for key, there, wrong in (
        ("nat", len(names), int.__ne__),
        # Kinds that no atom is of may be told.
        ("ntyp", len(kinds), int.__lt__),
    ):
        if said.get(key, "").isdigit() and wrong(int(said[key][:9]), there):
            raise InputError(
                f"It says {key} = {said[key][:9]}, but there are {there}.",
                "Check that the file is whole.",
            )
    if "tot_charge" in said:
        take_charge(structure, said["tot_charge"])
    return structure


def _structure(lattice: Lattice, names: list[str], places: np.ndarray, scaled: bool) -> Structure:
    if not names:
        raise InputError("There are no atoms.", "Give a structure with one atom or more.")
    return Structure(lattice, names, places, coords_are_cartesian=not scaled)


def _section(text: str, name: str) -> list[str]:
    """The lines of a section of CP2K without comments."""
    section = re.search(_SECTION.format(name), text, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    if not section:
        raise InputError(f"There is no section &{name}.", _CP2K)
    lines = [re.split("[!#]", line)[0].strip() for line in section[1].splitlines()]
    return [line for line in lines if line]


def _numbers(words: list[str], count: int, mend: str, units: bool = False) -> list[float]:
    """The first numbers of a line; `units` lets a unit of length stand before them."""
    factor = 1.0
    if units and words and words[0].startswith("["):
        factor, words = _length(words[0].strip("[]"), mend), words[1:]
    try:
        numbers = [float(word.lower().replace("d", "e")) * factor for word in words[:count]]
    except ValueError as error:
        raise InputError(f"'{' '.join(words)[:60]}' are not numbers.", mend) from error
    if len(numbers) < count:
        raise InputError(f"'{' '.join(words)[:60]}' are not {count} numbers.", mend)
    return numbers


def _element(word: str, mend: str) -> str:
    """The element of a label such as Pb, Pb1 or Pb_core."""
    element = _ELEMENT.match(word)
    if not element:
        raise InputError(f"'{word[:30]}' names no element.", mend)
    return element[0].capitalize()


def _unit(row: list[str]) -> str:
    """The unit behind the name of a card."""
    return row[1].strip("{}()").lower() if len(row) > 1 else ""


def _length(unit: str, mend: str, alat_A: float = 0.0) -> float:
    """Angstrom in a unit of length."""
    lengths = {"angstrom": 1.0, "bohr": float(Bohr)} | ({"alat": alat_A} if alat_A else {})
    if unit.lower() not in lengths:
        raise InputError(f"The unit '{unit[:30]}' is not {' or '.join(lengths)}.", mend)
    return lengths[unit.lower()]
