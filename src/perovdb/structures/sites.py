"""The sites of a crystal or a particle, before ions are put on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Periodic = tuple[bool, bool, bool]


@dataclass(frozen=True)
class Sites:
    """Points that ions and organic cations stand on; a molecule is one point here.

    Attributes:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates.
        roles: (n,) "A", "B" or "X" of each site, or what else tells sites apart.
        periodic: along which cell vectors the cell repeats; a particle in its box does not.
    """

    lattice_A: np.ndarray
    fractional: np.ndarray
    roles: np.ndarray
    periodic: Periodic = (True, True, True)

    def __len__(self) -> int:
        return len(self.fractional)

    @property
    def positions_A(self) -> np.ndarray:
        """(n, 3) Cartesian positions, in angstrom."""
        return np.asarray(self.fractional @ self.lattice_A)

    def of(self, role: str) -> np.ndarray:
        """(m,) indices of the sites of a role."""
        return np.flatnonzero(self.roles == role)

    def part(self, where: np.ndarray) -> Sites:
        """Some of the sites, by their indices, in the same cell."""
        return Sites(self.lattice_A, self.fractional[where], self.roles[where], self.periodic)

    def counts(self) -> dict[str, int]:
        """Role -> number of sites, for the roles that are there, in the order A, B, X."""
        roles, numbers = np.unique(self.roles.astype(str), return_counts=True)
        return dict(zip(roles.tolist(), numbers.tolist(), strict=True))
