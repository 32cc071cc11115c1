"""Cells of phases: edges and angles against space group, volume, formula units."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from math import cos, prod, radians, sqrt
from pathlib import Path
from typing import Any

from perovdb.errors import StoreError
from perovdb.store.csv_rows import CsvRow

_EDGES = ("a_A", "b_A", "c_A")
_ANGLES = ("alpha_deg", "beta_deg", "gamma_deg")

#: How far two edges in angstrom and an angle in degrees may be from equal where a space group
#: makes them so, and a printed volume from that of the printed cell.
_EDGE_A = 2e-3
_ANGLE_DEG = 0.02
_VOLUME = 5e-3

#: Volume of a formula unit, from the smallest fluorides to layers with long molecules.
_UNIT_A3 = (15, 2e4)

#: Groups whose rhombohedral cell may stand for the hexagonal one.
_RHOMBOHEDRAL = (146, 148, 155, 160, 161, 166, 167)


def check_cell(row: CsvRow) -> None:
    """Refuse a phase whose edges, angles, volume, formula units and space group do not agree.

    Raises:
        StoreError: they do not, or the symbol is that of no group.
    """
    values: Mapping[str, Any] = row.values
    number = _group_number(row)
    if any(values.get(column) is None for column in (*_EDGES, *_ANGLES)):
        return  # the schema says that they must be filled
    edges: list[float] = [values[column] for column in _EDGES]
    angles: list[float] = [values[column] for column in _ANGLES]
    cosines = [cos(radians(angle)) for angle in angles]
    square = 1 + 2 * prod(cosines) - sum(cosine**2 for cosine in cosines)
    if square <= 1e-6:
        shown = ", ".join(f"{angle:g}" for angle in angles)
        raise StoreError(
            f"{row.place('alpha_deg')}: no cell has the angles {shown}.",
            "Each is less than the two others together, and all less than 360.",
        )
    if number and not _fits(number, edges, angles):
        shown = "space_group" if values.get("space_group") else "space_group_number"
        raise StoreError(
            f"{row.place(shown)}: a cell of group {number} has {_needed(number)}; this one has "
            f"{_cell(edges, angles)}.",
            "Mend the cell or the group, or leave the group empty and say why in 'note'.",
        )
    volume, own, units = prod(edges) * sqrt(square), values.get("volume_A3"), values.get("Z")
    if own and abs(own / volume - 1) > _VOLUME:
        raise StoreError(
            f"{row.place('volume_A3')}: the cell has {volume:.2f} A^3, not {own:g}.",
            "Mend the volume or the cell.",
        )
    if own and units and not _UNIT_A3[0] <= own / units <= _UNIT_A3[1]:
        raise StoreError(
            f"{row.place('Z')}: {own / units:.4g} A^3 are no volume of a formula unit.",
            f"Mend Z or the cell: {_UNIT_A3[0]:g} to {_UNIT_A3[1]:g} A^3 are.",
        )
    edge = values.get("a_pseudocubic_A")
    if own and units and edge and abs(edge**3 / (own / units) - 1) > 3 * _VOLUME:
        raise StoreError(
            f"{row.place('a_pseudocubic_A')}: (volume / Z)^(1/3) is "
            f"{(own / units) ** (1 / 3):.4f} A, not {edge:g}.",
            "Mend it, or leave it empty: it follows from the cell.",
        )


def _group_number(row: CsvRow) -> int | None:
    """The number of the space group of a phase, from its symbol too."""
    symbol, number = row.values.get("space_group"), row.values.get("space_group_number")
    if symbol is None:
        return int(number) if number is not None else None
    groups = _space_groups()
    bare = re.sub(r"[\s_]|:[12RHrh]$|\(.*", "", str(symbol))
    if bare not in groups and bare[-1:] in "RH":
        bare = bare[:-1]
    if bare not in groups:
        from difflib import get_close_matches

        near = get_close_matches(bare, groups, n=3)
        raise StoreError(
            f"{row.place('space_group')}: '{symbol}' is no symbol of a space group.",
            f"Near it: {', '.join(near)}." if near else "Write one such as Pm-3m, or leave it.",
        )
    if number is not None and groups[bare] != number:
        raise StoreError(
            f"{row.place('space_group_number')}: '{symbol}' is group {groups[bare]}, not "
            f"{number}.",
            "Mend the symbol or the number.",
        )
    return groups[bare]


@cache
def _space_groups() -> dict[str, int]:
    """Symbol without blanks -> number, in all settings of the International Tables."""
    lines = Path(__file__).with_name("space_groups.txt").read_text(encoding="ascii").splitlines()
    return {symbol: number for number, line in enumerate(lines, 1) for symbol in line.split()}


def _fits(number: int, edges: Sequence[float], angles: Sequence[float]) -> bool:
    """Whether the crystal system of a group has such cells."""

    def equal(*lengths: float) -> bool:
        return max(lengths) - min(lengths) <= _EDGE_A

    def right(*some: float, of: float = 90) -> bool:
        return all(abs(angle - of) <= _ANGLE_DEG for angle in some)

    a, b, c = edges
    alpha, beta, gamma = angles
    if number < 3:
        return True
    if number < 16:
        return sum(right(angle) for angle in angles) >= 2
    if number < 75:
        return right(*angles)
    if number < 143:
        return equal(a, b) and right(*angles)
    if number < 195:
        hexagonal = equal(a, b) and right(alpha, beta) and right(gamma, of=120)
        same = equal(a, b, c) and max(angles) - min(angles) <= _ANGLE_DEG
        return hexagonal or (number in _RHOMBOHEDRAL and same)
    return equal(a, b, c) and right(*angles)


def _needed(number: int) -> str:
    """What `_fits` asks for, in words."""
    systems = (
        (16, "two angles of 90"), (75, "angles of 90"), (143, "a = b and angles of 90"),
        (195, "a = b and angles of 90, 90 and 120"), (231, "a = b = c and angles of 90"),
    )  # fmt: skip
    return next(words for end, words in systems if number < end)


def _cell(edges: Sequence[float], angles: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in (*edges, *angles))
