"""Tables of plain values as aligned text and as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Row = Mapping[str, Any]


def table(rows: Sequence[Row], indent: str = "", width: int | None = None) -> list[str]:
    """Lines of an aligned table, numbers to the right; empty cells stay empty.

    Args:
        rows: with the same keys, which are the heads of the columns.
        indent: what every line begins with.
        width: characters that a line may have; the longest texts are cut to it.
    """
    if not rows:
        return []
    head = list(rows[0])
    cells = [[cell(row[name]) for name in head] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    if width is not None:
        widths = _narrowed(widths, head, width - len(indent))
    right = [all(_is_number(entry) for entry in column) for column in zip(*cells, strict=True)]
    return [
        indent
        + "  ".join(
            short(entry, room).rjust(room) if to_right else short(entry, room).ljust(room)
            for entry, room, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [head, *cells]
    ]


def _narrowed(widths: list[int], head: list[str], most: int) -> list[int]:
    """Widths that fit into a line: the widest columns give way, none below its head or 12."""
    least = [min(width, max(len(name), 12)) for width, name in zip(widths, head, strict=True)]
    widths = list(widths)
    while sum(widths) + 2 * (len(widths) - 1) > most:
        room = [width - low for width, low in zip(widths, least, strict=True)]
        if max(room) <= 0:
            break
        widest = max((w, i) for i, w in enumerate(widths) if room[i] > 0)[1]
        widths[widest] -= 1
    return widths


def html_table(rows: Sequence[Row]) -> str:
    """The same as an HTML table; empty for no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell(row[name]))}</td>" for name in rows[0]) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def cell(value: Any) -> str:
    """A value as it stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def short(value: Any, length: int) -> str:
    """A text on one line, cut to a length."""
    text = "" if value is None else " ".join(str(value).split())
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def _is_number(entry: str) -> bool:
    return entry.lstrip("+-").replace(".", "", 1).isdigit() or not entry
