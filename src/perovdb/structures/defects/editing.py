"""Take units out of a structure and put new ones in; everything else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from pymatgen.core import Structure
from scipy.spatial import cKDTree

from perovdb.errors import StructureError
from perovdb.structures.assembling import added
from perovdb.structures.drawing import draw
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
    structure: Structure, out: Sequence[Unit], new: Sequence[Newcomer], orientation: str, seed: int
) -> Structure:
    """The structure without some units and with new ones. It has no history yet.

    Args:
        structure: with roles and molecules.
        out: units of it that go.
        new: units that come.
        orientation: rule for molecules among them, of the drawing or ROOMIEST.
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
            name: [held[one.instead.atoms[0]] if one.instead else None for one in new]
            for name, held in structure.site_properties.items()
            if name not in PROPERTIES
        },
    )
    if orientation == ROOMIEST:
        drawn = _turned(drawn, left, seed)
    return added(
        left, [site.specie.symbol for site in drawn], drawn.cart_coords, drawn.site_properties
    )


def nearest_A(made: Structure, places: np.ndarray) -> float:
    """The shortest distance from an atom of the units at (n, 3) places to one of another unit."""
    every = units(made)
    lattice = made.lattice
    centres = lattice.get_fractional_coords([unit.centre_A for unit in every])
    nearest = float("inf")
    for new in lattice.get_all_distances(places, centres).argmin(axis=1):
        atoms = every[int(new)].atoms
        others = np.setdiff1d(np.arange(len(made)), atoms)
        table = lattice.get_all_distances(made.frac_coords[atoms], made.frac_coords[others])
        nearest = min(nearest, float(table.min(initial=np.inf)))
    return nearest


def _turned(drawn: Structure, host: Structure, seed: int) -> Structure:
    """The new molecules, each turned to where its nearest neighbour is farthest."""
    from scipy.spatial.transform import Rotation

    generator = stream(seed, STREAM)
    cube = cube_rotations()
    turns = np.concatenate([cube, Rotation.random(len(cube), generator).as_matrix()])
    positions = drawn.cart_coords
    every = units(drawn)
    for unit in every:
        if len(unit.atoms) == 1:
            continue
        others = np.setdiff1d(np.arange(len(drawn)), unit.atoms)
        around = np.concatenate([host.cart_coords.reshape(-1, 3), positions[others]])
        tree = cKDTree(_images(host.lattice.matrix, host.lattice.pbc, around, unit.centre_A))
        local = positions[unit.atoms] - unit.centre_A
        tried = local @ turns.transpose(0, 2, 1) + unit.centre_A
        room = tree.query(tried)[0].min(axis=1)
        positions[unit.atoms] = tried[int(np.rint(room / 1e-4).argmax())]
    turned: Structure = Structure(
        drawn.lattice,
        drawn.species,
        positions,
        coords_are_cartesian=True,
        site_properties=drawn.site_properties,
    )
    return turned


def _images(
    lattice_A: np.ndarray, periodic: Sequence[bool], points_A: np.ndarray, centre_A: np.ndarray
) -> np.ndarray:
    """Points, each in the cells around the one where it is nearest to a centre."""
    inverse = np.linalg.inv(lattice_A)
    repeats = np.array(periodic, dtype=int)
    offset = (points_A - centre_A) @ inverse
    offset -= np.rint(offset) * repeats
    cells = np.array(list(np.ndindex(*(2 * repeats + 1)))) - repeats
    return np.asarray((offset[:, None] + cells[None]).reshape(-1, 3) @ lattice_A + centre_A)
