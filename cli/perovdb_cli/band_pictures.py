"""Pictures of bands: the images as points, the curve through them, the barrier."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from perovdb.files.new_files import write_new_file
from perovdb_cli.pictures import check_picture

if TYPE_CHECKING:
    from perovdb.results.barrier import Barrier

_POINTS = 400


def draw_profiles(path: str, barriers: Sequence[Barrier]) -> None:
    """Draw the profiles of bands over each other and write the picture, whole or not at all.

    Args:
        path: *.png, *.svg or *.pdf, which does not exist.
        barriers: one or more; what is not converged is drawn with open points.

    Raises:
        InputError: the picture cannot be drawn or written.
    """
    check_picture(path)
    figure = import_module("matplotlib.figure").Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for number, barrier in enumerate(barriers):
        found, color = barrier.profile, f"C{number % 10}"
        along = found.coordinates_A
        fine = np.linspace(along[0], along[-1], _POINTS)
        state = "" if barrier.converged else ", not converged"
        label = f"{barrier.folder.name}: {found.barrier_forward_eV:.3f} eV{state}"
        axes.plot(fine, found.curve(fine), color=color, linewidth=1.2)
        face = color if barrier.converged else "white"
        axes.plot(along, found.energies_eV, "o", color=color, markerfacecolor=face, label=label)
        top = found.saddle_image
        height = found.energies_eV[top]
        if len(barriers) == 1:
            axes.annotate(
                f"{height:.3f}",
                (along[top], height),
                (0, 6),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=color,
            )
        axes.vlines(along[top], 0, height, color=color, linewidth=0.6, linestyle="dashed")
    axes.axhline(0, color="0.8", linewidth=0.6, zorder=0)
    axes.margins(y=0.12)
    axes.set(xlabel="length of the path / Å", ylabel="energy above the first image / eV")
    axes.legend(fontsize="small", frameon=False)
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    write_new_file(path, lambda part: figure.savefig(part, format=ending, dpi=200))
