"""Molecules as rigid bodies: their turns, their interpolation, and motions that keep them rigid.

Positions are Cartesian, in angstrom. A body is an array of atom indices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial.transform import Rotation


def rotation_between(start_A: np.ndarray, end_A: np.ndarray) -> Rotation:
    """The rotation about the centre that takes one copy of a molecule nearest to another.

    Args:
        start_A, end_A: (m, 3) positions about the centre, atoms in the same order.

    Source: Kabsch, Acta Cryst. A 32, 922 (1976), as implemented in scipy.
    """
    rotation, _ = Rotation.align_vectors(end_A, start_A)
    return rotation


def interpolate(
    start_A: np.ndarray, end_A: np.ndarray, masses: np.ndarray, fractions: np.ndarray
) -> np.ndarray:
    """(k, m, 3) positions of a molecule at `fractions` of the way from start to end.

    The centre of mass goes straight, the orientation by spherical linear interpolation
    (Shoemake 1985, from memory), and what small change of shape there is goes linearly in the
    molecule's own frame.
    """
    centre_start = masses @ start_A / masses.sum()
    centre_end = masses @ end_A / masses.sum()
    local_start = start_A - centre_start
    rotation = rotation_between(local_start, end_A - centre_end)
    local_end = rotation.inv().apply(end_A - centre_end)
    positions = []
    for fraction in fractions:
        local = (1 - fraction) * local_start + fraction * local_end
        turned = Rotation.from_rotvec(fraction * rotation.as_rotvec()).apply(local)
        positions.append((1 - fraction) * centre_start + fraction * centre_end + turned)
    return np.array(positions)


def rigid_part(
    motion_A: np.ndarray, positions_A: np.ndarray, bodies: Sequence[np.ndarray]
) -> np.ndarray:
    """The part of a motion that only shifts and turns each body: its least-squares projection.

    Args:
        motion_A: (k, n, 3) displacements of all atoms of k images.
        positions_A: (k, n, 3) where they are.
        bodies: the molecules, (m,) indices each, or (b, m) for several of one size; other atoms
            keep their motion.
    """
    rigid = motion_A.copy()
    for body in bodies:
        shift, spin, local = _shift_and_spin(motion_A[:, body], positions_A[:, body])
        rigid[:, body] = shift + np.cross(spin[..., None, :], local)
    return rigid


def move(
    positions_A: np.ndarray, motion_A: np.ndarray, bodies: Sequence[np.ndarray]
) -> np.ndarray:
    """Positions after a motion; bodies are shifted and turned as a whole, so that they keep
    every distance inside them exactly. Shapes as for `rigid_part`."""
    moved: np.ndarray = positions_A + motion_A
    for body in bodies:
        shift, spin, local = _shift_and_spin(motion_A[:, body], positions_A[:, body])
        turns = Rotation.from_rotvec(spin.reshape(-1, 3)).as_matrix().reshape(*spin.shape, 3)
        centre = positions_A[:, body].mean(axis=-2, keepdims=True)
        moved[:, body] = centre + shift + np.einsum("...ab,...mb->...ma", turns, local)
    return moved


def _shift_and_spin(
    motion_A: np.ndarray, positions_A: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(..., 1, 3) shift, (..., 3) rotation vector and (..., m, 3) positions about the centroid."""
    shift = motion_A.mean(axis=-2, keepdims=True)
    local = positions_A - positions_A.mean(axis=-2, keepdims=True)
    squares = np.einsum("...ma,...ma->...", local, local)[..., None, None]
    # The little that is added holds a straight molecule, which has no turn about itself.
    inertia = (1 + 1e-12) * squares * np.eye(3) - np.einsum("...ma,...mb->...ab", local, local)
    torque = np.cross(local, motion_A).sum(axis=-2)
    return shift, np.linalg.solve(inertia, torque[..., None])[..., 0], local
