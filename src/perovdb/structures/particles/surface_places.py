"""Places at the surface of a particle or a slab where something can bind, and which way is out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from scipy.spatial import cKDTree

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.octahedra.axes import images, octahedral_axes
from perovdb.structures.particles.cage_network import BULK, REACH
from perovdb.structures.units import units

SORTS = ("A vacancy", "X vacancy", "on A")
#: A ligand is at a place if one of its atoms is as near as this.
TAKEN_A = 2.0
#: An A holds a carboxylate if an O is as near as this.
BOUND_A = 3.6


@dataclass(frozen=True)
class Place:
    """A place at the surface.

    Attributes:
        position_A: (3,) where the ion is, was or would be.
        normal: (3,) unit vector outwards.
        anchor: number of the ion that it belongs to, among the A, B and X units of the structure:
            the B of a missing X, the A itself, or the nearest B of a missing A.
        occupant: atoms of the ion that is there; none for a vacancy.
        ion: its species; "" for a vacancy.
    """

    position_A: np.ndarray
    normal: np.ndarray
    anchor: int
    occupant: tuple[int, ...] = ()
    ion: str = ""


@checked
def places(structure: Structure, sort: str, occupied: bool = False) -> list[Place]:
    """Places of a sort, from corners to faces, in a fixed order.

    Args:
        structure: as built by perovdb, its atoms in a box or between vacuum.
        sort: "A vacancy": a cage at the surface without its A; "X vacancy": a corner that an
            octahedron at the surface lacks; "on A": an A of the surface.
        occupied: of the first two, those that hold their ion instead.

    Raises:
        InputError: there is no such sort.
        StructureError: there are no octahedra that share corners.
    """
    if sort not in SORTS:
        raise InputError(f"'{sort}' is no sort of place.", f"Choose one of: {', '.join(SORTS)}.")
    every = units(structure)
    ions = [unit for unit in every if unit.role != "L"]
    ligands = [structure.cart_coords[unit.atoms] for unit in every if unit.role == "L"]
    roles = np.array([unit.role for unit in ions])
    centres = np.array([unit.centre_A for unit in ions]).reshape(-1, 3)
    lattice, periods = np.array(structure.lattice.matrix), tuple(structure.lattice.pbc)
    axes = octahedral_axes(lattice, centres[roles == "B"], periods)
    a = float(axes.lengths_A.mean())
    shifts = images(lattice, periods, 2 * a) @ lattice
    shifts = shifts[np.argsort(np.linalg.norm(shifts, axis=1), kind="stable")]

    def around(points: np.ndarray) -> cKDTree:
        return cKDTree((points[None] + shifts[:, None]).reshape(-1, 3))

    b_sites = np.flatnonzero(roles == "B")
    b_tree = around(centres[b_sites])
    taken = around(np.concatenate(ligands)) if ligands else None
    found: list[tuple[int, Place]] = []
    if sort == "X vacancy":
        x_sites = np.flatnonzero(roles == "X")
        x_tree = around(centres[x_sites])
        for site in b_sites:
            here = centres[site]
            bound = [x_tree.data[i] - here for i in x_tree.query_ball_point(here, REACH["X"] * a)]
            number = len(b_tree.query_ball_point(here, REACH["B"] * a)) - 1
            for axis in [*axes.vectors_A, *-axes.vectors_A]:
                if b_tree.query(here + axis)[0] < 0.4 * a:
                    continue
                # An X belongs to the corner that its bond is nearest to.
                there = [x for x in bound if _cosine(x, axis) > np.cos(np.radians(40))]
                across = [x for x in bound if _cosine(x, axis) < -np.cos(np.radians(40))]
                if bool(there) != occupied:
                    continue
                step = there[0] if there else -across[0] if across else axis / 2
                place = Place(here + step, step / np.linalg.norm(step), int(site))
                if occupied:
                    _, index = x_tree.query(here + step)
                    unit = ions[x_sites[index % len(x_sites)]]
                    place = Place(
                        unit.centre_A,
                        place.normal,
                        int(site),
                        tuple(int(atom) for atom in unit.atoms),
                        unit.ion,
                    )
                found.append((number, place))
    else:
        a_sites = np.flatnonzero(roles == "A")
        if sort == "A vacancy" and not occupied:
            halves = np.array(list(np.ndindex(2, 2, 2))) - 0.5
            cages = (centres[b_sites][:, None] + halves @ axes.vectors_A).reshape(-1, 3)
            points = _merged(cages, shifts, 0.4 * a)
            if len(a_sites):
                points = points[around(centres[a_sites]).query(points)[0] > 0.4 * a]
        else:
            points = centres[a_sites]
        for number, point in enumerate(points):
            near = b_tree.query(point, k=BULK["A"], distance_upper_bound=REACH["A"] * a)
            which = near[1][np.isfinite(near[0])]
            if not 0 < len(which) < BULK["A"]:
                continue
            outwards = (point - b_tree.data[which]).sum(axis=0)
            size = np.linalg.norm(outwards)
            if size < 0.2 * a:
                continue
            if sort == "A vacancy" and not occupied:
                place = Place(point, outwards / size, int(b_sites[which[0] % len(b_sites)]))
            else:
                unit = ions[a_sites[number]]
                atoms = tuple(int(atom) for atom in unit.atoms) if occupied else ()
                place = Place(
                    point, outwards / size, int(a_sites[number]), atoms, unit.ion if atoms else ""
                )
            found.append((len(which), place))
    if taken is not None:
        reach = BOUND_A if sort == "on A" else TAKEN_A
        found = [pair for pair in found if taken.query(pair[1].position_A)[0] > reach]
    return [place for _, place in sorted(found, key=lambda pair: pair[0])]


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def _merged(points: np.ndarray, shifts: np.ndarray, reach_A: float) -> np.ndarray:
    """Means of the points that are at one place up to small displacements."""
    tree = cKDTree((points[None] + shifts[:, None]).reshape(-1, 3))
    free = np.ones(len(points), dtype=bool)
    kept = []
    for index, point in enumerate(points):
        if not free[index]:
            continue
        same = tree.query_ball_point(point, reach_A)
        free[[i % len(points) for i in same]] = False
        kept.append(tree.data[same].mean(axis=0))
    return np.array(kept).reshape(-1, 3)
