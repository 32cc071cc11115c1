"""Columns of numbers and lists of peaks from text files, with the line in every complaint."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from perovdb.errors import InputError
from perovdb.files.reading import lines_of

#: Columns that place a peak, the first that is there counts.
PLACES = ("two_theta_deg", "d_A")


class PeakList(NamedTuple):
    """Peaks of a file: `two_theta_deg` or `d_A` (n,), the other None; `intensity` (n,) or None."""

    two_theta_deg: np.ndarray | None
    d_A: np.ndarray | None
    intensity: np.ndarray | None


def read_peaks(path: str) -> PeakList:
    """Peaks from a CSV file whose first line names the columns.

    `two_theta_deg` (or, without it, `d_A`) must be there, `intensity` may; others are passed
    over, so that what 'perovdb xrd --csv' prints is such a file.

    Raises:
        InputError: the file cannot be read, has no such columns or no peaks, or an entry is no
            finite number.
    """
    columns = read_columns(path, [*PLACES, "intensity"])
    place = next((name for name in PLACES if name in columns), None)
    if place is None:
        raise InputError(f"{path}, line 1: no column {' or '.join(PLACES)}.", _COLUMNS)
    if place == "two_theta_deg":
        columns.pop("d_A", None)
    return PeakList(columns.get("two_theta_deg"), columns.get("d_A"), columns.get("intensity"))


def read_columns(path: str, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    """Columns (n,) of numbers of a CSV file whose first line names them.

    Args:
        path: of the file; "#" begins a comment.
        wanted: the columns to read; those that are not there are left out, others are passed over.

    Raises:
        InputError: the file cannot be read or holds no lines, a line has other than one entry for
            each column, or an entry is no finite number.
    """
    lines = lines_with_numbers(path)
    if not lines:
        raise InputError(f"{path} is empty.", f"Name the columns on the first line: {wanted}.")
    head = [name.strip() for name in next(csv.reader([lines[0][1]]))]
    names = [name for name in wanted if name in head]
    if not names:
        return {}
    rows = []
    for number, line in lines[1:]:
        fields = next(csv.reader([line]))
        if len(fields) != len(head):
            raise InputError(
                f"{path}, line {number}: {len(fields)} entries under {len(head)} columns.",
                "Give one entry for each column.",
            )
        rows.append([_number(fields[head.index(name)], path, number) for name in names])
    if not rows:
        raise InputError(f"{path} holds no lines of numbers.", "Give one line for each entry.")
    return dict(zip(names, np.array(rows).T, strict=True))


_COLUMNS = "Name the columns on the first line: two_theta_deg,intensity or d_A,intensity."


def lines_with_numbers(path: str) -> list[tuple[int, str]]:
    """Lines that hold something besides a comment, with their numbers."""
    with lines_of(path, "table") as handle:
        numbered = [(n, line.partition("#")[0].strip()) for n, line in enumerate(handle, 1)]
    for number, line in numbered:
        if "\0" in line:
            raise InputError(f"{path}, line {number} is no line of a table.", "Give a text file.")
    return [(number, line) for number, line in numbered if line]


def _number(text: str, path: str, line: int) -> float:
    if not is_number(text):
        raise InputError(
            f"{path}, line {line}: '{text.strip()[:40]}' is not a finite number.",
            "Write numbers with a point, as 14.07.",
        )
    return float(text)


def is_number(text: str) -> bool:
    """Whether a text is a finite number."""
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
