"""Bonds of a model: which X belong to which B."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import StructureError
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Sites
from perovdb.structures.units import sites_of_units, units

#: X further from a B than this many times the usual nearest X is not of its octahedron.
#: Judgement: off-centre B of Ge and Sn reach 1.3; the next X lies at 2.2, at 1.7 when tilted most.
REACH = 1.45


@dataclass(frozen=True)
class Bonds:
    """The B-X bonds of a model, sorted by B.

    Attributes:
        b_site: (m,) the B of each bond, an index of the sites.
        x_site: (m,) the X of each bond.
        vector_A: (m, 3) from B to X, in angstrom.
    """

    b_site: np.ndarray
    x_site: np.ndarray
    vector_A: np.ndarray

    def of(self, b_site: int) -> np.ndarray:
        """(k,) indices of the bonds of a B."""
        return np.flatnonzero(self.b_site == b_site)


def sites_of(structure: Structure) -> tuple[Sites, list[str], list[int]]:
    """The units of a structure as sites, with their ions and the index of their first atom.

    Raises:
        StructureError: the structure does not carry roles, or holds no atoms.
    """
    every = units(structure)
    if not every:
        raise StructureError("The structure holds no atoms.", "Give a perovskite.")
    return (
        sites_of_units(structure, every),
        [unit.ion for unit in every],
        [int(unit.atoms[0]) for unit in every],
    )


def neighbours(
    sites: Sites, centres: np.ndarray, around: np.ndarray, reach_A: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of sites within reach, periodic images counted, sorted by centre and distance.

    Args:
        sites: the model.
        centres: (n,) indices of sites.
        around: (m,) indices of the sites that are looked for.
        reach_A: the longest distance.

    Returns:
        (k,) centres, (k,) neighbours, (k, 3) vectors in angstrom.
    """
    chosen = np.concatenate([centres, around])
    fractional = sites.fractional[chosen]
    here, there, cell, distance = Neighbours(
        sites.lattice_A, fractional, reach_A, sites.periodic
    ).pairs(np.arange(len(centres)))
    keep = there >= len(centres)
    here, there, cell, distance = here[keep], there[keep], cell[keep], distance[keep]
    order = np.lexsort((there, np.round(distance, 6), here))
    here, there, cell = here[order], there[order], cell[order]
    vectors = (fractional[there] + cell - fractional[here]) @ sites.lattice_A
    return chosen[here], chosen[there], vectors


def find_bonds(sites: Sites, reach_A: float | None = None) -> Bonds:
    """The B-X bonds: of each B the six nearest X, fewer where they are not in reach.

    Args:
        sites: the model; one that is not periodic has incomplete octahedra at its surface.
        reach_A: the longest bond; by default REACH times the median distance of the nearest X.

    Raises:
        StructureError: there is no B, or no X near any.
    """
    b_sites, x_sites = sites.of("B"), sites.of("X")
    if not len(b_sites) or not len(x_sites):
        raise StructureError(
            "There are no octahedra without B and X ions.", "Give a perovskite with roles."
        )
    widest = 4.0 if reach_A is None else reach_A
    b, x, vector = neighbours(sites, b_sites, x_sites, widest)
    if not len(b):
        raise StructureError(
            f"No X ion lies within {widest:g} A of a B ion.", "Check the roles and the lattice."
        )
    length = np.linalg.norm(vector, axis=1)
    if reach_A is None:
        nearest = length[np.unique(b, return_index=True)[1]]
        reach_A = REACH * float(np.median(nearest))
        if reach_A > widest:
            b, x, vector = neighbours(sites, b_sites, x_sites, reach_A)
            length = np.linalg.norm(vector, axis=1)
    first = np.searchsorted(b, b)  # b is sorted: where its octahedron starts
    keep = (length <= reach_A) & (np.arange(len(b)) - first < 6)
    return Bonds(b[keep], x[keep], vector[keep])
