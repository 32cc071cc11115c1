"""A molecule in the place of another of its kind: which atom takes the place of which."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from perovdb.structures.rotations import best_rotation

#: Two molecules have one shape if no atom is further from its counterpart, in angstrom. Thermal
#: motion and relaxation stay below; exchanged C and N, or a mirror image, do not.
SAME_SHAPE_A = 0.3

#: Three atoms whose triangle has a smaller area, in square angstrom, tell no orientation.
_FLAT_A2 = 0.2


def stand_as(
    elements: tuple[str, ...],
    local_A: np.ndarray,
    other_elements: tuple[str, ...],
    other_A: np.ndarray,
) -> np.ndarray:
    """(m, 3) positions of a molecule's atoms when it stands as another one of its kind does.

    Its atoms may be listed in another order than those of the other one, as in a file of other
    hands. Of the numberings that the molecule's own symmetry leaves open, the one that turns it
    least is taken: a turn of MA by 120 degrees about C-N changes nothing but the names of its
    hydrogens.

    Args:
        elements: (m,) of the molecule.
        local_A: (m, 3) its atoms about its centre of mass.
        other_elements, other_A: of the one in whose place it comes, about its own centre.

    Returns:
        the positions of the other one, in the order of `elements`; those of the molecule itself
        if the two do not have one shape.
    """
    if sorted(elements) != sorted(other_elements):
        return local_A
    symbols, others = np.array(elements), np.array(other_elements)
    best: tuple[float, np.ndarray] | None = None
    for turn in _turns(symbols, local_A, others, other_A):
        distance = np.linalg.norm((local_A @ turn.T)[:, None] - other_A[None], axis=2)
        distance[symbols[:, None] != others[None]] = 1e3
        place = linear_sum_assignment(distance**2)[1]
        # The three atoms were only a start: the turn of all of them counts.
        whole, _ = best_rotation(local_A, other_A[place])
        misfit = np.linalg.norm(local_A @ whole.T - other_A[place], axis=1).max()
        # The trace of a turn is 1 + 2 cos of its angle.
        angle = -round(float(np.trace(whole)), 6)
        if misfit < SAME_SHAPE_A and (best is None or angle < best[0]):
            best = (angle, other_A[place])
    return local_A if best is None else best[1]


def _turns(
    symbols: np.ndarray, local_A: np.ndarray, others: np.ndarray, other_A: np.ndarray
) -> Iterator[np.ndarray]:
    """Turns (3, 3) that lay three atoms of a molecule upon three like ones of the other."""
    # The rarest elements first: they have the fewest counterparts.
    rarity = np.array([np.count_nonzero(symbols == symbol) for symbol in symbols])
    order = np.argsort(rarity, kind="stable").tolist()
    triple = next(
        (
            [a, b, c]
            for i, a in enumerate(order)
            for j, b in enumerate(order[i + 1 :], start=i + 1)
            for c in order[j + 1 :]
            if _area(local_A[[a, b, c]]) > _FLAT_A2
        ),
        None,
    )
    if triple is None:
        # The atoms lie on a line: its two ends tell all.
        if np.array_equal(symbols, others):
            yield best_rotation(local_A, other_A)[0]
        return
    here = local_A[triple]
    for a in np.flatnonzero(others == symbols[triple[0]]).tolist():
        for b in np.flatnonzero(others == symbols[triple[1]]).tolist():
            for c in np.flatnonzero(others == symbols[triple[2]]).tolist():
                if len({a, b, c}) < 3:
                    continue
                there = other_A[[a, b, c]]
                if np.abs(_sides(here) - _sides(there)).max() < SAME_SHAPE_A:
                    yield best_rotation(here - here.mean(axis=0), there - there.mean(axis=0))[0]


def _area(triangle_A: np.ndarray) -> float:
    one, two = triangle_A[1] - triangle_A[0], triangle_A[2] - triangle_A[0]
    return float(np.linalg.norm(np.cross(one, two)) / 2)


def _sides(triangle_A: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(triangle_A - np.roll(triangle_A, 1, axis=0), axis=1))
