"""Repeat a cell."""

from operator import index

import numpy as np

from perovdb.errors import InputError

Size = tuple[int, int, int]

MOST_SITES = 10_000


def repeat(
    lattice_A: np.ndarray, fractional: np.ndarray, size: Size
) -> tuple[np.ndarray, np.ndarray]:
    """Lattice (3, 3) and fractional coordinates (cells * n, 3) of a supercell, cell by cell.

    Raises:
        InputError: a size is not a positive number, or there are more than MOST_SITES sites.
    """
    try:
        na, nb, nc = map(index, size)
    except (TypeError, ValueError):
        raise InputError(
            f"The size {size!r} is not three whole numbers.", "Write (2, 2, 2)."
        ) from None
    size = (na, nb, nc)
    most_cells = MOST_SITES // len(fractional)
    if min(size) < 1 or np.prod(size, dtype=float) > most_cells:
        raise InputError(
            f"The size {' x '.join(map(str, size))} cannot be built.",
            f"Give three whole numbers from 1 on, at most {most_cells} cells in all.",
        )
    corners = np.array(list(np.ndindex(*size)), dtype=float)
    inside = (corners[:, None, :] + fractional[None, :, :]).reshape(-1, 3) / np.array(size)
    return lattice_A * np.array(size)[:, None], inside
