"""Answers as tables for people, JSON for programs and CSV for spreadsheets."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from perovdb.answers import Answer, together
from perovdb.answers.tables import fitted, least_width, printable, short, table

Row = Mapping[str, Any]


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

    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    say(printable(text, lambda c: json.dumps(c)[1:-1]))


def emit_csv(rows: Sequence[Row]) -> None:
    """Print rows as CSV; the header is the keys of all, in the order in which they come."""
    import csv
    import io

    buffer = io.StringIO()
    if rows:
        header = dict.fromkeys(key for row in rows for key in row)
        writer = csv.DictWriter(buffer, list(header), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    say(buffer.getvalue(), end="")


def emit_rows(
    rows: Sequence[Row],
    shown: Callable[[Row], Row] = dict,
    as_json: bool = False,
    as_csv: bool = False,
    longest_cell: int = 44,
    spare: Sequence[str] = (),
) -> None:
    """Print rows of the store whole as JSON or CSV, or as a table of what `shown` takes of each,
    texts cut to the longest cell. A narrow terminal goes without spare columns, the first ones
    first, and says so.

    In CSV the columns source, kind, evidence and notes of facts stand last.
    """
    if as_json:
        emit_json(rows)
    elif as_csv:
        emit_csv([_provenance_last(row) for row in rows])
    else:
        cells = [
            {k: short(v, longest_cell) if isinstance(v, str) else v for k, v in shown(row).items()}
            for row in rows
        ]
        width, left_out = terminal_width(), list[str]()
        while width and len(left_out) < len(spare) and least_width(cells) > width:
            left_out.append(spare[len(left_out)])
            cells = [{k: v for k, v in row.items() if k != left_out[-1]} for row in cells]
        lines = table(cells, width=width)
        if left_out:
            lines.append(f"no room for {', '.join(left_out)}; --csv and --json have all")
        emit_lines(lines)


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
