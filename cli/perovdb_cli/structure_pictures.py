"""Pictures of structures: atoms, octahedra, organic cations and the cell, seen along an axis."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from perovdb.files.new_files import write_new_file
from perovdb_cli.pictures import check_picture

if TYPE_CHECKING:
    import numpy as np
    from pymatgen.core import Structure

#: Inches for an angstrom, and the longer side of the picture at the least and at the most.
_INCHES_PER_A, _SIDES_INCH = 0.35, (4.0, 14.0)

#: Width of a drawn bond in angstrom; opacity of an octahedron.
_BOND_A, _SHADE = 0.18, 0.18

#: Room for the directions of the axes, in angstrom.
_COMPASS_A = 2.4


def draw_structure(structure: Structure, path: str, axis: str = "c") -> None:
    """Draw a structure seen along a cell vector and write the picture, whole or not at all.

    Args:
        structure: as built by perovdb.
        path: *.png, *.svg or *.pdf, which does not exist.
        axis: "a", "b" or "c", the vector that points at the viewer.

    Raises:
        InputError: as for `check_picture`, there is no such axis, or the file cannot be written.
        StructureError: the structure carries no roles.
    """
    check_picture(path)
    from ase.data import atomic_numbers
    from ase.data.colors import jmol_colors

    from perovdb.structures.files.picture import project
    from perovdb.structures.units import ion_formula

    seen = project(structure, axis)
    low, high = _extent(seen.centres_A, seen.radii_A, seen.edges_A)
    scale = _scale(float((high - low).max()))
    figure = import_module("matplotlib.figure").Figure(
        figsize=tuple((high - low) * scale + [1.2, 0.6]), layout="constrained"
    )
    axes = figure.add_subplot()
    patches = import_module("matplotlib.patches")
    colors = {name: tuple(jmol_colors[atomic_numbers[name]]) for name in seen.elements}
    # One collection draws from the back to the front.
    drawn: list[tuple[float, Any]] = [
        (
            polygon.depth_A,
            patches.Polygon(
                polygon.corners_A,
                facecolor=(*colors[polygon.element], _SHADE),
                edgecolor=(*colors[polygon.element], 0.7),
                linewidth=0.5,
            ),
        )
        for polygon in seen.polygons
    ]
    drawn += [
        (
            float(min(seen.depths_A[i], seen.depths_A[j])),
            patches.Polygon(
                _strip(seen.centres_A[i], seen.centres_A[j]), facecolor="0.55", edgecolor="none"
            ),
        )
        for i, j in seen.bonds
    ]
    drawn += [
        (
            float(depth),
            patches.Circle(
                tuple(centre), radius, facecolor=colors[name], edgecolor="0.15", linewidth=0.5
            ),
        )
        for centre, depth, radius, name in zip(
            seen.centres_A, seen.depths_A, seen.radii_A, seen.elements, strict=True
        )
    ]
    drawn.sort(key=lambda one: one[0])
    collections = import_module("matplotlib.collections")
    axes.add_collection(
        collections.LineCollection(seen.edges_A, colors="0.3", linewidths=0.8, zorder=0)
    )
    axes.add_collection(
        collections.PatchCollection([patch for _, patch in drawn], match_original=True, zorder=1)
    )
    _compass(axes, low, seen.axes)
    _dress(axes, low, high, f"{ion_formula(structure)} along {axis}")
    axes.legend(
        handles=[
            patches.Patch(facecolor=color, edgecolor="0.15", linewidth=0.5, label=name)
            for name, color in colors.items()
        ],
        loc="center left",
        bbox_to_anchor=(1.0, 0.5),
        fontsize="small",
        frameon=False,
    )
    ending = os.path.splitext(path)[1].lower().removeprefix(".")
    write_new_file(path, lambda part: figure.savefig(part, format=ending, dpi=200))


def _dress(axes: Any, low: np.ndarray, high: np.ndarray, title: str) -> None:
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    axes.set_title(title, fontsize=9)
    axes.set_axis_off()


def _compass(axes: Any, low: np.ndarray, vectors: dict[str, np.ndarray]) -> None:
    """The directions of the two cell vectors in the lower left corner."""
    start = low + _COMPASS_A / 4
    for name, vector in vectors.items():
        tip = start + vector / float((vector @ vector) ** 0.5) * _COMPASS_A / 2
        axes.annotate("", tip, start, arrowprops={"arrowstyle": "->", "linewidth": 0.8})
        axes.annotate(
            name, tip, tip - start, textcoords="offset points", fontsize=9, style="italic"
        )


def _extent(
    centres_A: np.ndarray, radii_A: np.ndarray, edges_A: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Lower left and upper right corner of all that is drawn, with a margin, in angstrom."""
    corners = edges_A.reshape(-1, 2)
    reach = radii_A[:, None] + 0.3
    low = (centres_A - reach).min(axis=0).clip(max=corners.min(axis=0) - 0.3)
    high = (centres_A + reach).max(axis=0).clip(min=corners.max(axis=0) + 0.3)
    return low - _COMPASS_A / 2, high


def _scale(longest_A: float) -> float:
    """Inches for an angstrom."""
    least, most = _SIDES_INCH
    return min(max(longest_A * _INCHES_PER_A, least), most) / longest_A


def _strip(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(4, 2) corners of a bond."""
    import numpy as np

    along = end - start
    length = float(np.hypot(*along)) or 1.0
    across = np.array([-along[1], along[0]]) / length * (_BOND_A / 2)
    return np.array([start + across, end + across, end - across, start - across])
