"""How far from the surface a ligand stands, and how it is turned about the normal there."""

from __future__ import annotations

import numpy as np

from perovdb.calculators.radii import choose_radius
from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData
from perovdb.store import queries
from perovdb.structures.particles.ligand_heads import Head, along
from perovdb.structures.particles.surface_places import Place

STEPS_ABOUT_NORMAL = 24


def radius_A(species: str) -> float:
    """The ionic radius that places a ligand: Shannon's, Kieslich's for NH4; O with two neighbours.

    Raises:
        MissingData: the store has none.
    """
    rows = queries.radii(species)
    if species == "O":
        two = [
            row
            for row in rows
            if row["radius_set"] == "shannon1976" and row["coordination_number"] == 2
        ]
        if not two:
            raise MissingData("The store has no radius of O.", "Add Shannon's to your store.")
        return float(two[0]["radius_A"])
    return float(choose_radius(rows, load_registry().ion(species))["radius_A"])


def free_A(place: Place, centres: np.ndarray, distances: np.ndarray) -> float:
    """How far N is pushed from a place along its normal until no X is too near, in angstrom.

    Args:
        place: of the ligand.
        centres: (n, 3) of the X, Cartesian.
        distances: (n,) that N keeps from each.
    """
    offset = centres - place.position_A
    outwards = offset @ place.normal
    across = np.sum(offset**2, axis=1) - outwards**2
    inside = distances**2 - across
    blocking = inside > 0
    # Each sphere about an X is left behind at its far side.
    push = 0.0
    for far, near in sorted(
        zip(
            outwards[blocking] + np.sqrt(inside[blocking]),
            outwards[blocking] - np.sqrt(inside[blocking]),
            strict=True,
        ),
        key=lambda pair: pair[1],
    ):
        if near < push < far:
            push = float(far)
    return push


def turns(head: Head, start_A: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(t, m, 3) atoms of a ligand that stands somewhere, in each turn about its normal."""
    angle = 2 * np.pi * np.arange(STEPS_ABOUT_NORMAL) / STEPS_ABOUT_NORMAL
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    cos, sin = np.cos(angle), np.sin(angle)
    spins = np.array([[cos, sin, zero], [-sin, cos, zero], [zero, zero, one]]).transpose(2, 0, 1)
    return np.asarray(start_A + head.positions_A @ spins @ along(normal).T)
