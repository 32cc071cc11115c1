"""Which ion stands on which of the sites that several ions share."""

from collections.abc import Mapping
from math import gcd

import numpy as np

from perovdb.composition import Composition
from perovdb.errors import StructureError


def site_counts(composition: Composition, sites: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Exact numbers of ions per role -> species -> count.

    Args:
        composition: what the sites hold on average.
        sites: number of sites of each role in the cell.

    Raises:
        StructureError: a fraction does not give a whole number of ions in this cell.
    """
    counts: dict[str, dict[str, int]] = {}
    for role, number in sites.items():
        shares = composition.sites[role]
        counts[role] = {species: round(x * number) for species, x in shares.items()}
        wrong = {
            species: x * number
            for species, x in shares.items()
            if abs(x * number - counts[role][species]) > 1e-4 * number
        }
        if wrong or sum(counts[role].values()) != number:
            asked = ", ".join(f"{amount:.4g} {species}" for species, amount in wrong.items())
            raise StructureError(
                f"{composition.formula} asks for {asked} on {number} {role} sites of this cell.",
                _fitting_cell(composition, sites),
            )
    return counts


def _fitting_cell(composition: Composition, sites: Mapping[str, int]) -> str:
    """The smallest number of formula units in which every fraction is a whole number of ions."""
    units = sites["B"]
    per_unit = {role: number // units for role, number in sites.items()}
    for candidate in range(1, 1001):
        if all(
            abs(x * candidate * per_unit[role] - round(x * candidate * per_unit[role])) < 1e-6
            for role, shares in composition.sites.items()
            for x in shares.values()
        ):
            multiple = candidate // gcd(candidate, units)
            return (
                f"It needs a multiple of {candidate} formula units: "
                f"take a cell {multiple} times as large, such as {multiple} times the last "
                "number of the size."
            )
    return "No cell of up to 1000 formula units holds it exactly: round the fractions."


def random_order(composition: Composition, roles: tuple[str, ...], seed: int) -> np.ndarray:
    """(n,) species on each site, in exact numbers, shuffled by a seed.

    The same seed gives the same order on every machine (numpy's PCG64).

    Raises:
        StructureError: a fraction does not give a whole number of ions.
    """
    role_of = np.array(roles)
    counts = site_counts(composition, {role: int((role_of == role).sum()) for role in "ABX"})
    generator = np.random.default_rng([seed, 0])
    species = np.empty(len(roles), dtype=object)
    for role, of_role in counts.items():
        ions = np.repeat(list(of_role), list(of_role.values()))
        species[role_of == role] = generator.permutation(ions)
    return species
