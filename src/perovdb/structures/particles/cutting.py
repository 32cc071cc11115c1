"""Cut a particle out of a crystal: a set of octahedra, with or without the cages about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from perovdb.errors import InputError, StructureError, check_choice
from perovdb.structures.octahedra.axes import Axes, cell_in_steps, images, octahedral_axes
from perovdb.structures.particles.cage_network import Network
from perovdb.structures.particles.wulff import Facets, inside
from perovdb.structures.sites import Sites

TERMINATIONS = {
    "AX": "every octahedron is whole and every A next to a B is there: on (100) faces the "
    "outermost planes hold A and X",
    "BX2": "every A has all of its B and every X both: on (100) faces the outermost planes hold B "
    "and X",
}
MOST_UNITS = 200_000


@dataclass(frozen=True)
class Cut:
    """A particle in the crystal about it.

    Attributes:
        network: sites in and around the particle; positions from its centre, axes upright.
        source: (n,) index of the site of the crystal.
        shift_A: (n, 3) lattice translation of each site, before turning.
        filled: (n,) True for the sites in the particle.
        turn: (3, 3) rotation that has been applied: `positions @ turn`.
        centre_A: (3,) its centre in the crystal.
        cells: octahedra along the three axes, as far as the widest row reaches.
    """

    network: Network
    source: np.ndarray
    shift_A: np.ndarray
    filled: np.ndarray
    turn: np.ndarray
    centre_A: np.ndarray
    cells: tuple[int, int, int]


def axes_of(sites: Sites) -> Axes:
    """Pseudo-cubic axes of a crystal.

    Raises:
        StructureError: its octahedra do not form one network that shares corners.
    """
    axes = octahedral_axes(sites.lattice_A, sites.positions_A[sites.of("B")], sites.periodic)
    if all(sites.periodic):
        cell_in_steps(sites.lattice_A, axes)
    return axes


class Size(NamedTuple):
    """The size of a particle, said once.

    Attributes:
        edge_nm: distance between its outermost planes of atoms, or one along each axis.
        cells: octahedra in a row, or one number along each axis.
    """

    edge_nm: float | tuple[float, float, float] | None
    cells: int | tuple[int, int, int] | None


def extents(axes: Axes, size: Size, shape: Facets, termination: str) -> np.ndarray:
    """(3,) distances between the outermost B along the axes, in cells.

    The edge of a particle is the distance between its outermost planes of atoms. N octahedra in a
    row between AX planes measure N cells, N octahedra whose B are outermost N - 1.

    Raises:
        InputError: not exactly one of edge and cells is given, or it cannot be used.
    """
    check_choice(termination, TERMINATIONS, "not a termination")
    if (size.edge_nm is None) == (size.cells is None):
        raise InputError(
            "A particle has one size, an edge or a number of cells.", "Give edge_nm or cells."
        )
    one_or_three = np.asarray(size.edge_nm if size.cells is None else size.cells, dtype=float)
    numbers = np.broadcast_to(one_or_three, (3,))
    if not (numbers > 0).all():
        raise InputError("A size is not positive.", "Give numbers above zero.")
    if shape != "cube" and np.ptp(numbers):
        raise InputError("This shape has one size, not three.", "Give one number.")
    if size.edge_nm is None:
        widths = numbers - 1.0
    else:
        widths = 10 * numbers / axes.lengths_A - (1 if termination == "AX" else 0)
        if shape == "cube":
            widths = np.floor(widths + 0.5 + 1e-9)
    widths = np.maximum(widths, 1.0 if termination == "BX2" else 0.0)
    if 5 * np.prod(widths + 2) > MOST_UNITS:
        raise InputError("The particle is too large.", f"At most {MOST_UNITS} ions can be placed.")
    return np.asarray(widths, dtype=float)


def cut(
    sites: Sites,
    axes: Axes,
    widths: np.ndarray,
    shape: Facets,
    termination: str,
    centre: str | Sequence[float] | None,
) -> Cut:
    """A particle of a crystal.

    Args:
        sites: of the crystal, periodic along all three vectors.
        axes: its pseudo-cubic axes.
        widths: (3,) as `extents` gives them.
        shape, termination: as for `nanocrystal`.
        centre: "A", "B", or a point in pseudo-cubic coordinates from a B; by default the A or B
            that a box of this size has in its middle, and a B for other shapes.

    Raises:
        InputError: the centre cannot be used.
        StructureError: the crystal does not repeat, the centre does not suit the box, or no
            octahedron is inside.
    """
    if not all(sites.periodic):
        raise StructureError(
            "A particle is cut from a crystal, and this is not one.",
            "Take a structure that repeats along all three vectors.",
        )
    middle = _middle(centre, widths, shape)
    centre_A = axes.origin_A + middle @ axes.vectors_A
    reach = float(np.linalg.norm((widths / 2 + 2) * axes.lengths_A))
    diagonal = float(np.linalg.norm(np.abs(sites.lattice_A).sum(axis=0)))
    shifts = images(sites.lattice_A, (True,) * 3, reach + diagonal) @ sites.lattice_A
    every = sites.positions_A[None] + shifts[:, None]
    steps = (every - centre_A) @ np.linalg.inv(axes.vectors_A)
    image, source = np.nonzero((np.abs(steps) <= widths / 2 + 1.8).all(axis=2))
    steps, positions = steps[image, source], every[image, source] - centre_A
    turn = axes.upright()
    roles = sites.roles[source]
    network = Network(roles, positions @ turn, float(axes.lengths_A.mean()))
    is_b = roles == "B"
    # B sites of tilted cells stand on the simple cubic lattice, but for small displacements.
    ideal = np.rint(steps + middle) - middle
    snapped = bool(np.abs(steps - ideal)[is_b].max(initial=0.0) < 0.2)
    chosen = is_b & inside(shape, ideal if snapped else steps, widths, 1e-6 if snapped else 0.25)
    if not chosen.any():
        raise StructureError("No octahedron is inside the particle.", "Make it larger.")
    near, bulk = network.b_counts(chosen), network.b_counts()
    outer = near > 0 if termination == "AX" else (near == bulk) & (near > 0)
    rows = np.rint(np.ptp(steps[chosen], axis=0)).astype(int) + 1
    return Cut(
        network,
        source,
        shifts[image],
        np.where(is_b, chosen, outer),
        turn,
        centre_A,
        (int(rows[0]), int(rows[1]), int(rows[2])),
    )


def _middle(centre: str | Sequence[float] | None, widths: np.ndarray, shape: Facets) -> np.ndarray:
    natural = (widths / 2) % 1 if shape == "cube" else np.zeros(3)
    if centre is None:
        return np.asarray(natural)
    if isinstance(centre, str):
        if centre not in ("A", "B"):
            raise InputError(f"'{centre}' is no centre.", "Give A, B or three numbers.")
        middle = np.full(3, 0.5 if centre == "A" else 0.0)
    else:
        middle = np.asarray(centre, dtype=float)
        if middle.shape != (3,) or not np.isfinite(middle).all():
            raise InputError(f"{centre!r} is no centre.", "Give A, B or three numbers.")
    off = (middle - natural + 0.5) % 1 - 0.5
    if shape == "cube" and np.abs(off).max() > 1e-6:
        octahedra = " x ".join(str(round(w) + 1) for w in widths)
        raise StructureError(
            f"A box of {octahedra} octahedra has no {centre} in its middle.",
            "An odd number of octahedra has a B in the middle of the row, an even one an A.",
        )
    return middle
