"""The barrier of one hop: both ends, the saddle, what curves there, and where it leads.

The saddle is sought from two places, the highest image of the path as it is made and the top of a
band of few images that came half-way to rest; and from the lowest so far, all atoms shaken a
little, until that brings no lower one. Each saddle is a bound from above: no search proves that
there is no lower one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np
from ase.data import covalent_radii
from ase.neighborlist import neighbor_list
from scipy.interpolate import CubicHermiteSpline

from perovdb.errors import StructureError
from perovdb.local.curvature import Modes, guessed
from perovdb.local.mirroring import mirrored
from perovdb.local.search import Place, held, minimum, saddle, start_at
from perovdb.local.surface import Surface
from perovdb.migration.band import relax_band
from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.guess import molecules
from perovdb.migration.path import path
from perovdb.migration.relaxation import check_on_site
from perovdb.results.chain import coordinates, shortest, tangents
from perovdb.results.search import ARRIVED_A, NEGATIVE_EV_A2, Descent
from perovdb.structures.streams import stream
from perovdb.structures.units import units

#: Images of the rigid path, and of the band, with its steps: without molecules, and with.
_PATH_IMAGES, _BAND_IMAGES, _BAND_STEPS = 3, 5, (4, 8)
#: Atoms of a molecule that hops come so far to rest across the way before it is climbed.
_HELD_EV_A, _CALLS_HELD = 0.1, 15
#: A mirrored end must have the energy of the other to this much.
_SAME_EV = 1e-3
#: Of two saddles the later one is taken if it is lower by this.
_LOWER_EV = 5e-3
_CALLS_END, _CALLS_SADDLE, _CALLS_SHAKEN, _CALLS_DOWN = 300, 120, 40, 120
#: A molecule that hops takes longer: it turns, too.
_CALLS_TURNING = 400
#: Force at which a way down stops.
_FMAX_DOWN_EV_A = 0.01
#: Atoms are shaken by these in turn, until so many times in a row brought no lower saddle.
_SHAKES_A, _SHAKES, _STREAM = (0.2, 0.1), 4, 30
#: Directions along which curvature is measured, and how well the second lowest must be known.
_DIRECTIONS, _KNOWN_EV_A2 = 12, 0.05
#: First step down from the saddle.
_KICK_A = 0.25
#: Where a straight line to an end is looked at.
_ON_LINE = (0.25, 0.5, 0.75)
#: Springs between atoms, as a share of the guessed curvature along a bond.
_SPRING = 0.4


@dataclass(frozen=True)
class Limits:
    """To which forces a search goes.

    Attributes:
        fmax_eV_A: largest force on an atom at the saddle.
        fmax_ends_eV_A: at both ends.
    """

    fmax_eV_A: float = 0.02
    fmax_ends_eV_A: float = 0.01


@dataclass(frozen=True)
class Found:
    """What was found.

    Attributes:
        chain_A, energies_eV, forces_eV_A: (3, n, 3), (3,), (3, n, 3) of both ends and the saddle
            between them; without one, of the highest image.
        at_rest: the saddle came to rest.
        at_rest_ends: the two ends did.
        curvatures_eV_A2: the lowest at the saddle.
        negative_modes: how many are those of a saddle.
        mirrored: the last end was mirrored.
        left_sites: what left its site at an end, in words.
        descents: where the ways down lead.
        moved_ends_eV: where the ways down lead to other turns of molecules, which are the ends
            then: their energies above the ends as they were relaxed.
        contact: the nearest two atoms, as a share of the sum of their covalent radii.
    """

    chain_A: np.ndarray
    energies_eV: np.ndarray
    forces_eV_A: np.ndarray
    at_rest: bool
    at_rest_ends: tuple[bool, bool]
    curvatures_eV_A2: tuple[float, ...]
    negative_modes: int
    mirrored: bool
    left_sites: tuple[str, ...]
    descents: tuple[Descent, ...]
    moved_ends_eV: tuple[float, float] | None
    contact: float


def find(ends: Endpoints, surface: Surface, limits: Limits) -> Found:
    """Find the saddle of a hop.

    Raises:
        StructureError: the ends, once relaxed, have no path between them.
        ResultError: the engine fails.
    """
    first, last, was_mirrored = _ends(ends, surface, limits.fmax_ends_eV_A)
    texts = (_left_site(ends, first, at_end=False), _left_site(ends, last, at_end=True))
    left = tuple(filter(None, texts))
    relaxed = replace(
        ends,
        start=with_positions(ends.start, first.positions_A),
        end=with_positions(ends.end, last.positions_A),
    )
    curvatures: tuple[float, ...] = ()
    negative = 0
    descents: tuple[Descent, ...] = ()
    moved: tuple[float, float] | None = None
    if left:
        place, _ = _top_of_path(relaxed, surface)
    else:
        place = _saddle(relaxed, surface, first, last, limits.fmax_eV_A)
    if place.at_rest:
        modes = _modes(surface, place)
        curvatures = tuple(float(value) for value in modes.values_eV_A2[:3])
        negative = int((modes.values_eV_A2 < NEGATIVE_EV_A2).sum())
        if negative:
            stops, descents = _descents(relaxed, surface, place, modes.vectors[0], (first, last))
            if _other_turns(relaxed, stops, descents):
                moved = (
                    stops[0].energy_eV - first.energy_eV,
                    stops[1].energy_eV - last.energy_eV,
                )
                first, last = stops
                descents = tuple(
                    Descent(end, 0.0, 0.0, stop.fmax_eV_A) for end, stop in enumerate(stops)
                )
    chain = [first, place, last]
    return Found(
        _aligned(surface, np.array([one.positions_A for one in chain])),
        np.array([one.energy_eV for one in chain]),
        -np.array([one.slope_eV_A for one in chain]),
        place.at_rest,
        (first.at_rest, last.at_rest),
        curvatures,
        negative,
        was_mirrored,
        left,
        descents,
        moved,
        min(_contact(surface, one.positions_A) for one in chain),
    )


def _ends(ends: Endpoints, surface: Surface, fmax: float) -> tuple[Place, Place, bool]:
    with surface.stage("start"):
        first = _relaxed(surface, ends.start.cart_coords, fmax)
    with surface.stage("end"):
        if first.at_rest and (image := mirrored(ends, first.positions_A)) is not None:
            last = start_at(surface, image, first.curvature)
            if abs(last.energy_eV - first.energy_eV) < _SAME_EV and last.fmax_eV_A < 2 * fmax:
                last.at_rest = True
                return first, last, True
        return first, _relaxed(surface, ends.end.cart_coords, fmax), False


def _relaxed(surface: Surface, positions_A: np.ndarray, fmax: float) -> Place:
    place = start_at(surface, positions_A, _guess(surface, positions_A))
    return minimum(surface, place, fmax, _CALLS_END)


def _guess(surface: Surface, positions_A: np.ndarray) -> np.ndarray:
    atoms = surface.atoms.copy()
    atoms.set_positions(positions_A)
    return guessed(atoms)


def _left_site(ends: Endpoints, place: Place, at_end: bool) -> str:
    """What has left its site at an end, in words; empty if nothing has."""
    placed, other = (ends.end, ends.start) if at_end else (ends.start, ends.end)
    vacant = next(unit for unit in units(other) if int(ends.mover[0]) in unit.atoms)
    try:
        check_on_site(
            placed,
            with_positions(placed, place.positions_A),
            vacant_A=vacant.centre_A,
            name="end" if at_end else "start",
        )
    except StructureError as error:
        return error.what
    return ""


def _chain(ends: Endpoints, images: int) -> np.ndarray:
    """(images + 2, n, 3) positions of the path; molecules that turned keep their names."""
    chain = path(ends, images=images, keep_numbering=True)
    return np.array([image.cart_coords for image in chain.images])


def _top_of_path(ends: Endpoints, surface: Surface) -> tuple[Place, np.ndarray]:
    """The highest image of a path between the relaxed ends, and the way there."""
    chain = [
        image.cart_coords for image in path(ends, images=_PATH_IMAGES, keep_numbering=True).images
    ]
    with surface.stage("path"):
        seen = [surface(positions) for positions in chain[1:-1]]
    top = int(np.argmax([energy for energy, _ in seen])) + 1
    energy, slope = seen[top - 1]
    place = Place(chain[top], energy, slope, _guess(surface, chain[top]))
    return place, chain[top + 1] - chain[top - 1]


def _top_of_band(
    ends: Endpoints, surface: Surface, first: Place, last: Place
) -> tuple[Place, np.ndarray]:
    """The top of the curve through a band that came half-way to rest, and the way there."""
    chain = np.array(
        [
            image.cart_coords
            for image in path(ends, images=_BAND_IMAGES, keep_numbering=True).images
        ]
    )
    band = _Band(surface)
    with surface.stage("band"):
        bodies = molecules(ends)
        steps = _BAND_STEPS[bool(bodies)]
        relax_band(chain[0], chain[1:-1], chain[-1], band, bodies, 0.0, steps)
        chain = np.concatenate([chain[:1], band.positions_A, chain[-1:]])
        chain -= chain.mean(axis=1, keepdims=True) - chain[0].mean(axis=0)
        energies = np.array([first.energy_eV, *band.energies_eV, last.energy_eV])
        slopes = np.array([first.slope_eV_A, *band.slopes_eV_A, last.slope_eV_A])
        directions, along = tangents(chain, energies), coordinates(chain)
        curve = CubicHermiteSpline(along, energies, (slopes * directions).sum(axis=(1, 2)))
        way = CubicHermiteSpline(along, chain, directions, axis=0)
        fine = np.linspace(along[0], along[-1], 400)[1:-1]
        top = fine[int(np.argmax(curve(fine)))]
        positions = np.asarray(way(top))
        place = start_at(surface, positions, _guess(surface, positions))
    return place, np.asarray(way(top, 1))


class _Band:
    """The engine as what a band is relaxed on; keeps the last images that were asked for."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self.positions_A = np.empty(0)
        self.energies_eV: list[float] = []
        self.slopes_eV_A: list[np.ndarray] = []

    def value_and_gradient(self, positions_A: np.ndarray) -> tuple[float, np.ndarray]:
        seen = [self._surface(image) for image in positions_A]
        self.positions_A = positions_A.copy()
        self.energies_eV, self.slopes_eV_A = [e for e, _ in seen], [slope for _, slope in seen]
        return float(np.sum(self.energies_eV)), np.array(self.slopes_eV_A)

    def stiffness(self, positions_A: np.ndarray) -> np.ndarray:
        count = positions_A.shape[1]
        whole = np.array([_guess(self._surface, image) for image in positions_A])
        blocks = whole.reshape(len(positions_A), count, 3, count, 3)
        return np.asarray(np.einsum("kiaja->kij", blocks) * _SPRING)


