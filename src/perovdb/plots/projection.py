"""A structure seen along one of its cell vectors: what a flat picture of it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from perovdb.errors import StructureError, check_choice

if TYPE_CHECKING:
    from pymatgen.core import Structure

AXES = ("a", "b", "c")

#: Ions this near to a face of the cell, in fractions of it, stand on the opposite face too.
_ON_FACE = 0.02

#: Atoms of a molecule are bonded, and a halide belongs to the octahedron of a B ion, up to this
#: times the sum of covalent radii.
_BOND = 1.25

#: Atoms are drawn with this part of their covalent radius.
_DRAWN = 0.4


@dataclass(frozen=True)
class Polygon:
    """A polyhedron of halides about a B ion.

    Attributes:
        corners_A: (k, 2) of its outline.
        depth_A: of its centre.
        element: of the ion in it.
    """

    corners_A: np.ndarray
    depth_A: float
    element: str


@dataclass(frozen=True)
class Projection:
    """What is seen along a cell vector that points at the viewer. All lengths in angstrom.

    Attributes:
        centres_A: (n, 2) of the atoms, to the right and up.
        depths_A: (n,) towards the viewer.
        radii_A: (n,) of the circles.
        elements: (n,) element of each atom.
        bonds: pairs of atoms within a molecule.
        polygons: the octahedra.
        edges_A: (12, 2, 2) of the cell.
        axes: name -> (2,) of the cell vectors that are seen from the side.
    """

    centres_A: np.ndarray
    depths_A: np.ndarray
    radii_A: np.ndarray
    elements: tuple[str, ...]
    bonds: tuple[tuple[int, int], ...]
    polygons: tuple[Polygon, ...]
    edges_A: np.ndarray
    axes: dict[str, np.ndarray]


def project(structure: Structure, axis: str = "c") -> Projection:
    """The picture of a structure along a cell vector; the next one in a, b, c lies to the right.

    Ions are shown within the cell and, where they stand on a face, on the opposite face too;
    molecules whole, with their centres in the cell; halides beyond it where they close an
    octahedron.

    Args:
        structure: with the site properties role and molecule, as perovdb builds and reads it.
        axis: "a", "b" or "c", the vector that points at the viewer.

    Raises:
        InputError: there is no such axis.
        StructureError: the structure carries no roles.
    """
    check_choice(axis, AXES, "not an axis")
    elements = tuple(site.specie.symbol for site in structure)
    radii = covalent_radii[[atomic_numbers[element] for element in elements]]
    frame = view(structure.lattice.matrix, AXES.index(axis))
    molecules = units(structure)
    shown, cells = _shown(structure, molecules)
    shown, cells, octahedra = _octahedra(structure, radii, shown, cells)
    places = (structure.frac_coords[shown] + cells) @ structure.lattice.matrix @ frame
    places_of = {
        (int(atom), *map(int, cell)): number
        for number, (atom, cell) in enumerate(zip(shown, cells, strict=True))
    }
    polygons = []
    for centre, corners in octahedra:
        points = places[[places_of[corner] for corner in corners]]
        try:
            outline = ConvexHull(points[:, :2]).vertices
        except QhullError:
            continue
        depth = float(places[places_of[centre]][2])
        polygons.append(Polygon(points[outline, :2], depth, elements[centre[0]]))
    # The first place of an atom is that in its whole molecule.
    hydrogen = np.array([element == "H" for element in elements])
    bonds = [bond for atoms in molecules for bond in _bonds(structure, radii, hydrogen, atoms)]
    cube = np.array(list(product((0, 1), repeat=3)))
    outline = cube @ structure.lattice.matrix @ frame[:, :2]
    edges = [
        (outline[i], outline[j])
        for i in range(8)
        for j in range(i)
        if np.abs(cube[i] - cube[j]).sum() == 1
    ]
    sides = structure.lattice.matrix @ frame[:, :2]
    return Projection(
        centres_A=places[:, :2],
        depths_A=places[:, 2],
        radii_A=_DRAWN * radii[shown],
        elements=tuple(elements[int(atom)] for atom in shown),
        bonds=tuple(bonds),
        polygons=tuple(polygons),
        edges_A=np.array(edges),
        axes={name: sides[number] for number, name in enumerate(AXES) if name != axis},
    )


def view(matrix: np.ndarray, along: int) -> np.ndarray:
    """(3, 3) directions as columns: right, up, towards the viewer."""
    near = matrix[along] / np.linalg.norm(matrix[along])
    right = matrix[(along + 1) % 3]
    right = right - (right @ near) * near
    right /= np.linalg.norm(right)
    return np.column_stack([right, np.cross(near, right), near])


def units(structure: Structure) -> list[np.ndarray]:
    """(m,) atoms of each ion or molecule, in the order of their first atoms.

    Raises:
        StructureError: the structure does not carry roles and molecules.
    """
    properties = structure.site_properties
    if not {"role", "molecule"} <= set(properties):
        raise StructureError(
            "The structure does not say which atoms are ions and which a molecule.",
            "Read it with `read_structure`, which recognises them.",
        )
    groups: dict[tuple[bool, int], list[int]] = {}
    for atom, molecule in enumerate(properties["molecule"]):
        groups.setdefault((molecule < 0, atom if molecule < 0 else molecule), []).append(atom)
    return [np.array(atoms) for atoms in groups.values()]


def _bonds(
    structure: Structure, radii: np.ndarray, hydrogen: np.ndarray, atoms: np.ndarray
) -> list[tuple[int, int]]:
    """Bonded pairs of atoms of one molecule, which stands whole."""
    if len(atoms) == 1:
        return []
    first, second = np.triu_indices(len(atoms), 1)
    first, second = atoms[first], atoms[second]
    near = pdist(structure.cart_coords[atoms]) < _BOND * (radii[first] + radii[second])
    near &= ~(hydrogen[first] & hydrogen[second])
    return list(zip(first[near].tolist(), second[near].tolist(), strict=True))


def _shown(structure: Structure, molecules: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Atoms and the cells that they are shown in, (m,) and (m, 3); each atom once, and then the
    copies of ions on faces."""
    fractional = structure.frac_coords
    periodic = np.array(structure.lattice.pbc)
    cells = np.zeros((len(structure), 3), dtype=int)
    copies: list[tuple[int, np.ndarray]] = []
    for atoms in molecules:
        centre = fractional[atoms].mean(axis=0)
        home = np.where(periodic, -np.floor(centre + 1e-6), 0).astype(int)
        cells[atoms] = home
        if len(atoms) > 1:
            continue
        atom = int(atoms[0])
        inside = fractional[atom] + home
        # Zero on a face of the origin, one cell back or on where the face is the other one.
        steps = [
            [0, 1] if near and p else [0, -1] if far and p else [0]
            for near, far, p in zip(
                inside < _ON_FACE, inside > 1 - _ON_FACE, periodic, strict=True
            )
        ]
        copies += [(atom, home + np.array(step)) for step in product(*steps) if any(step)]
    numbers = np.array([*range(len(structure)), *(atom for atom, _ in copies)])
    return numbers, np.array([*cells, *(cell for _, cell in copies)])


