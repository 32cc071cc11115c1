"""To a minimum or to a saddle, by steps that what is known of the curvature calls for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from perovdb.local.curvature import Modes, corrected, without_shifts
from perovdb.local.surface import Surface

#: Bounds of the longest step of an atom, in angstrom.
_FIRST_A, _LONGEST_A, _SHORTEST_A = 0.12, 0.25, 0.004
#: Softer directions are taken to be this stiff.
_SOFTEST_EV_A2 = 0.1
#: A shift of all atoms is held like this.
_SHIFTS_EV_A2 = 1e3
#: The way at the top of a band is taken to be curved like this.
_DOWNWARD_EV_A2 = 0.5
#: A mode is the one that was followed if they overlap by this.
_SAME_MODE = 0.5
#: A search that had come below the first force, and has this many times it now, has gone astray.
_NEAR_EV_A, _ASTRAY = 0.15, 4.0


@dataclass
class Place:
    """Where a search stands.

    Attributes:
        positions_A: (n, 3).
        energy_eV: there.
        slope_eV_A: (n, 3) there.
        curvature: (3n, 3n) in eV/A^2, as far as known.
        at_rest: whether no force on an atom is larger than asked for.
    """

    positions_A: np.ndarray
    energy_eV: float
    slope_eV_A: np.ndarray
    curvature: np.ndarray
    at_rest: bool = False

    @property
    def fmax_eV_A(self) -> float:
        """The largest force on an atom."""
        return float(np.linalg.norm(self.slope_eV_A, axis=1).max())


def start_at(surface: Surface, positions_A: np.ndarray, curvature: np.ndarray) -> Place:
    """The first place of a search."""
    energy, slope = surface(positions_A)
    return Place(positions_A, energy, slope, curvature)


def minimum(
    surface: Callable[[np.ndarray], tuple[float, np.ndarray]],
    place: Place,
    fmax_eV_A: float,
    most_calls: int,
    enough: Callable[[Place], bool] = lambda _: False,
) -> Place:
    """Downhill until no force is larger than `fmax_eV_A`, or after so many calls, or enough."""
    radius = _FIRST_A
    for _ in range(most_calls):
        if place.fmax_eV_A <= fmax_eV_A or enough(place):
            break
        values, vectors = _spectrum(place.curvature)
        slope = vectors.T @ place.slope_eV_A.ravel()
        step, foreseen = _step(values, vectors, slope, radius, uphill=0)
        new = _moved(surface, place, step)
        gained = new.energy_eV - place.energy_eV
        if gained > 1e-4 and new.energy_eV > place.energy_eV + 0.02 * abs(foreseen):
            # Uphill: the step is taken back, what was seen is kept.
            place.curvature = new.curvature
            radius = max(_SHORTEST_A, 0.4 * _longest(step))
            continue
        radius = _adjusted(radius, gained, foreseen, _longest(step))
        place = new
    place.at_rest = place.fmax_eV_A <= fmax_eV_A
    return place


def held(
    surface: Surface, place: Place, along_A: np.ndarray, fmax_eV_A: float, most_calls: int
) -> Place:
    """Downhill across a way, so far as it is held along it.

    Args:
        surface, place, fmax_eV_A, most_calls: as for `minimum`.
        along_A: (n, 3) the way.
    """
    way = without_shifts(along_A.ravel())
    way = way / np.linalg.norm(way)
    free = np.eye(len(way)) - np.outer(way, way)

    def across(slope: np.ndarray) -> np.ndarray:
        return np.asarray((free @ slope.ravel()).reshape(-1, 3))

    def surface_across(positions_A: np.ndarray) -> tuple[float, np.ndarray]:
        energy, slope = surface(positions_A)
        return energy, across(slope)

    stiff = free @ place.curvature @ free + _SHIFTS_EV_A2 * np.outer(way, way)
    start = Place(place.positions_A, place.energy_eV, across(place.slope_eV_A), stiff)
    end = minimum(surface_across, start, fmax_eV_A, most_calls)
    known = free @ end.curvature @ free - _DOWNWARD_EV_A2 * np.outer(way, way)
    return start_at(surface, end.positions_A, known)


def saddle(
    surface: Surface, place: Place, along_A: np.ndarray, fmax_eV_A: float, most_calls: int
) -> Place:
    """Uphill along the lowest mode and downhill across it.

    Args:
        surface, place, fmax_eV_A, most_calls: as for `minimum`.
        along_A: (n, 3) the way on which the saddle lies, for a first guess of the mode.
    """
    most = surface.count + most_calls
    radius, mode = _FIRST_A, without_shifts(along_A.ravel())
    mode = mode / np.linalg.norm(mode)
    place, mode = _measured(surface, place, mode, refinements=2)
    best, best_mode = place, mode
    while surface.count < most and place.fmax_eV_A > fmax_eV_A:
        if place.fmax_eV_A < best.fmax_eV_A:
            best, best_mode = place, mode
        elif best.fmax_eV_A < _NEAR_EV_A and place.fmax_eV_A > _ASTRAY * best.fmax_eV_A:
            # It was near rest and left: what curves there is measured better than before.
            place, mode = _measured(surface, best, best_mode, refinements=5)
            best, best_mode, radius = place, mode, _FIRST_A / 2
        values, vectors = _spectrum(place.curvature)
        if values[0] > -_SOFTEST_EV_A2 / 2 or abs(vectors[:, 0] @ mode) < _SAME_MODE:
            # What is lowest by guess may not be so: it is measured before it is climbed.
            place, mode = _measured(surface, place, mode, refinements=2)
            values, vectors = _spectrum(place.curvature)
        follow = int(np.argmax(np.abs(vectors.T @ mode)))
        order = np.r_[follow, np.delete(np.arange(len(values)), follow)]
        values, vectors = values[order], vectors[:, order]
        mode = vectors[:, 0]
        slope = vectors.T @ place.slope_eV_A.ravel()
        step, foreseen = _step(values, vectors, slope, radius, uphill=1)
        new = _moved(surface, place, step)
        gained = new.energy_eV - place.energy_eV
        wrong = abs(gained - foreseen) / max(abs(foreseen), 5e-3)
        if wrong > 2 and radius > _SHORTEST_A:
            place.curvature = new.curvature
            radius = max(_SHORTEST_A, 0.4 * _longest(step))
            continue
        radius = (
            max(_SHORTEST_A, 0.5 * _longest(step))
            if wrong > 0.75
            else min(_LONGEST_A, 1.5 * radius)
            if wrong < 0.25
            else radius
        )
        place = new
    place.at_rest = place.fmax_eV_A <= fmax_eV_A
    return place


def _measured(
    surface: Surface, place: Place, mode: np.ndarray, refinements: int
) -> tuple[Place, np.ndarray]:
    """The place with its lowest mode measured, and this mode."""
    modes = Modes(
        lambda x: surface(x.reshape(-1, 3))[1].ravel(),
        place.positions_A.ravel(),
        place.slope_eV_A.ravel(),
        mode,
    )
    for _ in range(refinements):
        # On a flank the way itself is climbed, not a soft mode that happens to be lower.
        if modes.values_eV_A2[0] >= 0 or not modes.refine(place.curvature, 0):
            break
    for direction, product in zip(modes.directions, modes.products, strict=True):
        place.curvature = corrected(place.curvature, direction, product)
    return place, modes.vectors[0]


def _moved(
    surface: Callable[[np.ndarray], tuple[float, np.ndarray]], place: Place, step: np.ndarray
) -> Place:
    positions = place.positions_A + step.reshape(-1, 3)
    energy, slope = surface(positions)
    curvature = corrected(place.curvature, step, (slope - place.slope_eV_A).ravel())
    return Place(positions, energy, slope, curvature)


def _spectrum(curvature: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Curvatures and modes; shifts of all atoms stand last."""
    count = len(curvature) // 3
    shifts = np.tile(np.eye(3), (count, 1)) / np.sqrt(count)
    across = curvature - shifts @ (shifts.T @ curvature)
    across = across - (across @ shifts) @ shifts.T
    return np.linalg.eigh(across + _SHIFTS_EV_A2 * shifts @ shifts.T)


