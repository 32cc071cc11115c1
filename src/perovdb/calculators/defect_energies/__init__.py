"""Point defects in equilibrium, from their computed energies.

* `stability`: chemical potentials at which ABX3 is stable, in units A, B and X: a molecule is one;
* `formation`: formation energies, transition levels, the Fermi level that makes all neutral;
* `levels`: a table of energies, and the answer with its diagram.
"""

from perovdb.calculators.defect_energies.formation import (
    ChargeState,
    fermi_level_eV,
    formation_eV,
    point_charge_eV,
    transition_levels,
)
from perovdb.calculators.defect_energies.levels import DefectLevels, defect_levels
from perovdb.calculators.defect_energies.stability import Vertex, stability_polygon

__all__ = [
    "ChargeState",
    "DefectLevels",
    "Vertex",
    "defect_levels",
    "fermi_level_eV",
    "formation_eV",
    "point_charge_eV",
    "stability_polygon",
    "transition_levels",
]
