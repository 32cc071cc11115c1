"""The reciprocal lattice within a shell of |g|: which reflections there are, how they belong
together, and the geometric part of their structure factors.

Only one of h and -h stands for both: what the other adds follows from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from perovdb.calculators.diffraction.factors_by_fft import factors_in_box
from perovdb.errors import OutOfRange

#: Points of the reciprocal lattice in the box about the sphere that are looked at: below 3 GB.
MOST_REFLECTIONS = 1.6e7

#: Products of atoms and reflections beyond which a Fourier transform is quicker.
MOST_PHASES = 2e8

#: Numbers in one block of the phases of columns and atoms (16 bytes each): what a cache holds.
BLOCK = 1 << 15

#: Reflections whose |g| agree to this share lie on one shell.
SAME_LENGTH = 1e-11

#: Rows of the integer matrices that a symmetry of a conventional cell may have.
_STEPS = np.array(list(product((-1, 0, 1), repeat=3)))


@dataclass(frozen=True)
class Reflections:
    """One of each pair h and -h of the reciprocal lattice, sorted by |g|.

    Attributes:
        hkl: (n, 3) Miller indices.
        g_inv_A: (n,) |g| = 1 / d, in 1/angstrom.
        columns: (m, 2) the pairs h, k that occur.
        column: (n,) which of them a reflection belongs to.
        reach: largest index on each axis.
    """

    hkl: np.ndarray
    g_inv_A: np.ndarray
    columns: np.ndarray
    column: np.ndarray
    reach: tuple[int, int, int]


def reflections_between(
    lattice_A: np.ndarray, lowest_inv_A: float, highest_inv_A: float
) -> Reflections:
    """The reflections with `lowest_inv_A` <= |g| <= `highest_inv_A`, without (000).

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        lowest_inv_A, highest_inv_A: limits of |g| = 2 sin(theta) / lambda.

    Raises:
        OutOfRange: so many that they cannot be held.
    """
    metric = np.linalg.inv(lattice_A @ lattice_A.T)
    # |h| <= |g| |a|, because h is the projection of g on the cell vector a.
    lengths = np.sqrt((lattice_A**2).sum(axis=1))
    spans = np.floor(highest_inv_A * lengths * (1 + 1e-12))
    if np.prod(2 * spans + 1) > MOST_REFLECTIONS:
        raise OutOfRange(
            "There are too many reflections up to this angle for a cell of this size.",
            "Ask for a smaller range of 2theta or a longer wavelength.",
        )
    h_most, k_most, l_most = (int(span) for span in spans)
    across = 2 * k_most + 1
    # Columns (h, k) in order, from (0, 0): the other half is at -h.
    number = np.arange(k_most, (h_most + 1) * across)
    h = number // across
    k = number - h * across - k_most
    level = np.arange(-l_most, l_most + 1)
    in_plane = h * (metric[0, 0] * h + 2 * metric[0, 1] * k) + metric[1, 1] * (k * k)
    slope = 2 * (metric[0, 2] * h + metric[1, 2] * k)
    square = np.multiply.outer(slope, level)
    square += in_plane[:, None]
    square += metric[2, 2] * (level * level)
    square[0, : l_most + 1] = -1.0
    chosen = np.flatnonzero((square >= lowest_inv_A**2) & (square <= highest_inv_A**2))
    g = np.sqrt(square.ravel()[chosen])
    order = np.argsort(g, kind="stable")
    chosen = chosen[order]
    column = chosen // len(level)
    hkl = np.empty((len(chosen), 3), dtype=np.int64)
    hkl[:, 0] = h[column]
    hkl[:, 1] = k[column]
    hkl[:, 2] = chosen - column * len(level) - l_most
    if len(number) * len(level) > 1000:
        # In a corner of the box a column holds no reflection.
        used = np.zeros(len(number), dtype=bool)
        used[column] = True
        column = (np.cumsum(used) - 1)[column]
        h, k = h[used], k[used]
    return Reflections(hkl, g[order], np.stack([h, k], axis=1), column, (h_most, k_most, l_most))


def geometric_factors(
    reflections: Reflections, fractional: np.ndarray, weights: Sequence[np.ndarray]
) -> list[np.ndarray]:
    """(n,) sum_j w_j exp(2 pi i h.x_j), once for each set of weights.

    The phase is the product of a factor for each axis, so that three small tables and one matrix
    product for each set give it on every reflection. Where atoms times reflections are many,
    `factors_by_fft` gives the same to 1e-8 of the sum of the weights.

    Args:
        reflections: n of them.
        fractional: (m, 3) fractional coordinates.
        weights: arrays (m,), such as the occupancies of one element; zeros cost nothing.
    """
    if len(fractional) * len(reflections.columns) * (reflections.reach[2] + 1) > MOST_PHASES:
        h, k, l = reflections.hkl.T  # noqa: E741 (the field's names)
        _, k_most, l_most = reflections.reach
        totals = []
        for weight in weights:
            some = np.flatnonzero(weight)
            box = factors_in_box(fractional[some], weight[some], reflections.reach)
            totals.append(box[h, k + k_most, l + l_most])
        return totals
    h_most, k_most, l_most = reflections.reach
    along_h, along_k, along_l = (
        np.exp(2j * np.pi * np.multiply.outer(np.arange(first, most + 1), fractional[:, axis]))
        for axis, (first, most) in enumerate([(0, h_most), (-k_most, k_most), (0, l_most)])
    )
    h, k = reflections.columns[:, 0], reflections.columns[:, 1] + k_most
    place = reflections.column * (2 * l_most + 1) + (reflections.hkl[:, 2] + l_most)
    totals = []
    for weight in weights:
        atoms = np.flatnonzero(weight)
        in_plane, across = along_h[:, atoms] * weight[atoms], along_k[:, atoms]
        up = along_l[:, atoms]
        cosines, sines = np.ascontiguousarray(up.real.T), np.ascontiguousarray(up.imag.T)
        total = np.empty((len(h), 2 * l_most + 1), dtype=complex)
        rows = max(1, BLOCK // max(1, len(atoms)))
        for start in range(0, len(h), rows):
            block = slice(start, start + rows)
            phase = in_plane[h[block]] * across[k[block]]
            real, imaginary = phase.real.copy(), phase.imag.copy()
            # Real products for l >= 0 alone: the sine changes its sign with l.
            even = real @ cosines + 1j * (imaginary @ cosines)
            odd = 1j * (real @ sines) - imaginary @ sines
            total[block, l_most:] = even + odd
            total[block, :l_most] = (even - odd)[:, :0:-1]
        totals.append(total.ravel()[place])
    return totals


def shells(g_inv_A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(m,) first reflection of each shell of one |g| and (n,) the shell of each reflection.

    Args:
        g_inv_A: (n,) sorted, n > 0.
    """
    first = np.empty(len(g_inv_A), dtype=bool)
    first[0] = True
    np.greater(np.diff(g_inv_A), SAME_LENGTH * g_inv_A[1:], out=first[1:])
    return np.flatnonzero(first), np.cumsum(first) - 1


