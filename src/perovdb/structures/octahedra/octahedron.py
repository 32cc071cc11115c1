"""The shape of one octahedron.

An octahedron that lacks an X, at a vacancy or a surface, is measured by the bonds that it has: its
centre and its tilt are those of the regular octahedron that fits its corners best. Numbers that
need all six corners are NaN there, null in JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.transform import Rotation

from perovdb.answers import Answer, answer
from perovdb.structures.rotations import best_rotation

#: Directions of the corners, in the order of `corner`: +a, -a, +b, -b, +c, -c.
CORNERS = np.kron(np.eye(3), [[1.0], [-1.0]])
CORNER_NAMES = ("+a", "-a", "+b", "-b", "+c", "-c")
_CIS = np.array([(i, j) for i in range(6) for j in range(i) if i // 2 != j // 2])
_FACES = np.array([(i, 2 + j, 4 + k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])

#: The numbers of an octahedron that are averaged and compared.
NUMBERS = (
    "mean_bond_A",
    "bond_length_distortion",
    "angle_variance_deg2",
    "quadratic_elongation",
    "off_centre_A",
    "volume_A3",
)

#: Column of a row -> its head and its digits in a table for people, which 80 characters hold.
_SHOWN = {
    "mean_bond_A": ("bond_A", 4),
    "bond_length_distortion": ("Delta", 6),
    "angle_variance_deg2": ("var_deg2", 3),
    "quadratic_elongation": ("elong", 5),
    "off_centre_A": ("off_A", 4),
    "volume_A3": ("V_A3", 2),
    "tilt_a_deg": ("a_deg", 2),
    "tilt_b_deg": ("b_deg", 2),
    "tilt_c_deg": ("c_deg", 2),
    "distance_A": ("r_A", 3),
    "moved_A": ("moved_A", 4),
    "turned_deg": ("turn_deg", 2),
}


def finite(value: float) -> float | None:
    """A number without noise in its last digits or a minus before zero; None for NaN."""
    return round(value, 9) + 0.0 if math.isfinite(value) else None


def as_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the heads and digits that people see."""
    shown = {}
    for name, value in row.items():
        number = name.removeprefix("d_")
        head, digits = _SHOWN.get(number, (number, 0))
        rounded = round(value, digits) + 0.0 if isinstance(value, float) else value
        shown[name.removesuffix(number) + head] = rounded
    return shown


@answer
class Octahedron(Answer):
    """One BX6, or what is there of it.

    Attributes:
        site: index of the B among the atoms of the structure.
        ion: the B ion.
        centre_A: (3,) Cartesian position of the B.
        corners: the corners that are there, such as "+a"; six in a complete octahedron.
        bond_lengths_A: B-X, in the order of `corners`.
        mean_bond_A: their mean.
        bond_length_distortion: Delta = mean of ((d - <d>) / <d>)^2; Shannon, Acta Cryst. A 32,
            751 (1976), 10.1107/S0567739476001551 (from memory).
        angle_variance_deg2: sum over the 12 cis angles of (angle - 90)^2 / 11; Robinson, Gibbs &
            Ribbe, Science 172, 567 (1971), 10.1126/science.172.3983.567 (from memory).
        quadratic_elongation: mean of (d / d0)^2, d0 that of the regular octahedron of this volume;
            same source.
        off_centre_A: distance of the B from the mean of its X.
        volume_A3: of the octahedron.
        tilt_deg: components, about the pseudo-cubic axes, of the rotation vector that turns a
            regular octahedron along these axes onto this one.
    """

    site: int
    ion: str
    centre_A: tuple[float, float, float]
    corners: tuple[str, ...]
    bond_lengths_A: tuple[float, ...]
    mean_bond_A: float
    bond_length_distortion: float
    angle_variance_deg2: float
    quadratic_elongation: float
    off_centre_A: float
    volume_A3: float
    tilt_deg: tuple[float, float, float]

    @property
    def complete(self) -> bool:
        """Whether the B has its six X."""
        return len(self.corners) == 6

    @property
    def coordination(self) -> int:
        """Number of X of the B."""
        return len(self.corners)

    def rows(self) -> list[dict[str, Any]]:
        row: dict[str, Any] = {"B": f"{self.ion}{self.site + 1}", "X": self.coordination}
        row |= {name: finite(getattr(self, name)) for name in NUMBERS}
        tilts = zip("abc", self.tilt_deg, strict=True)
        return [row | {f"tilt_{axis}_deg": finite(angle) for axis, angle in tilts}]

    def _table(self) -> list[dict[str, Any]]:
        return [as_shown(row) for row in self.rows()]