def _step(
    values: np.ndarray, vectors: np.ndarray, slope: np.ndarray, radius: float, uphill: int
) -> tuple[np.ndarray, float]:
    """The step, with its first `uphill` modes climbed, and the change of energy foreseen.

    A softening is added to all curvatures until no atom goes farther than the radius.
    """
    signs = np.ones(len(values))
    signs[:uphill] = -1.0
    stiff = np.maximum(np.abs(values), _SOFTEST_EV_A2)

    def of(more: float) -> np.ndarray:
        return np.asarray(-signs * slope / (stiff + more))

    low, high = 0.0, 0.0
    if _longest(vectors @ of(0.0)) > radius:
        high = 1.0
        while _longest(vectors @ of(high)) > radius:
            low, high = high, 4 * high
        for _ in range(20):
            middle = (low + high) / 2
            low, high = (
                (middle, high) if _longest(vectors @ of(middle)) > radius else (low, middle)
            )
    share = of(high)
    return vectors @ share, float(slope @ share + 0.5 * (values * share**2).sum())


def _longest(step: np.ndarray) -> float:
    return float(np.linalg.norm(step.reshape(-1, 3), axis=1).max())


def _adjusted(radius: float, gained: float, foreseen: float, longest: float) -> float:
    ratio = gained / foreseen if foreseen else 1.0
    if ratio < 0.25:
        return max(_SHORTEST_A, 0.5 * longest)
    if ratio > 0.6 and longest > 0.8 * radius:
        return min(_LONGEST_A, 1.5 * radius)
    return radius