Image = tuple[int, int, int, int]


def _octahedra(
    structure: Structure, radii: np.ndarray, atoms: np.ndarray, cells: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[tuple[Image, list[Image]]]]:
    """B ions and the halides about them as (atom, cell), and the atoms with those added."""
    roles = np.array(structure.site_properties["role"])
    if not ((roles == "B").any() and (roles == "X").any()):
        return atoms, cells, []
    reach = _BOND * (radii[roles == "B"].max() + radii[roles == "X"].max())
    first, second, image, distance = structure.get_neighbor_list(reach)
    bonded = (roles[first] == "B") & (roles[second] == "X")
    bonded &= distance < _BOND * (radii[first] + radii[second])
    about: dict[int, list[tuple[int, np.ndarray]]] = {}
    for i, j, cell in zip(first[bonded], second[bonded], image[bonded].astype(int), strict=True):
        about.setdefault(int(i), []).append((int(j), cell))
    shown = {(int(atom), *map(int, cell)) for atom, cell in zip(atoms, cells, strict=True)}
    octahedra, added = [], []
    for atom, cell in zip(atoms.tolist(), cells, strict=True):
        corners = [_image(other, cell + step) for other, step in about.get(atom, [])]
        if len(corners) < 4:
            continue
        octahedra.append((_image(atom, cell), corners))
        for corner in corners:
            if corner not in shown:
                shown.add(corner)
                added.append(corner)
    if added:
        atoms = np.concatenate([atoms, [image[0] for image in added]])
        cells = np.concatenate([cells, [image[1:] for image in added]])
    return atoms, cells, octahedra


def _image(atom: int, cell: np.ndarray) -> Image:
    return (atom, int(cell[0]), int(cell[1]), int(cell[2]))
