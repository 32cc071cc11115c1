"""Atoms of molecules: their masses, where they stand, and the centres of a molecule."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perovdb.errors import check_choice
from perovdb.store import queries

#: The point of a molecule that is put on its site, or about which its dipole is taken.
CENTRES = {
    "mass": "centre of mass",
    "charge": "centre of the charges of the nuclei",
    "heavy": "centroid of the atoms that are not hydrogen",
}


def atomic_masses(elements: Sequence[str]) -> np.ndarray:
    """(m,) atomic masses in u."""
    from pymatgen.core import Element

    return np.array([float(Element(element).atomic_mass) for element in elements])


def centre_of(elements: Sequence[str], positions_A: np.ndarray, centre: str) -> np.ndarray:
    """(3,) a centre of (m, 3) positions of atoms.

    Args:
        elements: (m,) element symbols.
        positions_A: (m, 3) positions in any frame.
        centre: a key of CENTRES.

    Raises:
        InputError: there is no such centre.
    """
    from pymatgen.core import Element

    check_choice(centre, CENTRES, "not a centre of a molecule")
    if centre == "mass":
        weights = atomic_masses(elements)
    else:
        weights = np.array([float(Element(element).Z) for element in elements])
        if centre == "heavy":
            # A molecule of hydrogen alone has only that.
            weights = (weights > 1) * 1.0 if (weights > 1).any() else weights
    return np.asarray(weights @ positions_A / weights.sum())


def molecular_geometry(species: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Elements (m,) of a molecular ion and their positions (m, 3) about its centre of mass.

    Raises:
        MissingData: the store has no geometry for it.
    """
    atoms = queries.molecule_atoms(species)
    elements = tuple(atom["element"] for atom in atoms)
    positions_A = np.array([[atom["x_A"], atom["y_A"], atom["z_A"]] for atom in atoms])
    return elements, positions_A - centre_of(elements, positions_A, "mass")
