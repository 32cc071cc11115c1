"""Hops: energies along finished bands, and how near atoms come on paths that wait for one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from perovdb.plots.canvas import canvas, color
from perovdb.plots.labels import formula_label, labels_of, plain
from perovdb.plots.projection import units
from perovdb.plots.results import several

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovdb.plots.results import Barrier, Path

#: Points of a drawn curve.
_POINTS = 400

#: Atoms farther apart are no contact.
_REACH_A = 5.0


def profiles(
    barriers: Barrier | Sequence[Barrier],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Energies of one or more bands: images as points, the curve through them, the barriers.

    Bands that are not converged have open points.

    Args:
        barriers: as of `read_barrier`.
        ax: axes to draw on; by default those of a new figure.
        labels: one for each band; by default names of their folders.
        style: as for `canvas`.

    Raises:
        InputError: there is no band, other than one label for each, or no such style.
    """
    every = several(barriers)
    names = labels_of([plain(barrier.folder.name) for barrier in every], labels)
    with canvas(ax, style) as ax:
        ax.axhline(0, color="0.8", linewidth=0.6, zorder=0)
        for number, (barrier, name) in enumerate(zip(every, names, strict=True)):
            profile, hue = barrier.profile, color(number)
            along, energies, top = (
                profile.coordinates_A,
                profile.energies_eV,
                profile.saddle_image,
            )
            fine = np.linspace(along[0], along[-1], _POINTS)
            ax.plot(fine, profile.curve(fine), color=hue)
            state = "" if barrier.converged else ", not converged"
            ax.plot(
                along, energies, "o", color=hue, zorder=3,
                markerfacecolor=hue if barrier.converged else "white",
                label=f"{name}: {profile.barrier_forward_eV:.3f} eV{state}",
            )  # fmt: skip
            ax.vlines(along[top], 0, energies[top], color=hue, linewidth=0.6, linestyle="dashed")
        ax.set_xlim(
            min(float(barrier.profile.coordinates_A[0]) for barrier in every),
            max(float(barrier.profile.coordinates_A[-1]) for barrier in every),
        )
        ax.margins(y=0.08)
        for points in ax.lines:
            # A point on the frame is shown whole.
            points.set_clip_on(False)
        ax.set(xlabel="length of the path / Å", ylabel="energy / eV")
        if len(every) == 1:
            ax.legend()
        else:
            # Under the curves there is no room for several names.
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=1 + (len(every) > 3))
    return ax


def contacts(
    chains: Path | Sequence[Path],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """How near the moving ion or molecule, and any others, come on the images of paths.

    A full line is the shortest distance from the atoms that hop to those of other ions and
    molecules, a dashed one that between any two of these.

    Args:
        chains: as of `path`.
        ax: axes to draw on; by default those of a new figure.
        labels: one for each path; by default what hops, and how the path was made.
        style: as for `canvas`.

    Raises:
        InputError: there is no path, other than one label for each, or no such style.
    """
    every = several(chains)
    names = labels_of(
        [f"{formula_label(chain.species)}, {chain.method}" for chain in every], labels
    )
    with canvas(ax, style) as ax:
        longest = 0.0
        for number, (chain, name) in enumerate(zip(every, names, strict=True)):
            along = path_lengths_A(chain.images)
            near = np.array([closest_A(image, chain.mover) for image in chain.images])
            hue, longest = color(number), max(longest, float(along[-1]))
            ax.plot(along, near[:, 0], "o-", color=hue, label=name, clip_on=False, zorder=3)
            ax.plot(along, near[:, 1], "--", color=hue, linewidth=0.7)
        ax.plot([], [], "--", color="0.4", linewidth=0.7, label="of any two")
        ax.set_xlim(0.0, longest)
        ax.margins(y=0.1)
        ax.set(xlabel="length of the path / Å", ylabel="closest contact / Å")
        ax.legend()
    return ax


def path_lengths_A(images: Sequence[Structure]) -> np.ndarray:
    """(n,) length of a path up to each image: roots of the sums of squares over all atoms."""
    positions = np.array([image.cart_coords for image in images])
    steps = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    return np.concatenate([[0.0], np.cumsum(steps)])


def closest_A(image: Structure, mover: np.ndarray) -> tuple[float, float]:
    """The shortest distance between atoms of different ions or molecules, periodic images
    counted: where one is of the mover, and of all; nan if none is within 5 angstrom."""
    unit = np.empty(len(image), dtype=int)
    for number, atoms in enumerate(units(image)):
        unit[atoms] = number
    first, second, cell, distance = image.get_neighbor_list(_REACH_A)
    apart = (unit[first] != unit[second]) | (np.abs(cell).sum(axis=1) > 0)
    moves = np.isin(first, mover) | np.isin(second, mover)
    nearest = [distance[pairs].min(initial=np.inf) for pairs in (apart & moves, apart)]
    of_mover, of_all = (float(one) if np.isfinite(one) else np.nan for one in nearest)
    return of_mover, of_all
