"""Orders with a name: clustered, layered, columnar, rock-salt.

Columnar and rock-salt order are two-colourings of the network of nearest neighbours, so they
hold in any setting of the cell and in tilted phases. Layers are the planes that the sites form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product

import numpy as np

from perovdb.errors import StructureError
from perovdb.structures.neighbours import first_shell, parts_of, two_colours
from perovdb.structures.sites import Sites

#: Sites belong to one plane as long as the next one is not farther along the axis than this.
PLANE_GAP_A = 0.8

#: A bond runs along the axis if its cosine with it is above this.
ALONG = 0.8

Pattern = Callable[[Sites, str, Mapping[str, int], int], np.ndarray]


def clustered(sites: Sites, role: str, counts: Mapping[str, int], axis: int) -> np.ndarray:
    """(m,) ions gathered in one region: the rarest nearest to the middle of the cell, and so on.

    Args:
        sites: all sites.
        role: the sites to order.
        counts: species -> number, which fill the sites.
        axis: not used.
    """
    offset = sites.fractional[sites.of(role)] - 0.5
    offset -= np.rint(offset) * np.array(sites.periodic)
    around = np.array(list(product(*[(-1, 0, 1) if p else (0,) for p in sites.periodic])))
    images = (offset[:, None] + around) @ sites.lattice_A
    distance = np.linalg.norm(images, axis=2).min(axis=1).round(3)
    nearest_first = np.lexsort((*offset.round(6).T[::-1], distance))
    ions = np.empty(len(offset), dtype=object)
    ions[nearest_first] = _rarest_first(counts)
    return ions


def layered(sites: Sites, role: str, counts: Mapping[str, int], axis: int) -> np.ndarray:
    """(m,) ions in whole planes along a cell vector, spread as evenly as the numbers allow.

    Where planes differ in their number of sites (halides: one and two for each B), a rare ion
    takes planes of one kind.

    Args:
        sites: all sites.
        role: the sites to order.
        counts: species -> number, which fill the sites.
        axis: number of the cell vector along which the planes are stacked.

    Raises:
        StructureError: a number of ions does not fill whole planes.
    """
    where = sites.of(role)
    plane = _planes(sites, where, axis)
    sizes = np.bincount(plane)
    *rare, common = sorted(counts, key=lambda ion: counts[ion])
    free = np.ones(len(sizes), dtype=bool)
    of_plane = np.full(len(sizes), common, dtype=object)
    for ion in rare:
        for size in np.unique(sizes):
            kind = np.flatnonzero(free & (sizes == size))
            number, rest = divmod(counts[ion], int(size))
            if rest == 0 and number <= len(kind):
                taken = kind[_spread(len(kind), number)]
                free[taken], of_plane[taken] = False, ion
                break
        else:
            near = _nearest_planes(counts[ion], sizes[free])
            raise StructureError(
                f"{counts[ion]} {ion or 'empty'} do not fill whole planes of {role} sites along "
                f"cell vector {axis}, which hold {_list(sizes)} sites.",
                f"Take {near} {ion or 'empty'}, another axis, or a larger cell.",
            )
    return np.asarray(of_plane[plane])


def columnar(sites: Sites, role: str, counts: Mapping[str, int], axis: int) -> np.ndarray:
    """(m,) two ions in columns along a cell vector, each column between four of the other ion.

    Args:
        sites: all sites.
        role: A or B.
        counts: of two species, one to one.
        axis: number of the cell vector along which the columns run.

    Raises:
        StructureError: other numbers, halide sites, or an odd number of columns in a row.
    """
    first, second, offset = _network(sites, role, counts, "columnar")
    direction = sites.lattice_A[axis] / np.linalg.norm(sites.lattice_A[axis])
    cosine = np.abs(offset @ direction) / np.linalg.norm(offset, axis=1)
    along = cosine > ALONG
    n = len(sites.of(role))
    if len(np.unique(first[along])) < n:
        raise StructureError(
            f"The {role} sites form no columns along {'abc'[axis]}.",
            "Take another axis, or a setting of the cell whose vectors are pseudo-cubic.",
        )
    columns, column = parts_of(n, first[along], second[along])
    across = ~along
    colour = two_colours(columns, column[first[across]], column[second[across]])
    return _coloured(None if colour is None else colour[column], counts, role, "columnar")


def rocksalt(sites: Sites, role: str, counts: Mapping[str, int], axis: int) -> np.ndarray:
    """(m,) two ions that alternate in all three directions.

    Args:
        sites: all sites.
        role: A or B.
        counts: of two species, one to one.
        axis: not used.

    Raises:
        StructureError: other numbers, halide sites, or an odd number of cells in a direction.
    """
    first, second, _ = _network(sites, role, counts, "rock-salt")
    return _coloured(two_colours(len(sites.of(role)), first, second), counts, role, "rock-salt")


def _rarest_first(counts: Mapping[str, int]) -> np.ndarray:
    ions = sorted(counts, key=lambda ion: counts[ion])
    return np.repeat(np.array(ions, dtype=object), [counts[ion] for ion in ions])


def _planes(sites: Sites, where: np.ndarray, axis: int) -> np.ndarray:
    """(m,) number of the plane that each site is in, counted along a cell vector."""
    height_A = 1 / np.linalg.norm(np.linalg.inv(sites.lattice_A)[:, axis])
    level = sites.fractional[where, axis]
    level = (level - np.floor(level) if sites.periodic[axis] else level) * height_A
    order = np.argsort(level, kind="stable")
    number = np.concatenate([[0], np.cumsum(np.diff(level[order]) > PLANE_GAP_A)])
    last_gap = level[order[0]] + height_A - level[order[-1]]
    if sites.periodic[axis] and number[-1] > 0 and last_gap <= PLANE_GAP_A:
        number[number == number[-1]] = 0
    plane = np.empty(len(where), dtype=np.int64)
    plane[order] = number
    return plane


def _spread(places: int, number: int) -> np.ndarray:
    """(number,) which of some places in a row, as evenly as can be."""
    return np.asarray(np.arange(number) * places // max(number, 1))


def _nearest_planes(count: int, sizes: np.ndarray) -> str:
    """The numbers of ions around a count that fill whole planes of one size."""
    fills = {
        int(size) * number
        for size in np.unique(sizes)
        for number in range(1, int((sizes == size).sum()) + 1)
    }
    below = max((number for number in fills if number < count), default=0)
    above = min((number for number in fills if number > count), default=0)
    return " or ".join(str(number) for number in (below, above) if number) or "0"


def _list(sizes: np.ndarray) -> str:
    return " or ".join(str(size) for size in np.unique(sizes))


def _network(
    sites: Sites, role: str, counts: Mapping[str, int], name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bonds of the A or B sites: (p,) start, (p,) end, (p, 3) vector in A."""
    if role == "X":
        raise StructureError(
            f"{name.capitalize()} order is of A or B sites; {_named(counts)} share the X sites.",
            'Halides can be "layered" (a third of them on the sites between two layers), '
            '"clustered", "sqs" or "random".',
        )
    n = sum(counts.values())
    numbers = list(counts.values())
    if len(numbers) != 2 or numbers[0] != numbers[1]:
        near = f"{n // 2} of each" if n % 2 == 0 else "an even number of sites, half of each"
        raise StructureError(
            f"{name.capitalize()} order needs two ions, one to one; "
            f"there are {_named(counts)} on the {role} sites.",
            f"Take {near}.",
        )
    first, second, _, offset = first_shell(
        sites.lattice_A, sites.fractional[sites.of(role)], sites.periodic
    )
    if not len(first) or np.bincount(first).max() > 6:
        raise StructureError(
            f"The {role} sites are no simple cubic network of six neighbours each.",
            'Take "layered", "clustered", "sqs" or "random".',
        )
    return first, second, offset


def _coloured(
    colour: np.ndarray | None, counts: Mapping[str, int], role: str, name: str
) -> np.ndarray:
    if colour is None or 2 * colour.sum() != len(colour):
        raise StructureError(
            f"{name.capitalize()} order does not close on itself in this cell: the {role} sites "
            "are odd in number in a direction in which the ions alternate.",
            "Take an even number of cells in each such direction, such as 2 2 2.",
        )
    ions = np.array(list(counts), dtype=object)
    return np.asarray(ions[colour.astype(int)])


def _named(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {ion or 'empty'}" for ion, count in counts.items())
