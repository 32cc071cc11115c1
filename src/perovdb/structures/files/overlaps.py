"""Atoms that cannot stand where they are: no place, no element, a site shared, one on another."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from pymatgen.core import DummySpecies, Lattice, Structure

from perovdb.errors import InputError, StructureError
from perovdb.files.atoms import check_number_of_atoms

#: Limits of what is taken in, so that a broken file is refused before it takes memory or time.
LONGEST_A = 1000.0
THINNEST_A = 1.0
FARTHEST_A = 1e5

#: More atoms in one cubic angstrom than any matter holds.
_MOST_IN_CUBE = 8

#: Atoms nearer than this part of the sum of their covalent radii are one on the other: the
#: shortest bonds (H-H, N-H of X-ray structures) keep 0.7 and more.
_OVERLAP = 0.6

#: Names of the isotopes of hydrogen, for which H stands.
_HYDROGEN = {"D": "H", "T": "H"}


def plain(structure: Structure) -> Structure:
    """The same cell with bare elements, and nothing else that sites or structure carried.

    Oxidation states go; deuterium becomes H.

    Raises:
        InputError: there are no atoms, too many, or a number that is none.
        StructureError: a site is shared or partly filled, or holds no element.
    """
    if not len(structure):
        raise InputError("There are no atoms.", "Give a structure with one atom or more.")
    check_number_of_atoms(len(structure))
    elements = []
    for number, site in enumerate(structure, 1):
        if not site.is_ordered:
            place = " ".join(f"{x:.4f}" for x in site.frac_coords)
            raise StructureError(
                f"Site {number} ({site.label}) at {place} holds {site.species_string}: it is "
                "shared or partly filled.",
                "Order the structure first: one whole atom, or none, on each site.",
            )
        symbol = _HYDROGEN.get(site.specie.symbol, site.specie.symbol)
        if isinstance(site.specie, DummySpecies) or symbol not in atomic_numbers:
            raise StructureError(
                f"Site {number} holds '{site.species_string}', which is no element.",
                "Name an element on each site.",
            )
        elements.append(symbol)
    lattice = Lattice(structure.lattice.matrix, pbc=structure.lattice.pbc)
    fractional = np.array(structure.frac_coords, dtype=float)
    return Structure(lattice, elements, _checked(lattice, fractional))


def _checked(lattice: Lattice, fractional: np.ndarray) -> np.ndarray:
    """The fractional coordinates, if these and the cell are numbers that matter can have."""
    matrix = lattice.matrix
    if not (np.isfinite(matrix).all() and np.isfinite(fractional).all()):
        raise InputError(
            "A cell vector or a position is not a finite number.", "Mend the file: NaN or inf."
        )
    if np.abs(fractional).max() > FARTHEST_A:
        raise StructureError(
            "An atom stands far outside the cell.", "Check whether positions are fractional."
        )
    if np.abs(matrix).max() > LONGEST_A:
        raise StructureError(
            f"A cell vector is longer than {LONGEST_A:g} A.", "Check the unit of length."
        )
    volume = abs(np.linalg.det(matrix))
    faces = np.linalg.norm(np.cross(np.roll(matrix, -1, 0), np.roll(matrix, -2, 0)), axis=1)
    if volume < THINNEST_A**3 or (volume / faces).min() < THINNEST_A:
        raise StructureError(
            f"The cell is flat: its volume is {volume:.3g} A^3.",
            f"Give three vectors that span at least {THINNEST_A:g} A each.",
        )
    if np.abs(fractional @ matrix).max() > FARTHEST_A:
        raise StructureError(
            f"An atom stands more than {FARTHEST_A:g} A from the origin.",
            "Check the unit of length, and whether positions are fractional.",
        )
    loose = ~np.array(lattice.pbc)
    if np.ptp(fractional @ matrix, axis=0).max() > LONGEST_A and loose.any():
        raise StructureError(
            f"The particle is larger than {LONGEST_A:g} A.", "Check the unit of length."
        )
    return fractional


def radii_A(structure: Structure) -> np.ndarray:
    """(n,) covalent radii in angstrom (Cordero et al. 2008, doi 10.1039/b801115j, by ASE)."""
    return np.asarray(covalent_radii[[atomic_numbers[site.specie.symbol] for site in structure]])


def check_overlaps(structure: Structure) -> None:
    """Refuse a structure in which one atom stands on another, periodic images counted.

    Raises:
        StructureError: two atoms are nearer than 0.6 of the sum of their covalent radii.
    """
    periodic = np.array(structure.lattice.pbc)
    inside = np.where(periodic, structure.frac_coords % 1.0, structure.frac_coords)
    cubes = np.floor(inside @ structure.lattice.matrix).astype(int)
    _, crowd = np.unique(cubes, axis=0, return_counts=True)
    if crowd.max() > _MOST_IN_CUBE:
        raise StructureError(
            f"{crowd.max()} atoms stand within one cubic angstrom.", "Check the unit of length."
        )
    radii = radii_A(structure)
    first, second, _, distance = structure.get_neighbor_list(2 * _OVERLAP * radii.max())
    near = distance / (radii[first] + radii[second])
    if len(near) and near.min() < _OVERLAP:
        worst = int(near.argmin())
        one, other = sorted((int(first[worst]), int(second[worst])))
        names = [f"{structure[i].specie.symbol} (atom {i + 1})" for i in (one, other)]
        raise StructureError(
            f"{names[0]} and {names[1]} are {distance[worst]:.3f} A apart.",
            "Atoms overlap: take one of them out, or check cell and symmetry.",
        )
