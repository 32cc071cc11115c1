"""Tables of plain values as aligned text and as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Row = Mapping[str, Any]

#: Columns of texts give way down to this, even if that cuts their heads.
_NARROWEST = 6

#: Blanks that `str.isprintable` does not count as such.
_BLANKS = "\t\xa0\u2009\u202f\u3000"

_LINE: ContextVar[int | None] = ContextVar("perovdb_line", default=None)


@contextmanager
def fitted(width: int | None) -> Iterator[None]:
    """Let every table that is written inside the block fit into lines of so many characters."""
    before = _LINE.set(width)
    try:
        yield
    finally:
        _LINE.reset(before)


def line_width() -> int | None:
    """Characters that a line may have, as `fitted` says; None where nobody said."""
    return _LINE.get()


def table(rows: Sequence[Row], indent: str = "", width: int | None = None) -> list[str]:
    """Lines of an aligned table, numbers to the right; empty cells stay empty.

    Args:
        rows: with the same keys, which are the heads of the columns.
        indent: what every line begins with.
        width: characters that a line may have; the longest texts are cut to it. By default that
            of `fitted`.
    """
    return next(table_parts([rows], indent, width), [])


def table_parts(
    parts: Iterable[Sequence[Row]], indent: str = "", width: int | None = None
) -> Iterator[list[str]]:
    """Lines of a table that comes in parts, each laid out when it is there; the head stands above
    the first. A column may grow from part to part and does not shrink. For the rest as `table`.
    """
    width = line_width() if width is None else width
    widths, right, head = list[int](), list[bool](), list[str]()
    for rows in parts:
        if not rows:
            continue
        cells = [[cell(row[name]) for name in rows[0]] for row in rows]
        columns = [*zip(*cells, strict=True)]
        if not head:
            head = list(rows[0])
            widths, right = [len(name) for name in head], [True] * len(head)
            cells = [head, *cells]
        longest = [max(map(len, column)) for column in columns]
        widths = [max(pair) for pair in zip(widths, longest, strict=True)]
        numbers = [all(map(_is_number, column)) for column in columns]
        right = [all(pair) for pair in zip(right, numbers, strict=True)]
        if width is not None:
            widths = _narrowed(widths, head, right, width - len(indent))
        yield [
            indent
            + "  ".join(
                _cut(entry, room).rjust(room) if to_right else _cut(entry, room).ljust(room)
                for entry, room, to_right in zip(line, widths, right, strict=True)
            ).rstrip()
            for line in cells
        ]


def _narrowed(widths: list[int], head: list[str], numbers: list[bool], most: int) -> list[int]:
    """Widths that fit into a line: the widest texts give way, at last with their heads.

    Numbers are never cut; if they alone are too wide, the line is.
    """
    widths = list(widths)
    for lows in ([max(len(name), 12) for name in head], [_NARROWEST] * len(head)):
        least = [
            width if number else min(width, low)
            for width, low, number in zip(widths, lows, numbers, strict=True)
        ]
        while sum(widths) + 2 * (len(widths) - 1) > most:
            room = [(w, -i) for i, w in enumerate(widths) if w > least[i]]
            if not room:
                break
            widths[-max(room)[1]] -= 1
    return widths


def least_width(rows: Sequence[Row]) -> int:
    """Characters that a line of a table needs if its texts are to be read."""
    columns = [[name, *(cell(row[name]) for row in rows)] for name in (rows[0] if rows else ())]
    widths = [
        max(map(len, column))
        if all(map(_is_number, column[1:]))
        else min(max(map(len, column)), 10)
        for column in columns
    ]
    return sum(widths) + 2 * (len(widths) - 1)


def html_table(rows: Sequence[Row]) -> str:
    """The same as an HTML table; empty for no rows."""
    from html import escape

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
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text if text.isprintable() else printable(text).replace("\n", "\\n").replace("\t", " ")


def printable(text: str, written: Callable[[str], str] = lambda c: ascii(c)[1:-1]) -> str:
    r"""A text as a terminal may be given it: characters that it would act on, or that hide or turn
    others, are written out.

    Args:
        written: how such a character is.

    >>> print(printable("Cs\x1b[2J"))
    Cs\x1b[2J
    """
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not line.isprintable():
            shown = [c if c.isprintable() or c in _BLANKS else written(c) for c in line]
            lines[number] = "".join(shown)
    return "\n".join(lines)


def short(value: Any, length: int) -> str:
    """A text on one line, cut to a length."""
    text = "" if value is None else printable(" ".join(str(value).split()))
    return text if len(text) <= length else text[: length - 3].rstrip() + "..."


def _cut(entry: str, room: int) -> str:
    return entry if len(entry) <= room else entry[: room - 1].rstrip() + "…"


def _is_number(entry: str) -> bool:
    return entry.lstrip("+-").replace(".", "", 1).isdigit() or not entry
