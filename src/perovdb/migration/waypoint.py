"""A path between two ends through a place on the way, such as a saddle that was found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.path import Images, Path, interpolate_path, measured

#: Images of each half, on which the even ones are found.
_DENSE = 12


def path_through(ends: Endpoints, place_A: np.ndarray, images: int = 5) -> Path:
    """The path of a hop through a place: even images, as rigid as those of `path`.

    Args:
        ends: start and end.
        place_A: (n, 3) positions on the way, atoms in the order of the ends, not wrapped.
        images: between the ends.

    Raises:
        InputError: there cannot be so many images.
        StructureError: as `path`.
    """
    count = Images(images).count
    middle = with_positions(ends.start, place_A)
    first, residual = interpolate_path(replace(ends, end=middle), _DENSE)
    second, left = interpolate_path(replace(ends, start=middle), _DENSE)
    dense = np.concatenate([first, second[1:]])
    return measured(ends, _even(dense, count), max(residual, left), "rigid")


def _even(dense_A: np.ndarray, images: int) -> np.ndarray:
    """(images + 2, n, 3) places on a chain, as far from each other one by one."""
    lengths = np.sqrt((np.diff(dense_A, axis=0) ** 2).sum(axis=(1, 2)))
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    marks = np.linspace(0, along[-1], images + 2)
    for _ in range(50):
        chain = _at(dense_A, along, marks)
        chords = np.sqrt((np.diff(chain, axis=0) ** 2).sum(axis=(1, 2)))
        if np.abs(chords / chords.mean() - 1).max() < 1e-6:
            break
        # Where the chain bends a chord is shorter than the way: the marks are moved until all
        # chords are alike.
        run = np.concatenate([[0.0], np.cumsum(chords)])
        marks = np.interp(np.linspace(0, run[-1], images + 2), run, marks)
    return _at(dense_A, along, marks)


def _at(dense_A: np.ndarray, along: np.ndarray, marks: np.ndarray) -> np.ndarray:
    piece = np.clip(np.searchsorted(along, marks, side="right") - 1, 0, len(along) - 2)
    share = (marks - along[piece]) / (along[piece + 1] - along[piece])
    steps = dense_A[piece + 1] - dense_A[piece]
    return np.asarray(dense_A[piece] + share[:, None, None] * steps)
