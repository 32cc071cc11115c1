"""What becomes of each octahedron from one model to another, such as beside a vacancy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from perovdb.errors import InputError, StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.octahedra.bonds import Octahedron, sites_of
from perovdb.structures.octahedra.distortion import NUMBERS, Distortion, distortion, jsonable
from perovdb.structures.sites import Sites


@dataclass(frozen=True)
class Change:
    """What became of one octahedron.

    Attributes:
        site: index of the B in the first model.
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


@dataclass(frozen=True)
class Comparison:
    """Two models of the same B sites.

    Attributes:
        point_A: (3,) from where distances count; NaN where nothing was given nor is missing.
        changes: one for each octahedron, nearest first.
        averages: mean of each number, second less first.
        before, after: the two models.
    """

    point_A: tuple[float, float, float]
    changes: tuple[Change, ...]
    averages: Mapping[str, float]
    before: Distortion
    after: Distortion

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it; numbers that are not defined are null."""
        return dict(jsonable(asdict(self)))


@checked
def compare(
    before: Structure | Sites,
    after: Structure | Sites,
    *,
    point_A: Sequence[float] | None = None,
    axes: np.ndarray | Sequence[Sequence[float]] | None = None,
) -> Comparison:
    """What changed at each octahedron from one model to another, such as one with a vacancy.

    Args:
        before, after: models of the same B sites in the same or a nearly equal cell.
        point_A: (3,) Cartesian, in the first cell; by default where an A or X ion of the first
            model is missing in the second one, the first such.
        axes: as for `distortion`.

    Raises:
        StructureError: the B ions are not the same ones.
        InputError: the point is not three numbers.
    """
    first, _, _ = sites_of(before)
    second, _, _ = sites_of(after)
    measured = distortion(before, axes=axes)
    then = distortion(after, axes=measured.axes)
    b_first, b_second = first.of("B"), second.of("B")
    if len(b_first) != len(b_second):
        raise StructureError(
            f"The models hold {len(b_first)} and {len(b_second)} B ions.",
            "Compare models of the same B sites.",
        )
    apart = _apart(first, first.fractional[b_first], second.fractional[b_second])
    partner = apart.argmin(axis=1)
    moved = apart[np.arange(len(partner)), partner]
    # Half of a pseudo-cubic step, which is two bonds.
    if len(set(partner.tolist())) < len(partner) or moved.max() > measured.averages["mean_bond_A"]:
        raise StructureError(
            f"The B ions of the models are up to {moved.max():.1f} A apart.",
            "Compare models in the same cell with the same origin.",
        )
    point = _point(first, second, point_A)
    distance = np.full(len(b_first), np.nan)
    if not np.isnan(point).any():
        fractional = (point @ np.linalg.inv(first.lattice_A))[None, :]
        distance = _apart(first, first.fractional[b_first], fractional)[:, 0]
    changes = [
        _change(one, then.octahedra[other], float(r), float(m))
        for one, other, r, m in zip(measured.octahedra, partner, distance, moved, strict=True)
    ]
    return Comparison(
        point_A=(float(point[0]), float(point[1]), float(point[2])),
        changes=tuple(sorted(changes, key=lambda one: (one.distance_A, one.site))),
        averages={name: then.averages[name] - measured.averages[name] for name in NUMBERS},
        before=measured,
        after=then,
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


def _change(one: Octahedron, other: Octahedron, distance_A: float, moved_A: float) -> Change:
    turned = math.nan
    if not any(math.isnan(x) for x in (*one.tilt_deg, *other.tilt_deg)):
        start, end = (Rotation.from_rotvec(x.tilt_deg, degrees=True) for x in (one, other))
        turned = float(np.degrees((end * start.inv()).magnitude()))
    return Change(
        site=one.site,
        distance_A=distance_A,
        lost_corners=tuple(name for name in one.corners if name not in other.corners),
        gained_corners=tuple(name for name in other.corners if name not in one.corners),
        moved_A=moved_A,
        turned_deg=turned,
        differences={name: getattr(other, name) - getattr(one, name) for name in NUMBERS},
    )
