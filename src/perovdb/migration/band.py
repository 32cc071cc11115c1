"""Relax the inner images of a path, all at once, as a nudged elastic band.

The gradient acts across the path and springs act along it, so that images neither slide down
nor bunch up (Jonsson, Mills, Jacobsen 1998; Henkelman and Jonsson, J. Chem. Phys. 113, 9978
(2000), both from memory). Steps are taken by FIRE (Bitzek et al., Phys. Rev. Lett. 97, 170201
(2006), from memory).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from perovdb.migration.rigid import move, rigid_part

# FIRE's own constants.
_STEP_UP, _STEP_DOWN, _MIXING, _MIXING_DOWN, _PATIENCE = 1.1, 0.5, 0.1, 0.99, 5
_LONGEST_STEP_A = 0.05


def relax_band(
    start_A: np.ndarray,
    inner_A: np.ndarray,
    end_A: np.ndarray,
    gradient: Callable[[np.ndarray], np.ndarray],
    spring: float,
    bodies: Sequence[np.ndarray] = (),
    tolerance: float = 1e-5,
    most_steps: int = 20000,
) -> tuple[np.ndarray, float]:
    """Relaxed inner images (k, n, 3) and the largest force that is left on an atom.

    Args:
        start_A, end_A: (n, 3) fixed endpoints.
        inner_A: (k, n, 3) first guess.
        gradient: of the objective at the inner images, (k, n, 3) -> (k, n, 3).
        spring: stiffness along the path, in the gradient's unit per angstrom.
        bodies: molecules to keep rigid.
        tolerance: stop when no force is larger, in the gradient's unit.
        most_steps: stop after these in any case.
    """
    positions = inner_A.copy()
    force = np.full_like(positions, np.inf)
    velocity = np.zeros_like(positions)
    step, mixing, downhill = 0.1, _MIXING, 0
    for _ in range(most_steps):
        slope = rigid_part(gradient(positions), positions, bodies)
        force = _band_force(start_A, positions, end_A, slope, spring, bodies)
        if np.abs(force).max() < tolerance:
            break
        power = float((force * velocity).sum())
        if power > 0:
            size = np.sqrt((velocity**2).sum() / (force**2).sum())
            velocity = (1 - mixing) * velocity + mixing * size * force
            downhill += 1
            if downhill > _PATIENCE:
                step, mixing = min(step * _STEP_UP, 1.0), mixing * _MIXING_DOWN
        else:
            velocity[:] = 0
            step, mixing, downhill = step * _STEP_DOWN, _MIXING, 0
        velocity = velocity + step * force
        motion = step * velocity
        longest = np.abs(motion).max()
        if longest > _LONGEST_STEP_A:
            motion *= _LONGEST_STEP_A / longest
        positions = move(positions, motion, bodies)
    return positions, float(np.abs(force).max())


def _band_force(
    start_A: np.ndarray,
    inner_A: np.ndarray,
    end_A: np.ndarray,
    gradient: np.ndarray,
    spring: float,
    bodies: Sequence[np.ndarray],
) -> np.ndarray:
    """Minus the gradient across the path, plus the springs along it."""
    chain = np.concatenate([start_A[None], inner_A, end_A[None]])
    # A shift of a whole image changes no distance in a crystal. Left in the tangent it would
    # let the springs shift images, and they would drift; so the path is seen from its centroid.
    chain -= chain.mean(axis=1, keepdims=True)
    segments = np.diff(chain, axis=0)
    lengths = np.sqrt(np.einsum("kna,kna->k", segments, segments))
    tangent = segments[:-1] / lengths[:-1, None, None] + segments[1:] / lengths[1:, None, None]
    # Only motions that keep molecules rigid are there to be taken, along the path as across it.
    tangent = rigid_part(tangent, inner_A, bodies)
    tangent /= np.sqrt(np.einsum("kna,kna->k", tangent, tangent))[:, None, None]
    along = np.einsum("kna,kna->k", gradient, tangent)
    pull = spring * np.diff(lengths)
    return np.asarray((along + pull)[:, None, None] * tangent - gradient)
