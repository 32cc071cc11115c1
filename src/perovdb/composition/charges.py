"""The oxidation states of the ions of a formula: the usual ones, unless others make it neutral.

Sn is +2 in CsSnI3 and +4 in Cs2SnI6. An ion has one state in a formula; a mixed valence, as in
Cs2Au2I6, is not looked for.
"""

from collections.abc import Mapping
from itertools import combinations, product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perovdb.composition.registry import Registry


def oxidation_states(
    amounts: Mapping[str, float], registry: "Registry", tolerance: float
) -> dict[str, int]:
    """Ion -> its charge in a formula unit of these amounts.

    The usual charges where they balance or nothing else does; else those that balance with the
    fewest ions in another state than the usual.

    >>> from perovdb.composition.registry import load_registry
    >>> oxidation_states({"Cs": 2, "Sn": 1, "I": 6}, load_registry(), 1e-6)["Sn"]
    4
    """
    usual = {species: registry.ions[species].charge for species in amounts}
    if abs(net_charge(amounts, usual)) <= tolerance:
        return usual
    several = [species for species in amounts if registry.other_charges(species)]
    for changed in range(1, len(several) + 1):
        for group in combinations(several, changed):
            for states in product(*(registry.other_charges(species) for species in group)):
                charges = usual | dict(zip(group, states, strict=True))
                if abs(net_charge(amounts, charges)) <= tolerance:
                    return charges
    return usual


def net_charge(amounts: Mapping[str, float], charges: Mapping[str, int]) -> float:
    """The charge of a formula unit, in e."""
    return sum(amount * charges[species] for species, amount in amounts.items())
