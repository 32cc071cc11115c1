"""Perovskites whose octahedra are tilted, by Glazer symbol, angle and B-X bond length.

Conventions. The tilt of an octahedron is a rotation vector: its direction is the axis of the
rotation, its length the angle, and its three components are the tilts about the pseudo-cubic axes
a, b and c. A positive tilt turns counter-clockwise as seen from the tip of the axis. The first
octahedron, at the origin, has the tilts as they are given; "+" about an axis repeats the tilt in
the next octahedron along it and "-" turns it round; across the axis it turns round in any case,
for neighbours share a corner. Glazer, Acta Cryst. B 28, 3384 (1972), 10.1107/S0567740872007976.

Octahedra that stay rigid cannot all keep the plain pattern: in a+b-b-, say, the tilts about b of
two neighbours differ by a degree or so. The angle put in is the mean over the octahedra, the
amplitude of the Glazer pattern; what else is needed to keep them joined is found by least squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.sites import Sites
from perovdb.structures.tilts.glazer import Glazer, axis_angles, parse_glazer

#: The corners of the 2 x 2 x 2 pseudo-cubic cells in which every pattern repeats.
_CORNERS = np.array(list(np.ndindex(2, 2, 2)))
_NEXT = np.array([[np.ravel_multi_index((n + e) % 2, (2, 2, 2)) for e in np.eye(3, dtype=int)]
                  for n in _CORNERS])  # fmt: skip
#: (8, 8) [wave, corner]: signs of the waves that fit; wave 0 is all alike, 7 turns every step.
_WAVES = (-1.0) ** (_CORNERS @ _CORNERS.T)
_ANTIPHASE = 7

#: The usual cells of tilted phases: rows are their vectors in pseudo-cubic ones, the long axis of
#: an orthorhombic or tetragonal one being the pseudo-cubic c.
_IN_PLANE = np.array([[1, -1, 0], [1, 1, 0], [0, 0, 1]])
_PBNM = np.array([[1, -1, 0], [1, 1, 0], [0, 0, 2]])
_PNMA = _PBNM[[1, 2, 0]]
#: Hexagonal axes of a rhombohedral cell, obverse: c is the pseudo-cubic [222].
_R3C = np.array([[-1, 1, 0], [0, -1, 1], [2, 2, 2]])


@dataclass(frozen=True)
class Joined:
    """Octahedra that share corners, in 2 x 2 x 2 pseudo-cubic cells, for a bond length of 1.

    Attributes:
        axes: (3, 3) rows are the mean pseudo-cubic cell vectors.
        shifts: (8, 3) how far the centre of each octahedron lies from its lattice point.
        corners: (8, 3, 3) from the centre of an octahedron to its shared corner along each axis.
        mismatch: root mean square of what a shared corner lacks of being one point; 0 where the
            octahedra can stay rigid.
    """

    axes: np.ndarray
    shifts: np.ndarray
    corners: np.ndarray
    mismatch: float


def join(glazer: Glazer, about_deg: np.ndarray) -> Joined:
    """Tilted octahedra that share all corners, as rigid as can be.

    The amplitudes of the six in-phase and antiphase tilts are held, at the angles given or at
    zero; all others, of which rigid octahedra may need some, are found by least squares of the
    distances between corners that should be one point. It is zero but for a+a+c-, a+a+a-, a+b+b-
    and a+b+c-. There the shared atom sits midway, the mean of the bonds is kept, the octahedra are
    a little distorted, and the angle of the octahedron that fits them best is off by some
    thousandths of a degree. (Woodward, Acta Cryst. B 53, 32 (1997), 10.1107/S0108768196010713,
    counts a0b+b- and a0b+c- too; they are rigid with small turns about the axis of no tilt, of
    opposite senses in neighbours.)
    """
    fixed = np.zeros((8, 3))
    free = np.ones((8, 3), dtype=bool)
    free[0] = free[_ANTIPHASE] = False
    for axis, (sign, angle) in enumerate(zip(glazer.signs, np.radians(about_deg), strict=True)):
        in_phase = _ANTIPHASE - (4, 2, 1)[axis]
        free[in_phase, axis] = False
        fixed[in_phase if sign == "+" else _ANTIPHASE, axis] = angle

    def tilts(amplitudes: np.ndarray) -> np.ndarray:
        waves = fixed.copy()
        waves[free] = amplitudes
        return np.asarray(Rotation.from_rotvec(_WAVES.T @ waves).as_matrix())

    start = np.zeros(int(free.sum()))
    fit = least_squares(
        lambda amplitudes: _gaps(tilts(amplitudes))[2].ravel(), start, xtol=1e-15, ftol=1e-15,
        gtol=1e-15,
    )  # fmt: skip
    turned = tilts(fit.x)
    axes, shifts, gaps = _gaps(turned)
    # A shared corner is half a gap away from where each of its two octahedra has it.
    corners = np.swapaxes(turned, 1, 2) + gaps / 2
    behind = np.empty_like(corners)
    for axis in range(3):
        behind[_NEXT[:, axis], axis] = -turned[_NEXT[:, axis], :, axis] - gaps[:, axis] / 2
    bonds = np.linalg.norm(np.concatenate([corners, behind]), axis=-1)
    scale = 1 / bonds.mean()
    mismatch = float(np.sqrt((gaps**2).sum(axis=-1).mean()))
    return Joined(axes * scale, shifts * scale, corners * scale, mismatch)


def _gaps(turned: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean steps (3, 3), shifts of the centres (8, 3) and gaps (8, 3, 3) at shared corners, for
    octahedra turned by (8, 3, 3) matrices whose columns point to the corners."""
    steps = np.stack([turned[:, :, axis] + turned[_NEXT[:, axis], :, axis] for axis in range(3)])
    axes = steps.mean(axis=1)
    lacking = steps - axes[:, None, :]  # of each step, along (axis, corner)
    # The shifts that make lacking = next - here, in least squares: a Poisson problem, solved by
    # the waves, for which "next" is a sign.
    waves = np.einsum("wn,anx->wax", _WAVES, lacking) / 8
    signs = 1 - 2 * _CORNERS  # of the wave at a step along an axis
    weight = ((signs - 1) ** 2).sum(axis=1)
    amplitudes = np.einsum("wa,wax->wx", signs - 1, waves) / np.maximum(weight, 1)[:, None]
    shifts = _WAVES.T @ amplitudes
    gaps = np.stack([shifts[_NEXT[:, axis]] - shifts - lacking[axis] for axis in range(3)], axis=1)
    return axes, shifts, gaps


