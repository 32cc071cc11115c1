"""Pictures of powder patterns: curves over each other, ticks of their peaks, what is left."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from perovdb.errors import InputError
from perovdb.files.new_files import check_new_file, write_new_file

if TYPE_CHECKING:
    import numpy as np

FORMATS = (".png", ".svg", ".pdf")

#: Axis -> how it is written below a picture.
AXIS_LABELS = {
    "two_theta": "2\N{GREEK SMALL LETTER THETA} / degrees",
    "q": "q / 1/Å",
    "d": "d / Å",
}

#: Heights in units of the intensity, of which the highest point has 100: rows of ticks, gaps.
_ROW, _TICK, _GAP = 6.0, 4.0, 5.0

#: Peaks of a single pattern from this height on are named, this many at most.
_NAMED_ABOVE, _MOST_NAMED = 5.0, 12


class Drawn(NamedTuple):
    """One computed pattern: x and y (n,) of its curve, ticks (m,), and (x, y, name) of peaks."""

    label: str
    x: np.ndarray
    y: np.ndarray
    ticks: np.ndarray
    named: list[tuple[float, float, str]]


class Measured(NamedTuple):
    """A measured curve after scaling, and what it differs by: x, y, difference (n,)."""

    label: str
    x: np.ndarray
    y: np.ndarray
    difference: np.ndarray


def check_picture(path: str) -> None:
    """Refuse a picture that cannot be drawn, before the work is done.

    Raises:
        InputError: it exists, is of another format, its folder is missing, or matplotlib is.
    """
    check_new_file(path, FORMATS)
    try:
        import_module("matplotlib.figure")
    except ImportError:
        raise InputError(
            "A picture needs matplotlib, which is not installed.", "Run: pip install matplotlib"
        ) from None


def names_of_peaks(
    ticks: np.ndarray, heights: np.ndarray, hkl: list[tuple[int, int, int]]
) -> list[tuple[float, float, str]]:
    """Places, heights and names of the highest peaks.

    Args:
        ticks: (m,) where they are.
        heights: (m,) of the curve there.
        hkl: (m,) index of each.
    """
    order = sorted(range(len(ticks)), key=lambda i: -heights[i])[:_MOST_NAMED]
    return [
        (float(ticks[i]), float(heights[i]), _index(hkl[i]))
        for i in order
        if heights[i] >= _NAMED_ABOVE
    ]


def draw_patterns(path: str, axis: str, patterns: list[Drawn], measured: Measured | None) -> None:
    """Draw patterns over each other and write the picture, whole or not at all.

    Args:
        path: *.png, *.svg or *.pdf, which does not exist.
        axis: "two_theta", "q" or "d".
        patterns: one or more, on this axis.
        measured: a curve to compare them with, if any.

    Raises:
        InputError: as for `check_picture`, or the file cannot be written.
    """
    check_picture(path)
    figure = import_module("matplotlib.figure").Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    if measured is not None:
        axes.plot(measured.x, measured.y, ".", color="0.2", markersize=2.5, label=measured.label)
    floor = 0.0
    for number, pattern in enumerate(patterns):
        color = f"C{number % 10}"
        axes.plot(pattern.x, pattern.y, color=color, linewidth=1, label=pattern.label)
        floor -= _ROW
        axes.vlines(pattern.ticks, floor, floor + _TICK, color=color, linewidth=0.8)
        for x, y, name in pattern.named:
            axes.annotate(
                name, (x, y), (0, 3), textcoords="offset points", ha="center", fontsize=7
            )
    if measured is not None:
        floor -= _GAP + float(measured.difference.max())
        axes.plot(
            measured.x, measured.difference + floor, color="0.5", linewidth=0.8, label="difference"
        )
        axes.axhline(floor, color="0.8", linewidth=0.5, zorder=0)
    _dress(axes, axis, patterns)
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    write_new_file(path, lambda part: figure.savefig(part, format=ending, dpi=200))


def _dress(axes: Any, axis: str, patterns: list[Drawn]) -> None:
    first = patterns[0].x
    axes.set_xlim(float(first.min()), float(first.max()))
    axes.set(xlabel=AXIS_LABELS[axis], ylabel="intensity / % of the highest")
    # Below zero there are ticks and differences, not intensities.
    axes.set_yticks([0, 20, 40, 60, 80, 100])
    axes.legend(fontsize="small", frameon=False)


def _index(hkl: tuple[int, int, int]) -> str:
    simple = all(0 <= i <= 9 for i in hkl)
    return ("" if simple else " ").join(map(str, hkl))
