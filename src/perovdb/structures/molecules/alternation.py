"""Which cages are reversed where neighbours alternate: two colours that close periodically."""

from __future__ import annotations

from itertools import product

import numpy as np

from perovdb.errors import StructureError
from perovdb.structures.neighbours import first_shell, two_colours
from perovdb.structures.sites import Sites

#: Two neighbours stand along an axis if they are within 30 degrees of it.
ALONG = np.cos(np.pi / 6)


def alternate(rule: str, sites: Sites, where: np.ndarray) -> np.ndarray | None:
    """(m,) which molecules a rule reverses; None for a rule in which none is.

    Neighbours are told by their distances, so that displaced cages and cells in any setting are
    met; sites of the same role count, whatever stands on them.

    Args:
        rule: a key of ORIENTATIONS.
        sites: all sites of the structure.
        where: (m,) indices of the sites on which molecules stand.

    Raises:
        StructureError: the pattern does not close in this cell.
    """
    pattern, _, direction = rule.partition("-")
    if pattern not in ("antiferro", "columnar"):
        return None
    direction = direction or ("001" if pattern == "columnar" else "")
    reversed_ones = np.zeros(len(sites), dtype=bool)
    for role in dict.fromkeys(sites.roles[where]):
        group = sites.of(role)
        i, j, cell, vector = first_shell(sites.lattice_A, sites.fractional[group], sites.periodic)
        changes = _changes(rule, vector, pattern, direction)
        colour = two_colours(len(group), i, j, changes)
        if colour is None:
            raise _does_not_close(rule, len(group), i, j, cell, changes)
        reversed_ones[group] = colour
    return np.asarray(reversed_ones[where])


def _changes(rule: str, vectors_A: np.ndarray, pattern: str, direction: str) -> np.ndarray:
    """(p,) whether the sense changes along each of (p, 3) steps from a cage to the next."""
    if not direction:
        return np.ones(len(vectors_A), dtype=bool)
    lengths = np.linalg.norm(vectors_A, axis=1)
    along = np.abs(vectors_A[:, direction.index("1")]) > ALONG * lengths
    if len(along) and not along.any():
        raise StructureError(
            f"No cages stand in rows along [{direction}], so '{rule}' has no meaning here.",
            "Take another direction, or the pseudo-cubic setting of the cell.",
        )
    return np.asarray(along if pattern == "antiferro" else ~along)


def _does_not_close(
    rule: str, count: int, i: np.ndarray, j: np.ndarray, cell: np.ndarray, changes: np.ndarray
) -> StructureError:
    """Say along which cell vectors the pattern would have to be doubled."""
    for odd in sorted(product((0, 1), repeat=3), key=sum):
        # In a cell doubled along these vectors, the next one may be of the other sense.
        if two_colours(count, i, j, changes ^ (cell @ odd % 2 == 1)) is not None:
            names = " and ".join(name for name, is_odd in zip("abc", odd, strict=True) if is_odd)
            doubled = " x ".join(str(1 + is_odd) for is_odd in odd)
            return StructureError(
                f"The pattern '{rule}' does not close: the number of cages along {names} is odd.",
                f"Take an even number of cages along {names}: {doubled} of this cell fits.",
            )
    return StructureError(
        f"The cages of this structure cannot alternate as '{rule}' says: some are neighbours in "
        "odd rings.",
        "Take an aligned or a random rule.",
    )
