"""Places at the surface of a particle or a slab where something can bind, and which way is out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from scipy.spatial import cKDTree

from perovdb.errors import check_choice
from perovdb.structures.octahedra.axes import images, octahedral_axes
from perovdb.structures.particles.cage_network import BULK, REACH
from perovdb.structures.units import Unit, units

SORTS = ("A vacancy", "X vacancy", "on A")
#: A ligand is at a place if one of its atoms is as near as this.
TAKEN_A = 2.0
#: An A holds a carboxylate if an O is as near as this.
BOUND_A = 3.6
#: An X within this angle of a direction belongs to the corner there.
CORNER = np.cos(np.radians(40))


@dataclass(frozen=True)
class Place:
    """A place at the surface.

    Attributes:
        position_A: (3,) where the ion is, was or would be.
        normal: (3,) unit vector outwards.
        anchor: number of the ion that it belongs to, among the A, B and X units of the structure:
            the B of a missing X, the A itself, or the nearest B of a missing A.
        near: how many B are near: few at corners, more on faces.
        occupant: atoms of the ion that is there; none for a vacancy.
    """

    position_A: np.ndarray
    normal: np.ndarray
    anchor: int
    near: int
    occupant: tuple[int, ...] = ()


def places(structure: Structure, sort: str, occupied: bool = False) -> list[Place]:
    """Places of a sort, from corners to faces, in a fixed order.

    Args:
        structure: with roles, its atoms in a box or between vacuum.
        sort: "A vacancy": a cage at the surface without its A; "X vacancy": a corner that an
            octahedron at the surface lacks; "on A": an A of the surface.
        occupied: of the first two, those that hold their ion instead.

    Raises:
        InputError: there is no such sort.
        StructureError: there are no octahedra that share corners.
    """
    check_choice(sort, SORTS, "no sort of place")
    surface = _Surface(structure)
    every = list(
        surface.corners(occupied) if sort == "X vacancy" else surface.cages(sort, occupied)
    )
    ligands = [structure.cart_coords[unit.atoms] for unit in units(structure) if unit.role == "L"]
    if ligands:
        taken = surface.around(np.concatenate(ligands))
        reach = BOUND_A if sort == "on A" else TAKEN_A
        every = [place for place in every if taken.query(place.position_A)[0] > reach]
    return sorted(every, key=lambda place: place.near)


class _Surface:
    """The ions of a structure, their octahedra and the images of both."""

    def __init__(self, structure: Structure) -> None:
        self.ions = [unit for unit in units(structure) if unit.role != "L"]
        roles = np.array([unit.role for unit in self.ions])
        self.centres = np.array([unit.centre_A for unit in self.ions]).reshape(-1, 3)
        self.of = {role: np.flatnonzero(roles == role) for role in "ABX"}
        lattice, periods = np.array(structure.lattice.matrix), tuple(structure.lattice.pbc)
        self.axes = octahedral_axes(lattice, self.centres[self.of["B"]], periods)
        self.a_A = float(self.axes.lengths_A.mean())
        shifts = images(lattice, periods, 2 * self.a_A) @ lattice
        self.shifts = shifts[np.argsort(np.linalg.norm(shifts, axis=1), kind="stable")]
        self.b_tree = self.around(self.centres[self.of["B"]])

    def around(self, points: np.ndarray) -> cKDTree:
        """Points and their images, the points first."""
        return cKDTree((points[None] + self.shifts[:, None]).reshape(-1, 3))

    def corners(self, occupied: bool) -> Iterator[Place]:
        """Corners of octahedra that no other one shares, with or without their X."""
        x_sites = self.of["X"]
        x_tree = self.around(self.centres[x_sites])
        for site in self.of["B"].tolist():
            here = self.centres[site]
            near = x_tree.query_ball_point(here, REACH["X"] * self.a_A)
            bonds = x_tree.data[near] - here
            number = len(self.b_tree.query_ball_point(here, REACH["B"] * self.a_A)) - 1
            for axis in [*self.axes.vectors_A, *-self.axes.vectors_A]:
                if self.b_tree.query(here + axis)[0] < 0.4 * self.a_A:
                    continue
                along = bonds @ axis / np.linalg.norm(bonds, axis=1) / np.linalg.norm(axis)
                there, across = np.flatnonzero(along > CORNER), bonds[along < -CORNER]
                if bool(len(there)) != occupied:
                    continue
                if occupied:
                    normal = bonds[there[0]]
                    unit: Unit = self.ions[x_sites[near[there[0]] % len(x_sites)]]
                    position, atoms = unit.centre_A, tuple(unit.atoms.tolist())
                else:
                    normal = -across[0] if len(across) else axis / 2
                    position, atoms = here + normal, ()
                yield Place(position, normal / np.linalg.norm(normal), site, number, atoms)

    def cages(self, sort: str, occupied: bool) -> Iterator[Place]:
        """A ions of the surface, or the empty cages there."""
        a_sites = self.of["A"]
        points, empty = self.centres[a_sites], sort == "A vacancy" and not occupied
        if empty:
            halves = np.array(list(np.ndindex(2, 2, 2))) - 0.5
            corners = self.centres[self.of["B"]][:, None] + halves @ self.axes.vectors_A
            cages = self._merged(corners.reshape(-1, 3))
            if len(points):
                cages = cages[self.around(points).query(cages)[0] > 0.4 * self.a_A]
            points = cages
        for number, point in enumerate(points):
            reach = REACH["A"] * self.a_A
            distance, which = self.b_tree.query(point, k=BULK["A"], distance_upper_bound=reach)
            which = which[np.isfinite(distance)]
            outwards = (point - self.b_tree.data[which]).sum(axis=0)
            size = np.linalg.norm(outwards)
            if not 0 < len(which) < BULK["A"] or size < 0.2 * self.a_A:
                continue
            site = int(self.of["B"][which[0] % len(self.of["B"])] if empty else a_sites[number])
            atoms = tuple(self.ions[site].atoms.tolist()) if occupied else ()
            yield Place(point, outwards / size, site, len(which), atoms)

    def _merged(self, points: np.ndarray) -> np.ndarray:
        """Means of the points that are at one place up to small displacements."""
        tree = self.around(points)
        free = np.ones(len(points), dtype=bool)
        means = []
        for index, point in enumerate(points):
            if free[index]:
                same = tree.query_ball_point(point, 0.4 * self.a_A)
                free[[i % len(points) for i in same]] = False
                means.append(tree.data[same].mean(axis=0))
        return np.array(means).reshape(-1, 3)
