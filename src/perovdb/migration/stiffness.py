"""How far a force would carry ions and molecules: the step that would bring them to rest.

Stiff and soft motions of a crystal differ by two orders of magnitude. Divided by the curvature
of the pairs, a Laplacian over the ions, all come to rest at about the same pace (the idea of
Packwood, Kermode, Mones, Bernstein, Woolley, Gould, Ortner, Csanyi, J. Chem. Phys. 144, 164109
(2016), from memory). A molecule has its shift and its turn; how one calls forth the other is
left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Stiffness:
    """Curvature of an objective, for ions and rigid molecules."""

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
