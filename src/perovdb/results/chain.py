"""Geometry of a chain of images: distances, tangents, order, drift of the whole cell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import numpy as np
from ase.geometry import find_mic

from perovdb.errors import ResultError

#: Another order of the images must shorten the path by more than this share to be the right one.
_SHORTER = 0.01

#: Images nearer than this are the same one twice.
_SAME_A = 1e-3


def unwrapped(
    positions_A: np.ndarray, lattice_A: np.ndarray, periodic: tuple[bool, bool, bool]
) -> np.ndarray:
    """(n, a, 3) positions in which each atom goes from image to image by the shortest way.

    Args:
        positions_A: (n, a, 3) of the images, wrapped or not.
        lattice_A: (3, 3) rows are the cell vectors.
        periodic: directions in which the cell repeats.
    """
    chain = [positions_A[0]]
    for image in positions_A[1:]:
        chain.append(chain[-1] + shortest(image - chain[-1], lattice_A, periodic))
    return np.array(chain)


def shortest(
    steps_A: np.ndarray, lattice_A: np.ndarray, periodic: tuple[bool, bool, bool]
) -> np.ndarray:
    """(..., 3) vectors, each moved by the lattice vector that makes it shortest."""
    vectors, _ = find_mic(steps_A.reshape(-1, 3), lattice_A, periodic)
    return np.asarray(vectors).reshape(steps_A.shape)


def coordinates(chain_A: np.ndarray) -> np.ndarray:
    """(n,) length of the path up to each image, in angstrom."""
    lengths = np.sqrt((np.diff(chain_A, axis=0) ** 2).sum(axis=(1, 2)))
    return np.concatenate([[0.0], np.cumsum(lengths)])


def tangents(chain_A: np.ndarray, energies_eV: np.ndarray) -> np.ndarray:
    """(n, a, 3) unit tangents: towards the higher neighbour, mixed at a maximum or minimum.

    The improved tangent of G. Henkelman and H. Jonsson, J. Chem. Phys. 113, 9978 (2000), doi
    10.1063/1.1323224 (from memory); at the ends the only step there is.
    """
    steps = np.diff(chain_A, axis=0)
    vectors = [steps[0]]
    for image in range(1, len(chain_A) - 1):
        down, up = steps[image - 1], steps[image]
        before, here, after = energies_eV[image - 1 : image + 2]
        if before < here < after:
            tangent = up
        elif before > here > after:
            tangent = down
        else:
            larger, smaller = sorted((abs(after - here), abs(before - here)), reverse=True)
            if after > before:
                tangent = up * larger + down * smaller
            elif after < before:
                tangent = up * smaller + down * larger
            else:
                tangent = up + down
        # Two steps that cancel leave no direction: take the one ahead.
        vectors.append(tangent if np.abs(tangent).max() > 0 else up)
    vectors.append(steps[-1])
    stacked = np.array(vectors)
    return np.asarray(stacked / np.sqrt((stacked**2).sum(axis=(1, 2), keepdims=True)))


def check_order(
    positions_A: np.ndarray,
    lattice_A: np.ndarray,
    periodic: tuple[bool, bool, bool],
    where: str,
) -> None:
    """Refuse a chain whose images stand in another order than along the path.

    Raises:
        ResultError: two images are the same, or another order makes a shorter path.
    """
    count = len(positions_A)
    distance = np.zeros((count, count))
    for one in range(count):
        steps = shortest(positions_A[one + 1 :] - positions_A[one], lattice_A, periodic)
        distance[one, one + 1 :] = np.sqrt((steps**2).sum(axis=(1, 2)))
    distance += distance.T
    same = np.argwhere(np.triu(distance < _SAME_A, 1))
    if len(same):
        one, other = same[0]
        raise ResultError(
            f"{where}: images {one} and {other} are the same.",
            "A file was copied over another, or a path came back to where it began: put the right "
            "one there.",
        )
    order = list(range(count))
    length = _length(distance, order)
    best, best_order = min((_length(distance, other), other) for other in _neighbours(order))
    if best < length * (1 - _SHORTER):
        raise ResultError(
            f"{where}: the images are not in the order of the path: in the order "
            f"{' '.join(map(str, best_order))} it is {best:.2f} A long, not {length:.2f} A.",
            "Files were swapped: put each where it was. Or an image left the path: look at it.",
        )


def _neighbours(order: list[int]) -> Iterator[list[int]]:
    """Orders in which a part is turned round, two images are swapped, or one stands elsewhere."""
    for first, last in combinations(range(len(order)), 2):
        before, part, after = order[:first], order[first : last + 1], order[last + 1 :]
        one, *inner, other = part
        yield [*before, *part[::-1], *after]
        yield [*before, other, *inner, one, *after]
        yield [*before, *inner, other, one, *after]
        yield [*before, other, one, *inner, *after]


def _length(distance: np.ndarray, order: list[int]) -> float:
    return float(sum(distance[one, other] for one, other in pairwise(order)))


def drift_A(chain_A: np.ndarray) -> float:
    """The longest shift of the whole cell between neighbouring images, in angstrom.

    It is the median of the atoms' displacements, so that a few that move do not count.
    """
    shifts = np.median(np.diff(chain_A, axis=0), axis=1)
    return float(np.sqrt((shifts**2).sum(axis=1)).max())
