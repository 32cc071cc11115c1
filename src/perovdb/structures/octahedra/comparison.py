"""What becomes of each octahedron from one model to another, such as beside a vacancy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pymatgen.core import Lattice
from scipy.spatial.transform import Rotation

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.errors import InputError, StructureError
from perovdb.structures.octahedra.analysis import Octahedra
from perovdb.structures.octahedra.octahedron import NUMBERS, Octahedron, as_shown, finite
from perovdb.structures.sites import Sites


@answer
class OctahedronChange(Answer):
    """What became of one octahedron.

    Attributes:
        site: index of the B among the atoms of the first model.
        distance_A: of the B from the point asked for.
        lost_corners, gained_corners: such as "+a".
        moved_A: how far the B moved.
        turned_deg: angle of the rotation that takes its first tilt to its second.
        differences: second less first, of each number of NUMBERS.
    """

    site: int
    distance_A: float
    lost_corners: tuple[str, ...]
    gained_corners: tuple[str, ...]
    moved_A: float
    turned_deg: float
    differences: Mapping[str, float]

    def rows(self) -> list[dict[str, Any]]:
        row: dict[str, Any] = {
            "B": self.site + 1,
            "distance_A": finite(self.distance_A),
            "lost": " ".join(self.lost_corners),
            "gained": " ".join(self.gained_corners),
            "moved_A": finite(self.moved_A),
            "turned_deg": finite(self.turned_deg),
        }
        return [row | {f"d_{name}": finite(self.differences[name]) for name in NUMBERS}]


@answer
class OctahedraChange(Answer):
    """Two models of the same B sites.

    Attributes:
        point_A: (3,) from where distances count; NaN where no point is named and none is missing.
        changes: one for each octahedron, nearest first.
        averages: mean of each number, second less first.
        before, after: the two models.
    """

    point_A: tuple[float, float, float]
    changes: tuple[OctahedronChange, ...]
    averages: Mapping[str, float]
    before: Octahedra
    after: Octahedra

    def rows(self) -> list[dict[str, Any]]:
        """One row for each octahedron, nearest first."""
        return [row for one in self.changes for row in one.rows()]

    def _table(self) -> list[dict[str, Any]]:
        dropped = ("d_angle_variance_deg2", "d_quadratic_elongation")
        return [
            as_shown({k: v for k, v in row.items() if k not in dropped}) for row in self.rows()
        ]

    def _headline(self) -> str:
        changed = sum(bool(one.lost_corners or one.gained_corners) for one in self.changes)
        return (
            f"{self.before.material} to {self.after.material}: {changed} of "
            f"{len(self.changes)} octahedra lost or gained a corner, "
            f"{self.before.glazer} to {self.after.glazer}"
        )

    def _lines(self) -> list[str]:
        heads = [
            line
            for model in (self.before, self.after)
            for line in (model._headline(), *model._note_lines())
        ]
        return [*heads, *table(self._table())]


def compared(
    before: tuple[Octahedra, Sites],
    after: tuple[Octahedra, Sites],
    point_A: Sequence[float] | None = None,
) -> OctahedraChange:
    """What changed at each octahedron from one model to another.

    Args:
        before, after: what was measured, along the same axes, and the sites it was measured on:
            the same B sites in the same or a nearly equal cell.
        point_A: (3,) Cartesian, in the first cell; by default where an A or X ion of the first
            model is missing in the second one, the first such.

    Raises:
        StructureError: the B ions are not the same ones.
        InputError: the point is not three numbers.
    """
    (first, sites), (second, other_sites) = before, after
    b_first, b_second = sites.of("B"), other_sites.of("B")
    if len(b_first) != len(b_second):
        raise StructureError(
            f"The models hold {len(b_first)} and {len(b_second)} B ions.",
            "Compare models of the same B sites.",
        )
    apart = _apart(sites, sites.fractional[b_first], other_sites.fractional[b_second])
    partner = apart.argmin(axis=1)
    moved = apart[np.arange(len(partner)), partner]
    # Half of a pseudo-cubic step, which is two bonds.
    if len(set(partner.tolist())) < len(partner) or moved.max() > first.averages["mean_bond_A"]:
        raise StructureError(
            f"The B ions of the models are up to {moved.max():.1f} A apart.",
            "Compare models in the same cell with the same origin.",
        )
    point = _point(sites, other_sites, point_A)
    distance = np.full(len(b_first), np.nan)
    if not np.isnan(point).any():
        fractional = (point @ np.linalg.inv(sites.lattice_A))[None, :]
        distance = _apart(sites, sites.fractional[b_first], fractional)[:, 0]
    changes = [
        _change(one, second.octahedra[other], float(r), float(m))
        for one, other, r, m in zip(first.octahedra, partner, distance, moved, strict=True)
    ]
    return OctahedraChange(
        point_A=(float(point[0]), float(point[1]), float(point[2])),
        changes=tuple(sorted(changes, key=lambda one: (one.distance_A, one.site))),
        averages={name: second.averages[name] - first.averages[name] for name in NUMBERS},
        before=first,
        after=second,
    )


def _apart(sites: Sites, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n, m) distances in angstrom, to the nearest image."""
    lattice = Lattice(sites.lattice_A, pbc=sites.periodic)
    return np.asarray(lattice.get_all_distances(one, other)).reshape(len(one), len(other))


def _point(first: Sites, second: Sites, point_A: Sequence[float] | None) -> np.ndarray:
    if point_A is not None:
        point = np.asarray(point_A, dtype=float)
        if point.shape != (3,) or not np.all(np.isfinite(point)):
            raise InputError(f"{point_A!r} is no point.", "Give three coordinates in angstrom.")
        return point
    for role in ("A", "X"):
        one, other = first.of(role), second.of(role)
        if len(one) <= len(other):
            continue
        if not len(other):
            return np.asarray(first.positions_A[one[0]])
        away = _apart(first, first.fractional[one], second.fractional[other]).min(axis=1)
        return np.asarray(first.positions_A[one[int(away.argmax())]])
    return np.full(3, np.nan)


def _change(
    one: Octahedron, other: Octahedron, distance_A: float, moved_A: float
) -> OctahedronChange:
    turned = math.nan
    if not any(math.isnan(x) for x in (*one.tilt_deg, *other.tilt_deg)):
        start, end = (Rotation.from_rotvec(x.tilt_deg, degrees=True) for x in (one, other))
        turned = float(np.degrees((end * start.inv()).magnitude()))
    return OctahedronChange(
        site=one.site,
        distance_A=distance_A,
        lost_corners=tuple(name for name in one.corners if name not in other.corners),
        gained_corners=tuple(name for name in other.corners if name not in one.corners),
        moved_A=moved_A,
        turned_deg=turned,
        differences={name: getattr(other, name) - getattr(one, name) for name in NUMBERS},
    )
