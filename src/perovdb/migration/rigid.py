"""Molecules as rigid bodies: their turns, their interpolation, and motions that keep them rigid.

Positions are Cartesian, in angstrom. A body is an array of atom indices.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.transform import Rotation

#: Two positions of a molecule are the same if its atoms agree to this; bonds that symmetry
#: makes equal differ by less than 0.01 A in a computed geometry.
SAME_A = 0.05


def rotation_between(start_A: np.ndarray, end_A: np.ndarray) -> Rotation:
    """The rotation about the centre that takes one copy of a molecule nearest to another.

    Args:
        start_A, end_A: (m, 3) positions about the centre, atoms in the same order.

    Source: Kabsch, Acta Cryst. A 32, 922 (1976), as implemented in scipy.
    """
    rotation, _ = Rotation.align_vectors(end_A, start_A)
    return rotation


def own_rotations(elements: tuple[str, ...], positions_A: np.ndarray) -> list[np.ndarray]:
    """Renumberings of a molecule's atoms that a rotation of the molecule itself brings about.

    Three for MA (turns about C-N), two for FA. Each is an array p: atom i takes the place of
    atom p[i]. The identity comes first.
    """
    key = tuple(map(tuple, np.round(positions_A, 3)))
    return list(_own_rotations(elements, key))


@lru_cache(maxsize=64)
def _own_rotations(
    elements: tuple[str, ...], key: tuple[tuple[float, ...], ...]
) -> tuple[np.ndarray, ...]:
    """Try every turn by a whole fraction of a circle about every axis through an atom, through
    the middle of two like atoms, or normal to them: the axes that a molecule can have."""
    positions = np.array(key)
    symbols = np.array(elements)
    axes = [np.zeros(3)]
    for i in range(len(positions)):
        axes.append(positions[i])
        for j in range(i):
            if symbols[i] == symbols[j]:
                axes += [positions[i] + positions[j], np.cross(positions[i], positions[j])]
    found = {tuple(range(len(symbols)))}
    for axis in axes:
        length = np.linalg.norm(axis)
        if length < 1e-2:
            continue
        for fold in (2, 3, 4, 6):
            for step in range(1, fold):
                turn = Rotation.from_rotvec(2 * np.pi * step / fold * axis / length)
                match = _match(symbols, turn.apply(positions), positions)
                if match is not None:
                    found.add(tuple(match))
    return tuple(np.array(permutation) for permutation in sorted(found))


def _match(symbols: np.ndarray, moved: np.ndarray, fixed: np.ndarray) -> np.ndarray | None:
    """Which atom of `fixed` each atom of `moved` has come to lie on, if all have."""
    distance = np.linalg.norm(moved[:, None] - fixed[None], axis=2)
    distance[symbols[:, None] != symbols[None]] = 1e3
    _, match = linear_sum_assignment(distance)
    return match if distance[np.arange(len(match)), match].max() < SAME_A else None


def nearest_numbering(
    elements: tuple[str, ...], start_A: np.ndarray, end_A: np.ndarray
) -> np.ndarray:
    """The end positions, renumbered by a rotation of the molecule itself so that it turns least.

    A turn of MA by 120 degrees about C-N changes nothing but the names of its hydrogens; taken
    literally it would move them all.

    Args:
        elements: of the m atoms.
        start_A, end_A: (m, 3) positions about the centre.
    """
    choices = [end_A[permutation] for permutation in own_rotations(elements, start_A)]
    turns = [rotation_between(start_A, choice).magnitude() for choice in choices]
    return np.asarray(choices[int(np.argmin(np.round(turns, 6)))])


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
        bodies: the molecules; other atoms keep their motion.
    """
    rigid = motion_A.copy()
    for body in bodies:
        shift, spin, local = _shift_and_spin(motion_A[:, body], positions_A[:, body])
        rigid[:, body] = shift[:, None] + np.cross(spin[:, None], local)
    return rigid


def move(
    positions_A: np.ndarray, motion_A: np.ndarray, bodies: Sequence[np.ndarray]
) -> np.ndarray:
    """Positions after a motion; bodies are shifted and turned as a whole, so that they keep
    every distance inside them exactly. Shapes as for `rigid_part`."""
    moved: np.ndarray = positions_A + motion_A
    for body in bodies:
        shift, spin, local = _shift_and_spin(motion_A[:, body], positions_A[:, body])
        centre = positions_A[:, body].mean(axis=1) + shift
        turns = Rotation.from_rotvec(spin).as_matrix()
        moved[:, body] = centre[:, None] + np.einsum("kab,kmb->kma", turns, local)
    return moved


def _shift_and_spin(
    motion_A: np.ndarray, positions_A: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(k, 3) shift, (k, 3) rotation vector and (k, m, 3) positions about the centroid."""
    shift = motion_A.mean(axis=1)
    local = positions_A - positions_A.mean(axis=1, keepdims=True)
    squares = np.einsum("kma,kma->k", local, local)
    inertia = squares[:, None, None] * np.eye(3) - np.einsum("kma,kmb->kab", local, local)
    torque = np.cross(local, motion_A).sum(axis=1)
    return shift, np.linalg.solve(inertia, torque[..., None])[..., 0], local
