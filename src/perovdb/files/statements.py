"""What a structure file states of its atoms as a whole: formula, names, a charge."""

from __future__ import annotations

import re
from collections import Counter
from math import isfinite
from typing import Any

from pymatgen.core import Composition, Structure

from perovdb.errors import InputError

_WHOLE = "Check that the file is whole, and that nobody changed a part of it alone."

_FORMULA = re.compile(
    r"^_chemical_formula_sum\s+(?:'([^'\n]*)'|\"([^\"\n]*)\"|;([^;]*);|([^\s;]\S*))", re.M | re.I
)
_UNITS = re.compile(r"^_cell_formula_units_Z\s+(\d+)", re.M | re.I)
_SITES = "_atom_site_fract_x"

#: Amounts of a formula may be rounded.
_ATOMS = 0.3

#: A primitive cell holds this part of the formula units of the conventional one.
_CENTRINGS = (2, 3, 4)


def check_formula_of_cif(text: str, structure: Structure) -> list[str]:
    """Notes of what the formula of a CIF says otherwise; where occupancies leave it open, none.

    Hydrogen that was not found stands in many formulas of diffraction, and not among the sites.

    Raises:
        InputError: its sites are not those of the formula.
    """
    block = next((one for one in re.split(r"(?im)^data_", text) if _SITES in one), "")
    match = _FORMULA.search(block)
    said = next(filter(None, match.groups()), "").strip() if match else ""
    try:
        formula = _elements(Composition(re.sub(r"\bD(?=\d|\b)", "H", said)).get_el_amt_dict())
    except ValueError:
        return []
    if not formula or not structure.is_ordered:
        return []
    there = _elements(structure.composition.get_el_amt_dict())
    units = _UNITS.search(block)
    told = int(units[1][:9]) if units else None
    without = {e: n for e, n in formula.items() if e != "H"}
    for wanted, found, note in (
        (formula, there, None),
        (
            without,
            {e: n for e, n in there.items() if e != "H"},
            f"hydrogen of its formula {said} is not among its sites",
        ),
    ):
        if note and there.get("H", 0) >= formula.get("H", 0):
            continue
        count = _times(wanted, found)
        if count is None or (told is None and abs(count - round(count)) > 1e-6):
            continue
        notes = [note] if note else []
        # Some programs write the formula of the whole cell, and its units beside it.
        if told is None or count == told or (count == 1 and _shared(wanted, told)):
            return notes
        if any(abs(count * part - told) < 1e-6 for part in _CENTRINGS):
            return [*notes, f"it holds {count:g} formula units, and says {told}"]
    more = f" with Z = {told}" if told else ""
    raise InputError(
        f"It holds {structure.composition.formula.replace(' ', '')}, but says {said}{more}.",
        _WHOLE,
    )


def _elements(amounts: dict[str, float]) -> dict[str, float]:
    counts: Counter[str] = Counter()
    for name, amount in amounts.items():
        counts["H" if name == "D" else name] += amount  # type: ignore[assignment]
    return dict(counts)


def _times(formula: dict[str, float], there: dict[str, float]) -> float | None:
    """How often a formula makes up the atoms; None if it does not."""
    if not formula or set(formula) != set(there):
        return None
    count = round(sum(there.values()) / sum(formula.values()), 6)
    near = all(abs(count * amount - there[e]) <= _ATOMS for e, amount in formula.items())
    return count if near else None


def _shared(formula: dict[str, float], units: int) -> bool:
    return units > 0 and all(n / units == n // units for n in formula.values())


def check_names_of_poscar(text: str, structure: Structure) -> None:
    """Refuse a POSCAR whose lines of atoms name other elements than its head.

    Raises:
        InputError: as said.
    """
    lines = text.splitlines()
    counts = next(n for n in (5, 6) if re.fullmatch(r"[\d\s]*\d[\d\s]*", lines[n].split("!")[0]))
    selective = lines[counts + 1].strip()[:1] in "sS"
    first = counts + (3 if selective else 2)
    at = 6 if selective else 3
    for number, (line, site) in enumerate(zip(lines[first:], structure, strict=False), first + 1):
        name = re.match(r"[#!]*([A-Z][a-z]?)(?![a-z])", "".join(line.split()[at : at + 1]))
        if name and name[1] != site.specie.symbol:
            raise InputError(
                f"Line {number} names {name[1]}, but by its head it is {site.specie.symbol}.",
                _WHOLE,
            )


def take_charge(structure: Structure, stated: Any) -> None:
    """Give a structure the charge that its file states.

    Raises:
        InputError: it is no finite number.
    """
    try:
        charge = float(str(stated).lower().replace("d", "e"))
    except ValueError:
        charge = float("nan")
    if not isfinite(charge):
        raise InputError(f"'{str(stated)[:30]}' is no charge.", "Give it in e.")
    structure.set_charge(charge)
