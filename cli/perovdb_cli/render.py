"""Answers as tables for people, JSON for programs and CSV for spreadsheets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

Row = Mapping[str, Any]


def emit_json(value: Any) -> None:
    """Print a value as JSON."""
    import json

    click.echo(json.dumps(value, indent=1, ensure_ascii=False))


def emit_csv(rows: Sequence[Row]) -> None:
    """Print rows as CSV; the header is the keys of the first."""
    import csv
    import io

    buffer = io.StringIO()
    if rows:
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    click.echo(buffer.getvalue(), nl=False)


def emit_rows(
    rows: Sequence[Row], shown: Callable[[Row], Row], as_json: bool, as_csv: bool
) -> None:
    """Print rows whole as JSON or CSV, or as a table of what `shown` takes from each."""
    if as_json:
        emit_json(rows)
    elif as_csv:
        emit_csv(rows)
    else:
        emit_lines(table([shown(row) for row in rows]))


def emit_csv_header(columns: Sequence[str]) -> None:
    """Print column names as the first line of a CSV file."""
    click.echo(",".join(columns))


def emit_lines(lines: Sequence[str]) -> None:
    """Print lines, in one go: each call of click.echo flushes."""
    click.echo("\n".join(lines))


def emit_notes(notes: Sequence[str], err: bool = False) -> None:
    """Print notes below an answer, or on stderr where stdout is a file's content."""
    for note in notes:
        click.echo(f"  note: {note}", err=err)


def table(rows: Sequence[Row], indent: str = "") -> list[str]:
    """Lines of an aligned table, numbers to the right; empty cells stay empty."""
    if not rows:
        return []
    header = list(rows[0])
    cells = [[cell(row[name]) for name in header] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    right = [all(_is_number(entry) for entry in column) for column in zip(*cells, strict=True)]
    return [
        indent
        + "  ".join(
            entry.rjust(width) if to_right else entry.ljust(width)
            for entry, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [header, *cells]
    ]


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def short(value: Any, length: int) -> str:
    """A text cut to a length for a table; JSON and CSV keep it whole."""
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def _is_number(entry: str) -> bool:
    return entry.lstrip("+-").replace(".", "", 1).isdigit() or not entry
