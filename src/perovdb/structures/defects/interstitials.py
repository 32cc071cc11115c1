"""Places between the sites of a structure, or beside one that is split, for interstitials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.radii import choose_radius
from perovdb.composition.registry import Ion
from perovdb.errors import InputError, StructureError
from perovdb.store import queries
from perovdb.structures.defects.choices import Demand, Points, pick
from perovdb.structures.defects.labels import Defect
from perovdb.structures.defects.selecting import Stock, fractional_place
from perovdb.structures.defects.voids import SAME_VOID_A, voids
from perovdb.structures.octahedra.bonds import REACH

#: Directions across the B-B line that a split interstitial tries.
DIRECTIONS = 72


class Used(NamedTuple):
    """What other defects use already: (n,) units, and fractional places between the sites."""

    units: np.ndarray
    places: Sequence[np.ndarray]


def interstitial_places(
    stock: Stock,
    defect: Defect,
    ion: Ion,
    used: Used,
    choose: str,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, str]:
    """Where interstitials of one kind come to stand.

    Args:
        stock: the units of the structure.
        defect: what is wanted.
        ion: that is added.
        used: what is not to be had.
        choose: among equivalent voids, or ions to be split, a key of `choices.RULES`.
        generator: for what is chosen at random.

    Returns:
        (m, 3) fractional places, the numbers of the units that are split, and where in words.

    Raises:
        InputError: a place does not exist.
        StructureError: there are not so many voids.
        MissingData: the store has no radius of the ion.
    """
    if defect.split:
        hosts = _hosts(stock, ion, defect, used, choose, generator)
        separation_A = defect.separation_A
        if separation_A is None:
            radius = choose_radius(queries.radii(ion.species), ion)
            separation_A = 2 * float(radius["radius_A"])
        halves = [_halves(stock, int(host), separation_A) for host in hosts]
        return np.concatenate(halves), hosts, "split"
    no_hosts = np.empty(0, dtype=int)
    if defect.at is not None:
        return np.array([fractional_place(place) for place in defect.at]), no_hosts, "at"
    places, radius_A = _in_voids(stock.structure, defect, used, choose, generator)
    return places, no_hosts, f"in a void of {radius_A:.2f} A"


def _in_voids(
    structure: Structure,
    defect: Defect,
    used: Used,
    choose: str,
    generator: np.random.Generator,
) -> tuple[np.ndarray, float]:
    distinct = voids(structure, most=defect.void + 1)
    if defect.void >= len(distinct):
        raise InputError(
            f"There is no void number {defect.void}.",
            f"The structure has {len(distinct)} distinct ones, numbered from 0.",
        )
    void, count = distinct[defect.void], int(defect.amount)
    points = Points(structure.lattice, np.array([*void.equivalents, *used.places]))
    number = np.arange(void.multiplicity)
    beyond = np.arange(void.multiplicity, len(points.fractional))
    if len(beyond):
        number = number[points.distances_A(number, beyond).min(axis=1) > SAME_VOID_A]
    if len(number) < count:
        raise StructureError(
            f"The cell has {len(number)} free voids of this kind, fewer than {count}.",
            "Take a larger supercell, or name the places.",
        )
    (chosen,) = pick(points, [Demand(number, count)], choose, generator)
    return void.equivalents[chosen], void.radius_A


def _hosts(
    stock: Stock,
    ion: Ion,
    defect: Defect,
    used: Used,
    choose: str,
    generator: np.random.Generator,
) -> np.ndarray:
    """(m,) the ions that are split."""
    if ion.site != "X" or ion.molecular:
        raise InputError(
            f"{ion.species} does not bridge two B.", "Only a halide makes a split interstitial."
        )
    species = stock.species(ion.species)
    if defect.at is not None:
        return stock.at(species, defect.at)
    free = np.setdiff1d(stock.of(species), used.units)
    demand = Demand(free, stock.counted(defect.amount, species))
    return pick(stock.points, [demand], choose, generator)[0]


def _halves(stock: Stock, host: int, separation_A: float) -> np.ndarray:
    """(2, 3) fractional places of two X beside the place of one, across its B-B line.

    Of the directions across the line the one with most room for both is taken.
    """
    if not 0.5 <= separation_A <= 8:
        raise InputError(
            f"The halves cannot be {separation_A} A apart.", "Give 0.5 to 8 angstrom."
        )
    lattice = stock.structure.lattice
    origin = lattice.get_cartesian_coords(stock.points.fractional[host])
    around = lattice.get_points_in_sphere(stock.points.fractional, origin, 8.0)
    places, away_A = (np.array([one[k] for one in around]) for k in (0, 1))
    is_b = np.array([stock.every[int(one[2])].role == "B" for one in around])
    offsets = lattice.get_cartesian_coords(places) - origin
    near = np.flatnonzero(is_b)[np.lexsort([*places[is_b].round(6).T, away_A[is_b].round(4)])]
    if len(near) < 2 or away_A[near[1]] > REACH * away_A[near[0]] + 1e-4:
        raise StructureError(
            "The ion to be split bridges no two B.", "Split another one, or use a void."
        )
    line = offsets[near[1]] - offsets[near[0]]
    line /= np.linalg.norm(line)
    first = np.cross(line, np.eye(3)[int(np.abs(line.round(6)).argmin())])
    first /= np.linalg.norm(first)
    angle = np.arange(DIRECTIONS)[:, None] * np.pi / DIRECTIONS
    across = np.cos(angle) * first + np.sin(angle) * np.cross(line, first)
    both = np.stack([across, -across], axis=1) * separation_A / 2
    others = offsets[away_A > 1e-3]
    room = np.linalg.norm(both[:, :, None] - others, axis=-1).min(axis=(1, 2))
    best = int(np.rint(room / 1e-4).argmax())
    return np.asarray(lattice.get_fractional_coords(origin + both[best]))