def assign_corners(vectors: np.ndarray) -> np.ndarray:
    """(k,) which corner of CORNERS each of k <= 6 bonds points to, all different, nearest in all.

    Args:
        vectors: (k, 3) bonds in components along the pseudo-cubic axes.
    """
    fit = vectors / np.linalg.norm(vectors, axis=1)[:, None] @ CORNERS.T
    best = np.asarray(fit.argmax(axis=1))
    if len(set(best.tolist())) < len(best):
        best = np.asarray(linear_sum_assignment(-fit)[1])
    return best


def measure(site: int, ion: str, centre_A: np.ndarray, vectors: np.ndarray) -> Octahedron:
    """The shape of one octahedron.

    Args:
        site, ion: for the record.
        centre_A: (3,) of the B.
        vectors: (k, 3) from B to its X, in components along the pseudo-cubic axes, in angstrom.
    """
    corner = assign_corners(vectors) if len(vectors) else np.empty(0, dtype=int)
    order = np.argsort(corner)
    corner, vectors = corner[order], vectors[order]
    lengths = np.linalg.norm(vectors, axis=1)
    mean = float(lengths.mean()) if len(lengths) else np.nan
    tilt, centre = _fit(vectors, CORNERS[corner], mean)
    variance = elongation = volume = np.nan
    if len(corner) == 6:
        unit = vectors / lengths[:, None]
        cosines = np.einsum("px,px->p", unit[_CIS[:, 0]], unit[_CIS[:, 1]])
        angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        variance = float(((angles - 90) ** 2).sum() / 11)
        around = vectors - vectors.mean(axis=0)
        volume = float(np.abs(np.linalg.det(around[_FACES])).sum() / 6)
        # A regular octahedron of centre-to-corner distance d has the volume 4 d^3 / 3.
        elongation = float((lengths**2).mean() / (0.75 * volume) ** (2 / 3))
    return Octahedron(
        site=site,
        ion=ion,
        centre_A=_three(centre_A),
        corners=tuple(CORNER_NAMES[i] for i in corner),
        bond_lengths_A=tuple(float(x) for x in lengths),
        mean_bond_A=mean,
        bond_length_distortion=float(((lengths / mean - 1) ** 2).mean()) if len(lengths) else mean,
        angle_variance_deg2=variance,
        quadratic_elongation=elongation,
        off_centre_A=float(np.linalg.norm(centre)),
        volume_A3=volume,
        tilt_deg=_three(tilt),
    )


def _fit(vectors: np.ndarray, corners: np.ndarray, bond: float) -> tuple[np.ndarray, np.ndarray]:
    """Rotation vector (3,) in degrees and centre (3,) of the regular octahedron nearest to some
    corners."""
    nothing = np.full(3, np.nan)
    if len(vectors) < 3:
        return nothing, nothing
    turn, sizes = best_rotation(corners - corners.mean(axis=0), vectors - vectors.mean(axis=0))
    if sizes[1] < 1e-6 * sizes[0]:  # the corners are on one line: any turn about it fits
        return nothing, nothing
    centre = vectors.mean(axis=0) - bond * turn @ corners.mean(axis=0)
    return np.degrees(Rotation.from_matrix(turn).as_rotvec()), centre


def _three(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
