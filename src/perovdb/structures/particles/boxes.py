"""Put a particle into a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError
from perovdb.structures.assembling import in_cell


@dataclass(frozen=True)
class Box:
    """The box about a particle.

    Attributes:
        padding_A: vacuum between the outermost atoms and each wall, in angstrom.
        periodic: whether the box repeats, with twice the padding between images.

    Raises:
        InputError: the padding is not a positive number.
    """

    padding_A: float = 10.0
    periodic: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.padding_A < np.inf:
            raise InputError(
                f"A padding of {self.padding_A:g} A cannot be used.",
                "Give a positive number, such as 10.",
            )


def boxed(structure: Structure, box: Box) -> Structure:
    """The same atoms in the middle of a rectangular box; properties are kept.

    Args:
        structure: a particle, with site properties.
        box: about it.
    """
    positions = structure.cart_coords
    low, high = positions.min(axis=0), positions.max(axis=0)
    lattice = Lattice(np.diag(high - low + 2 * box.padding_A), pbc=(box.periodic,) * 3)
    placed = in_cell(structure, lattice, positions - low + box.padding_A)
    placed.properties = dict(structure.properties)
    return placed


def padding(structure: Structure) -> float:
    """The least vacuum between the atoms and the walls of a box, in angstrom."""
    return float((structure.lattice.abc - np.ptp(structure.cart_coords, axis=0)).min() / 2)
