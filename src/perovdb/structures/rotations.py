"""Rotations: those of the cube, and the one that lays points on others."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np


def cube_rotations() -> np.ndarray:
    """(24, 3, 3) proper rotations of the cube, the identity first."""
    matrices = []
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[range(3), order] = signs
        if np.linalg.det(matrix) > 0:
            matrices.append(matrix)
    return np.array(matrices)


def best_rotation(moving: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3, 3) proper rotation R for which `moving @ R.T` lies on `fixed` in least squares, and the
    (3,) singular values of their correlation: two of them zero leave a turn about a line open.

    W. Kabsch, Acta Cryst. A 32, 922 (1976), 10.1107/S0567739476001873 (from memory).

    Args:
        moving, fixed: (n, 3) points, each about its centre.
    """
    left, sizes, right = np.linalg.svd(fixed.T @ moving)
    hand = np.sign(np.linalg.det(left @ right))
    return np.asarray(left @ np.diag([1.0, 1.0, hand]) @ right), sizes
