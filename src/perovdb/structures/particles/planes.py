"""The planes of a perovskite along a direction, and the units of a slab made of some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np

from perovdb.errors import InputError, StructureError
from perovdb.structures.octahedra.axes import Axes, cell_in_steps, octahedral_axes
from perovdb.structures.sites import Sites

MOST_UNITS = 100_000
#: Translations that are tried for the vectors of a surface cell, at most.
MOST_TRIED = 3_000_000


@dataclass(frozen=True)
class Planes:
    """The units of a slab.

    Attributes:
        lattice_A: (3, 3) two vectors in the plane, along x and in xy, and the normal of length 1.
        source: (n,) index of each unit in the crystal.
        positions_A: (n, 3) Cartesian, turned.
        turn: (3, 3) rotation: `positions @ turn`.
        names: content of the bottom and of the top plane, such as AX.
    """

    lattice_A: np.ndarray
    source: np.ndarray
    positions_A: np.ndarray
    turn: np.ndarray
    names: tuple[str, str]


def cut_planes(
    sites: Sites,
    normal: Sequence[int],
    layers: int,
    termination: str,
    symmetric: bool,
    lateral: Sequence[int],
) -> Planes:
    """The units of a slab; arguments as for `slab`.

    Raises:
        InputError: an argument cannot be used.
        StructureError: the crystal is none, or no perovskite.
    """
    if not all(sites.periodic):
        raise StructureError("A slab is cut from a crystal, and this is not one.", "Take another.")
    miller = _whole(normal, 3, "normal", least=None)
    if not any(miller):
        raise InputError("A surface has no normal (0 0 0).", "Give Miller indices, such as 0 0 1.")
    miller = miller // gcd(*(int(index) for index in miller))
    count = int(_whole([layers], 1, "number of layers")[0])
    repeats = _whole(lateral, 2, "lateral size")
    if len(sites) * count * int(np.prod(repeats)) > MOST_UNITS:
        raise InputError("The slab is too large.", f"At most {MOST_UNITS} ions can be placed.")
    axes = octahedral_axes(sites.lattice_A, sites.positions_A[sites.of("B")], sites.periodic)
    whole = cell_in_steps(sites.lattice_A, axes)
    heights = _ideal(axes, sites) @ miller
    contents = {
        half: _content(sites, np.rint(2 * heights).astype(int) % 2 == half) for half in (0, 1)
    }
    kinds = {name: half for half, name in contents.items()}
    if termination not in kinds:
        raise InputError(
            f"A surface with the normal {tuple(int(i) for i in miller)} has no termination "
            f"'{termination}'.",
            f"Its planes are {' and '.join(kinds)}.",
        )
    half = kinds[termination]
    # In half steps: B planes are even. N of them, from 0 to 2 (N - 1).
    low = -half
    high = 2 * (count - 1) + (half if symmetric else 1 - half)
    first, second, third = _surface_vectors(whole, miller, sites.lattice_A)
    basis = np.array([first, second, third]) @ sites.lattice_A
    step = round(float(third @ whole @ miller)) * 2
    folded = sites.fractional @ sites.lattice_A - axes.origin_A
    here = np.rint(2 * heights).astype(int)
    source, places = [], []
    for index, height in enumerate(here):
        start = -((height - low) // step)
        for number in range(start, start + (high - low) // step + 2):
            if not low <= height + number * step <= high:
                continue
            point = (folded[index] + number * basis[2]) @ np.linalg.inv(basis)
            # Along the two vectors in the plane the unit stands in the first cell.
            point[:2] -= np.floor(point[:2] + 1e-6)
            source.append(index)
            places.append(point @ basis)
    x = basis[0] / np.linalg.norm(basis[0])
    z = np.cross(basis[0], basis[1])
    z /= np.linalg.norm(z)
    turn = np.array([x, np.cross(z, x), z]).T
    one = np.array(places) @ turn
    plane = np.where(np.abs(basis[:2] @ turn) < 1e-9, 0.0, basis[:2] @ turn)
    shifts = np.array(list(np.ndindex(*(int(n) for n in repeats))), dtype=float) @ plane
    lattice_A = np.vstack([plane * repeats[:, None], [0.0, 0.0, 1.0]])
    return Planes(
        lattice_A,
        np.tile(source, len(shifts)),
        (shifts[:, None] + one[None]).reshape(-1, 3),
        turn,
        (termination, contents[high % 2]),
    )


def _whole(given: Any, length: int, name: str, least: int | None = 1) -> np.ndarray:
    try:
        found = np.asarray(given)
        right = found.shape == (length,) and found.dtype.kind in "iu"
    except (TypeError, ValueError):
        right = False
    if not right or (least is not None and found.min() < least):
        positive = "" if least is None else f" from {least} on"
        raise InputError(
            f"The {name} {given!r} cannot be used.", f"Give {length} whole number(s){positive}."
        )
    return found


def _ideal(axes: Axes, sites: Sites) -> np.ndarray:
    """(n, 3) places of the sites in the ideal cubic perovskite: multiples of one half."""
    steps = axes.coordinates(sites.positions_A)
    kinds = {
        "B": [(0.0, 0.0, 0.0)],
        "A": [(0.5, 0.5, 0.5)],
        "X": [(0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.5)],
    }
    found = np.empty_like(steps)
    for role, starts in kinds.items():
        here = sites.of(role)
        if not len(here):
            continue
        options = np.array([np.rint(steps[here] - start) + start for start in np.array(starts)])
        off = np.linalg.norm(options - steps[here], axis=2)
        best = off.argmin(axis=0)
        if off.min(axis=0).max() > 0.4:
            raise StructureError(
                f"A {role} site is far from its place in a perovskite.",
                "Take a crystal whose octahedra share corners.",
            )
        found[here] = options[best, np.arange(len(here))]
    return found


def _content(sites: Sites, mask: np.ndarray) -> str:
    """Such as BX2 of a plane."""
    counts = {role: int((mask & (sites.roles == role)).sum()) for role in "ABX"}
    present = {role: number for role, number in counts.items() if number}
    # In units of the formula, of which a cell with vacancies holds nearly a whole number.
    cells = len(sites.of("B"))
    return "".join(
        f"{role}{'' if round(n / cells) <= 1 else round(n / cells)}" for role, n in present.items()
    )


def _surface_vectors(
    whole: np.ndarray, miller: np.ndarray, lattice_A: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three translations, in cell vectors: the two shortest in the plane, and one out of it.

    Together they span the whole lattice.

    Raises:
        InputError: the indices are too large.
    """
    most = _numbers_to_try(whole @ miller, lattice_A)
    if np.prod(2.0 * most + 1) > MOST_TRIED:
        raise InputError(
            f"The Miller indices {tuple(int(i) for i in miller)} are too large for this cell.",
            "Take smaller ones.",
        )
    numbers = np.array(list(np.ndindex(*(2 * most + 1)))) - most
    height = np.rint(numbers @ whole @ miller).astype(int)
    vectors = numbers @ lattice_A
    lengths = np.round(np.linalg.norm(vectors, axis=1), 4)
    inside = np.flatnonzero((height == 0) & (lengths > 0))
    # The shortest; of equal ones the most positive along x, y, z.
    forward = np.round(-vectors, 4)
    order = inside[
        np.lexsort((forward[inside, 2], forward[inside, 1], forward[inside, 0], lengths[inside]))
    ]
    first = numbers[order[0]]
    areas = np.round(
        np.linalg.norm(np.cross(first @ lattice_A, numbers[order] @ lattice_A), axis=1), 3
    )
    smallest = areas[areas > 0.01].min()
    second = numbers[order[np.flatnonzero(areas == smallest)[0]]]
    low = height[height > 0].min()
    out = np.flatnonzero(height == low)
    third = numbers[out[np.argmin(lengths[out])]]
    outwards = miller @ np.linalg.inv(whole).T
    if np.linalg.det(np.array([first, second, third])) < 0:
        second = -second
    if abs(abs(np.linalg.det(np.array([first, second, third]))) - 1) > 1e-6:
        raise StructureError(
            f"No cell of this surface was found (normal {outwards}).",
            "Take smaller Miller indices.",
        )
    return first, second, third


def _numbers_to_try(heights: np.ndarray, lattice_A: np.ndarray) -> np.ndarray:
    """(3,) how many of each cell vector, at most, the vectors of a surface cell take.

    Two cell vectors that rise by h and k combine to a vector in the plane, k and -h of them: no
    vector wanted in the plane is longer than these. One that rises by the greatest common divisor
    of the heights (3,) takes no more of any than the largest height over it.
    """
    in_plane = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        shared = gcd(int(heights[i]), int(heights[j]))
        if shared:
            one = np.zeros(3)
            one[[i, j]] = heights[j] / shared, -heights[i] / shared
            in_plane.append(one)
    reach = np.linalg.norm(np.array(in_plane) @ lattice_A, axis=1).max()
    across = np.ceil(reach * np.linalg.norm(np.linalg.inv(lattice_A), axis=0))
    rising = np.abs(heights).max() // gcd(*(int(height) for height in heights))
    return np.asarray(np.maximum(across, rising), dtype=int)
