"""Relax the inner images of a path, all at once, as a nudged elastic band.

The gradient acts across the path; along it images are set at even distances, so that they
neither slide down nor bunch up (Jonsson, Mills, Jacobsen 1998; Henkelman and Jonsson, J. Chem.
Phys. 113, 9978 (2000), both from memory). Each step divides the force by the stiffness of the
crystal and mixes in the steps before it (D. G. Anderson, J. ACM 12, 547 (1965), from memory):
about twenty lead to 1e-5 angstrom where ions hop, fifty where molecules turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from perovdb.migration.rigid import move, rigid_part

_LONGEST_STEP_A = 0.3
#: The stiffness is taken at the guess, and again when the path has about found its place.
_STIFFNESS_AT = (0, 20)
#: Steps that are mixed.
_MEMORY = 40
#: The mixing starts anew when the force has grown to this many times its least.
_ASTRAY = 10.0


class Objective(Protocol):
    """What a path is relaxed on."""

    def value_and_gradient(self, positions_A: np.ndarray) -> tuple[float, np.ndarray]:
        """The objective and its derivative (k, n, 3) at positions (k, n, 3)."""

    def stiffness(self, positions_A: np.ndarray) -> np.ndarray:
        """(k, n, n) its curvature between atoms, or (1, n, n) for all images."""


def relax_band(
    start_A: np.ndarray,
    inner_A: np.ndarray,
    end_A: np.ndarray,
    objective: Objective,
    bodies: Sequence[np.ndarray] = (),
    tolerance_A: float = 1e-5,
    most_steps: int = 400,
    enough: float | None = None,
) -> tuple[np.ndarray, float]:
    """Relaxed inner images (k, n, 3) and the longest step of an atom that was still asked for.

    Args:
        start_A, end_A: (n, 3) fixed endpoints.
        inner_A: (k, n, 3) first guess.
        objective: of the inner images.
        bodies: molecules to keep rigid.
        tolerance_A: stop when no atom wants to go farther.
        most_steps: stop after these in any case.
        enough: stop also when the objective has come down to this.
    """
    groups = by_size(bodies)
    positions = _centred(start_A, inner_A, end_A)
    best, least = positions, np.inf
    for number in range(most_steps):
        if number in _STIFFNESS_AT:
            stiffness, mixing = Stiffness(objective.stiffness(positions), groups), _Mixing()
        value, slope = objective.value_and_gradient(positions)
        motion = _wanted_motion(start_A, positions, end_A, slope, stiffness, groups)
        residual = float(np.abs(motion).max())
        if residual < least:
            best, least = positions, residual
        if least < tolerance_A or (enough is not None and value <= enough):
            return positions, residual
        step = mixing.mixed(positions, motion)
        longest = np.abs(step).max()
        if longest > _LONGEST_STEP_A:
            step *= _LONGEST_STEP_A / longest
        positions = move(positions, step, groups)
    return best, least


def by_size(bodies: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Molecules of as many atoms in one (b, m) array, to be treated at once."""
    sizes: dict[int, list[np.ndarray]] = {}
    for body in bodies:
        sizes.setdefault(len(body), []).append(body)
    return [np.array(group) for group in sizes.values()]


def _centred(start_A: np.ndarray, inner_A: np.ndarray, end_A: np.ndarray) -> np.ndarray:
    """Images shifted as a whole so that the centroid goes evenly from start to end.

    A shift of a whole image changes no distance in a crystal, so nothing else would hold it.
    """
    fractions = np.linspace(0, 1, len(inner_A) + 2)[1:-1, None]
    centroids = start_A.mean(axis=0) + fractions * (end_A - start_A).mean(axis=0)
    return np.asarray(inner_A + (centroids - inner_A.mean(axis=1))[:, None])


def _wanted_motion(
    start_A: np.ndarray,
    inner_A: np.ndarray,
    end_A: np.ndarray,
    gradient: np.ndarray,
    stiffness: Stiffness,
    groups: Sequence[np.ndarray],
) -> np.ndarray:
    """(k, n, 3) the step to rest across the path, and along it to even distances.

    Across: the least of g d + d P d / 2 over the motions d normal to the tangent.
    """
    chain = np.concatenate([start_A[None], inner_A, end_A[None]])
    # Left in the tangent, a shift of all atoms would be taken for a way along the path.
    chain -= chain.mean(axis=1, keepdims=True)
    segments = np.diff(chain, axis=0)
    lengths = np.sqrt(np.einsum("kna,kna->k", segments, segments))
    tangent = segments[:-1] / lengths[:-1, None, None] + segments[1:] / lengths[1:, None, None]
    # Only motions that keep molecules rigid are there to be taken, along the path as across it.
    tangent = rigid_part(tangent, inner_A, groups)
    tangent /= np.sqrt(np.einsum("kna,kna->k", tangent, tangent))[:, None, None]
    down, along_tangent = (stiffness.divide(x, inner_A) for x in (gradient, tangent))
    share = np.einsum("kna,kna->k", tangent, down) / np.einsum(
        "kna,kna->k", tangent, along_tangent
    )
    run = np.cumsum(lengths)
    even = run[-1] * np.arange(1, len(lengths)) / len(lengths)
    along = even - run[:-1]
    motion = share[:, None, None] * along_tangent - down + along[:, None, None] * tangent
    # Nothing asks for a shift of all atoms, and nothing would take it back.
    return np.asarray(motion - motion.mean(axis=1, keepdims=True))


