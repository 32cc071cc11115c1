"""Acetate and methylammonium as rigid bodies that stand on the atoms by which they bind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from perovdb.structures.molecules.geometry import load_molecule


@dataclass(frozen=True)
class Head:
    """A ligand that stands on its head: the binding atom or pair at the origin, z outwards.

    Attributes:
        elements: (m,) symbols.
        positions_A: (m, 3); N at the origin, or the middle of the two O.
        reach_A: half the distance between the two O; 0 for N.
    """

    elements: tuple[str, ...]
    positions_A: np.ndarray
    reach_A: float


@lru_cache(maxsize=1)
def acetate() -> Head:
    """The acetate ion, of acetic acid without its proton.

    Coordinates of acetic acid: MP2(full)/6-31G(d), the G2 set (L. A. Curtiss et al., J. Chem.
    Phys. 106, 1063 (1997)) as `ase.build.molecule("CH3COOH")` gives them. In the ion both C-O
    bonds are equal: the two oxygens are put at the mean of their two distances and angles, the
    mirror plane between them holding C-C.
    """
    from ase.build import molecule

    acid = molecule("CH3COOH")
    symbols, places = acid.get_chemical_symbols(), acid.get_positions()
    oxygen = [i for i, s in enumerate(symbols) if s == "O"]
    carbon = [i for i, s in enumerate(symbols) if s == "C"]
    to_oxygen = np.linalg.norm(places[carbon][:, None] - places[oxygen], axis=2).sum(axis=1)
    middle, methyl = (carbon[i] for i in np.argsort(to_oxygen))
    hydrogen = [i for i, s in enumerate(symbols) if s == "H"]
    kept = [i for i in hydrogen if np.linalg.norm(places[i] - places[methyl]) < 1.3]
    outwards = places[methyl] - places[middle]
    outwards /= np.linalg.norm(outwards)
    arms = places[oxygen] - places[middle]
    # Below the carbon and to the sides: the mean of the two arms.
    down = float(np.mean(-arms @ outwards))
    sideways = arms + np.outer(-(arms @ outwards), outwards)
    side = float(np.mean(np.linalg.norm(sideways, axis=1)))
    x = sideways[0] / np.linalg.norm(sideways[0])
    frame = np.array([x, np.cross(outwards, x), outwards]).T
    rest = [middle, methyl, *kept]
    positions = (places[rest] - places[middle]) @ frame + [0, 0, down]
    pair = np.array([[side, 0, 0], [-side, 0, 0]])
    return Head(
        ("C", "C", "O", "O", *("H" for _ in kept)),
        np.vstack([positions[:2], pair, positions[2:]]),
        side,
    )


def methylammonium() -> Head:
    """The methylammonium of the store, N at the origin and C above it."""
    shape = load_molecule("MA")
    nitrogen = shape.positions_A[shape.elements.index("N")]
    bond = shape.positions_A[shape.elements.index("C")] - nitrogen
    return Head(shape.elements, (shape.positions_A - nitrogen) @ along(bond), 0.0)


def along(direction: np.ndarray) -> np.ndarray:
    """(3, 3) rotation R; `positions @ R` has the direction along z."""
    z = np.asarray(direction, dtype=float) / np.linalg.norm(direction)
    x = np.cross(np.eye(3)[int(np.argmin(np.round(np.abs(z), 6)))], z)
    x /= np.linalg.norm(x)
    return np.array([x, np.cross(z, x), z]).T
