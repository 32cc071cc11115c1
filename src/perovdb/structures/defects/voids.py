"""The holes of a structure: where an interstitial ion has most room.

A void is a corner of the Voronoi cells of the atoms, a point as far from four atoms or more; its
radius is the distance to them. Equivalent voids, by the symmetry of the atoms, are listed once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.spatial import QhullError, Voronoi, cKDTree

from perovdb.answers import Answer, answer
from perovdb.composition import Material
from perovdb.errors import StructureError
from perovdb.structures.adoption import as_structure
from perovdb.structures.arguments import checked
from perovdb.structures.symmetry import permutations

#: Voids whose nearest atom is farther than this are vacuum, not holes of a crystal.
MOST_RADIUS_A = 5.0

#: A void this near to a larger one is a part of it.
SAME_VOID_A = 0.5

#: Corners that differ by less are one, and are moved onto each other.
SAME_POINT_A = 0.01


@answer
class Void(Answer):
    """A hole and those equivalent to it.

    Attributes:
        fractional: (3,) its place.
        radius_A: distance to the nearest atoms.
        neighbours: ion of the nearest atoms -> how many there are.
        equivalents: (m, 3) places of all equivalent voids of the cell, this one first.
    """

    fractional: np.ndarray
    radius_A: float
    neighbours: dict[str, int]
    equivalents: np.ndarray

    derived = ("multiplicity",)

    @property
    def multiplicity(self) -> int:
        """How many of them the cell has."""
        return len(self.equivalents)

    def rows(self) -> list[dict[str, Any]]:
        """One row: radius, multiplicity, what is around it, and its place."""
        around = " ".join(f"{ion}{number}" for ion, number in self.neighbours.items())
        place = dict(zip(("x", "y", "z"), self.fractional.round(4).tolist(), strict=True))
        radius_A = round(self.radius_A, 4)
        return [
            {"radius_A": radius_A, "multiplicity": self.multiplicity, "around": around} | place
        ]

    def _headline(self) -> str:
        place = ", ".join(f"{x:.3f}" for x in self.fractional)
        return f"{self.radius_A:.2f} A at ({place}), {self.multiplicity} in the cell"


@checked
def voids(x: Material, most: int = 10) -> list[Void]:
    """The symmetry-distinct voids of a structure, the widest first; none beside a ligand.

    Args:
        x: any material.
        most: how many distinct ones to list.

    Raises:
        StructureError: there is none.
    """
    structure = as_structure(x)
    properties = structure.site_properties
    atoms = structure.frac_coords
    lattice_A = np.asarray(structure.lattice.matrix)
    periodic = np.array(structure.lattice.pbc)
    around, atom_of = _with_images(atoms, lattice_A, periodic)
    tree = cKDTree(around)
    try:
        corners = Voronoi(around).vertices
    except QhullError:  # fewer than four atoms, or all in one plane
        corners = np.empty((0, 3))
    fractional = corners @ np.linalg.inv(lattice_A)
    inside = ((fractional > -1e-6) & (fractional < 1 - 1e-6) | ~periodic).all(axis=1)
    corners, fractional = corners[inside], fractional[inside]
    near, _ = tree.query(corners, k=4)
    # Slivers of four atoms in a circle give corners that no four atoms are really equally near.
    true = (np.ptp(near, axis=1) < SAME_POINT_A) & (near[:, 0] < MOST_RADIUS_A)
    fractional, radius = fractional[true], near[true, 0]
    order = np.lexsort([*fractional.round(4).T[::-1], -radius.round(3)])
    fractional, radius = fractional[order], radius[order]
    elements = [site.specie.symbol for site in structure]
    operations = permutations(lattice_A, atoms, np.array(elements))
    ions = np.array(properties["ion"])
    ligand = np.array(properties["role"]) == "L"
    free = np.ones(len(fractional), dtype=bool)
    distinct: list[Void] = []
    for number in range(len(fractional)):
        if not free[number] or len(distinct) == most:
            continue
        touching = tree.query_ball_point(
            fractional[number] @ lattice_A, radius[number] + SAME_POINT_A
        )
        if ligand[atom_of[touching]].any():
            continue
        images = operations.rotations @ fractional[number] + operations.translations
        images = images - np.floor(images + 1e-6) * periodic
        equivalents = _once(images, lattice_A, periodic)
        distance = structure.lattice.get_all_distances(fractional, equivalents).min(axis=1)
        free &= distance > SAME_VOID_A
        names, counts = np.unique(ions[atom_of[touching]], return_counts=True)
        distinct.append(
            Void(
                fractional=fractional[number],
                radius_A=float(radius[number]),
                neighbours=dict(zip(names.tolist(), counts.tolist(), strict=True)),
                equivalents=equivalents,
            )
        )
    if not distinct:
        raise StructureError(
            "The structure has no void.",
            "Name the place of the interstitial in `Defect(..., at=...)`.",
        )
    return distinct


def _with_images(
    atoms: np.ndarray, lattice_A: np.ndarray, periodic: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Cartesian atoms in and around the cell, and the number of each in the cell."""
    # No void is wider than this, so atoms farther from the cell bound none of those listed.
    margin = 2 * MOST_RADIUS_A * np.linalg.norm(np.linalg.inv(lattice_A), axis=0)
    reach = np.ceil(margin).astype(int) * periodic + periodic
    cells = np.array(list(np.ndindex(*(2 * reach + 1)))) - reach
    wrapped = atoms - np.floor(atoms) * periodic
    every = (wrapped[None] + cells[:, None]).reshape(-1, 3)
    number = np.tile(np.arange(len(atoms)), len(cells))
    kept = ((every > -margin) & (every < 1 + margin) | ~periodic).all(axis=1)
    return every[kept] @ lattice_A, number[kept]


def _once(points: np.ndarray, lattice_A: np.ndarray, periodic: np.ndarray) -> np.ndarray:
    """Points without those that lie on an earlier one; the first of all stays first."""
    kept: list[np.ndarray] = []
    left = points
    while len(left):
        kept.append(left[0])
        offset = left - left[0]
        offset -= np.rint(offset) * periodic
        left = left[np.linalg.norm(offset @ lattice_A, axis=1) > SAME_POINT_A]
    return np.array(kept)
