"""Organic cations as rigid molecules: geometry from the store, orientation by rule."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product

import numpy as np

from perovdb.calculators.scatterers import atomic_masses, molecular_geometry
from perovdb.errors import InputError
from perovdb.store import Store

#: How the molecules of a structure are turned.
ORIENTATIONS = {
    "random": "each molecule along a random <100> direction, rolled by quarter turns, by the seed",
    "aligned": "every molecule along [100]",
}


@dataclass(frozen=True)
class RigidMolecule:
    """A molecular ion in its own frame.

    Attributes:
        species: the ion.
        elements: (m,) element symbols.
        positions_A: (m, 3) about the centre of mass; x along the axis of least inertia (C-N in
            MA, N-N in FA), z along the axis of most (the normal of FA's plane).
    """

    species: str
    elements: tuple[str, ...]
    positions_A: np.ndarray

    @property
    def masses(self) -> np.ndarray:
        """(m,) atomic masses in u."""
        return atomic_masses(self.elements)


def load_molecule(species: str, store: Store) -> RigidMolecule:
    """The molecule of an ion, in its own frame.

    Raises:
        MissingData: the store has no geometry for it.
    """
    elements, positions = molecular_geometry(species, store)
    masses = atomic_masses(elements)
    # Moments of sum m r r^T rank the axes as the inertia does, in reverse order.
    _, axes = np.linalg.eigh((masses[:, None] * positions).T @ positions)
    axes = axes[:, ::-1]
    # An eigenvector has no sign: let the first atom off each axis stand on its positive side.
    for column in range(2):
        along = positions @ axes[:, column]
        first = along[np.flatnonzero(np.abs(along) > 1e-3)[0]]
        axes[:, column] *= np.sign(first)
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    return RigidMolecule(species, elements, positions @ axes)


def cube_rotations() -> np.ndarray:
    """(24, 3, 3) proper rotations of the cube, the identity first."""
    matrices = []
    for order, signs in product(permutations(range(3)), product((1, -1), repeat=3)):
        matrix = np.zeros((3, 3))
        matrix[range(3), order] = signs
        if np.linalg.det(matrix) > 0:
            matrices.append(matrix)
    return np.array(matrices)


def orientations(rule: str, count: int, seed: int) -> np.ndarray:
    """(count, 3, 3) rotations of the molecules of a structure.

    Args:
        rule: a key of ORIENTATIONS.
        count: how many molecules.
        seed: of the random rule.

    Raises:
        InputError: there is no such rule.
    """
    if rule not in ORIENTATIONS:
        raise InputError(
            f"'{rule}' is not a rule for the orientation of molecules.",
            f"Choose one of: {', '.join(ORIENTATIONS)}.",
        )
    rotations = cube_rotations()
    if rule == "aligned":
        return np.repeat(rotations[:1], count, axis=0)
    # A stream of its own: the ordering of the sites draws from another one.
    generator = np.random.default_rng([seed, 1])
    return np.asarray(rotations[generator.integers(len(rotations), size=count)])
