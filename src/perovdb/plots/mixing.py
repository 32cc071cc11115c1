"""Phase diagrams of two compounds that mix."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from perovdb.errors import InputError
from perovdb.plots.canvas import canvas, color
from perovdb.plots.labels import formula_label
from perovdb.plots.results import several

if TYPE_CHECKING:
    from perovdb.plots.results import Mixing

#: Temperatures of a drawn line.
_POINTS = 40


def miscibility(
    mixings: Mixing | Sequence[Mixing],
    ax: Axes | None = None,
    *,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Binodals (lines) and spinodals (dashed) against temperature, up to the critical points.

    Args:
        mixings: as of `mixing`, of one pair of end members.
        ax: axes to draw on; by default those of a new figure.
        style: as for `canvas`.

    Raises:
        InputError: there is nothing to draw, or no such style.
    """
    every = several(mixings)
    if not every:
        raise InputError("There is no mixture to draw.", "Give one or more.")
    with canvas(ax, style) as ax:
        for number, one in enumerate(every):
            if one.critical_K is None:
                continue
            top = one.critical_K
            kelvin = top * (0.3 + 0.699 * np.sin(np.linspace(0, np.pi / 2, _POINTS)))
            for lines, dash in ((one.binodal, "-"), (one.spinodal, "--")):
                # The gap that closes last; others end below it.
                ends = [(t, *max(lines(t), key=lambda g: g[1] - g[0])) for t in kelvin]
                temperature, low, high = map(np.array, zip(*ends, strict=True))
                x = np.concatenate([low, high[::-1]])
                label = f"{one.basis}" if dash == "-" else None
                ax.plot(
                    x, np.concatenate([temperature, temperature[::-1]]), dash,
                    color=color(number), label=label,
                )  # fmt: skip
        ax.set(
            xlim=(0, 1),
            xlabel=f"$x$, {formula_label(every[0].first)} to {formula_label(every[0].second)}",
            ylabel="$T$ / K",
        )
        if ax.lines:
            ax.legend()
    return ax
