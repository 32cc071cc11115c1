"""A CSV file as typed rows of a table, each cell with the place that messages name."""

import csv
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from perovdb.errors import StoreError
from perovdb.files.reading import lines_of

Value = str | int | float | None

# int() and float() also read "1_000", " 1", "inf" and the digits of other scripts.
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?|-?[0-9]+\.")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST_CELL = 10_000


class CsvRow(NamedTuple):
    """A row of a CSV file: its values by column, and where it stands."""

    file: str
    line: int
    values: dict[str, Value]
    positions: dict[str, int]

    def place(self, column: str | None = None) -> str:
        """file:line, or file:line:column with the column's name; line 0 means none."""
        if self.line == 0:
            return f"{self.file}: {column}" if column in self.positions else self.file
        if column not in self.positions:
            return f"{self.file}:{self.line}"
        return f"{self.file}:{self.line}:{self.positions[column]}: {column}"


def read_csv(path: Path, types: Mapping[str, str], whole: bool) -> Iterator[CsvRow]:
    """Rows of a CSV file, one after the other.

    Args:
        path: the file; its first line names the columns.
        types: column -> TEXT, REAL or INTEGER, in the order of the table.
        whole: whether the header must be all columns in their order, or may be any of them.

    Raises:
        StoreError: file, line and column of what cannot be read.
    """
    with lines_of(path, "rows") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
            _check_header(path.name, header, list(types), whole)
            positions = {column: number for number, column in enumerate(header, start=1)}
            for line, cells in _numbered(reader):
                if not whole and not any(cells):
                    continue
                row = CsvRow(path.name, line, {}, positions)
                if len(cells) != len(header):
                    raise StoreError(
                        f"{row.place()}: {len(cells)} cells for {len(header)} columns.",
                        "Quote cells that hold a comma.",
                    )
                for column, cell in zip(header, cells, strict=True):
                    text = cell if whole else cell.strip(" \t\r\n\u00a0")
                    row.values[column] = _typed(text, types[column], row, column)
                yield row
        except csv.Error as error:
            raise StoreError(
                f"{path.name}:{reader.line_num}: {error}.", "Mend the CSV."
            ) from error


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins; a quoted cell may hold several lines."""
    line = reader.line_num + 1
    for cells in reader:
        yield line, cells
        line = reader.line_num + 1


def _check_header(file: str, header: list[str], columns: list[str], whole: bool) -> None:
    if whole and header != columns:
        raise StoreError(
            f"{file}:1: the header is not the columns of the table in their order.",
            f"It must read: {','.join(columns)}",
        )
    other = next((c for c in ";\t|" if len(header) == 1 and c in header[0]), None)
    if other and not whole:
        shown = "tabs" if other == "\t" else f"'{other}'"
        raise StoreError(
            f"{file}:1: the columns are separated by {shown}.",
            "Save the table as CSV with commas ('CSV UTF-8' in a spreadsheet).",
        )
    for position, name in enumerate(header, start=1):
        if name not in columns:
            stem, mark, _ = name.rpartition("_")
            same = [column for column in columns if mark and column.rpartition("_")[0] == stem]
            raise StoreError(
                f"{file}:1:{position}: {name[:40]!r} is not a column of the table.",
                f"Convert its numbers to the unit of '{same[0]}', and call it so."
                if same
                else f"Its columns: {', '.join(columns)}.",
            )
        if header.index(name) + 1 != position:
            raise StoreError(f"{file}:1:{position}: '{name}' stands twice.", "Remove one.")
    if not header:
        raise StoreError(f"{file}:1: the file is empty.", "Its first line names the columns.")


def _typed(cell: str, kind: str, row: CsvRow, column: str) -> Value:
    if cell == "":
        return None
    if len(cell) > _LONGEST_CELL or _CONTROL.search(cell):
        raise StoreError(
            f"{row.place(column)}: the cell holds a control character or is too long.",
            f"Write plain text of at most {_LONGEST_CELL} characters.",
        )
    if kind == "TEXT":
        return cell
    number: float = math.nan
    if _NUMBER.fullmatch(cell):
        number = float(cell)
    whole = kind == "INTEGER"
    fits = math.isfinite(number) and (not whole or (number.is_integer() and abs(number) < 2**53))
    if not fits:
        expected = "a whole number" if whole else "a number"
        raise StoreError(
            f"{row.place(column)}: '{cell[:40]}' is not {expected}.",
            "Write 0.42, with a point; units, ranges and '~' have columns of their own; leave the "
            "cell empty if unknown.",
        )
    return int(number) if whole else number
