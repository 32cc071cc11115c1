"""The atoms of two ends matched: their order, their periodic images, their names.

Two files of one material seldom number their atoms alike, and hold positions inside one cell.
Taken at its word, such a pair of ends sends two iodides through each other, turns a molecule by a
third of a circle to put each hydrogen where another one is, and sends an ion that trembles across
a cell border through the whole crystal.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from scipy.optimize import linear_sum_assignment

from perovdb.composition import Material
from perovdb.errors import StructureError
from perovdb.migration.endpoints import Endpoints, half_cell, with_positions
from perovdb.migration.numbering import stand_as
from perovdb.migration.rigid import rotation_between
from perovdb.structures import history
from perovdb.structures.adoption import as_structure
from perovdb.structures.units import Unit, ion_formula, units

#: The nearest image is another one if it is nearer by more than this.
NEARER_A = 0.1

#: A shorter sum of squares counts from here, in square angstrom; ions tremble by less.
SHORTER_A2 = 0.25

#: A smaller turn of a molecule counts from here, in degrees.
SMALLER_DEG = 5.0

#: Cell vectors of the two ends may differ by this: files round them.
SAME_CELL_A = 0.01


def between(start: Material, end: Material, keep_numbering: bool = False) -> Endpoints:
    """Two structures as the ends of a hop: their atoms are matched, and what moved is found.

    The atoms of the end are put into the order of the start, ions and molecules into the periodic
    image that is nearest to where they start, and identical atoms get the names that make the path
    shortest. What goes the farthest then is the mover.

    Args:
        start, end: two structures with the same ions in the same cell.
        keep_numbering: keep order and names, so that identical ions may change places.

    Raises:
        StructureError: the cells or the ions differ; or a molecule has another shape at the end.
    """
    first, last = as_structure(start), as_structure(end)
    if np.abs(first.lattice.matrix - last.lattice.matrix).max() > SAME_CELL_A:
        raise StructureError(
            "The two ends do not have the same cell.", "Relax both in the cell of one of them."
        )
    notes = history.notes(first) if first.properties["history"] else []
    charges = [history.charge_of(one) for one in (first, last)]
    if charges[0] != charges[1]:
        notes.append(
            f"the charge of the start, {charges[0]:+d}, is taken; the end says {charges[1]:+d}"
        )
    if _order(first) == _order(last):
        placed = with_positions(first, last.frac_coords @ first.lattice.matrix)
    elif keep_numbering:
        raise other_order()
    else:
        placed = _in_order(first, last)
        notes.append("the atoms of the end are put into the order of the start")
    placed = in_nearest_images(first, placed)
    exchanged = [] if keep_numbering else swaps(first, placed)
    if exchanged:
        placed = renumbered(first, placed)
        notes.append(f"identical atoms of the end renumbered: {in_words(exchanged)}")
    here, there = (np.array([u.centre_A for u in units(one)]) for one in (first, placed))
    ways = there - here
    number = int(np.linalg.norm(ways, axis=1).argmax())
    mover = units(first)[number]
    return Endpoints(
        start=first,
        end=placed,
        mover=mover.atoms,
        vector_A=ways[number],
        half_cell=half_cell(first, ways[number]),
        into=mover.ion,
        formula=ion_formula(first),
        notes=tuple(notes),
    )


def other_order() -> StructureError:
    """The error of two ends that differ in their atoms."""
    return StructureError(
        "The two ends do not hold the same atoms in the same order.",
        "Sort the atoms of the end as those of the start.",
    )


def _order(structure: Structure) -> list[tuple[str, str, int]]:
    """Element, ion and first atom of the molecule of each atom."""
    columns = structure.site_properties
    first: dict[int, int] = {}
    for atom, molecule in enumerate(columns["molecule"]):
        first.setdefault(molecule, atom)
    return [
        (site.specie.symbol, str(ion), first[molecule] if molecule >= 0 else -1)
        for site, ion, molecule in zip(structure, columns["ion"], columns["molecule"], strict=True)
    ]


def _in_order(start: Structure, end: Structure) -> Structure:
    """The start with its atoms where those of the end are, whatever their order there: each ion
    where one of its kind is, so that the sum of squares of all ways is least."""
    before, after = units(start), units(end)
    counts = [Counter(unit.ion for unit in every) for every in (before, after)]
    if counts[0] != counts[1]:
        raise StructureError(
            f"The two ends hold other ions: {ion_formula(start)} and {ion_formula(end)}.",
            "Give two structures of one hop.",
        )
    lattice = start.lattice
    positions = np.empty((len(start), 3))
    for ion in counts[0]:
        here = [unit for unit in before if unit.ion == ion]
        there = [unit for unit in after if unit.ion == ion]
        places = [
            one.lattice.get_fractional_coords([unit.centre_A for unit in some])
            for one, some in ((start, here), (end, there))
        ]
        squares = np.asarray(lattice.get_all_distances(*places)) ** 2
        for one, two in zip(*linear_sum_assignment(squares), strict=True):
            positions[here[one].atoms] = _atoms_as(start, here[one], end, there[two])
    return with_positions(start, positions)


def _atoms_as(start: Structure, one: Unit, end: Structure, two: Unit) -> np.ndarray:
    """(m, 3) positions of the atoms of a unit where another one of its kind is at the end."""
    cell = start.lattice.matrix
    local = start.cart_coords[one.atoms] - one.centre_A
    goal = (end.frac_coords[two.atoms] - end.lattice.get_fractional_coords(two.centre_A)) @ cell
    places = goal
    if len(one.atoms) > 1:
        elements = [
            tuple(structure[int(atom)].specie.symbol for atom in unit.atoms)
            for structure, unit in ((start, one), (end, two))
        ]
        places = stand_as(elements[0], local, elements[1], goal)
        if np.linalg.norm(places[:, None] - goal[None], axis=2).min(axis=1).max() > 1e-6:
            raise StructureError(
                f"{one.ion} with atom {int(two.atoms[0]) + 1} has another shape at the end.",
                "Sort the atoms of the end as those of the start.",
            )
    return np.asarray(end.lattice.get_fractional_coords(two.centre_A) @ cell + places)


def strays(
    start: Structure, end: Structure, mover: np.ndarray | None = None
) -> list[tuple[Unit, np.ndarray]]:
    """Units that a nearer periodic image of their end would spare a way.

    Args:
        start, end: the same atoms in the same order.
        mover: (m,) atoms that are left out: which image they go to is the hop's own choice.

    Returns:
        each unit of the start, and the (3,) lattice vector in angstrom to add at the end.
    """
    lattice = start.lattice
    away = []
    for before, after in zip(units(start), units(end), strict=True):
        way = after.centre_A - before.centre_A
        cells = np.where(lattice.pbc, -np.rint(lattice.get_fractional_coords(way)), 0)
        shift = np.asarray(lattice.get_cartesian_coords(cells))
        nearer = np.linalg.norm(way) - np.linalg.norm(way + shift) > NEARER_A
        if nearer and (mover is None or before.atoms[0] not in mover):
            away.append((before, shift))
    return away


def in_nearest_images(
    start: Structure, end: Structure, mover: np.ndarray | None = None
) -> Structure:
    """The end with its units in the periodic images nearest to their starts; as `strays`."""
    positions = end.cart_coords
    for unit, shift in strays(start, end, mover):
        positions[unit.atoms] += shift
    return with_positions(end, positions)


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


def in_words(exchanged: list[Swap]) -> str:
    """The first five exchanges."""
    more = "; ..." if len(exchanged) > 5 else ""
    return "; ".join(swap.what for swap in exchanged[:5]) + more


def swaps(start: Structure, end: Structure) -> list[Swap]:
    """All exchanges of names that would shorten the path: of ions, of whole molecules, and of
    the atoms of one molecule by one of its own rotations."""
    return [*_between_units(start, end), *_inside_molecules(start, end)]


def renumbered(start: Structure, end: Structure) -> Structure:
    """The end, with the names of identical atoms exchanged so that the path is shortest.

    Periodic images stay those of the end: an atom that takes another's place goes to the image
    nearest to where it starts.
    """
    for search in (_between_units, _inside_molecules):
        positions = end.cart_coords
        moved = positions.copy()
        for swap in search(start, end):
            moved[swap.atoms] = positions[swap.places]
            if search is _between_units:
                moved[swap.atoms] += _image(start, swap, moved[swap.atoms])
        end = with_positions(end, moved)
    return end


def _image(start: Structure, swap: Swap, moved_A: np.ndarray) -> np.ndarray:
    """(3,) the lattice vector that brings exchanged atoms nearest to where they start."""
    way = (moved_A - start.cart_coords[swap.atoms]).mean(axis=0)
    periodic = np.array(start.lattice.pbc)
    cells = np.where(periodic, np.rint(start.lattice.get_fractional_coords(way)), 0)
    return np.asarray(-start.lattice.get_cartesian_coords(cells))


def _between_units(start: Structure, end: Structure) -> list[Swap]:
    before, after = units(start), units(end)
    lattice = start.lattice
    exchanged = []
    way = [
        float(np.linalg.norm(two.centre_A - one.centre_A))
        for one, two in zip(before, after, strict=True)
    ]
    for ion in dict.fromkeys(unit.ion for unit in before):
        # Only units that move can gain: the others are where they are meant to be.
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
                exchanged.append(_exchange(before[movers[here]], before[movers[int(there)]]))
    return exchanged


def _exchange(one: Unit, two: Unit) -> Swap:
    words = f"{one.ion} {int(one.atoms[0]) + 1} for {two.ion} {int(two.atoms[0]) + 1}"
    return Swap(words, one.atoms, two.atoms)


def _inside_molecules(start: Structure, end: Structure) -> list[Swap]:
    exchanged = []
    for unit in units(start):
        if len(unit.atoms) < 3:
            continue
        elements = tuple(start[int(atom)].specie.symbol for atom in unit.atoms)
        before, after = (
            one.cart_coords[unit.atoms] - one.cart_coords[unit.atoms].mean(axis=0)
            for one in (start, end)
        )
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
            exchanged.append(Swap(words, unit.atoms, unit.atoms[places]))
    return exchanged
