"""Pictures of structures: atoms, octahedra, organic cations and the cell, seen along an axis."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers
from ase.data.colors import jmol_colors
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import Circle, Patch, Polygon

from perovdb.errors import InputError
from perovdb.plots.canvas import canvas
from perovdb.plots.projection import AXES, Projection, project, view

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovdb.plots.results import Path

#: Width of a drawn bond in angstrom; opacity of an octahedron.
_BOND_A, _OPACITY = 0.18, 0.35

#: Colour of the way of a hop.
_WAY = "#EE6677"

#: Room for the directions of the axes, in angstrom, and for the legend, in parts of the width.
_COMPASS_A, _LEGEND = 2.4, 0.16

#: What is this far behind the front, or farther, is faded to the full where the rest is not
#: deeper.
_FADE_OVER_A = 12.0

#: Widths of lines, and the least that they are made where the picture is large, in points for a
#: picture of this many angstrom.
_LINE, _THINNEST, _OF_A = 0.6, 0.15, 20.0


def structure(
    structure: Structure,
    ax: Axes | None = None,
    *,
    axis: str = "c",
    fade: float = 0.65,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """A structure seen along a cell vector; what stands behind fades.

    Args:
        structure: as built or read by perovdb: with its ions and molecules.
        ax: axes to draw on; by default those of a new figure.
        axis: "a", "b" or "c", the vector that points at the viewer; the next one lies to the
            right.
        fade: how far colours of what is farthest fade into the paper, from 0 to 1.
        style: as for `canvas`.

    Raises:
        InputError: there is no such axis or style, or the fading is not from 0 to 1.
        StructureError: the structure carries no roles.
    """
    if not 0 <= fade <= 1:
        raise InputError(f"A fading of {fade:g} cannot be.", "Give one from 0 to 1.")
    seen = project(structure, axis)
    low, high = _extent(seen)
    width, height = high - low
    with canvas(ax, style, aspect=_aspect(seen)) as ax:
        line = max(_THINNEST, _LINE * min(1.0, _OF_A / float(max(width, height))))
        ax.add_collection(
            LineCollection(list(seen.edges_A), colors="0.3", linewidths=0.7, zorder=0)
        )
        patches = _patches(seen, fade, line)
        ax.add_collection(PatchCollection(patches, match_original=True, zorder=1))
        _compass(ax, low, seen.axes)
        ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        ax.set_axis_off()
        handles = [
            Patch(facecolor=_color(name), edgecolor="0.15", linewidth=0.5, label=name)
            for name in dict.fromkeys(seen.elements)
        ]
        ax.legend(
            handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), borderaxespad=0,
            handlelength=0.8, handleheight=0.8,
        )  # fmt: skip
    return ax


def hop(
    chain: Path,
    ax: Axes | None = None,
    *,
    axis: str = "c",
    fade: float = 0.65,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """The start of a hop seen along a cell vector, and on it the way of what hops: its atoms on
    each image, and a line through their middle.

    Args:
        chain: as of `path`.
        ax, axis, fade, style: as for `structure`.

    Raises:
        InputError, StructureError: as for `structure`.
    """
    start = chain.images[0]
    seen = project(start, axis)
    frame = view(start.lattice.matrix, AXES.index(axis))
    mover = np.asarray(chain.mover)
    # The start may be drawn in another cell than where its atoms stand.
    moved = seen.centres_A[mover] - (start.cart_coords[mover] @ frame)[:, :2]
    places = [(image.cart_coords[mover] @ frame)[:, :2] + moved for image in chain.images]
    with canvas(ax, style, aspect=_aspect(seen)) as ax:
        structure(start, ax, axis=axis, fade=fade, style=style)
        radii = seen.radii_A[mover]
        for number, place in enumerate(places[1:], 1):
            # The end of the way is seen best.
            opacity = 0.25 + 0.55 * number / (len(places) - 1)
            for (x, y), radius, atom in zip(place, radii, mover, strict=True):
                circle = Circle((x, y), radius, alpha=opacity, linewidth=0.7, zorder=2)
                circle.set(facecolor=_color(seen.elements[atom]), edgecolor=_WAY)
                ax.add_patch(circle)
        middle = np.array([place.mean(axis=0) for place in places])
        ax.plot(middle[:, 0], middle[:, 1], color=_WAY, linewidth=1.2, zorder=3)
        ax.annotate(
            "", tuple(middle[-1]), tuple(middle[-2]), zorder=3,
            arrowprops={"arrowstyle": "-|>", "color": _WAY, "linewidth": 1.2, "shrinkA": 0,
                        "shrinkB": 0},
        )  # fmt: skip
        _widen(ax, np.concatenate(places), float(radii.max()))
    return ax


def _widen(ax: Axes, places: np.ndarray, radius: float) -> None:
    """Let circles of a radius at these places (n, 2) be seen whole."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    low, high = places.min(axis=0) - radius, places.max(axis=0) + radius
    ax.set_xlim(min(left, low[0]), max(right, high[0]))
    ax.set_ylim(min(bottom, low[1]), max(top, high[1]))


