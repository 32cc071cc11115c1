"""Repeat a cell."""

import numpy as np

from perovdb.errors import InputError

Size = tuple[int, int, int]

MOST_CELLS = 8000


def repeat(
    lattice_A: np.ndarray, fractional: np.ndarray, size: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Lattice (3, 3) and fractional coordinates (cells * n, 3) of a supercell, cell by cell.

    Raises:
        InputError: a size is not a positive number, or there are too many cells.
    """
    cells = int(np.prod(size, dtype=float))
    if min(size) < 1 or cells > MOST_CELLS:
        raise InputError(
            f"The size {' x '.join(map(str, size))} cannot be built.",
            f"Give three whole numbers from 1 on, at most {MOST_CELLS} cells in all.",
        )
    corners = np.array(list(np.ndindex(*size)), dtype=float)
    inside = (corners[:, None, :] + fractional[None, :, :]).reshape(-1, 3) / np.array(size)
    return lattice_A * np.array(size)[:, None], inside
