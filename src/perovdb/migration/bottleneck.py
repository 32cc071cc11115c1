"""The narrowest part of a hop: the triangle or window that the ion passes, and its free radius.

The free radius at a point is the distance to the nearest ion there less the radius of that ion: of
the largest sphere that fits. It is given twice.

* On the straight line: at its narrowest point. An X ion that follows the edge of its octahedron
  passes the B in the middle of the octahedron there; a B ion runs into the X between two of them.
* In the window: ions bow out. In a plane across the hop the largest sphere stands off the line,
  and the narrowest of the planes is the window. For X in the cubic cell it is the triangle of one
  B and two A, and the free radius is that of the circle between the three: the critical radius of
  Kilner & Brook, Solid State Ionics 6, 237 (1982), 10.1016/0167-2738(82)90045-5 (from memory).
  For A it is the square of four X. No larger sphere passes; the way from plane to plane may be
  narrower still.

Compare either with the radius of the ion that moves. Molecules count as spheres at their centres.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.calculators.radii import RadiusUsed, radii_used
from perovdb.composition import Material
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError
from perovdb.structures.adoption import as_structure
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.octahedra.bonds import sites_of

if TYPE_CHECKING:
    from perovdb.migration.hops import Hop, Hops

Listed = TypeVar("Listed", bound="Hops")

#: The window is looked for in planes between these fractions of the hop.
PLANES = np.linspace(0.25, 0.75, 17)

#: How far an ion may bow out, as a share of the length of the hop.
BOW = 0.5

#: Ions this near to the sphere, in angstrom, line the window.
TOUCH_A = 0.2

#: Ions further from the middle of the hop than its length and this do not matter, in angstrom.
_BEYOND_A = 4.0

_RINGS, _SPOKES, _ROUNDS, _SHRINK = 12, 24, 45, 0.7


@answer
class Bottleneck(Answer):
    """The narrowest part of a hop.

    Attributes:
        straight_radius_A: free radius at the narrowest point of the straight line, in angstrom;
            negative inside an ion.
        straight_ion: the ion that is nearest there.
        straight_at: where it is, as a fraction of the hop.
        window_radius_A: free radius of the window.
        window_ions: ions that line it, up to TOUCH_A from the sphere, sorted.
        window_centre_A: (3,) Cartesian place of the sphere.
        window_at: where its plane cuts the line, as a fraction of the hop.
        mover_radius_A: radius of the ion that moves.
        radii: which radius of each ion was taken, and from where.
    """

    straight_radius_A: float
    straight_ion: str
    straight_at: float
    window_radius_A: float
    window_ions: tuple[str, ...]
    window_centre_A: tuple[float, float, float]
    window_at: float
    mover_radius_A: float
    radii: Mapping[str, RadiusUsed]

    def rows(self) -> list[dict[str, Any]]:
        of_ion = {
            "straight_ion": self.straight_ion,
            "straight_at": self.straight_at,
            "window_at": self.window_at,
        }
        return [self.columns() | of_ion]

    def columns(self) -> dict[str, Any]:
        """Its columns in a table of hops."""
        return {
            "window": " ".join(self.window_ions),
            "window_radius_A": self.window_radius_A,
            "straight_radius_A": self.straight_radius_A,
            "mover_radius_A": self.mover_radius_A,
        }

    def _headline(self) -> str:
        ions = "".join(self.window_ions)
        return f"{ions}, {self.window_radius_A:.3f} A free, mover {self.mover_radius_A:.3f} A"


def bottlenecks(x: Material, hops: Listed, *, radius_set: str | None = None) -> Listed:
    """The same hops, each with its narrowest part; arguments and errors as for `bottleneck`."""
    structure = as_structure(x)
    every = tuple(bottleneck(structure, hop, radius_set=radius_set) for hop in hops)
    return replace(hops, bottlenecks=every)


def bottleneck(x: Material, hop: Hop, *, radius_set: str | None = None) -> Bottleneck:
    """The narrowest part of a hop of a structure.

    Args:
        x: the structure in which the hop was found; both ends count as vacant.
        hop: of `hops`.
        radius_set: the set of radii that comes first, where it has the ion; by default the rule
            of `calculators.radii`.

    Raises:
        InputError: there is no such set, or the hop is one of an average cell.
        MissingData: an ion has no radius.
        StructureError: no ion is near, or the structure has no such sites.
    """
    if hop.of_average_cell:
        raise InputError(
            "The hop is one of an average cell, whose ions share their sites.",
            "Take one of `hops(structure, species)`, of a structure that `build` makes.",
        )
    sites, ions, _ = sites_of(as_structure(x))
    if max(hop.start_site, hop.end_site) >= len(sites):
        raise StructureError(
            f"The structure has no site {max(hop.start_site, hop.end_site)}.",
            "Give the structure in which the hop was found.",
        )
    registry = load_registry()
    radii = radii_used(map(registry.ion, dict.fromkeys([*ions, hop.species])), radius_set)
    start, end = (np.array(point) @ sites.lattice_A for point in (hop.start, hop.end))
    # The middle of the hop is one point more, and its neighbours are wanted.
    middle = (np.array(hop.start) + np.array(hop.end)) / 2
    points = np.vstack([sites.fractional, middle])
    near = Neighbours(sites.lattice_A, points, hop.distance_A + _BEYOND_A, sites.periodic)
    _, numbers, cells, _ = near.pairs(np.array([len(sites)]))
    whole = numbers < len(sites)
    numbers, cells = numbers[whole], cells[whole]
    centres = (sites.fractional[numbers] + cells) @ sites.lattice_A
    others = (np.linalg.norm(centres - start, axis=1) > 1e-3) & (
        np.linalg.norm(centres - end, axis=1) > 1e-3
    )
    centres, names = centres[others], [ions[n] for n in numbers[others]]
    if not names:
        raise StructureError("No ion is near the hop.", "Give a perovskite.")
    sizes = np.array([radii[name].radius_A for name in names])
    straight, nearest, at = _on_the_line(start, end, centres, sizes)
    window, centre, plane = _window(start, end, centres, sizes)
    room = np.linalg.norm(centres - centre, axis=1) - sizes
    lining = sorted(names[k] for k in np.flatnonzero(room < window + TOUCH_A))
    return Bottleneck(
        straight_radius_A=straight,
        straight_ion=names[nearest],
        straight_at=at,
        window_radius_A=window,
        window_ions=tuple(lining),
        window_centre_A=(float(centre[0]), float(centre[1]), float(centre[2])),
        window_at=plane,
        mover_radius_A=radii[hop.species].radius_A,
        radii=radii,
    )


def _on_the_line(
    start: np.ndarray, end: np.ndarray, centres: np.ndarray, sizes: np.ndarray
) -> tuple[float, int, float]:
    """Free radius, number of the ion and fraction of the narrowest point of a straight line."""
    along = end - start
    at = np.clip((centres - start) @ along / (along @ along), 0, 1)
    room = np.linalg.norm(start + at[:, None] * along - centres, axis=1) - sizes
    # Of ions that leave the same room, the one nearest to the middle of the hop.
    nearest = int(np.lexsort((np.abs(at - 0.5).round(6), room.round(6)))[0])
    return float(room[nearest]), nearest, float(at[nearest])


def _window(
    start: np.ndarray, end: np.ndarray, centres: np.ndarray, sizes: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """Free radius, centre (3,) and fraction of the narrowest of the planes across a hop."""
    along = end - start
    length = float(np.linalg.norm(along))
    axis = along / length
    across = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    across /= np.linalg.norm(across)
    frame = np.stack([across, np.cross(axis, across)])
    bow = BOW * length
    angle = 2 * np.pi * np.arange(_SPOKES) / _SPOKES
    spokes = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = bow * np.arange(1, _RINGS + 1) / _RINGS
    disc = np.concatenate([np.zeros((1, 2)), (rings[:, None, None] * spokes).reshape(-1, 2)])
    feet = start + PLANES[:, None] * along

    def room(points: np.ndarray, origins: np.ndarray) -> np.ndarray:
        places = origins[:, None] + points @ frame
        squares = (places**2).sum(axis=2)[..., None] + (centres**2).sum(axis=1)
        squares -= 2 * places @ centres.T
        return np.asarray((np.sqrt(np.maximum(squares, 0)) - sizes).min(axis=2))

    everywhere = np.broadcast_to(disc, (len(PLANES), *disc.shape))
    # Off the line only as far as it must: of two equal places the nearer one.
    rough = room(everywhere, feet) - 1e-9 * np.linalg.norm(disc, axis=1)
    step = bow / _RINGS
    # The room changes no faster than the place: finer search cannot mend the other planes.
    most = rough.max(axis=1)
    planes = np.flatnonzero(most <= most.min() + 1.5 * step)
    best = disc[rough[planes].argmax(axis=1)]
    grid = np.stack(np.meshgrid([-1, -0.5, 0, 0.5, 1], [-1, -0.5, 0, 0.5, 1]), axis=2)
    rows = np.arange(len(planes))
    for _ in range(_ROUNDS):
        tried = best[:, None] + step * grid.reshape(-1, 2)
        value = np.where(np.linalg.norm(tried, axis=2) <= bow, room(tried, feet[planes]), -np.inf)
        best = tried[rows, value.argmax(axis=1)]
        step *= _SHRINK
    radius = room(best[:, None], feet[planes])[:, 0]
    narrowest = int(np.lexsort((np.abs(PLANES[planes] - 0.5), radius.round(6)))[0])
    plane = planes[narrowest]
    centre = feet[plane] + best[narrowest] @ frame
    return float(radius[narrowest]), centre, float(PLANES[plane])
