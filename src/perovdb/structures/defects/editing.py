"""Take units out of a structure and put new ones in; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pymatgen.core import Structure
from scipy.spatial.transform import Rotation

from perovdb.errors import StructureError
from perovdb.structures.assembling import added
from perovdb.structures.drawing import draw
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.rotations import cube_rotations
from perovdb.structures.sites import Sites
from perovdb.structures.streams import stream
from perovdb.structures.units import PROPERTIES, Unit, units

#: An orientation beside those of the drawing: of the turns of the cube and as many free ones,
#: by the seed, the one that keeps the new molecule farthest from its neighbours.
ROOMIEST = "roomiest"

#: Stream of the random turns of `ROOMIEST`.
STREAM = 24


class Newcomer(NamedTuple):
    """A unit to come.

    Attributes:
        ion: its species.
        role: of its site.
        fractional: (3,) its place.
        instead: the unit whose site it takes over, with what else that carries, as its region.
    """

    ion: str
    role: str
    fractional: np.ndarray
    instead: Unit | None = None


def edit(
    structure: Structure,
    out: Sequence[Unit],
    new: Sequence[Newcomer],
    orientation: str | Orientation,
    seed: int,
) -> Structure:
    """The structure without some units and with new ones. It has no history yet.

    Args:
        structure: with roles and molecules.
        out: units of it that go.
        new: units that come.
        orientation: of molecules among them, as for `draw`, or ROOMIEST.
        seed: of random orientations.

    Raises:
        StructureError: no atom would be left.
    """
    left = structure.copy()
    left.remove_sites([int(atom) for unit in out for atom in unit.atoms])
    left.properties = {}
    if not new:
        if not len(left):
            raise StructureError(
                "Nothing would be left of the structure.", "Take out fewer ions, or a larger cell."
            )
        return left
    drawn = draw(
        Sites(
            np.asarray(structure.lattice.matrix),
            np.array([newcomer.fractional for newcomer in new]),
            np.array([newcomer.role for newcomer in new]),
            structure.lattice.pbc,
        ),
        [newcomer.ion for newcomer in new],
        "random" if orientation == ROOMIEST else orientation,
        seed,
        labels={
            name: [values[one.instead.atoms[0]] if one.instead else None for one in new]
            for name, values in structure.site_properties.items()
            if name not in PROPERTIES
        },
    )
    positions = drawn.cart_coords
    if orientation == ROOMIEST:
        positions = _turned(drawn, left, seed)
    return added(left, [site.specie.symbol for site in drawn], positions, drawn.site_properties)


def nearest_A(structure: Structure, places: np.ndarray) -> float:
    """The shortest distance from an atom of the units at (n, 3) places to one of another unit."""
    every, lattice = units(structure), structure.lattice
    centres = lattice.get_fractional_coords([unit.centre_A for unit in every])
    tables = []
    for number in lattice.get_all_distances(places, centres).argmin(axis=1):
        atoms = every[int(number)].atoms
        others = np.delete(structure.frac_coords, atoms, axis=0)
        tables.append(lattice.get_all_distances(structure.frac_coords[atoms], others))
    return min(float(table.min(initial=np.inf)) for table in tables)


def _turned(drawn: Structure, host: Structure, seed: int) -> np.ndarray:
    """(n, 3) atoms of new molecules, each turned to where its nearest neighbour is farthest."""
    generator = stream(seed, STREAM)
    cube = cube_rotations()
    turns = np.concatenate([cube, Rotation.random(len(cube), generator).as_matrix()])
    lattice, positions = host.lattice, np.array(drawn.cart_coords)
    for unit in units(drawn):
        if len(unit.atoms) == 1:
            continue
        others = np.setdiff1d(np.arange(len(drawn)), unit.atoms)
        around = lattice.get_fractional_coords(
            np.concatenate([host.cart_coords.reshape(-1, 3), positions[others]])
        )
        local = positions[unit.atoms] - unit.centre_A
        tried = local @ turns.transpose(0, 2, 1) + unit.centre_A
        places = lattice.get_fractional_coords(tried.reshape(-1, 3))
        room = lattice.get_all_distances(places, around).reshape(len(turns), -1).min(axis=1)
        positions[unit.atoms] = tried[int(np.rint(room / 1e-4).argmax())]
    return positions
