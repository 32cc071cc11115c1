"""How far an ordering is from random: pair correlations, shell by shell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from perovdb.structures.ordering.shells import Shells, neighbour_shells
from perovdb.structures.sites import Sites

#: Shells that count by default; their weights fall as 1/shell.
SHELLS = 6


@dataclass(frozen=True)
class Correlations:
    """Pair correlations of an ordering of the sites of one role.

    The correlation of two species with spins +1 and -1 is Pi, the mean product over the bonds of
    a shell; a random alloy has (1 - 2c)^2. For any number of species the short-range order of a
    pair is alpha = 1 - p_ab / (c_a c_b), 0 if random; p_ab is the share of the bonds that go from
    a to b. Sources: Zunger et al. 1990, doi:10.1103/PhysRevLett.65.353 (from memory); Cowley
    1950, doi:10.1103/PhysRev.77.669 (from memory).

    Attributes:
        species: of the sites, "" being an empty one.
        distances_A: (s,) of the shells.
        neighbours: (s,) mean number of neighbours of a site.
        weights: (s,) 1/shell.
        short_range_order: (s, k, k) alpha of each pair of species.
        pairs: (s, k, k) p_ab.
        concentrations: (k,) share of each species.
    """

    species: tuple[str, ...]
    distances_A: np.ndarray
    neighbours: np.ndarray
    weights: np.ndarray
    pairs: np.ndarray
    concentrations: np.ndarray

    @property
    def random(self) -> np.ndarray:
        """(k, k) p_ab of a random alloy."""
        return np.asarray(np.outer(self.concentrations, self.concentrations))

    @property
    def short_range_order(self) -> np.ndarray:
        """(s, k, k) Warren-Cowley alpha."""
        return np.asarray(1 - self.pairs / self.random)

    @property
    def spin(self) -> np.ndarray:
        """(s,) Pi of two species: the share of like bonds less that of unlike ones."""
        return np.asarray(1 - 4 * self.pairs[:, 0, 1])

    @property
    def ideal_spin(self) -> float:
        """(1 - 2c)^2 of two species."""
        return float(1 - 4 * self.random[0, 1])

    @property
    def error(self) -> float:
        """Sum over shells and pairs a < b of weight * 4 |p_ab - c_a c_b|.

        For two species it is the sum of weight * |Pi - (1 - 2c)^2|.
        """
        above = np.triu_indices(len(self.species), 1)
        off = np.abs(self.pairs - self.random)[:, *above].sum(axis=1)
        return float(4 * self.weights @ off)

    def report(self) -> list[dict[str, Any]]:
        """One entry a shell, as JSON can hold it."""
        shells = []
        for s, distance in enumerate(self.distances_A):
            entry: dict[str, Any] = {
                "distance_A": round(float(distance), 4),
                "neighbours": round(float(self.neighbours[s]), 4),
                "weight": float(self.weights[s]),
            }
            if len(self.species) == 2:
                entry |= {
                    "correlation": round(float(self.spin[s]), 9),
                    "ideal": round(self.ideal_spin, 9),
                }
            entry["short_range_order"] = {
                f"{self.species[a] or 'empty'}-{self.species[b] or 'empty'}": round(
                    float(self.short_range_order[s, a, b]), 9
                )
                for a, b in combinations(range(len(self.species)), 2)
            }
            shells.append(entry)
        return shells


def correlations(
    sites: Sites, ions: Sequence[str] | np.ndarray, role: str, shells: int = SHELLS
) -> Correlations:
    """Pair correlations of the ions on the sites of a role.

    Args:
        sites: all sites.
        ions: (n,) species on them.
        role: the sites to look at; two or more species stand on them.
        shells: how many shells of neighbours.
    """
    where = sites.of(role)
    neighbours = neighbour_shells(
        sites.lattice_A, sites.fractional[where], shells, periodic=sites.periodic
    )
    return measured(neighbours, np.asarray(ions, dtype=object)[where])


def measured(shells: Shells, ions: np.ndarray) -> Correlations:
    """As `correlations`, for shells that are there already and the (n,) ions on their sites."""
    species = tuple(dict.fromkeys(ions.tolist()))
    on = np.array([[ion == one for ion in ions] for one in species], dtype=float)
    totals = shells.totals
    pairs = np.einsum("ai,sij,bj->sab", on, shells.bonds, on, optimize=True)
    return Correlations(
        species=species,
        distances_A=shells.distances_A,
        neighbours=totals / len(ions),
        weights=1 / np.arange(1, len(shells) + 1),
        pairs=pairs / totals[:, None, None],
        concentrations=on.mean(axis=1),
    )
