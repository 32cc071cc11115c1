"""Lay a molecule on another copy of it, whose atoms may be in another order and a little off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.transform import Rotation

from perovdb.calculators.molecules import centre_of
from perovdb.structures.molecules.geometry import RigidMolecule, in_own_frame
from perovdb.structures.rotations import best_rotation, cube_rotations

#: Atoms that agree to this on average are in the right order, in angstrom.
IN_ORDER_A = 0.05

#: Rounds in which each atom is given its nearest place and the molecule is turned anew.
ROUNDS = 6


def superpose(
    molecule: RigidMolecule, elements: Sequence[str], positions_A: np.ndarray
) -> tuple[Rotation, float]:
    """The rotation that lays a molecule on a copy of it, and how far its atoms then are off.

    Args:
        molecule: the one that is turned.
        elements: (m,) of the copy.
        positions_A: (m, 3) of the copy, anywhere in space, in one piece.

    Returns:
        the rotation, and the root mean square distance in angstrom; infinite if the copy is
        made of other atoms.

    The numbering is by Kuhn's assignment, from 24 starts, as in iterative closest points.
    """
    if sorted(elements) != sorted(molecule.elements):
        return Rotation.identity(), np.inf
    fixed = positions_A - centre_of(elements, positions_A, "mass")
    # Atoms of one element keep their order when a structure sorts them by element.
    order = np.argsort(np.array(molecule.elements), kind="stable")
    places = np.argsort(np.array(elements), kind="stable")
    fit, error = _fit(molecule.positions_A[order], fixed[places])
    if error < IN_ORDER_A:
        return fit, error
    frame, copy = (
        in_own_frame("", tuple(np.array(names)[sort]), positions[sort])
        for names, positions, sort in (
            (molecule.elements, molecule.positions_A, order),
            (elements, fixed, places),
        )
    )
    to_copy, _ = _fit(copy.positions_A, fixed[places])
    to_frame, _ = _fit(molecule.positions_A[order], frame.positions_A)
    other = np.array(frame.elements)[:, None] != np.array(frame.elements)[None]
    for start in cube_rotations():
        turn = to_copy * Rotation.from_matrix(start) * to_frame
        for _ in range(ROUNDS):
            moved = turn.apply(molecule.positions_A[order])
            apart = ((moved[:, None] - fixed[places][None]) ** 2).sum(axis=2)
            _, match = linear_sum_assignment(np.where(other, 1e6, apart))
            turn, off = _fit(molecule.positions_A[order], fixed[places][match])
        if off < error:
            fit, error = turn, off
    return fit, error


def _fit(moving_A: np.ndarray, fixed_A: np.ndarray) -> tuple[Rotation, float]:
    """The best rotation, and the root mean square distance after it."""
    # A single atom, or two on a line, leave turns open, of which scipy would warn.
    fit = Rotation.from_matrix(best_rotation(moving_A, fixed_A)[0])
    return fit, float(np.sqrt(((fit.apply(moving_A) - fixed_A) ** 2).sum(axis=1).mean()))
