"""Answers as tables for people, JSON for programs and CSV for spreadsheets."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import click

from perovdb.answers import Answer, together
from perovdb.answers.tables import fitted, least_width, printable, short, table_parts
from perovdb.errors import PerovdbError

Row = Mapping[str, Any]

#: Rows, or characters of them, that are printed at a time.
_AT_A_TIME = 1000
_CHARACTERS_AT_A_TIME = 1_000_000


def say(text: str, end: str = "\n", err: bool = False) -> None:
    """Print a text: the one place where text leaves for the terminal, which acts on nothing in it.

    Raises:
        Unwritten: stdout takes no more.
    """
    try:
        click.echo(printable(text) + end, nl=False, err=err)
    except OSError as error:
        raise Unwritten(error) from error


class Unwritten(Exception):  # noqa: N818 (the name says what it is)
    """An answer that stdout does not take."""

    def __init__(self, why: OSError) -> None:
        super().__init__(str(why))
        self.why = why


def emit(
    answer: Answer,
    as_json: bool = False,
    as_csv: bool = False,
    text: Callable[[], str] | None = None,
) -> None:
    """Print an answer: its card, or another `text` of it, or `as_dict` in JSON, rows in CSV."""
    if as_json:
        emit_json(answer.as_dict())
    elif as_csv:
        emit_csv(answer.rows())
    else:
        with fitted(terminal_width()):
            say(text() if text else str(answer))


def emit_all(answers: Sequence[Answer], as_json: bool = False, as_csv: bool = False) -> None:
    """Print several answers: an array in JSON, one table in CSV; for people one table if each is
    a row, else card after card.
    """
    if as_json:
        emit_json([answer.as_dict() for answer in answers])
    elif as_csv:
        emit_csv([row for answer in answers for row in answer.rows()])
    else:
        with fitted(terminal_width()):
            say("\n".join(together(answers)))


def terminal_width() -> int | None:
    """Characters in a line of the terminal, or as COLUMNS says; None where a file is written."""
    columns = os.environ.get("COLUMNS", "")
    if re.fullmatch("[1-9][0-9]{0,5}", columns):
        return int(columns)
    if not sys.stdout.isatty():
        return None
    # Some terminals do not know their width, and say 0.
    return os.get_terminal_size(sys.stdout.fileno()).columns or None


def emit_json(value: Any) -> None:
    """Print a value as JSON, in which a number is finite."""
    import json

    _say_json(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False))


def _say_json(text: str, end: str = "\n") -> None:
    import json

    say(printable(text, lambda c: json.dumps(c)[1:-1]), end=end)


def emit_csv(rows: Sequence[Row], head: bool = True) -> None:
    """Print rows as CSV; the header is the keys of all, in the order in which they come."""
    import csv
    import io

    buffer = io.StringIO()
    if rows:
        header = dict.fromkeys(key for row in rows for key in row)
        writer = csv.DictWriter(buffer, list(header), lineterminator="\n")
        if head:
            writer.writeheader()
        writer.writerows(rows)
    say(buffer.getvalue(), end="")


def _parts(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Some rows at a time; those before an error come before it."""
    part, characters = list[Row](), 0
    try:
        for row in rows:
            part.append(row)
            characters += sum(len(cell) for cell in row.values() if isinstance(cell, str))
            if len(part) == _AT_A_TIME or characters > _CHARACTERS_AT_A_TIME:
                yield part
                part, characters = [], 0
    except PerovdbError:
        if part:
            yield part
        raise
    if part:
        yield part


def emit_rows(
    rows: Iterable[Row],
    shown: Callable[[Row], Row] = dict,
    as_json: bool = False,
    as_csv: bool = False,
    longest_cell: int = 44,
    spare: Sequence[str] = (),
) -> None:
    """Print rows of the store whole as JSON or CSV, or as a table of what `shown` takes of each,
    texts cut to the longest cell. A narrow terminal goes without spare columns, the first ones
    first, and says so.

    Rows are printed as they come, all of the same columns. In CSV the columns source, kind,
    evidence and notes of facts stand last.
    """
    parts = _parts(rows)
    if as_json:
        before = "[\n "
        try:
            for part in parts:
                _say_json(before + ",\n ".join(map(_json_object, part)), end="")
                before = ",\n "
        except PerovdbError:
            # What came before it is whole.
            if before != "[\n ":
                say("\n]")
            raise
        say("[]" if before == "[\n " else "\n]")
    elif as_csv:
        for number, part in enumerate(parts):
            emit_csv([_provenance_last(row) for row in part], head=number == 0)
    else:
        cells: Iterator[Sequence[Row]] = (
            [
                {
                    k: short(v, longest_cell) if isinstance(v, str) else v
                    for k, v in shown(row).items()
                }
                for row in part
            ]
            for part in parts
        )
        width, left_out = terminal_width(), list[str]()
        first = next(cells, [])
        while width and len(left_out) < len(spare) and least_width(first) > width:
            left_out.append(spare[len(left_out)])
            first = _without(first, left_out)
        rest = (_without(part, left_out) for part in cells)
        if not first:
            emit_lines([])
        for lines in table_parts(chain([first], rest), width=width):
            emit_lines(lines)
        if left_out:
            say(f"no room for {', '.join(left_out)}; --csv and --json have all")


def ahead(rows: Iterable[Row]) -> Iterator[Row] | None:
    """The same rows, of which one is there; None if there is none."""
    rows = iter(rows)
    first = next(rows, None)
    return None if first is None else chain([first], rows)


def _without(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    return [{k: v for k, v in row.items() if k not in names} for row in rows]


def _json_object(row: Row) -> str:
    """A row as it stands in an array that is indented by one."""
    import json

    if not row or any(isinstance(value, (dict, list, tuple)) for value in row.values()):
        text = json.dumps(row, indent=1, ensure_ascii=False, allow_nan=False)
        return text.replace("\n", "\n ")
    # Without an indent it is written in C.
    between = (",\n  ", ": ")
    text = json.dumps(row, separators=between, ensure_ascii=False, allow_nan=False)
    return f"{{\n  {text[1:-1]}\n }}"


def _provenance_last(row: Row) -> Row:
    if "evidence" not in row:
        return row
    last = {name: row.get(name) for name in ("source", "kind", "evidence")}
    rest = {name: value for name, value in row.items() if name not in (*last, "note")}
    return {**rest, **last, "notes": row.get("note")}


def emit_lines(lines: Sequence[str]) -> None:
    """Print lines, in one go: each call of `say` flushes."""
    say("\n".join(lines))


def emit_notes(notes: Sequence[str], err: bool = False) -> None:
    """Print notes below an answer, or on stderr where stdout is a file's content."""
    for note in notes:
        say(f"  note: {note}", err=err)
