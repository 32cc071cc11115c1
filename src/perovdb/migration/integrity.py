"""Whether molecules are whole: their bonds at both ends and on every image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from perovdb.errors import StructureError
from perovdb.structures.files.overlaps import radii_A
from perovdb.structures.units import Unit, units

#: Two atoms of a molecule are bonded up to this times the sum of their covalent radii (Cordero
#: et al., Dalton Trans. 2832 (2008), as in ASE).
BONDED = 1.25

#: A bond that differs by more between the two ends is torn: thermal motion and relaxation
#: change bonds by a few hundredths.
TORN = 0.25


@dataclass(frozen=True)
class BondChange:
    """The bond that changes most along a path.

    Attributes:
        share: relative difference from the length that the bond should have on that image, the
            straight line between its lengths at the ends.
        image: number of the image, 0 for the start.
        ion: the molecule's species, "" if there is no molecule.
        atoms: numbers of the two atoms, from 0.
    """

    share: float
    image: int
    ion: str
    atoms: tuple[int, ...]


def bonds(structure: Structure) -> dict[int, np.ndarray]:
    """(b, 2) bonded atoms of each molecule, by the number of its unit.

    Raises:
        StructureError: the atoms of a molecule do not hang together.
    """
    positions = structure.cart_coords
    radii = radii_A(structure)
    bonded = {}
    for number, unit in enumerate(units(structure)):
        if len(unit.atoms) == 1:
            continue
        one, two = np.triu_indices(len(unit.atoms), 1)
        pairs = np.stack([unit.atoms[one], unit.atoms[two]], axis=1)
        length = np.linalg.norm(positions[pairs[:, 0]] - positions[pairs[:, 1]], axis=1)
        near = length < BONDED * radii[pairs].sum(axis=1)
        graph = csr_array((np.ones(near.sum()), (one[near], two[near])), (len(unit.atoms),) * 2)
        if connected_components(graph, directed=False, return_labels=False) > 1:
            raise StructureError(
                f"{_named(unit)} is torn: its atoms do not hang together.",
                "Wrap each molecule as a whole, by its centre, never atom by atom.",
            )
        bonded[number] = pairs[near]
    return bonded


def check_ends(start: Structure, end: Structure) -> None:
    """Refuse ends whose molecules differ in their bonds.

    Raises:
        StructureError: a molecule is torn at the start or at the end.
    """
    every = units(start)
    for number, pairs in bonds(start).items():
        before, after = (_lengths(x.cart_coords[None], pairs)[0] for x in (start, end))
        worst = float(np.abs(after / before - 1).max())
        if worst > TORN:
            raise StructureError(
                f"{_named(every[number])} is torn at the end: a bond changes by "
                f"{100 * worst:.0f} %.",
                "Wrap each molecule as a whole, by its centre, and number its atoms as at the "
                "start.",
            )


def largest_bond_change(start: Structure, positions_A: np.ndarray) -> BondChange:
    """The bond of all molecules that changes most along a path.

    Args:
        start: its first image.
        positions_A: (images, n, 3), both ends included.
    """
    worst = BondChange(0.0, 0, "", ())
    fractions = np.linspace(0, 1, len(positions_A))[:, None]
    every = units(start)
    for number, pairs in bonds(start).items():
        length = _lengths(positions_A, pairs)
        wanted = (1 - fractions) * length[0] + fractions * length[-1]
        change = np.abs(length / wanted - 1)
        image, bond = np.unravel_index(int(change.argmax()), change.shape)
        if change[image, bond] > worst.share:
            atoms = tuple(int(atom) for atom in pairs[bond])
            worst = BondChange(float(change[image, bond]), int(image), every[number].ion, atoms)
    return worst


def _lengths(positions_A: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """(images, b) lengths of (b, 2) pairs on (images, n, 3) positions."""
    one, two = pairs.T
    return np.asarray(np.linalg.norm(positions_A[:, one] - positions_A[:, two], axis=2))


def _named(unit: Unit) -> str:
    return f"{unit.ion} (atoms {int(unit.atoms[0]) + 1} to {int(unit.atoms[-1]) + 1})"
