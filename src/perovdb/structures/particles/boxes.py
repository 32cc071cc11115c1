"""Put a particle into a box."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError


def boxed(structure: Structure, padding_A: float, periodic: bool) -> Structure:
    """The same atoms in the middle of a rectangular box; properties are kept.

    Args:
        structure: a particle, with site properties.
        padding_A: vacuum between the outermost atoms and each wall, in angstrom.
        periodic: whether the box repeats, with twice the padding between images.

    Raises:
        InputError: the padding is not a positive number.
    """
    if not 0 < padding_A < np.inf:
        raise InputError(
            f"A padding of {padding_A:g} A cannot be used.", "Give a positive number, such as 10."
        )
    positions = structure.cart_coords
    low, high = positions.min(axis=0), positions.max(axis=0)
    made = Structure(
        Lattice(np.diag(high - low + 2 * padding_A), pbc=(periodic,) * 3),
        structure.species,
        positions - low + padding_A,
        coords_are_cartesian=True,
        site_properties={name: list(held) for name, held in structure.site_properties.items()},
    )
    made.properties = dict(structure.properties)
    return made


def padding(structure: Structure) -> float:
    """The least vacuum between the atoms and the walls of a box, in angstrom."""
    return float((structure.lattice.abc - np.ptp(structure.cart_coords, axis=0)).min() / 2)
