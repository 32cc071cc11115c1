"""Which setting a perovskite cell is in, told from its B ions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations, product

import numpy as np

from perovdb.errors import StructureError
from perovdb.structures.tilts.settings import SETTINGS, Setting, as_rows


def setting_of(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    roles: Sequence[str] | np.ndarray,
    tolerance: float = 0.25,
) -> Setting:
    """The setting of a perovskite cell, by its B sublattice.

    Pbnm, I4/mcm and their like are one cell with different contents, and the contents are not
    looked at: the first one of SETTINGS that fits is named, with Pbnm before Pnam where a < b.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3).
        roles: (n,) "A", "B", "X".
        tolerance: how far a pseudo-cubic vector may be from the mean, as a part of its length.

    Returns:
        a setting with the rows and the origin of this very cell. Its name is one of SETTINGS, or
        "other" for a supercell that is none of them.

    Raises:
        StructureError: the B ions do not form a pseudo-cubic lattice.
    """
    lattice = np.asarray(lattice_A, dtype=float)
    b_sites = np.asarray(fractional, dtype=float)[np.asarray(roles) == "B"]
    if not len(b_sites):
        raise StructureError("The cell holds no B ion.", "Give a perovskite.")
    axes = _pseudocubic_axes(lattice, b_sites, tolerance)
    exact = lattice @ np.linalg.inv(axes)
    rows = np.rint(exact).astype(int)
    formula_units = round(abs(float(np.linalg.det(rows))))
    if np.abs(exact - rows).max() > tolerance or formula_units != len(b_sites):
        raise StructureError(
            "The B ions of the cell do not form a pseudo-cubic lattice.",
            "Settings are for perovskites whose octahedra share all corners.",
        )
    b_at = (float(b_sites[0][0]), float(b_sites[0][1]), float(b_sites[0][2]))
    lengths = np.linalg.norm(lattice, axis=1)
    names = [name for name in SETTINGS if SETTINGS[name].formula_units == formula_units]
    if lengths[0] > lengths[1] and "Pnam" in names:
        names.remove("Pbnm")
    # Two tetragonal axes are I4/mcm, three different ones Pbnm or Pnma.
    if "I4/mcm" in names and np.ptp(lengths[:2]) > 1e-4 * lengths[0]:
        names.remove("I4/mcm")
    for name in names:
        for turn in _TURNS:
            if np.array_equal(SETTINGS[name].rows_array @ turn, rows):
                # The axes of the setting are those of the cell, turned.
                return Setting(name, SETTINGS[name].rows, b_at)
    return Setting("other", as_rows(rows), b_at)


#: The 24 proper rotations of a cube.
_TURNS = [
    turn
    for order in permutations(range(3))
    for signs in product((1, -1), repeat=3)
    if np.linalg.det(turn := np.eye(3, dtype=int)[list(order)] * np.array(signs)[:, None]) > 0
]


def _pseudocubic_axes(lattice: np.ndarray, b_sites: np.ndarray, tolerance: float) -> np.ndarray:
    """(3, 3) rows: the mean steps from B to its six B neighbours, right-handed."""
    images = np.array(list(product((-2, -1, 0, 1, 2), repeat=3)))
    steps = (b_sites[None, :, :] - b_sites[:, None, :])[:, :, None, :] + images
    vectors = (steps @ lattice).reshape(len(b_sites), -1, 3)
    length = (abs(float(np.linalg.det(lattice))) / len(b_sites)) ** (1 / 3)
    distance = np.linalg.norm(vectors, axis=-1)
    near = vectors[np.abs(distance - length) < tolerance * length]
    if not len(near):
        raise StructureError(
            "No B ions of the cell are a pseudo-cubic step apart.", "Give a perovskite."
        )
    # Of several directions alike, the one that comes first in the lattice's own frame.
    first = near[0]
    cosine = near @ first / np.linalg.norm(near, axis=1) / np.linalg.norm(first)
    one = near[cosine > 0.8].mean(axis=0)
    across = near[np.abs(cosine) < 0.4]
    if not len(across):
        raise StructureError(
            "The B ions of the cell form no three-dimensional lattice.", "Give a perovskite."
        )
    cosine = across @ across[0] / np.linalg.norm(across, axis=1) / np.linalg.norm(across[0])
    two = across[cosine > 0.8].mean(axis=0)
    normal = np.cross(one, two)
    normal /= np.linalg.norm(normal)
    third = across[across @ normal > 0.8 * length]
    if not len(third):
        raise StructureError(
            "The B ions of the cell form no three-dimensional lattice.", "Give a perovskite."
        )
    return np.array([one, two, third.mean(axis=0)])
