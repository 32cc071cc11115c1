"""Axes of three fractions that sum to a whole: a triangle with ticks and grid."""

from __future__ import annotations

from math import sqrt

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from perovdb.plots.labels import formula_label

_HEIGHT = sqrt(3) / 2

#: Corners of the triangle of the first, second and third fraction.
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, _HEIGHT]])

#: Fractions at which ticks stand; in sides, length of a tick and the way from a side to its title.
_EVERY, _TICK, _TITLE = 0.2, 0.02, 0.125


def place(fractions: ArrayLike) -> np.ndarray:
    """(n, 2) places of fractions (n, 3) that sum to 1."""
    places: np.ndarray = np.asarray(fractions, dtype=float) @ CORNERS
    return places


def draw_triangle(ax: Axes, names: tuple[str, str, str], whole: float = 1.0) -> None:
    """Draw the triangle: names at the corners, ticks that count the fractions, a light grid.

    Along each side, counter-clockwise, the fraction of the corner ahead rises; ticks lean as the
    grid lines do on which it is the same.

    Args:
        ax: axes to draw on.
        names: of the three fractions.
        whole: what they sum to; ticks count up to it.
    """
    ax.plot(*np.vstack([CORNERS, CORNERS[:1]]).T, color="0.15", linewidth=0.8, zorder=2)
    centre = CORNERS.mean(axis=0)
    values = np.arange(0.0, whole + 1e-9, _EVERY if whole > 0.5 else _EVERY / 2)
    for ahead, behind, across in ((1, 0, 2), (2, 1, 0), (0, 2, 1)):
        outward = (CORNERS[behind] - CORNERS[across]) * _TICK
        for value in values:
            share = value / whole
            start = share * CORNERS[ahead] + (1 - share) * CORNERS[behind]
            end = share * CORNERS[ahead] + (1 - share) * CORNERS[across]
            ax.plot(*np.array([start, end]).T, color="0.88", linewidth=0.5, zorder=0)
            ax.plot(*np.array([start, start + outward]).T, color="0.15", linewidth=0.6, zorder=2)
            _write(ax, start + 2.6 * outward, f"{value:.1f}", 6)
        middle = (CORNERS[ahead] + CORNERS[behind]) / 2
        away = (middle - centre) / np.linalg.norm(middle - centre)
        along = CORNERS[ahead] - CORNERS[behind]
        angle = float(np.degrees(np.arctan2(along[1], along[0])))
        # Text stands upright.
        angle -= 180 * round(angle / 180)
        _write(ax, middle + _TITLE * away, f"fraction of {formula_label(names[ahead])}", 7, angle)
    for name, corner in zip(names, CORNERS, strict=True):
        _write(
            ax, corner + [0.08, 0.13] * np.sign((corner - centre).round(9)), formula_label(name), 8
        )
    ax.set(xlim=(-0.17, 1.17), ylim=(-0.17, _HEIGHT + 0.17), aspect="equal")
    ax.set_axis_off()


def _write(ax: Axes, place: np.ndarray, text: str, size: float, angle: float = 0.0) -> None:
    x, y = place
    ax.text(
        float(x), float(y), text, fontsize=size, ha="center", va="center",
        rotation=angle, rotation_mode="anchor",
    )  # fmt: skip