class _Mixing:
    """Anderson's mixing: the step that the last few steps together foretell to be the last."""

    def __init__(self) -> None:
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        self._moves: list[np.ndarray] = []
        self._changes: list[np.ndarray] = []
        self._least = np.inf

    def mixed(self, positions: np.ndarray, motion: np.ndarray) -> np.ndarray:
        """The step to take where `motion` is asked for."""
        here, wish = positions.ravel(), motion.ravel()
        size = float(np.abs(wish).max())
        if size > _ASTRAY * self._least:
            self._last, self._moves, self._changes = None, [], []
            self._least = size
        self._least = min(self._least, size)
        if self._last is not None:
            self._moves = [*self._moves, here - self._last[0]][-_MEMORY:]
            self._changes = [*self._changes, wish - self._last[1]][-_MEMORY:]
        self._last = here, wish
        if not self._moves:
            return motion.copy()
        changes, moves = np.array(self._changes), np.array(self._moves)
        # The first changes are a thousand times the last; all shall count alike.
        sizes = np.linalg.norm(changes, axis=1)
        even = changes / sizes[:, None]
        overlap = even @ even.T + 1e-12 * np.eye(len(even))
        weights = np.linalg.solve(overlap, even @ wish) / sizes
        return np.asarray(wish - weights @ (moves + changes)).reshape(motion.shape)


class Stiffness:
    """Curvature of an objective, for ions and rigid molecules: how far a force would carry them.

    Stiff and soft motions of a crystal differ by two orders of magnitude. Divided by the curvature
    of the pairs, a Laplacian over the ions, all come to rest at about the same pace (the idea of
    Packwood, Kermode, Mones, Bernstein, Woolley, Gould, Ortner, Csanyi, J. Chem. Phys. 144, 164109
    (2016), from memory). A molecule has its shift and its turn; how one calls forth the other is
    left out.
    """

    def __init__(self, laplacian: np.ndarray, bodies: Sequence[np.ndarray] = ()) -> None:
        """Prepare the division by it.

        Args:
            laplacian: (k, n, n) curvature between atoms, the same in all directions; or
                (1, n, n) for all images.
            bodies: rigid molecules, (b, m) atom indices for b of one size.
        """
        atoms = laplacian.shape[1]
        self._bodies = bodies
        self._inner = [laplacian[:, body[:, :, None], body[:, None, :]] for body in bodies]
        unit_of = np.arange(atoms)
        for group in bodies:
            unit_of[group] = group[:, :1]
        names, self._unit_of = np.unique(unit_of, return_inverse=True)
        self._member = np.zeros((len(names), atoms))
        self._member[self._unit_of, np.arange(atoms)] = 1.0
        units = self._member @ laplacian @ self._member.T if bodies else laplacian.copy()
        # A shift of all atoms costs nothing; no force asks for it either.
        units += np.trace(units, axis1=1, axis2=2)[:, None, None] / len(names) ** 2
        self._inverse = np.linalg.inv(units)

    def divide(self, forces: np.ndarray, positions_A: np.ndarray) -> np.ndarray:
        """(k, n, 3) the motion to which (k, n, 3) forces lead, rigid for molecules."""
        if not self._bodies:
            return np.asarray(self._inverse @ forces)
        motion = (self._inverse @ (self._member @ forces))[:, self._unit_of]
        for body, inner in zip(self._bodies, self._inner, strict=True):
            local = positions_A[:, body]
            local = local - local.mean(axis=-2, keepdims=True)
            torque = np.cross(local, forces[:, body]).sum(axis=-2)
            # Sum over atoms i, j of L_ij (r_i . r_j - r_j r_i^T).
            around = inner @ local
            squares = np.einsum("kbia,kbia->kb", local, around)[..., None, None]
            # The little that is added holds a straight molecule, which has no turn about itself.
            matrix = (1 + 1e-6) * squares * np.eye(3) - local.swapaxes(-1, -2) @ around
            spin = np.linalg.solve(matrix, torque[..., None])[..., 0]
            motion[:, body] += np.cross(spin[..., None, :], local)
        return np.asarray(motion)
