"""The sites of a phase, repeated by its space group, and the molecules that it holds in order."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.errors import MissingData
from perovdb.store import queries
from perovdb.store.connection import Record

if TYPE_CHECKING:
    from pymatgen.symmetry.groups import SpaceGroup

#: Images of a site that are nearer than this, in fractions of the cell, are one.
_SAME_PLACE = 1e-3


class Orbits(NamedTuple):
    """The places of a cell.

    Attributes:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        sites: (n,) index of the site of the asymmetric unit that stands there.
        fractional: (n, 3) fractional coordinates, from 0 to below 1.
        turns: (n, 3, 3) what an operation that brings the site there does to vectors, Cartesian:
            `vectors @ turn`. A rotation, where one of several operations is such.
    """

    lattice_A: np.ndarray
    sites: np.ndarray
    fractional: np.ndarray
    turns: np.ndarray


@answer
class OrderedMolecule(Answer):
    """A molecule as it stands in a crystal.

    Attributes:
        species: the ion.
        elements: (m,) element symbols.
        offsets_A: (m, 3) of its atoms from its site, Cartesian, in angstrom.
    """

    species: str
    elements: tuple[str, ...]
    offsets_A: np.ndarray


def orbits(row: Record, sites: Sequence[Record]) -> Orbits:
    """Sites of the asymmetric unit, repeated by the space group in the setting of the row.

    Args:
        row: of the table `phase`.
        sites: with x, y and z.

    Raises:
        MissingData: the symbol of the space group is none.
    """
    from pymatgen.core import Lattice

    box = Lattice.from_parameters(
        *(row[name] for name in ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg"))
    )
    lattice_A = np.where(np.abs(box.matrix) < 1e-9, 0.0, box.matrix)
    try:
        rotations, shifts = _operations(row["space_group"])
    except ValueError as error:
        raise MissingData(
            f"'{row['space_group']}' of phase {row['id']} is no symbol of a space group.",
            "Write it as in the International Tables, such as Pnma or P2_1/c.",
        ) from error
    improper = np.linalg.det(rotations) < 0
    numbers, points, turns = [], [], []
    for number, site in enumerate(sites):
        start = np.array([_exact_sixth(site[axis]) for axis in "xyz"])
        images = np.round(rotations @ start + shifts, 10) % 1.0
        left = np.ones(len(images), dtype=bool)
        for image in images:
            apart = images - image
            there = left & (np.abs(apart - np.round(apart)) < _SAME_PLACE).all(axis=1)
            if there.any():
                left &= ~there
                proper = np.flatnonzero(there & ~improper)
                numbers.append(number)
                points.append(image)
                turns.append(rotations[proper[0] if len(proper) else np.flatnonzero(there)[0]])
    inverse = np.linalg.inv(lattice_A)
    cartesian = [inverse @ turn.T @ lattice_A for turn in turns]
    return Orbits(lattice_A, np.array(numbers), np.array(points), np.array(cartesian))


def ordered_molecules(
    row: Record, sites: Sequence[Record], places: Orbits
) -> tuple[OrderedMolecule | None, ...]:
    """What stands on each place of a cell, if it is a molecule that the crystal holds in order.

    Args:
        row: of the table `phase`.
        sites, places: as `orbits` took and gave them.
    """
    atoms = queries.phase_atoms(row["id"])
    offsets_A = {
        label: (np.array([[atom[axis] for axis in "xyz"] for atom in own]) - _place(site))
        @ places.lattice_A
        for label, own, site in (
            (site["label"], atoms.get(site["label"], []), site) for site in sites
        )
        if own
    }
    return tuple(
        OrderedMolecule(
            sites[number]["species"],
            tuple(atom["element"] for atom in atoms[sites[number]["label"]]),
            offsets_A[sites[number]["label"]] @ turn,
        )
        if sites[number]["label"] in offsets_A
        else None
        for number, turn in zip(places.sites.tolist(), places.turns, strict=True)
    )


def _place(site: Record) -> np.ndarray:
    return np.array([site["x"], site["y"], site["z"]])


@cache
def space_group(symbol: str) -> SpaceGroup:
    """The group of a symbol; pymatgen's, which makes its operations anew whenever it is asked for
    one.

    Raises:
        ValueError: there is none of this symbol.
    """
    from pymatgen.symmetry.groups import SpaceGroup

    with warnings.catch_warnings():
        # pymatgen knows Pnam and its like, but not their full symbols, which nobody asked for.
        warnings.filterwarnings("ignore", "Full symbol not available")
        return SpaceGroup(symbol)


@cache
def _operations(symbol: str) -> tuple[np.ndarray, np.ndarray]:
    """Rotations (k, 3, 3) and shifts (k, 3) of a space group, on fractional columns."""
    every = space_group(symbol).symmetry_ops
    matrices = np.array([operation.affine_matrix for operation in every])
    return matrices[:, :3, :3], matrices[:, :3, 3]


def _exact_sixth(coordinate: float) -> float:
    """0.3333 is printed for a third: taken literally, it would leave its special position."""
    sixth = round(coordinate * 6) / 6
    return sixth if abs(coordinate - sixth) < 6e-5 else coordinate
