"""Answers as tables for people, JSON for programs and CSV for spreadsheets."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from perovdb.answers import Answer, together
from perovdb.answers.tables import fitted, least_width, short, table

Row = Mapping[str, Any]


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
            click.echo(text() if text else str(answer))


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
            click.echo("\n".join(together(answers)))


def terminal_width() -> int | None:
    """Characters in a line of the terminal, or as COLUMNS says; None where a file is written."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit():
        return int(columns)
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None


def emit_json(value: Any) -> None:
    """Print a value as JSON."""
    import json

    click.echo(json.dumps(value, indent=1, ensure_ascii=False))


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
    click.echo(buffer.getvalue(), nl=False)


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
    """Print lines, in one go: each call of click.echo flushes."""
    click.echo("\n".join(lines))


def emit_notes(notes: Sequence[str], err: bool = False) -> None:
    """Print notes below an answer, or on stderr where stdout is a file's content."""
    for note in notes:
        click.echo(f"  note: {note}", err=err)
