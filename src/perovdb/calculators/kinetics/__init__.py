"""Rates of thermally activated motion: Arrhenius fits, decay curves, hops and diffusion.

* `arrhenius`: k = A exp(-Ea / kT), forwards, and fitted to rate constants with uncertainties;
* `decay`: rate constants from curves that relax, such as a line width against time;
* `diffusion`: from a barrier to a hop rate, a diffusion coefficient and the time that exchange
  takes in a particle of a given size.
"""

from perovdb.calculators.kinetics.arrhenius import ArrheniusFit, fit_arrhenius, rate_ratio
from perovdb.calculators.kinetics.decay import Decay, arrhenius_from_curves, fit_decay
from perovdb.calculators.kinetics.diffusion import (
    ATTEMPT_FREQUENCY_HZ,
    barrier_from_rate,
    diffusion_coefficient,
    exchange_fraction,
    exchange_time_s,
    hop_rate,
)

__all__ = [
    "ATTEMPT_FREQUENCY_HZ",
    "ArrheniusFit",
    "Decay",
    "arrhenius_from_curves",
    "barrier_from_rate",
    "diffusion_coefficient",
    "exchange_fraction",
    "exchange_time_s",
    "fit_arrhenius",
    "fit_decay",
    "hop_rate",
    "rate_ratio",
]
