"""Whether other names for identical atoms would shorten a path.

Two files of one material seldom number their atoms alike. Taken at its word, such a pair of
ends sends two iodides through each other, or turns a molecule by a third of a circle to put
each hydrogen where another one is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pymatgen.core import Structure
from scipy.optimize import linear_sum_assignment

from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.numbering import stand_as
from perovdb.migration.rigid import rotation_between
from perovdb.structures.units import Unit, units

#: A shorter sum of squares counts from here, in square angstrom; ions tremble by less.
SHORTER_A2 = 0.25

#: A smaller turn of a molecule counts from here, in degrees.
SMALLER_DEG = 5.0


@dataclass(frozen=True)
class Swap:
    """Atoms whose names could be exchanged at the end for a shorter path.

    Attributes:
        what: in words.
        atoms: (m,) atoms concerned, numbers from 0.
        places: (m,) whose place at the end each should take.
    """

    what: str
    atoms: np.ndarray
    places: np.ndarray


def swaps(ends: Endpoints) -> list[Swap]:
    """All exchanges of names that would shorten the path: of ions, of whole molecules, and of
    the atoms of one molecule by one of its own rotations."""
    return [*_between_units(ends), *_inside_molecules(ends)]


def renumbered(ends: Endpoints) -> Endpoints:
    """The same ends, with the names of identical atoms exchanged so that the path is shortest.

    Periodic images stay those of the ends: an atom that takes another's place goes to the image
    nearest to where it starts.
    """
    for search in (_between_units, _inside_molecules):
        positions = ends.end.cart_coords
        moved = positions.copy()
        for swap in search(ends):
            moved[swap.atoms] = positions[swap.places]
            if search is _between_units:
                moved[swap.atoms] += _image(ends.start, swap, moved[swap.atoms])
        ends = replace(ends, end=with_positions(ends.end, moved))
    return ends


def _image(start: Structure, swap: Swap, moved_A: np.ndarray) -> np.ndarray:
    """(3,) the lattice vector that brings exchanged atoms nearest to where they start."""
    way = (moved_A - start.cart_coords[swap.atoms]).mean(axis=0)
    periodic = np.array(start.lattice.pbc)
    cells = np.where(periodic, np.rint(start.lattice.get_fractional_coords(way)), 0)
    return np.asarray(-start.lattice.get_cartesian_coords(cells))


def _between_units(ends: Endpoints) -> list[Swap]:
    before, after = units(ends.start), units(ends.end)
    lattice = ends.start.lattice
    found = []
    for ion in dict.fromkeys(unit.ion for unit in before):
        # Only units that move can gain: the others are where they are meant to be.
        way = [
            float(np.linalg.norm(two.centre_A - one.centre_A))
            for one, two in zip(before, after, strict=True)
        ]
        movers = [n for n, unit in enumerate(before) if unit.ion == ion and way[n] > 0.5]
        if len(movers) < 2:
            continue
        starts = lattice.get_fractional_coords([before[n].centre_A for n in movers])
        goals = lattice.get_fractional_coords([after[n].centre_A for n in movers])
        squares = np.asarray(lattice.get_all_distances(starts, goals)) ** 2
        own = np.array([way[n] for n in movers]) ** 2
        # The image that the ends themselves chose stands for an ion and its own place.
        np.fill_diagonal(squares, own)
        _, goal = linear_sum_assignment(squares)
        if own.sum() - squares[np.arange(len(movers)), goal].sum() < SHORTER_A2:
            continue
        for here, there in enumerate(goal):
            if here != there:
                found.append(_exchange(before[movers[here]], before[movers[int(there)]]))
    return found


def _exchange(one: Unit, two: Unit) -> Swap:
    words = f"{one.ion} {int(one.atoms[0]) + 1} for {two.ion} {int(two.atoms[0]) + 1}"
    return Swap(words, one.atoms, two.atoms)


def _inside_molecules(ends: Endpoints) -> list[Swap]:
    start, end = ends.start.cart_coords, ends.end.cart_coords
    found = []
    for unit in units(ends.start):
        if len(unit.atoms) < 3:
            continue
        elements = tuple(ends.start[int(atom)].specie.symbol for atom in unit.atoms)
        before = start[unit.atoms] - start[unit.atoms].mean(axis=0)
        after = end[unit.atoms] - end[unit.atoms].mean(axis=0)
        nearest = stand_as(elements, before, elements, after)
        turn, least = (
            float(np.degrees(rotation_between(before, x).magnitude())) for x in (after, nearest)
        )
        places = np.linalg.norm(nearest[:, None] - after[None], axis=2).argmin(axis=1)
        if turn - least > SMALLER_DEG and len(set(places.tolist())) == len(places):
            words = (
                f"atoms of {unit.ion} {int(unit.atoms[0]) + 1} (it turns by {turn:.0f} deg, "
                f"renumbered by {least:.0f})"
            )
            found.append(Swap(words, unit.atoms, unit.atoms[places]))
    return found
