"""What an atomic model is to a code: a crystal, a slab between vacuum, or a particle in a box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import StructureError

CRYSTAL, SLAB, PARTICLE = "crystal", "slab", "particle"

#: Between planes of atoms a gap as wide as this is vacuum: those of layered crystals are filled
#: with organic cations.
VACUUM_A = 8.0


@dataclass(frozen=True)
class Boundary:
    """How a model ends.

    Attributes:
        kind: "crystal", "slab" or "particle".
        vacuum_A: (3,) widest gap between planes of atoms along each cell vector, measured along
            the normal of the other two.
        open: which of the three are vacuum.
    """

    kind: str
    vacuum_A: tuple[float, float, float]
    open: tuple[bool, bool, bool]

    @property
    def axis(self) -> int:
        """Number of the cell vector, from 0, that crosses the vacuum of a slab."""
        return self.open.index(True)


def boundary_of(structure: Structure) -> Boundary:
    """What a structure is, by the directions in which it says to repeat, and else by its vacuum.

    Raises:
        StructureError: it is a wire, which no boundary condition of the codes is meant for.
    """
    gaps = _widest_gaps_A(structure)
    along_a, along_b, along_c = (
        not repeats or gap > VACUUM_A
        for repeats, gap in zip(structure.lattice.pbc, gaps, strict=True)
    )
    vacuum = along_a, along_b, along_c
    kinds = {0: CRYSTAL, 1: SLAB, 3: PARTICLE}
    if sum(vacuum) not in kinds:
        raise StructureError(
            "The atoms make a wire: two of the cell vectors cross vacuum.",
            "Give a crystal, a slab or a particle; a wire has no boundary conditions here.",
        )
    return Boundary(kinds[sum(vacuum)], gaps, vacuum)


def _widest_gaps_A(structure: Structure) -> tuple[float, float, float]:
    heights = 1 / np.linalg.norm(structure.lattice.inv_matrix, axis=0)
    places = np.sort(structure.frac_coords % 1.0, axis=0)
    gaps = np.diff(places, axis=0, append=places[:1] + 1.0).max(axis=0)
    a, b, c = (round(float(gap), 6) for gap in gaps * heights)
    return a, b, c


def extent_A(structure: Structure) -> np.ndarray:
    """(3,) how far the atoms reach along x, y and z."""
    return np.asarray(np.ptp(structure.cart_coords, axis=0))


def centre(structure: Structure) -> np.ndarray:
    """(3,) fractional coordinates of the middle of the atoms, by mass, not cut by the vacuum."""
    masses = np.array([float(site.specie.atomic_mass) for site in structure])
    # On a circle, so that a slab across the border of the cell has its middle inside itself.
    turns = np.exp(2j * np.pi * structure.frac_coords)
    return np.asarray(np.angle((masses[:, None] * turns).sum(axis=0)) / (2 * np.pi) % 1.0)