def _shaken(ends: Endpoints, surface: Surface, place: Place, fmax: float) -> Place:
    """The lowest saddle that is found by shaking the atoms, molecules as a whole, at the lowest
    so far."""
    unit_of = np.empty(len(ends.start), dtype=int)
    for number, unit in enumerate(units(ends.start)):
        unit_of[unit.atoms] = number
    random = stream(0, _STREAM)
    idle, sizes = 0, cycle(_SHAKES_A)
    with surface.stage("shaken"):
        while idle < _SHAKES:
            shift = random.normal(scale=next(sizes), size=(unit_of.max() + 1, 3))[unit_of]
            mode = np.linalg.eigh(place.curvature)[1][:, 0].reshape(-1, 3)
            moved = place.positions_A + shift - shift.mean(axis=0)
            other = saddle(
                surface, start_at(surface, moved, place.curvature), mode, fmax, _CALLS_SHAKEN
            )
            better = _lower(place, other)
            idle = 0 if better is other else idle + 1
            place = better
    return place


def _lower(place: Place, other: Place) -> Place:
    """The saddle at rest, of two the lower one; the first, where they are about the same."""
    ranks = (not other.at_rest, other.energy_eV) < (not place.at_rest, place.energy_eV - _LOWER_EV)
    return other if ranks else place