@checked
def tilted_sites(glazer: str, angles_deg: Sequence[float] | float, bond_A: float) -> Sites:
    """The sites of a perovskite with tilted octahedra, in the usual cell of its tilt system.

    Args:
        glazer: symbol of the tilt system, such as a0a0c-, a-b+a-, a-a-a-.
        angles_deg: one for each letter that is tilted, in the order of the symbol; or one for
            each of the three axes; or one for all. Signs choose the domain.
        bond_A: B-X, in angstrom; kept by every bond where rigid octahedra can be joined, by the
            mean of them where they cannot (see `join`).

    Returns:
        sites in the order A, B, X, a B at the origin, A in the middle of its eight B. The
        Cartesian axes are the pseudo-cubic ones. The cell is 1 x 1 x 1 without tilts,
        sqrt2 x sqrt2 x 1 for a0a0c+, hexagonal for a-a-a-, sqrt2 x sqrt2 x 2 for the other
        antiphase systems and with one in-phase tilt (its long axis is the in-phase one, or that
        without tilt), else 2 x 2 x 2.

    Raises:
        InputError: the symbol, the angles or the bond length cannot be used.
        OutOfRange: the tilts are too large.
    """
    bond_A = float(bond_A)
    if not 0.5 <= bond_A <= 10:
        raise InputError(f"A bond of {bond_A:g} A cannot be.", "Give B-X in angstrom.")
    system = parse_glazer(glazer)
    about = axis_angles(system, np.atleast_1d(np.asarray(angles_deg, dtype=float)))
    joined = join(system, about)
    rows = conventional_cell(system, about)
    cells = _cells_inside(rows)
    kind = np.ravel_multi_index(tuple((cells % 2).T), (2, 2, 2))
    centres = cells @ joined.axes + joined.shifts[kind]
    cages = (cells + 0.5) @ joined.axes
    corners = centres[:, None, :] + joined.corners[kind]
    positions = np.concatenate([cages, centres, corners.reshape(-1, 3)]) * bond_A
    lattice_A = rows @ joined.axes * bond_A
    fractional = positions @ np.linalg.inv(lattice_A)
    fractional -= np.floor(fractional + 1e-9)
    roles = np.repeat(["A", "B", "X"], [len(cells), len(cells), 3 * len(cells)])
    return Sites(lattice_A, fractional, roles)


def conventional_cell(glazer: Glazer, about_deg: np.ndarray) -> np.ndarray:
    """(3, 3) rows are the vectors of the usual cell of a tilt system, in pseudo-cubic ones."""
    plus = [axis for axis in range(3) if glazer.signs[axis] == "+"]
    minus = [axis for axis in range(3) if glazer.signs[axis] == "-"]
    zero = [axis for axis in range(3) if glazer.signs[axis] == "0"]
    size = np.abs(about_deg)
    if len(zero) == 3:
        return np.eye(3, dtype=int)
    if len(plus) == 1 and not minus:
        return _along(_IN_PLANE, plus[0])
    if not plus and len(minus) == 3 and np.ptp(size) == 0:
        signs = np.sign(about_deg).astype(int)
        # The threefold axis is the tilt axis; the rows stay right-handed.
        rows = _R3C * signs
        return np.asarray(rows * np.prod(signs))
    if len(plus) == 1 and len(minus) == 2:
        return _long_cell(plus[0])
    if not plus and len(minus) < 3:
        return _long_cell(minus[0] if len(minus) == 1 else zero[0])
    if not plus:
        # The odd one out of two equal tilts.
        odd = [axis for axis in range(3) if size[axis - 1] == size[axis - 2]]
        return _long_cell(odd[0] if odd else 2)
    return 2 * np.eye(3, dtype=int)


def _long_cell(axis: int) -> np.ndarray:
    return _along(_PNMA if axis == 1 else _PBNM, axis)


def _along(rows: np.ndarray, axis: int) -> np.ndarray:
    """A cell whose long axis is turned from c to another one, in a ring, so right-handed."""
    return np.roll(rows, axis - 2, axis=1)


def _cells_inside(rows: np.ndarray) -> np.ndarray:
    """(n, 3) the pseudo-cubic cells, by their corner, of a cell with these whole-number rows."""
    reach = np.abs(rows).sum(axis=0)
    cells = np.stack(
        np.meshgrid(*[np.arange(-r, r + 1) for r in reach], indexing="ij"), axis=-1
    ).reshape(-1, 3)
    inside = cells @ np.linalg.inv(rows)
    return np.asarray(cells[np.all((inside > -1e-9) & (inside < 1 - 1e-9), axis=1)])
