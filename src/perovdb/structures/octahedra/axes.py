"""The pseudo-cubic axes of a network of octahedra, found from its B sites.

In any perovskite, tilted or not and in whatever cell it is written, the B sites are nearly on a
simple cubic lattice. Facets of particles and slabs are named in its axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from perovdb.errors import StructureError
from perovdb.structures.neighbours import first_shell
from perovdb.structures.rotations import best_rotation

#: B sites up to this many shortest B-B distances apart are neighbours in a simple cubic lattice,
#: whose second neighbours are sqrt(2) apart.
NEIGHBOUR = 1.22
#: A cell vector may be off a whole number of steps by this part of one.
OFF_LATTICE = 0.1
#: Two axes are nearer to 90 degrees than to 60.
CROSSING = np.cos(np.radians(65))


@dataclass(frozen=True)
class Axes:
    """Pseudo-cubic axes.

    Attributes:
        vectors_A: (3, 3) rows are the mean B-B vectors, in angstrom; right-handed, each as near to
            x, y and z as can be.
        origin_A: (3,) a B site.
    """

    vectors_A: np.ndarray
    origin_A: np.ndarray

    @property
    def lengths_A(self) -> np.ndarray:
        """(3,) B-B distances along the axes."""
        return np.asarray(np.linalg.norm(self.vectors_A, axis=1))

    def coordinates(self, positions_A: np.ndarray) -> np.ndarray:
        """(n, 3) positions in units of the axes, from the origin."""
        return np.asarray((positions_A - self.origin_A) @ np.linalg.inv(self.vectors_A))

    def upright(self) -> np.ndarray:
        """(3, 3) proper rotation R; `positions @ R` has the axes along x, y and z as well as can
        be."""
        turn = best_rotation(self.vectors_A, np.diag(self.lengths_A))[0].T
        return np.eye(3) if np.abs(turn - np.eye(3)).max() < 1e-6 else np.asarray(turn)


def images(lattice_A: np.ndarray, periodic: tuple[bool, ...], reach_A: float) -> np.ndarray:
    """(m, 3) cell translations, as whole numbers, that may bring a site within reach of a cell."""
    heights = 1 / np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    most = [
        int(np.ceil(reach_A / height)) if along else 0
        for height, along in zip(heights, periodic, strict=True)
    ]
    return np.array(list(np.ndindex(*(2 * n + 1 for n in most)))) - most


def octahedral_axes(
    lattice_A: np.ndarray, b_positions_A: np.ndarray, periodic: tuple[bool, ...]
) -> Axes:
    """The axes of a crystal, a slab or a particle.

    Where there are no neighbours along a direction, as across a single layer, the axis is the
    normal of the other two, of their mean length.

    Args:
        lattice_A: (3, 3) cell vectors, in angstrom.
        b_positions_A: (n, 3) Cartesian positions of the B sites.
        periodic: along which cell vectors the cell repeats.

    Raises:
        StructureError: there is no simple cubic network of B sites.
    """
    if not len(b_positions_A):
        raise StructureError("There are no B sites.", "Take a structure of a perovskite.")
    lattice = np.asarray(lattice_A)
    *_, pairs = first_shell(lattice, b_positions_A @ np.linalg.inv(lattice), periodic, NEIGHBOUR)
    axes: list[np.ndarray] = []
    for wanted in np.eye(3):
        left = [
            along for along in pairs if all(abs(_cosine(along, axis)) < CROSSING for axis in axes)
        ]
        if not left:
            continue
        block = np.array(left)
        # The direction nearest to the wanted one; of equal ones, the most positive.
        lengths = np.linalg.norm(block, axis=1)
        keys = np.round(np.column_stack([block[:, ::-1], block @ wanted]) / lengths[:, None], 4)
        start = block[np.lexsort(keys.T)[-1]]
        along = np.array([_cosine(vector, start) for vector in block])
        near = np.abs(along) > np.cos(np.radians(25))
        axes.append((block[near] * np.sign(along[near])[:, None]).mean(axis=0))
    if len(axes) < 2:
        raise StructureError(
            "The B sites have no neighbours along two directions.",
            "Take a perovskite whose octahedra share corners.",
        )
    if len(axes) == 2:
        normal = np.cross(axes[0], axes[1])
        mean = (np.linalg.norm(axes[0]) + np.linalg.norm(axes[1])) / 2
        axes.append(normal / np.linalg.norm(normal) * mean)
    vectors = _in_order(np.array(axes))
    if abs(np.linalg.det(vectors)) < 0.7 * np.prod(np.linalg.norm(vectors, axis=1)):
        raise StructureError(
            "The B sites are not on a simple cubic lattice.",
            "Take a perovskite whose octahedra share corners.",
        )
    return Axes(vectors, np.asarray(b_positions_A[0], dtype=float))


def cell_in_steps(lattice_A: np.ndarray, axes: Axes) -> np.ndarray:
    """(3, 3) whole numbers: the cell vectors of a crystal in steps from B to B.

    Raises:
        StructureError: they are no whole numbers, as where octahedra share edges or faces.
    """
    steps = lattice_A @ np.linalg.inv(axes.vectors_A)
    whole = np.rint(steps)
    if np.abs(steps - whole).max() > OFF_LATTICE:
        raise StructureError(
            "The cell does not repeat on the network of octahedra.",
            "Take a perovskite all of whose octahedra share corners.",
        )
    return np.asarray(whole)


def _in_order(vectors: np.ndarray) -> np.ndarray:
    """Axes in the order x, y, z and right-handed, each pointing forwards."""

    orders = np.array(list(permutations(range(3))))
    scores = np.abs(vectors[orders, range(3)]).sum(axis=1)
    ordered = vectors[orders[int(np.argmax(np.round(scores, 4)))]]
    for row in ordered:
        if row[np.argmax(np.round(np.abs(row), 4))] < 0:
            row *= -1
    if np.linalg.det(ordered) < 0:
        ordered[2] *= -1
    return np.asarray(ordered)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