def _saddle(ends: Endpoints, surface: Surface, first: Place, last: Place, fmax: float) -> Place:
    """The lowest saddle that is found between relaxed ends."""
    place, along = _top_of_band(ends, surface, first, last)
    with surface.stage("saddle"):
        if len(ends.mover) > 1:
            place = held(surface, place, along, _HELD_EV_A, _CALLS_HELD)
        most = _CALLS_SADDLE if len(ends.mover) == 1 else _CALLS_TURNING
        place = saddle(surface, place, along, fmax, most)
    if len(ends.mover) == 1:
        other, along = _top_of_path(ends, surface)
        with surface.stage("saddle"):
            other = saddle(surface, other, along, fmax, _CALLS_SADDLE)
        place = _lower(other, place)
    return _shaken(ends, surface, place, fmax) if place.at_rest else place


def _other_turns(
    ends: Endpoints, stops: tuple[Place, Place], descents: tuple[Descent, ...]
) -> bool:
    """Whether the ways down lead to the same hop with its molecules turned otherwise."""
    if not molecules(ends) or {one.end for one in descents} != {0, 1}:
        return False
    if all(one.away_A < ARRIVED_A for one in descents):
        return False
    at_rest = all(stop.at_rest for stop in stops)
    return at_rest and not any(
        _left_site(ends, stop, at_end=bool(end)) for end, stop in enumerate(stops)
    )


