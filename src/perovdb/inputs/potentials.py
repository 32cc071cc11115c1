"""The potential of an element in a code: its name, its valence electrons, its cut-offs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perovdb.errors import InputError, MissingData
from perovdb.inputs.presets import read_table

_TABLE = "potentials.toml"


@dataclass(frozen=True)
class Potential:
    """Potential of an element in a code.

    Attributes:
        element: its symbol.
        symbol: the potential's name in the code: of a POTCAR, a GTH entry, or a file.
        valence: its valence electrons.
        source: where these were read.
        details: what the code's family adds: cut-offs, md5, a basis set of its own.
    """

    element: str
    symbol: str
    valence: int
    source: str
    details: Mapping[str, Any] = field(default_factory=dict)


def families(code: str) -> list[str]:
    """Names of the families of potentials of a code."""
    return sorted(read_table(_TABLE)[code])


def potentials(code: str, elements: list[str], family: str | None = None) -> dict[str, Potential]:
    """The potential of each element in a code.

    Args:
        code: "vasp", "cp2k" or "qe".
        elements: without repetition, in the order wanted.
        family: one of `families`; that of the standard preset by default.

    Raises:
        InputError: the code has no such family.
        MissingData: none is listed for an element.
    """
    table = read_table(_TABLE)
    family = family or next(iter(table[code]))
    if family not in table[code]:
        raise InputError(
            f"{code} has no family of potentials '{family}'.",
            f"Choose one of: {', '.join(families(code))}.",
        )
    entry = table[code][family]
    listed = {key: (node, entry["source"]) for key, node in entry["elements"].items()}
    if "inherits" in entry:
        base = table[code][entry["inherits"]]
        listed = {key: (node, base["source"]) for key, node in base["elements"].items()} | listed
    missing = [element for element in elements if element not in listed]
    if missing:
        raise MissingData(
            f"No {code} potential is listed for {', '.join(missing)}.",
            f"Add it to {_TABLE} with its number of valence electrons.",
        )
    chosen = {}
    for element in elements:
        node, source = listed[element]
        details = {key: node[key] for key in node if key not in ("symbol", "valence")}
        chosen[element] = Potential(
            element, node["symbol"], node["valence"], table["sources"][source], details
        )
    return chosen


def electron_count(elements: list[str], table: Mapping[str, Potential], charge: int) -> int:
    """Valence electrons of a cell: those of its atoms minus its charge.

    Args:
        elements: of every atom.
        table: potentials by element.
        charge: net charge in e; a lost electron makes it +1.
    """
    return sum(table[element].valence for element in elements) - charge
