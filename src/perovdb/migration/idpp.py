"""The image-dependent pair potential: a path on which all distances change evenly.

Each pair of atoms is asked to be as far apart on an image as the straight line between its
distances at the endpoints says; near pairs count most. All images are treated at once.

Source: Smidstrup, Pedersen, Stokbro, Jonsson, J. Chem. Phys. 140, 214106 (2014),
doi 10.1063/1.4878664.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Periodic

#: Pairs farther apart than this at mid path weigh about a hundredth of those at 3 angstrom.
REACH_A = 9.0

#: Nearer atoms count as this far apart: where two pass through each other S has no slope.
NEAREST_A = 0.1

#: A stiffness of each image is kept up to this many numbers in all.
MOST_ELEMENTS = 2 * 10**7


class PairPotential:
    """The objective of all inner images of a path.

    S = sum over images and pairs of (d - d_wanted)^2 / d^4, in A^-2. The periodic image of each
    pair is fixed once, at mid path, so that S is smooth.

    Attributes:
        first, second: (p,) the two atoms of each pair.
        wanted_A: (p, k) the distance that each pair shall have on each image.
    """

    def __init__(
        self,
        lattice_A: np.ndarray,
        start_A: np.ndarray,
        end_A: np.ndarray,
        fractions: np.ndarray,
        bodies: Sequence[np.ndarray] = (),
        periodic: Periodic = (True, True, True),
    ) -> None:
        """Find the pairs and the distances that they shall have.

        Args:
            lattice_A: (3, 3) rows are the cell vectors.
            start_A, end_A: (n, 3) endpoints, unwrapped: an atom's displacement is the
                difference of its two rows.
            fractions: (k,) where the inner images stand, between 0 and 1.
            bodies: rigid molecules; pairs inside one are left out.
            periodic: whether the crystal repeats along each cell vector.
        """
        middle = (start_A + end_A) / 2
        near = Neighbours(lattice_A, middle @ np.linalg.inv(lattice_A), REACH_A, periodic)
        i, j, cells, _ = near.pairs()
        # An atom with its own image never changes, and each pair is found from both ends.
        once = i < j
        i, j, shift_A = i[once], j[once], cells[once] @ lattice_A
        body_of = -np.arange(1, len(middle) + 1)
        for number, body in enumerate(bodies):
            body_of[body] = number
        keep = (body_of[i] != body_of[j]) | (np.abs(shift_A).sum(axis=1) > 1e-6)
        self.first, self.second, shift_A = i[keep], j[keep], shift_A[keep]
        count, images = len(self.first), len(fractions)
        self._shift_A = np.tile(shift_A, (1, images))

        def lengths(positions_A: np.ndarray) -> np.ndarray:
            vectors = positions_A[self.second] - positions_A[self.first] + shift_A
            return np.asarray(np.linalg.norm(vectors, axis=1)[:, None])

        start, end = lengths(start_A), lengths(end_A)
        self.wanted_A = start + fractions * (end - start)
        pairs = np.arange(count)
        self._gather = csr_array(
            (
                np.repeat([1.0, -1.0], count),
                (np.concatenate([self.second, self.first]), np.tile(pairs, 2)),
            ),
            shape=(len(middle), count),
        )

    def value_and_gradient(self, positions_A: np.ndarray) -> tuple[float, np.ndarray]:
        """S in A^-2 and its derivative (k, n, 3) in A^-3 at positions (k, n, 3)."""
        vectors = self._vectors(positions_A)
        lengths = _lengths(vectors)
        squares = lengths * lengths
        excess = lengths - self.wanted_A
        slopes = excess / (squares * squares)
        value = float((excess * slopes).sum())
        slopes *= (2 - 4 * excess / lengths) / lengths
        vectors *= slopes[:, :, None]
        pairs, images, _ = vectors.shape
        gathered = self._gather @ vectors.reshape(pairs, -1)
        return value, np.ascontiguousarray(gathered.reshape(-1, images, 3).transpose(1, 0, 2))

    def value(self, positions_A: np.ndarray) -> float:
        """S at the positions (k, n, 3) of the inner images."""
        lengths = _lengths(self._vectors(positions_A))
        return float((((lengths - self.wanted_A) / lengths**2) ** 2).sum())

    def stiffness(self, positions_A: np.ndarray) -> np.ndarray:
        """(k, n, n) curvature of S in A^-4 on each image, all directions alike.

        A pair is a spring along itself; a third of it goes along each axis: a graph Laplacian.
        It is the mean over the images, (1, n, n), where all together would fill the memory.

        Args:
            positions_A: (k, n, 3) the inner images.
        """
        lengths = _lengths(self._vectors(positions_A))
        excess = (lengths - self.wanted_A) / lengths
        # A stretched pair is softer, and soon bends the wrong way: half its rest value is least.
        along = (2 - 16 * excess + 20 * excess**2) / lengths**4
        springs = np.maximum(along, 1 / self.wanted_A**4).T / 3
        images, atoms, _ = positions_A.shape
        if images * atoms**2 > MOST_ELEMENTS:
            springs = springs.mean(axis=0, keepdims=True)
        place = self.first * atoms + self.second
        matrix = -np.array([np.bincount(place, row, atoms * atoms) for row in springs])
        matrix = matrix.reshape(-1, atoms, atoms)
        matrix += matrix.transpose(0, 2, 1)
        every = np.arange(atoms)
        matrix[:, every, every] -= matrix.sum(axis=2)
        return np.asarray(matrix)

    def _vectors(self, positions_A: np.ndarray) -> np.ndarray:
        """(p, k, 3) from the first atom of each pair to the second."""
        images, atoms, _ = positions_A.shape
        # One row an atom: rows are gathered several times faster than columns.
        rows = positions_A.transpose(1, 0, 2).reshape(atoms, -1)
        vectors = rows.take(self.second, axis=0)
        vectors -= rows.take(self.first, axis=0)
        vectors += self._shift_A
        return np.asarray(vectors.reshape(-1, images, 3))


def _lengths(vectors_A: np.ndarray) -> np.ndarray:
    """(p, k) lengths of (p, k, 3) vectors, NEAREST_A at least."""
    lengths = np.sqrt(np.einsum("pka,pka->pk", vectors_A, vectors_A))
    return np.asarray(np.maximum(lengths, NEAREST_A))