def _modes(surface: Surface, place: Place) -> Modes:
    """The lowest curvatures at a saddle."""
    lowest = np.linalg.eigh(place.curvature)[1][:, 0]
    with surface.stage("modes"):
        modes = Modes(
            lambda x: surface(x.reshape(-1, 3))[1].ravel(),
            place.positions_A.ravel(),
            place.slope_eV_A.ravel(),
            lowest,
        )
        while len(modes.directions) < _DIRECTIONS:
            values, missed = modes.values_eV_A2, modes.missed_eV_A2
            number = int(missed[0] < 0.3 * abs(values[0]))
            if number and len(values) > 1 and missed[1] < max(_KNOWN_EV_A2, 0.5 * abs(values[1])):
                break
            if not modes.refine(place.curvature, number):
                break
    return modes


def _descents(
    ends: Endpoints,
    surface: Surface,
    place: Place,
    mode: np.ndarray,
    relaxed: tuple[Place, Place],
) -> tuple[tuple[Place, Place], tuple[Descent, ...]]:
    """Down from the saddle to both sides: where it stops, that of the first end first.

    To which end a way leads is told by the ion that hops.
    """
    cell, periodic = surface.atoms.cell.array, tuple(surface.atoms.pbc)

    def away(one: np.ndarray, end: Place) -> np.ndarray:
        steps = shortest(end.positions_A - one, cell, periodic)
        return np.asarray(steps - np.median(steps, axis=0))

    def farthest(one: np.ndarray, end: Place) -> float:
        return float(np.linalg.norm(away(one, end), axis=1).max())

    def mover_away(one: np.ndarray, end: Place) -> float:
        return float(np.linalg.norm(away(one, end)[ends.mover].mean(axis=0)))

    def arrived(here: Place) -> bool:
        return min(farthest(here.positions_A, end) for end in relaxed) < ARRIVED_A

    kick = mode.reshape(-1, 3)
    kick = _KICK_A * kick / np.linalg.norm(kick, axis=1).max()
    found = []
    with surface.stage("down"):
        for sign in (1, -1):
            down = start_at(surface, place.positions_A + sign * kick, place.curvature)
            down = minimum(surface, down, _FMAX_DOWN_EV_A, _CALLS_DOWN, enough=arrived)
            nearer = int(np.argmin([mover_away(down.positions_A, end) for end in relaxed]))
            end = relaxed[nearer]
            left, gap = away(down.positions_A, end), farthest(down.positions_A, end)
            line = None
            if gap >= ARRIVED_A:
                on_line = [surface(down.positions_A + share * left)[0] for share in _ON_LINE]
                line = max(*on_line, down.energy_eV) - end.energy_eV
            above = down.energy_eV - end.energy_eV
            found.append((down, Descent(nearer, gap, above, down.fmax_eV_A, line)))
    found.sort(key=lambda one: one[1].end)
    (one, _), (other, _) = found
    return (one, other), tuple(descent for _, descent in found)


def _aligned(surface: Surface, chain_A: np.ndarray) -> np.ndarray:
    """Each image shifted as a whole so that most atoms stay, which changes no energy."""
    cell, periodic = surface.atoms.cell.array, tuple(surface.atoms.pbc)
    steps = shortest(chain_A - chain_A[0], cell, periodic)
    return np.asarray(chain_A - np.median(steps, axis=1)[:, None])


def _contact(surface: Surface, positions_A: np.ndarray) -> float:
    """The nearest two atoms, as a share of the sum of their covalent radii."""
    atoms = surface.atoms.copy()
    atoms.set_positions(positions_A)
    first, second, distances = neighbor_list("ijd", atoms, 3.5)
    radii = covalent_radii[atoms.numbers]
    shares = distances / (radii[first] + radii[second])
    return float(shares.min(initial=2.0))
