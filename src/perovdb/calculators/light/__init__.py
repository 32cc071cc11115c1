"""Halide segregation under light: what two models say, and what neither can.

* `free_carriers`: carriers in equilibrium that gather in a phase of smaller gap; their threshold;
* `inclusions`: an inclusion that holds a pair of carriers a share of the time; where it ends;
* `segregation`: both for a formula, with every stored gap curve and energy of mixing.
"""

from perovdb.calculators.light.free_carriers import (
    carrier_density_cm3,
    light_spinodal_cm3,
    threshold_cm3,
)
from perovdb.calculators.light.inclusions import terminal_fraction
from perovdb.calculators.light.segregation import Segregation, segregation

__all__ = [
    "Segregation",
    "carrier_density_cm3",
    "light_spinodal_cm3",
    "segregation",
    "terminal_fraction",
    "threshold_cm3",
]