def families(
    hkl: np.ndarray, group: np.ndarray, operations: np.ndarray
) -> list[tuple[tuple[int, int, int], ...]]:
    """For each group of reflections one member of each family in it, the largest first.

    The member is the one whose indices, compared in turn, are the largest of the family.

    Args:
        hkl: (n, 3) Miller indices, one of h and -h.
        group: (n,) 0, 0, ..., 1, 1, ...: the group of each, ascending without gaps.
        operations: (m, 3, 3) symmetry of the reciprocal lattice, one of R and -R.
    """
    reach = 3 * int(np.abs(hkl).max()) + 1
    base = 2 * reach + 1
    # One number for three indices, in the same order; exact in doubles up to indices of 30,000.
    weights = operations.transpose(0, 2, 1) @ np.array([base * base, base, 1.0])
    largest = np.zeros(len(hkl))
    for weight in weights:
        np.maximum(largest, np.abs(hkl @ weight), out=largest)
    code = largest.astype(np.int64)
    order = np.lexsort((-code, group))
    code, group = code[order], group[order]
    new = np.ones(len(code), dtype=bool)
    new[1:] = (code[1:] != code[:-1]) | (group[1:] != group[:-1])
    code, group = code[new] + reach * (base * base + base + 1), group[new]
    rest, last = np.divmod(code, base)
    first, middle = np.divmod(rest, base)
    members = list(
        zip(
            (first - reach).tolist(),
            (middle - reach).tolist(),
            (last - reach).tolist(),
            strict=True,
        )
    )
    if len(group) == group[-1] + 1:
        return [(member,) for member in members]
    starts = [*np.flatnonzero(np.diff(group, prepend=-1)).tolist(), len(members)]
    return [tuple(members[start:end]) for start, end in pairwise(starts)]


def lattice_symmetry(lattice_A: np.ndarray) -> np.ndarray:
    """(m, 3, 3) integer matrices that map the reciprocal lattice on itself, one of R and -R.

    Rows of Miller indices are turned by h @ R.T without change of |g|. Entries of -1, 0 and 1 are
    enough for the conventional cell of any crystal system. A column of such a matrix is a
    lattice vector as long as the one that it replaces, which leaves few to try.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
    """
    metric = np.linalg.inv(lattice_A @ lattice_A.T)
    tolerance = 1e-6 * np.abs(metric).max()
    squares = ((_STEPS @ metric) * _STEPS).sum(axis=1)
    one, two, three = (_STEPS[np.abs(squares - metric[i, i]) < tolerance] for i in range(3))
    # One of R and -R: the first entry of the first row that is not zero is positive.
    one = one[len(one) // 2 :]
    pairs = (one @ metric @ two.T) - metric[0, 1]
    i, j = np.nonzero(np.abs(pairs) < tolerance)
    first = np.abs(one @ metric @ three.T - metric[0, 2]) < tolerance
    second = np.abs(two @ metric @ three.T - metric[1, 2]) < tolerance
    pair, third = np.nonzero(first[i] & second[j])
    rows = np.stack([one[i[pair]], two[j[pair]], three[third]], axis=1)
    return np.asarray(rows.transpose(0, 2, 1))
