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
from pymatgen.core import Lattice, Structure
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

#: Ions and molecules that go no farther are at rest, in angstrom.
REST_A = 0.5

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
    alike = _order(first) == _order(last)
    if keep_numbering and not alike:
        raise other_order()
    placed = last
    if alike:
        placed = with_positions(first, last.frac_coords @ first.lattice.matrix)
        placed = in_nearest_images(first, placed)
    if not keep_numbering:
        placed, exchanged = matched(first, placed)
        if exchanged:
            notes.append(f"identical atoms of the end renumbered: {in_words(exchanged)}")
    if not alike:
        notes.append("the atoms of the end are put into the order of the start")
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
    away = []
    for before, after in zip(units(start), units(end), strict=True):
        way = after.centre_A - before.centre_A
        shift = _to_nearest(start, way)
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
    """

    what: str
    atoms: np.ndarray


def in_words(exchanged: list[Swap]) -> str:
    """The first five exchanges."""
    more = "; ..." if len(exchanged) > 5 else ""
    return "; ".join(swap.what for swap in exchanged[:5]) + more


def matched(start: Structure, end: Structure) -> tuple[Structure, list[Swap]]:
    """The end with its atoms in the order of the start, and under the names that make the path
    shortest: of ions, of whole molecules, and of the atoms of one molecule by one of its own
    rotations. What is exchanged goes to the periodic image nearest to where it starts.

    Args:
        start, end: with the same ions in one cell.

    Returns:
        the end, and what was exchanged if both had one order already.

    Raises:
        StructureError: the ions differ, or a molecule in another order has another shape.
    """
    before, after = units(start), units(end)
    counts = [Counter(unit.ion for unit in every) for every in (before, after)]
    if counts[0] != counts[1]:
        raise StructureError(
            f"The two ends hold other ions: {ion_formula(start)} and {ion_formula(end)}.",
            "Give two structures of one hop.",
        )
    alike = _order(start) == _order(end)
    positions = np.empty((len(start), 3))
    exchanged = []
    for ion in counts[0]:
        here, there = ([unit for unit in every if unit.ion == ion] for every in (before, after))
        starts, goals = (np.array([unit.centre_A for unit in some]) for some in (here, there))
        goal = _assigned(start.lattice, starts, goals, alike)
        for number, place in enumerate(goal.tolist()):
            one, two = here[number], there[place]
            atoms, told = _atoms_as(start, one, end, two)
            if alike and place == number:
                exchanged += [Swap(told, one.atoms)] if told else []
            else:
                words = f"{ion} {int(one.atoms[0]) + 1} for {ion} {int(two.atoms[0]) + 1}"
                exchanged += [Swap(words, one.atoms)] if alike else []
                atoms += _to_nearest(start, two.centre_A - one.centre_A)
            positions[one.atoms] = atoms
    return with_positions(start, positions), exchanged


def _assigned(
    lattice: Lattice, starts_A: np.ndarray, goals_A: np.ndarray, alike: bool
) -> np.ndarray:
    """(n,) number of the place at the end for each of n units of one ion.

    Those that rest keep their places: that a long way could be split into two short ones is no
    reason to exchange names. Of the others the sum of squares is the least.
    """
    every = np.arange(len(starts_A))
    squares = lattice.get_all_distances(
        lattice.get_fractional_coords(starts_A), lattice.get_fractional_coords(goals_A)
    )
    squares = np.asarray(squares) ** 2
    own = every
    if alike:
        # The image that the ends themselves chose stands for an ion and its own place.
        np.fill_diagonal(squares, ((goals_A - starts_A) ** 2).sum(axis=1))
    else:
        own = squares.argmin(axis=1)
    rests = (squares[every, own] <= REST_A**2) & (alike | (squares.argmin(axis=0)[own] == every))
    left, free = every[~rests], np.setdiff1d(every, own[rests])
    goal = np.where(rests, own, -1)
    goal[left] = free[linear_sum_assignment(squares[np.ix_(left, free)])[1]]
    if alike and (squares[every, every] - squares[every, goal]).sum() < SHORTER_A2:
        return every
    return np.asarray(goal)


def _to_nearest(start: Structure, way_A: np.ndarray) -> np.ndarray:
    """(3,) the lattice vector to add to a way for the shortest one."""
    lattice = start.lattice
    cells = np.where(lattice.pbc, -np.rint(lattice.get_fractional_coords(way_A)), 0)
    return np.asarray(lattice.get_cartesian_coords(cells))


def _atoms_as(start: Structure, one: Unit, end: Structure, two: Unit) -> tuple[np.ndarray, str]:
    """(m, 3) positions of the atoms of a unit where another one of its kind is at the end, and in
    words the exchange of identical atoms that turns a molecule less."""
    goal = end.cart_coords[two.atoms]
    if len(one.atoms) < 2:
        return goal, ""
    elements, others = (
        tuple(structure[int(atom)].specie.symbol for atom in unit.atoms)
        for structure, unit in ((start, one), (end, two))
    )
    centre = goal.mean(axis=0)
    local = start.cart_coords[one.atoms] - start.cart_coords[one.atoms].mean(axis=0)
    nearest = stand_as(elements, local, others, goal - centre)
    off = np.linalg.norm(nearest[:, None] - (goal - centre)[None], axis=2).min(axis=1).max()
    if elements != others:
        if off > 1e-6:
            raise StructureError(
                f"{one.ion} with atom {int(two.atoms[0]) + 1} has another shape at the end.",
                "Sort the atoms of the end as those of the start.",
            )
        return centre + nearest, ""
    turn, least = (
        float(np.degrees(rotation_between(local, x).magnitude())) for x in (goal - centre, nearest)
    )
    if len(one.atoms) < 3 or off > 1e-6 or turn - least <= SMALLER_DEG:
        return goal, ""
    words = (
        f"atoms of {one.ion} {int(one.atoms[0]) + 1} (it turns by {turn:.0f} deg, "
        f"renumbered by {least:.0f})"
    )
    return centre + nearest, words
