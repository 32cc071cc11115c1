"""Organic cations as rigid molecules: geometry from the store, in a frame of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from perovdb.calculators.molecules import atomic_masses, centre_of, molecular_geometry
from perovdb.errors import InputError, MissingData


@dataclass(frozen=True)
class RigidMolecule:
    """A molecular ion in its own frame.

    Attributes:
        species: the ion.
        elements: (m,) element symbols.
        positions_A: (m, 3) about the centre of mass; x along the axis of least inertia (C-N in
            MA, N-N in FA), z along the axis of most (the normal of FA's plane).
    """

    species: str
    elements: tuple[str, ...]
    positions_A: np.ndarray

    @property
    def masses(self) -> np.ndarray:
        """(m,) atomic masses in u."""
        return atomic_masses(self.elements)

    def centre_A(self, centre: str) -> np.ndarray:
        """(3,) a centre in the molecule's own frame.

        Args:
            centre: a key of CENTRES.

        Raises:
            InputError: there is no such centre.
        """
        return centre_of(self.elements, self.positions_A, centre)

    def record(self) -> dict[str, Any]:
        """Elements and positions in types that JSON knows, as `from_record` reads them."""
        return {"elements": list(self.elements), "positions_A": self.positions_A.tolist()}


def from_record(species: str, record: Mapping[str, Any]) -> RigidMolecule:
    """A molecule from what its `record` gave, to the last bit.

    Raises:
        InputError: the record is no molecule.
    """
    from pymatgen.core import Element

    try:
        elements = tuple(str(Element(element)) for element in record["elements"])
        positions_A = np.array(record["positions_A"], dtype=float)
    except (KeyError, TypeError, ValueError) as error:
        raise _no_record(species) from error
    if positions_A.shape != (len(elements), 3) or not np.isfinite(positions_A).all():
        raise _no_record(species)
    return RigidMolecule(species, elements, positions_A)


def _no_record(species: str) -> InputError:
    return InputError(
        f"The record of {species} is no molecule.",
        "It needs 'elements', and 'positions_A' with three numbers in angstrom for each.",
    )


def load_molecule(species: str) -> RigidMolecule:
    """The molecule of an ion, in its own frame.

    Raises:
        MissingData: the store has no geometry for it.
    """
    try:
        elements, positions_A = molecular_geometry(species)
    except MissingData as error:
        raise MissingData(
            error.what,
            "Give an XYZ file or a SMILES string of it: `Orientation(molecules=...)`, or "
            "--molecule.",
        ) from error
    return in_own_frame(species, elements, positions_A)


def in_own_frame(
    species: str, elements: tuple[str, ...], positions_A: np.ndarray
) -> RigidMolecule:
    """A molecule about its centre of mass, on the axes of its inertia.

    Args:
        species: the ion.
        elements: (m,) element symbols.
        positions_A: (m, 3) positions in any frame.
    """
    masses = atomic_masses(elements)
    positions = positions_A - centre_of(elements, positions_A, "mass")
    # Moments of sum m r r^T rank the axes as the inertia does, in reverse order.
    _, axes = np.linalg.eigh((masses[:, None] * positions).T @ positions)
    axes = axes[:, ::-1]
    # An eigenvector has no sign: let the first atom off each axis stand on its positive side.
    for column in range(2):
        along = positions @ axes[:, column]
        off = along[np.abs(along) > 1e-3]
        if len(off):
            axes[:, column] *= np.sign(off[0])
    axes[:, 2] = np.cross(axes[:, 0], axes[:, 1])
    return RigidMolecule(species, elements, positions @ axes)