def _aspect(seen: Projection) -> float:
    """Height over width of a figure with its legend."""
    low, high = _extent(seen)
    width, height = high - low
    return float(height / width) * (1 - _LEGEND)


def _patches(seen: Projection, fade: float, line: float) -> list[Patch]:
    """All that is drawn, from the back to the front."""
    front, back = float(seen.depths_A.max()), float(seen.depths_A.min())
    reach = max(front - back, _FADE_OVER_A)

    def faded(color: tuple[float, float, float], depth: float) -> tuple[float, float, float]:
        share = fade * min(max((front - depth) / reach, 0.0), 1.0)
        red, green, blue = (share + (1 - share) * part for part in color)
        return red, green, blue

    drawn: list[tuple[float, Patch]] = []
    for polygon in seen.polygons:
        face = faded(_color(polygon.element), polygon.depth_A)
        drawn.append(
            (
                polygon.depth_A,
                Polygon(
                    polygon.corners_A, facecolor=(*face, _OPACITY), edgecolor=(*face, 0.8),
                    linewidth=line,
                ),
            )
        )  # fmt: skip
    for i, j in seen.bonds:
        depth = float(min(seen.depths_A[i], seen.depths_A[j]))
        strip = _strip(seen.centres_A[i], seen.centres_A[j])
        grey = faded((0.55, 0.55, 0.55), depth)
        drawn.append((depth, Polygon(strip, facecolor=grey, edgecolor="none")))
    for (x, y), depth, radius, name in zip(
        seen.centres_A, seen.depths_A, seen.radii_A, seen.elements, strict=True
    ):
        edge, face = faded((0.15, 0.15, 0.15), depth), faded(_color(name), depth)
        circle = Circle((x, y), radius, facecolor=face, edgecolor=edge, linewidth=line)
        drawn.append((float(depth), circle))
    return [patch for _, patch in sorted(drawn, key=lambda one: one[0])]


def _color(element: str) -> tuple[float, float, float]:
    red, green, blue = jmol_colors[atomic_numbers[element]]
    return float(red), float(green), float(blue)


def _compass(ax: Axes, low: np.ndarray, vectors: dict[str, np.ndarray]) -> None:
    """The directions of the two cell vectors in the lower left corner."""
    start = low + _COMPASS_A / 4
    for name, vector in vectors.items():
        tip = start + vector / np.linalg.norm(vector) * _COMPASS_A / 2
        arrow = {"arrowstyle": "->", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", tuple(tip), tuple(start), arrowprops=arrow)
        x, y = tip + vector / np.linalg.norm(vector) * _COMPASS_A / 6
        ax.text(x, y, name, fontsize=7, style="italic", ha="center", va="center")


def _extent(seen: Projection) -> tuple[np.ndarray, np.ndarray]:
    """Lower left and upper right corner of all that is drawn, with a margin, in angstrom."""
    corners = seen.edges_A.reshape(-1, 2)
    reach = seen.radii_A[:, None] + 0.3
    low = (seen.centres_A - reach).min(axis=0).clip(max=corners.min(axis=0) - 0.3)
    high = (seen.centres_A + reach).max(axis=0).clip(min=corners.max(axis=0) + 0.3)
    return low - _COMPASS_A / 2, high


def _strip(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(4, 2) corners of a bond."""
    along = end - start
    length = float(np.hypot(*along)) or 1.0
    across = np.array([-along[1], along[0]]) / length * (_BOND_A / 2)
    return np.array([start + across, end + across, end - across, start - across])
