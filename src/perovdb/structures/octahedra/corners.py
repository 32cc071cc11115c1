"""Whether octahedra share corners, and nothing else, in all directions, as in a perovskite."""

from __future__ import annotations

import numpy as np


def shares_corners(lattice_A: np.ndarray, b: np.ndarray, x: np.ndarray) -> bool:
    """Whether the six nearest X of each B lead to six other B, each of them to one more.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        b: (n, 3) fractional coordinates of the B ions.
        x: (3n, 3) fractional coordinates of the X ions.
    """
    if not len(b) or len(x) != 3 * len(b):
        return False
    cells = np.array(np.meshgrid(*[[-1, 0, 1]] * 3)).reshape(3, -1).T
    images = ((x - np.round(x))[:, None] + cells[None]).reshape(-1, 3)
    # For each X the B that it leads to, and their cells as seen from its own.
    ends: dict[int, list[tuple[int, tuple[int, ...]]]] = {}
    for number, centre in enumerate(b - np.round(b)):
        apart = np.linalg.norm((images - centre) @ lattice_A, axis=1)
        for image in np.argsort(apart)[:6].tolist():
            anion, cell = divmod(image, len(cells))
            ends.setdefault(anion, []).append((number, tuple((-cells[cell]).tolist())))
    if any(len(both) != 2 for both in ends.values()) or len(ends) != len(x):
        return False
    bridges = set()
    for (one, from_one), (other, from_other) in ends.values():
        away = tuple(p - q for p, q in zip(from_other, from_one, strict=True))
        back = tuple(-p for p in away)
        bridges |= {(one, other, away), (other, one, back)}
    return len(bridges) == 2 * len(x)
