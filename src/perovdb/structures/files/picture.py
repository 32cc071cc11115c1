"""A structure seen along one of its cell vectors: what a flat picture of it is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from scipy.spatial import ConvexHull, QhullError

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.files.molecular_graphs import BOND, find_molecules
from perovdb.structures.files.overlaps import radii_A
from perovdb.structures.units import units

AXES = ("a", "b", "c")

#: Ions this near to a face of the cell, in fractions of it, stand on the opposite face too.
_ON_FACE = 0.02

#: A halide belongs to the octahedron of a B ion up to this times the sum of covalent radii.
_OCTAHEDRON = BOND

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


@checked
def project(structure: Structure, axis: str = "c") -> Projection:
    """The picture of a structure along a cell vector; the next one in a, b, c lies to the right.

    Ions are shown within the cell and, where they stand on a face, on the opposite face too;
    molecules whole, with their centres in the cell; halides beyond it where they close an
    octahedron.

    Args:
        structure: as built by perovdb.
        axis: "a", "b" or "c", the vector that points at the viewer.

    Raises:
        InputError: there is no such axis.
        StructureError: the structure carries no roles.
    """
    if axis not in AXES:
        raise InputError(f"'{axis}' is not an axis.", f"Choose one of: {', '.join(AXES)}.")
    frame = view(structure.lattice.matrix, AXES.index(axis))
    atoms, cells = _shown(structure)
    atoms, cells, octahedra = _octahedra(structure, atoms, cells)
    places = (structure.frac_coords[atoms] + cells) @ structure.lattice.matrix @ frame
    places_of = {
        (int(atom), *map(int, cell)): number
        for number, (atom, cell) in enumerate(zip(atoms, cells, strict=True))
    }
    polygons = []
    for centre, corners in octahedra:
        points = places[[places_of[corner] for corner in corners]]
        try:
            hull = ConvexHull(points[:, :2]).vertices
        except QhullError:
            continue
        seen = places[places_of[centre]]
        element = structure[centre[0]].specie.symbol
        polygons.append(Polygon(points[hull, :2], float(seen[2]), element))
    # Cell of each atom that the molecule is shown with; its bonds are those without a jump.
    whole = {int(atom): number for number, atom in enumerate(atoms)}
    bonds = [
        (whole[int(molecule.atoms[i])], whole[int(molecule.atoms[j])])
        for molecule in find_molecules(structure)
        for i, j in molecule.bonds
    ]
    cube = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])
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
        radii_A=_DRAWN * radii_A(structure)[atoms],
        elements=tuple(structure[int(atom)].specie.symbol for atom in atoms),
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


def _shown(structure: Structure) -> tuple[np.ndarray, np.ndarray]:
    """Atoms and the cells that they are shown in, (m,) and (m, 3); each atom once, and then the
    copies of ions on faces."""
    fractional = structure.frac_coords
    periodic = np.array(structure.lattice.pbc)
    cells = np.zeros((len(structure), 3), dtype=int)
    copies: list[tuple[int, np.ndarray]] = []
    for unit in units(structure):
        centre = structure.lattice.get_fractional_coords(unit.centre_A)
        home = np.where(periodic, -np.floor(centre + 1e-6), 0).astype(int)
        cells[unit.atoms] = home
        if len(unit.atoms) > 1:
            continue
        atom = int(unit.atoms[0])
        inside = fractional[atom] + home
        # Zero on a face of the origin, one cell back or on where the face is the other one.
        steps = [
            [0, 1] if near and p else [0, -1] if far and p else [0]
            for near, far, p in zip(
                inside < _ON_FACE, inside > 1 - _ON_FACE, periodic, strict=True
            )
        ]
        for i in steps[0]:
            for j in steps[1]:
                copies += [(atom, home + np.array([i, j, k])) for k in steps[2] if i or j or k]
    atoms = np.array([*range(len(structure)), *(atom for atom, _ in copies)])
    return atoms, np.array([*cells, *(cell for _, cell in copies)])


Image = tuple[int, int, int, int]


def _octahedra(
    structure: Structure, atoms: np.ndarray, cells: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[tuple[Image, list[Image]]]]:
    """B ions and the halides about them as (atom, cell), and the atoms with those added."""
    roles = np.array(structure.site_properties["role"])
    if not ((roles == "B").any() and (roles == "X").any()):
        return atoms, cells, []
    radii = radii_A(structure)
    reach = _OCTAHEDRON * (radii[roles == "B"].max() + radii[roles == "X"].max())
    first, second, image, distance = structure.get_neighbor_list(reach)
    held = (roles[first] == "B") & (roles[second] == "X")
    held &= distance < _OCTAHEDRON * (radii[first] + radii[second])
    about: dict[int, list[tuple[int, np.ndarray]]] = {}
    for i, j, cell in zip(first[held], second[held], image[held].astype(int), strict=True):
        about.setdefault(int(i), []).append((int(j), cell))
    shown = {(int(atom), *map(int, cell)) for atom, cell in zip(atoms, cells, strict=True)}
    found, added = [], []
    for atom, cell in zip(atoms.tolist(), cells, strict=True):
        corners = [_image(other, cell + step) for other, step in about.get(atom, [])]
        if len(corners) < 4:
            continue
        found.append((_image(atom, cell), corners))
        for corner in corners:
            if corner not in shown:
                shown.add(corner)
                added.append(corner)
    if added:
        atoms = np.concatenate([atoms, [image[0] for image in added]])
        cells = np.concatenate([cells, [image[1:] for image in added]])
    return atoms, cells, found


def _image(atom: int, cell: np.ndarray) -> Image:
    return (atom, int(cell[0]), int(cell[1]), int(cell[2]))
