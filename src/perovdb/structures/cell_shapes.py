"""Shapes of supercells: how near periodic images are, and which supercell keeps them apart.

A supercell is an integer matrix times the cell. All sublattices of one determinant are the
Hermite normal forms of that determinant (Hart & Forcade, Phys. Rev. B 77, 224115 (2008),
doi 10.1103/PhysRevB.77.224115, from memory), so that nothing is missed.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.rotations import cube_rotations

#: The largest supercell that is searched for, in cells.
MOST_CELLS = 200

#: Two lengths nearer than this are equal: a cell of exactly the wanted distance will do.
SAME_LENGTH_A = 1e-6


def minimum_image_A(
    lattice_A: np.ndarray, periodic: tuple[bool, bool, bool] = (True, True, True)
) -> float:
    """The shortest distance between a point and its periodic images, in angstrom.

    It is the shortest lattice vector, which may be a diagonal of a skew cell. Infinite if
    nothing repeats.

    Args:
        lattice_A: (3, 3) rows are the cell vectors.
        periodic: along which of them the cell repeats.
    """
    repeating = np.asarray(lattice_A, dtype=float)[list(periodic)]
    if len(repeating) == 0:
        return float("inf")
    reduced = repeating
    if len(repeating) == 3:
        reduced = _reducing(repeating[None])[0] @ repeating
    reach = np.linalg.norm(reduced, axis=1).min() + SAME_LENGTH_A
    return float(np.linalg.norm(_short_vectors(reduced, reach) @ reduced, axis=1).min())


@checked
def smallest_matrix(
    lattice_A: np.ndarray,
    distance_A: float,
    *,
    diagonal: bool = False,
    most_cells: int = MOST_CELLS,
) -> np.ndarray:
    """The smallest supercell whose periodic images are at least a distance apart.

    Of the supercells with the fewest cells, the one that is most like a cube: its reduced
    vectors a_i, in units of the cube root of the volume, have the smallest sum of
    (a_i . a_j - delta_ij)^2.

    Args:
        lattice_A: (3, 3) rows are the cell vectors.
        distance_A: that every point has at least to its images.
        diagonal: repeat the cell along its own vectors only.
        most_cells: give up beyond this many cells.

    Returns:
        (3, 3) whole numbers, determinant > 0; the rows are the vectors of the supercell in
        those of the cell.

    Raises:
        InputError: the distance is no positive number, or no such supercell is small enough.
    """
    lattice_A = np.asarray(lattice_A, dtype=float)
    if not 0 < distance_A < np.inf:
        raise InputError(
            f"A distance of {distance_A} A between images cannot be.",
            "Give a positive number in angstrom.",
        )
    volume = abs(np.linalg.det(lattice_A))
    # No lattice is denser than fcc: shortest vector^3 <= sqrt(2) volume (Gauss).
    least = max(1, int(np.ceil((distance_A - SAME_LENGTH_A) ** 3 / np.sqrt(2) / volume - 1e-9)))
    if least <= most_cells:
        turn = np.eye(3, dtype=int) if diagonal else _reducing(lattice_A[None])[0]
        short = _short_vectors(turn @ lattice_A, distance_A - SAME_LENGTH_A)
        for cells in range(least, most_cells + 1):
            forms = _diagonal_forms(cells) if diagonal else hermite_forms(cells)
            forms = _without(forms, short)
            if len(forms):
                if diagonal:
                    return np.asarray(forms[int(np.argmin(_unlike_a_cube(forms @ lattice_A)))])
                return _most_cubic(forms @ turn, lattice_A)
    reason = "along its own vectors " if diagonal else ""
    raise InputError(
        f"No supercell {reason}of up to {most_cells} cells keeps images {distance_A:g} A apart.",
        f"Ask for less: {most_cells} cells reach at most "
        f"{(np.sqrt(2) * most_cells * volume) ** (1 / 3):.1f} A.",
    )


def hermite_forms(cells: int) -> np.ndarray:
    """(k, 3, 3) every sublattice of a determinant, once: [[a, 0, 0], [b, c, 0], [e, f, g]]."""
    blocks = []
    for a, c, g in _factorings(cells):
        b, e, f = (x.ravel() for x in np.meshgrid(range(a), range(a), range(c), indexing="ij"))
        block = np.zeros((len(b), 3, 3), dtype=int)
        block[:, 0, 0], block[:, 1, 1], block[:, 2, 2] = a, c, g
        block[:, 1, 0], block[:, 2, 0], block[:, 2, 1] = b, e, f
        blocks.append(block)
    return np.concatenate(blocks)


def hermite_form(matrix: np.ndarray) -> np.ndarray:
    """(3, 3) the Hermite normal form, as `hermite_forms` lists it, of a regular integer matrix."""
    form = np.array(matrix, dtype=object)
    for column in (2, 1, 0):
        while np.count_nonzero(form[:column, column]):
            rows = [row for row in range(column + 1) if form[row, column]]
            pivot = min(rows, key=lambda row: abs(form[row, column]))
            form[[pivot, column]] = form[[column, pivot]]
            for row in range(column):
                form[row] -= form[row, column] // form[column, column] * form[column]
        if form[column, column] == 0:
            pivot = next(row for row in range(column) if form[row, column])
            form[[pivot, column]] = form[[column, pivot]]
        if form[column, column] < 0:
            form[column] = -form[column]
    for row, column in ((1, 0), (2, 1), (2, 0)):
        form[row] -= form[row, column] // form[column, column] * form[column]
    return np.asarray(form, dtype=int)


def _factorings(number: int) -> list[tuple[int, int, int]]:
    divisors = [d for d in range(1, number + 1) if number % d == 0]
    return [(a, c, number // a // c) for a in divisors for c in divisors if number % (a * c) == 0]


def _diagonal_forms(cells: int) -> np.ndarray:
    return np.array([np.diag(factors) for factors in _factorings(cells)])


def _without(forms: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """The forms whose sublattice holds none of some integer vectors, the shortest tried first."""
    for x, y, z in vectors:
        if not len(forms):
            break
        third, rest_z = np.divmod(z, forms[:, 2, 2])
        second, rest_y = np.divmod(y - third * forms[:, 2, 1], forms[:, 1, 1])
        rest_x = (x - third * forms[:, 2, 0] - second * forms[:, 1, 0]) % forms[:, 0, 0]
        forms = forms[(rest_x != 0) | (rest_y != 0) | (rest_z != 0)]
    return forms


def _short_vectors(basis_A: np.ndarray, reach_A: float) -> np.ndarray:
    """(k, d) integer coordinates of the lattice vectors shorter than a length, shortest first,
    one of each pair v, -v; zero is left out. Any number d of basis vectors up to three."""
    # |n_i| <= reach times the length of the i-th reciprocal vector.
    reciprocal = np.linalg.pinv(basis_A).T
    most = np.floor(reach_A * np.linalg.norm(reciprocal, axis=1) + 1e-9).astype(int)
    every = np.array(list(product(*(range(-m, m + 1) for m in most))))
    every = every[: len(every) // 2]  # the second half are the negatives, zero stands between
    length = np.linalg.norm(every @ basis_A, axis=1)
    order = np.argsort(length, kind="stable")
    return np.asarray(every[order][length[order] < reach_A])


def _reducing(bases_A: np.ndarray) -> np.ndarray:
    """(k, 3, 3) integer matrices, determinant +-1, that reduce many bases at once.

    Each vector is shortened by the others, alone and both together, until none gets shorter.
    """
    turns = np.tile(np.eye(3, dtype=int), (len(bases_A), 1, 1))
    bases = bases_A.copy()
    steps = [np.array(s) for s in product((-1, 0, 1), repeat=2) if any(s)]
    for _ in range(1000):
        changed = False
        for i in range(3):
            others = [j for j in range(3) if j != i]
            for j in others:
                along = (bases[:, i] * bases[:, j]).sum(-1) / (bases[:, j] ** 2).sum(-1)
                # A tie at exactly one half would turn to and fro for ever.
                by = np.where(np.abs(along) > 0.5 + 1e-9, np.rint(along), 0.0)
                if by.any():
                    bases[:, i] -= by[:, None] * bases[:, j]
                    turns[:, i] -= by.astype(int)[:, None] * turns[:, j]
                    changed = True
            for step in steps:
                tried = bases[:, i] + np.einsum("s,ksx->kx", step, bases[:, others])
                shorter = (tried**2).sum(-1) < (bases[:, i] ** 2).sum(-1) * (1 - 1e-9)
                if shorter.any():
                    bases[shorter, i] = tried[shorter]
                    turns[shorter, i] += np.einsum("s,ksx->kx", step, turns[shorter][:, others])
                    changed = True
        if not changed:
            break
    return turns


def _unlike_a_cube(bases_A: np.ndarray) -> np.ndarray:
    metric = bases_A @ bases_A.transpose(0, 2, 1)
    metric /= np.abs(np.linalg.det(bases_A))[:, None, None] ** (2 / 3)
    return np.asarray(((metric - np.eye(3)) ** 2).sum(axis=(1, 2)).round(6))


def _most_cubic(matrices: np.ndarray, lattice_A: np.ndarray) -> np.ndarray:
    """Of equally large supercells the most cubic, its vectors along those of the cell."""
    matrices = _reducing(matrices @ lattice_A) @ matrices
    unlike = _unlike_a_cube(matrices @ lattice_A)
    best = matrices[unlike == unlike.min()]
    return min((_along_cell(matrix, lattice_A) for matrix in best), key=_plainness)


def _along_cell(matrix: np.ndarray, lattice_A: np.ndarray) -> np.ndarray:
    """Order and signs of the vectors in which they lie most along those of the cell."""
    unit = lattice_A / np.linalg.norm(lattice_A, axis=1)[:, None]
    turned = np.rint(np.sign(np.linalg.det(matrix)) * cube_rotations() @ matrix).astype(int)
    along = np.einsum("kix,ix->k", turned @ lattice_A, unit).round(6)
    return np.asarray(min(turned[along == along.max()], key=_plainness))


def _plainness(matrix: np.ndarray) -> tuple[int, ...]:
    return (int(np.count_nonzero(matrix)), *(-matrix.ravel()).tolist())
