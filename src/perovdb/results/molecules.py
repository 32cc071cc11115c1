"""Whether the organic cations of a band stayed whole, image by image."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers, covalent_radii

from perovdb.errors import StructureError
from perovdb.results.band import Band
from perovdb.results.chain import shortest
from perovdb.structures.files.molecular_graphs import BOND, find_molecules


def broken_bonds(band: Band) -> list[str]:
    """Bonds of the first image that another one has lost, in words; molecules alone count.

    Args:
        band: whose first image has its molecules whole.
    """
    first = band.structure(0)
    try:
        molecules = find_molecules(first)
    except StructureError as error:
        return [f"molecules of the first image cannot be told: {error.what}"]
    pairs = np.array(
        [molecule.atoms[list(bond)] for molecule in molecules for bond in molecule.bonds]
    )
    if not len(pairs):
        return []
    radii = np.array([covalent_radii[atomic_numbers[symbol]] for symbol in band.elements])
    longest = BOND * radii[pairs].sum(axis=1)
    found = []
    for image in range(1, len(band)):
        positions = band.positions_A[image]
        vectors = shortest(
            positions[pairs[:, 1]] - positions[pairs[:, 0]], band.lattice_A, band.periodic
        )
        lengths = np.sqrt((vectors**2).sum(axis=1))
        for bond in np.flatnonzero(lengths > longest):
            one, other = pairs[bond]
            found.append(
                f"image {image}: {band.elements[one]}{one + 1}-{band.elements[other]}{other + 1} "
                f"is {lengths[bond]:.2f} A long"
            )
    return found
