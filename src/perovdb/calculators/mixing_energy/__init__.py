"""Whether two perovskites mix: free energy, miscibility gap, critical point.

* `solution`: the equations, over numbers and arrays;
* `mixing`: two end members, what they mix on, and the answer with its phase diagram.

Energies are per formula unit; x is the fraction of the second end member.
"""

from perovdb.calculators.mixing_energy.mixing import Mixing, MixingPoint, mixing
from perovdb.calculators.mixing_energy.solution import (
    binodal,
    critical_point,
    exchange_energy_eV,
    fit_interaction,
    free_energy_eV,
    interaction_from_binodal,
    mixing_entropy_eV_K,
    redlich_kister,
    spinodal,
)

__all__ = [
    "Mixing",
    "MixingPoint",
    "binodal",
    "critical_point",
    "exchange_energy_eV",
    "fit_interaction",
    "free_energy_eV",
    "interaction_from_binodal",
    "mixing",
    "mixing_entropy_eV_K",
    "redlich_kister",
    "spinodal",
]
