"""How a notebook shows an answer: its line, its picture or its table, and its notes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import Any


def card(title: str, answer: Any, table: str, notes: Sequence[str]) -> str:
    """HTML of an answer: a picture where it can be drawn, else its table."""
    shown = picture(answer) or table
    below = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return f"<p><b>{escape(title)}</b></p>{shown}" + f"<ul>{below}</ul>" * bool(below)


def picture(answer: Any) -> str:
    """The plot of an answer as SVG; empty where it has none."""
    if not hasattr(answer, "plot"):
        return ""
    from matplotlib import pyplot

    figure = answer.plot().figure
    text = StringIO()
    figure.savefig(text, format="svg")
    # A notebook would show it once more.
    pyplot.close(figure)
    return text.getvalue()[text.getvalue().index("<svg") :]
