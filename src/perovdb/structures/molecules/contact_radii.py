"""How near atoms of two units may come: a share of the sum of their radii."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from ase.data import covalent_radii, vdw_radii
from pymatgen.core import Element

#: The nearest that atoms of two units may come, as a share of the sum of their radii. An H of
#: ammonium bound to a halide comes to about 0.8 of it (2.6 A of 3.2 A for iodide, from memory).
CONTACT_SHARE = 0.75

#: Nothing may come nearer than this, in angstrom, whatever its radii.
HARD_LIMIT_A = 1.6


@lru_cache(maxsize=128)
def contact_radius(element: str) -> float:
    """Radius of an atom in a contact, in angstrom.

    Of a metal, its largest ionic radius as a cation (Shannon's, as pymatgen lists them); of any
    other element its van der Waals radius (Bondi's and their successors', as ase lists them),
    or its covalent one where none is listed.
    """
    known = Element(element)
    ionic = [float(radius) for charge, radius in known.ionic_radii.items() if charge > 0]
    if known.is_metal and ionic:
        return max(ionic)
    radius = float(vdw_radii[known.Z])
    return radius if np.isfinite(radius) else float(covalent_radii[known.Z])


def contact_limits(elements: Sequence[str], share: float = CONTACT_SHARE) -> np.ndarray:
    """(n, n) least distances in angstrom between atoms of different units: a share of
    the sum of their radii, and never less than HARD_LIMIT_A."""
    radii = np.array([contact_radius(element) for element in elements])
    return np.asarray(np.maximum(HARD_LIMIT_A, share * (radii[:, None] + radii[None])))
