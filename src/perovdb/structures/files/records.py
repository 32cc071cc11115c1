"""What a file carries of a structure beside its atoms: history, charge, roles, ions, molecules.

The record is one line of JSON. In a POSCAR it ends the first line; in a CIF and in coordinates
for CP2K and Quantum ESPRESSO it is cut over comment lines; extended XYZ, ASE's Atoms and JSON
hold it under the key ``perovdb``. It is believed as far as the atoms still fit it: the same
elements in the same order have the same roles, and atoms that have not moved the same history.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.files.labels import is_label, one_line
from perovdb.files.own_records import MARK
from perovdb.structures.history import atoms_of
from perovdb.structures.units import PROPERTIES, carried

_WIDTH = 100

#: Relative difference of cell lengths and degrees up to which a cell is the recorded one: files
#: give ten digits or so.
_SAME_CELL = 1e-7


class Labels(NamedTuple):
    """What the atoms of a structure are.

    Attributes:
        roles, ions, molecules: (n,) the site properties role, ion and molecule.
    """

    roles: list[str]
    ions: list[str]
    molecules: list[int]

    def on(self, structure: Structure, fractional: np.ndarray | None = None) -> Structure:
        """The atoms of a structure with these labels and no others, moved if places are named."""
        return Structure(
            structure.lattice,
            [site.specie for site in structure],
            structure.frac_coords if fractional is None else fractional,
            site_properties=dict(zip(PROPERTIES, self, strict=True)),
        )


class Record(NamedTuple):
    """A record that fits the atoms.

    Attributes:
        labels: of the atoms.
        charge: of the cell, in e.
        history: steps.
        lattice: as it was, with its orientation and what of it is periodic.
        unmoved: whether atoms and cell are where they were when the file was written.
    """

    labels: Labels
    charge: int
    history: list[dict[str, Any]]
    lattice: Lattice
    unmoved: bool


def make_record(structure: Structure) -> dict[str, Any]:
    """The record of a structure built by perovdb, as JSON can hold it.

    Raises:
        StructureError: the structure carries no roles.
    """
    properties = carried(structure)
    return {
        "version": 1,
        "charge": int(structure.properties.get("charge", 0)),
        "history": structure.properties.get("history", []),
        "elements": _runs([site.specie.symbol for site in structure]),
        "roles": _runs([str(role) for role in properties["role"]]),
        "ions": _runs([str(ion) for ion in properties["ion"]]),
        "molecules": _runs([int(number) for number in properties["molecule"]]),
        "lattice_A": structure.lattice.matrix.tolist(),
        "pbc": [bool(along) for along in structure.lattice.pbc],
        "moments": _moments(structure.frac_coords).tolist(),
    }


def as_line(record: dict[str, Any]) -> str:
    """A record as one line of ASCII, without the signs that CP2K's preprocessor reads."""
    text = json.dumps(record, separators=(",", ":"), ensure_ascii=True)
    return text.replace("$", "\\u0024").replace("@", "\\u0040")


def as_comment(record: dict[str, Any]) -> str:
    """A record as comment lines; none of the pieces begins or ends with a space."""
    text, lines = as_line(record), []
    while text:
        cut = _WIDTH
        while cut < len(text) and " " in text[cut - 1 : cut + 1]:
            cut += 1
        lines.append(MARK + text[:cut])
        text = text[cut:]
    return "\n".join(lines) + "\n"


def fit_record(record: Any, structure: Structure) -> Record | None:
    """What a record says of a structure; None if it is not the record of these atoms.

    Args:
        record: any JSON, as it was found.
        structure: bare atoms, in the order of the file.
    """
    try:
        size = len(structure)
        elements = _spread(record["elements"], size, str)
        if elements != [site.specie.symbol for site in structure]:
            return None
        matrix = np.array(record["lattice_A"], dtype=float)
        if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
            return None
        along_a, along_b, along_c = map(bool, record["pbc"])
        lattice = Lattice(matrix, pbc=(along_a, along_b, along_c))
        moments = np.array(record["moments"], dtype=float)
        moved = np.abs(_moments(structure.frac_coords) - moments).max()
        same_cell = np.allclose(
            lattice.parameters, structure.lattice.parameters, rtol=_SAME_CELL, atol=_SAME_CELL
        )
        history = [_step(step) for step in record["history"]]
        atoms = atoms_of(structure)
        if history and history[-1].get("atoms", atoms) != atoms:
            return None
        return Record(
            labels=Labels(
                _spread(record["roles"], size, str),
                _spread(record["ions"], size, str),
                _spread(record["molecules"], size, int),
            ),
            charge=_whole(record["charge"]),
            history=history,
            lattice=lattice,
            # Positions in files are rounded to 1e-8 A or better; many roundings add up.
            unmoved=bool(same_cell and moved < 1e-8 + 2e-9 * size),
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError):
        return None


def labels_of(structure: Structure) -> Labels | None:
    """Roles, ions and molecules that a structure carries atom by atom; None if one lacks."""
    try:
        roles, ions, molecules = (list(structure.site_properties[name]) for name in PROPERTIES)
        if not all(is_label(str(ion)) for ion in ions):
            return None
        return Labels(list(map(str, roles)), list(map(str, ions)), list(map(int, molecules)))
    except (KeyError, TypeError, ValueError):
        return None


def _moments(fractional: np.ndarray) -> np.ndarray:
    """(3,) weighted sums of the fractional coordinates: other positions give other sums."""
    weights = np.sin(np.arange(1, len(fractional) + 1))
    return np.asarray(weights @ fractional)


def _runs(values: Sequence[Any]) -> list[list[Any]]:
    """Equal neighbours counted: [["Cs", 8], ["Pb", 8]]."""
    return [[value, len(list(same))] for value, same in groupby(values)]


def _spread(runs: Any, size: int, kind: type) -> list[Any]:
    """The values of counted runs, if they are as many as there are atoms."""
    if sum(_whole(count) for _, count in runs) != size or any(count < 1 for _, count in runs):
        raise ValueError("not as many as atoms")
    if not all(type(value) is kind for value, _ in runs):
        raise TypeError("not of the kind")
    if kind is str and not all(is_label(value) for value, _ in runs):
        raise ValueError("no names")
    return [value for value, count in runs for _ in range(count)]


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise TypeError("not a whole number")
    return number


def _step(step: Any) -> dict[str, Any]:
    """A step of a history, if it is one."""
    kinds = {"step": str, "arguments": dict, "text": str, "notes": list}
    if not isinstance(step, dict) or not all(
        isinstance(step.get(key), kind) for key, kind in kinds.items()
    ):
        raise TypeError("not a step")
    notes = [one_line(str(note)) for note in step["notes"]]
    return step | {"text": one_line(step["text"]), "notes": notes}
