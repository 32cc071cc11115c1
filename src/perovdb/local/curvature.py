"""The curvature of an energy surface, as far as it has been seen: guessed, corrected, measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.neighborlist import neighbor_list

if TYPE_CHECKING:
    from ase import Atoms

#: The stiffness of a pair at distance r is K exp(-DECAY (r - R)): about 30 eV/A^2 for a C-H bond,
#: 1.3 for Pb-I, 0.2 for I-I. A first guess only; what is seen on the way corrects it.
_STIFF_EV_A2, _AT_A, _DECAY_1_A = 30.0, 1.1, 1.5
#: Across the line between the two atoms, as a share of it.
_ACROSS = 0.1
_REACH_A = 7.0
#: Every atom is held a little.
_HELD_EV_A2 = 0.05

#: Length of a displacement that measures a curvature, over all atoms, in angstrom.
_STEP_A = 0.015


def guessed(atoms: Atoms) -> np.ndarray:
    """(3n, 3n) curvature in eV/A^2 by springs between all near atoms, stiffer the nearer.

    Args:
        atoms: of ASE.
    """
    first, second, vectors = neighbor_list("ijD", atoms, _REACH_A)
    lengths = np.linalg.norm(vectors, axis=1)
    along = vectors / lengths[:, None]
    stiffness = _STIFF_EV_A2 * np.exp(-_DECAY_1_A * (lengths - _AT_A))
    blocks = along[:, :, None] * along[:, None, :] * (1 - _ACROSS) + np.eye(3) * _ACROSS
    blocks *= stiffness[:, None, None]
    count = len(atoms)
    whole = np.zeros((count, 3, count, 3))
    places = np.arange(count)
    every: Any = slice(None)
    np.add.at(whole, (first, every, second), -blocks)
    np.add.at(whole, (first, every, first), blocks)
    whole[places, :, places] += _HELD_EV_A2 * np.eye(3)
    return whole.reshape(3 * count, 3 * count)


def corrected(curvature: np.ndarray, step_A: np.ndarray, change_eV_A: np.ndarray) -> np.ndarray:
    """The curvature that also explains how the slope changed over a step.

    The TS-BFGS formula, which keeps directions of negative curvature (J. M. Bofill, Int. J.
    Quantum Chem. 94, 324 (2003), from memory).

    Args:
        curvature: (m, m) so far.
        step_A: (m,) the step.
        change_eV_A: (m,) slope after it less slope before.
    """
    values, vectors = np.linalg.eigh(curvature)
    upright = vectors @ (np.abs(values) * (vectors.T @ step_A))
    missed = change_eV_A - curvature @ step_A
    along, weight = change_eV_A @ step_A, step_A @ upright
    u = (along * change_eV_A + weight * upright) / (along**2 + weight**2)
    return np.asarray(
        curvature + np.outer(missed, u) + np.outer(u, missed) - (missed @ step_A) * np.outer(u, u)
    )


def without_shifts(vectors: np.ndarray) -> np.ndarray:
    """(..., 3n) the same without the part that shifts all atoms."""
    parts = vectors.reshape(*vectors.shape[:-1], -1, 3)
    return np.asarray((parts - parts.mean(axis=-2, keepdims=True)).reshape(vectors.shape))


class Modes:
    """The lowest curvatures at a point, measured by small displacements.

    Davidson's method (J. Comput. Phys. 17, 87 (1975), from memory): in a space of a few
    directions the curvature is measured; what is missed there, divided by the guessed curvature,
    is the next direction.

    Attributes:
        values_eV_A2: (k,) the lowest curvatures in the space so far.
        vectors: (k, m) their directions.
        missed_eV_A2: (k,) a true curvature lies within this of each.
        directions, products: (d, m) the space, and the curvature times it.
    """

    def __init__(
        self,
        slope: Callable[[np.ndarray], np.ndarray],
        position_A: np.ndarray,
        slope_here: np.ndarray,
        first: np.ndarray,
    ) -> None:
        """Measure along one direction.

        Args:
            slope: of (m,) positions, (m,) in eV/A.
            position_A: (m,) the point.
            slope_here: (m,) there.
            first: (m,) a direction that is about the lowest.
        """
        self._slope, self._x, self._here = slope, position_A, slope_here
        self.directions = np.empty((0, len(position_A)))
        self.products = np.empty((0, len(position_A)))
        self._add(first)

    def _add(self, direction: np.ndarray) -> bool:
        direction = without_shifts(direction)
        length = np.linalg.norm(direction)
        for _ in range(2):
            direction = direction - self.directions.T @ (self.directions @ direction)
        left = np.linalg.norm(direction)
        if left < 1e-3 * length or left == 0:
            return False
        direction = direction / left
        product = (self._slope(self._x + _STEP_A * direction) - self._here) / _STEP_A
        self.directions = np.concatenate([self.directions, direction[None]])
        self.products = np.concatenate([self.products, product[None]])
        matrix = self.directions @ self.products.T
        self.values_eV_A2, turn = np.linalg.eigh((matrix + matrix.T) / 2)
        self.vectors = turn.T @ self.directions
        self._residuals = turn.T @ self.products - self.values_eV_A2[:, None] * self.vectors
        self.missed_eV_A2 = np.linalg.norm(self._residuals, axis=1)
        return True

    def refine(self, curvature: np.ndarray, number: int) -> bool:
        """One more direction, for mode `number`; False if there is no new one.

        Args:
            curvature: (m, m) as far as known, which divides what is missed.
            number: of the mode, from 0 the lowest.
        """
        if number >= len(self.values_eV_A2):
            # Nothing is known of it yet: the lowest of the guess that is not in the space.
            free = np.eye(len(self._x)) - self.directions.T @ self.directions
            shifts = np.tile(np.eye(3), (len(self._x) // 3, 1)) / np.sqrt(len(self._x) / 3)
            held = free @ curvature @ free + 1e3 * (
                self.directions.T @ self.directions + shifts @ shifts.T
            )
            return self._add(np.linalg.eigh(held)[1][:, 0])
        value, residual = self.values_eV_A2[number], self._residuals[number]
        shifted = curvature - value * np.eye(len(curvature))
        values, vectors = np.linalg.eigh(shifted)
        values = np.where(np.abs(values) < 0.05, 0.05, values)
        divided = vectors @ ((vectors.T @ residual) / values)
        mode = self.vectors[number]
        over = vectors @ ((vectors.T @ mode) / values)
        # Olsen's correction: without it a good guess gives the mode itself back.
        divided = divided - over * (mode @ divided) / (mode @ over)
        return self._add(-divided)
