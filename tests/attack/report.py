"""The figures as a table, and its place in docs/reliability.md."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from pathlib import Path

from tests.attack.run import Figures

import perovdb

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

_BETWEEN = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
_HEAD = ("campaign", "what is thrown", "inputs", "what came of them", "found", "slowest / s")


def table(figures: Sequence[Figures]) -> str:
    """A table in Markdown with a row for each campaign and a sum."""
    rows = [
        (
            one.campaign.kind,
            one.campaign.throws,
            f"{one.inputs:,}",
            ", ".join(f"{count:,} {word}" for word, count in sorted(one.words.items())),
            f"{len(one.findings)}",
            f"{one.slowest_s:.1f}",
        )
        for one in figures
    ]
    inputs = sum(one.inputs for one in figures)
    found = sum(len(one.findings) for one in figures)
    rows.append(("all", "", f"{inputs:,}", "", f"{found}", ""))
    lines = [_HEAD, ("---", "---", "---:", "---", "---:", "---:"), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def promises(figures: Sequence[Figures]) -> str:
    """What each campaign holds perovdb to."""
    return "\n".join(f"* **{one.campaign.kind}**: {one.campaign.promise}" for one in figures)


def write(figures: Sequence[Figures]) -> None:
    """Put the table into docs/reliability.md."""
    minutes = sum(one.took_s for one in figures) / 60
    text = (
        f"{promises(figures)}\n\n"
        f"Version {perovdb.__version__}, {datetime.date.today()}, "
        f"{minutes:.0f} minutes on two cores:\n\n{table(figures)}\n"
    )
    old = PAGE.read_text("utf-8")
    PAGE.write_text(_BETWEEN.sub(lambda _: text, old), "utf-8")
