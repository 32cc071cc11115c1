"""The planes of a perovskite along a direction, and the units of a slab made of some of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import gcd

import numpy as np

from perovdb.errors import InputError, StructureError
from perovdb.structures.octahedra.axes import Axes, cell_in_steps, octahedral_axes
from perovdb.structures.sites import Sites

MOST_UNITS = 100_000


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
    normal: tuple[int, int, int],
    layers: int,
    termination: str,
    symmetric: bool,
    lateral: tuple[int, int],
) -> Planes:
    """The units of a slab; arguments as for `slab`.

    Raises:
        InputError: an argument cannot be used.
        StructureError: the crystal is none, or no perovskite.
    """
    if not all(sites.periodic):
        raise StructureError("A slab is cut from a crystal, and this is not one.", "Take another.")
    miller, repeats = np.array(normal, dtype=int), np.array(lateral, dtype=int)
    if not miller.any():
        raise InputError("A surface has no normal (0 0 0).", "Give Miller indices, such as 0 0 1.")
    if layers < 1 or repeats.min() < 1:
        raise InputError(
            f"A slab of {layers} layers, {repeats[0]} x {repeats[1]} cells, cannot be cut.",
            "Give whole numbers from 1 on.",
        )
    miller = miller // gcd(*miller.tolist())
    if len(sites) * layers * int(np.prod(repeats)) > MOST_UNITS:
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
    high = 2 * (layers - 1) + (half if symmetric else 1 - half)
    vectors = _surface_vectors(np.rint(whole @ miller).astype(int), sites.lattice_A)
    basis = vectors @ sites.lattice_A
    step = round(float(vectors[2] @ whole @ miller)) * 2
    folded = sites.fractional @ sites.lattice_A - axes.origin_A
    here = np.rint(2 * heights).astype(int)
    cells = np.arange((low - here.max()) // step, (high - here.min()) // step + 1)
    levels = here[:, None] + cells * step
    source, number = np.nonzero((low <= levels) & (levels <= high))
    points = (folded[source] + cells[number][:, None] * basis[2]) @ np.linalg.inv(basis)
    # Along the two vectors in the plane a unit stands in the first cell.
    points[:, :2] -= np.floor(points[:, :2] + 1e-6)
    x = basis[0] / np.linalg.norm(basis[0])
    z = np.cross(basis[0], basis[1])
    z /= np.linalg.norm(z)
    turn = np.array([x, np.cross(z, x), z]).T
    one = points @ basis @ turn
    plane = np.where(np.abs(basis[:2] @ turn) < 1e-9, 0.0, basis[:2] @ turn)
    shifts = np.array(list(np.ndindex(*repeats)), dtype=float) @ plane
    lattice_A = np.vstack([plane * repeats[:, None], [0.0, 0.0, 1.0]])
    return Planes(
        lattice_A,
        np.tile(source, len(shifts)),
        (shifts[:, None] + one[None]).reshape(-1, 3),
        turn,
        (termination, contents[high % 2]),
    )


def _ideal(axes: Axes, sites: Sites) -> np.ndarray:
    """(n, 3) places of the sites in the ideal cubic perovskite: multiples of one half."""
    steps = axes.coordinates(sites.positions_A)
    kinds = {
        "B": [(0.0, 0.0, 0.0)],
        "A": [(0.5, 0.5, 0.5)],
        "X": [(0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.5)],
    }
    places = np.empty_like(steps)
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
        places[here] = options[best, np.arange(len(here))]
    return places


def _content(sites: Sites, mask: np.ndarray) -> str:
    """Such as BX2 of a plane."""
    counts = {role: int((mask & (sites.roles == role)).sum()) for role in "ABX"}
    present = {role: number for role, number in counts.items() if number}
    # In units of the formula, of which a cell with vacancies holds nearly a whole number.
    cells = len(sites.of("B"))
    return "".join(
        f"{role}{'' if round(n / cells) <= 1 else round(n / cells)}" for role, n in present.items()
    )


def _surface_vectors(heights: np.ndarray, lattice_A: np.ndarray) -> np.ndarray:
    """(3, 3) translations, in cell vectors: the two shortest in the plane, and one out of it.

    Together they span the whole lattice.

    Args:
        heights: (3,) whole numbers, by which the cell vectors rise.
        lattice_A: (3, 3) the cell vectors.
    """
    # Euclid's algorithm: two vectors that do not rise, one by the greatest common divisor.
    turn, rising = np.eye(3, dtype=int), heights.copy()
    while np.count_nonzero(rising) > 1:
        least = min(np.flatnonzero(rising), key=lambda row: abs(rising[row]))
        for row in set(range(3)) - {int(least)}:
            times = rising[row] // rising[least]
            rising[row] -= times * rising[least]
            turn[row] -= times * turn[least]
    out = turn[rising != 0][0] * np.sign(rising[rising != 0][0])
    first, second = turn[rising == 0]
    while True:
        lengths = [np.linalg.norm(one @ lattice_A) for one in (first, second)]
        if lengths[1] < lengths[0] - 1e-9:
            first, second = second, first
            continue
        along = first @ lattice_A
        times = int(np.rint(second @ lattice_A @ along / (along @ along) - 1e-9))
        if times == 0 or np.linalg.norm((second - times * first) @ lattice_A) > lengths[1] - 1e-9:
            break
        second = second - times * first
    window = np.array([one for one in product(range(-2, 3), repeat=2) if any(one)])
    inside = window @ np.array([first, second])
    vectors = inside @ lattice_A
    # The shortest; of equal ones the most positive along x, y, z.
    keys = [*np.round(-vectors, 4).T[::-1], np.round(np.linalg.norm(vectors, axis=1), 4)]
    inside = inside[np.lexsort(keys)]
    areas = np.linalg.norm(np.cross(inside[0] @ lattice_A, inside @ lattice_A), axis=1).round(3)
    first, second = inside[0], inside[int(np.argmax(areas == areas[areas > 0.01].min()))]
    plane = np.array([first, second]) @ lattice_A
    near = np.rint(np.linalg.lstsq(plane.T, out @ lattice_A, rcond=None)[0]).astype(int)
    tried = out - (near + list(product((-1, 0, 1), repeat=2))) @ np.array([first, second])
    rank = [*tried.T[::-1], np.round(np.linalg.norm(tried @ lattice_A, axis=1), 4)]
    third = tried[np.lexsort(rank)[0]]
    if np.linalg.det(np.array([first, second, third])) < 0:
        second = -second
    return np.array([first, second, third])
