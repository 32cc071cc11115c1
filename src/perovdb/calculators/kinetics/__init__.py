"""Rates of thermally activated motion: Arrhenius fits, decay curves, hops and diffusion.

* `arrhenius`: k = A exp(-Ea / kT), forwards, and fitted to rate constants with uncertainties;
* `decay`: rate constants from curves that relax, such as a line width against time;
* `rate_files`: both from a CSV file;
* `diffusion`: from a barrier to a hop rate, a diffusion coefficient and the time that exchange
  takes in a particle of a given size.
"""

from perovdb.calculators.kinetics.arrhenius import (
    ArrheniusFit,
    arrhenius_from_curves,
    fit_arrhenius,
    rate_ratio,
)
from perovdb.calculators.kinetics.decay import Decay, fit_decay
from perovdb.calculators.kinetics.diffusion import (
    ATTEMPT_FREQUENCY_HZ,
    HopRate,
    barrier_from_rate,
    diffusion_coefficient,
    exchange_fraction,
    exchange_time_s,
    hop_rate,
    hop_rate_Hz,
)
from perovdb.calculators.kinetics.rate_files import read_arrhenius

__all__ = [
    "ATTEMPT_FREQUENCY_HZ",
    "ArrheniusFit",
    "Decay",
    "HopRate",
    "arrhenius_from_curves",
    "barrier_from_rate",
    "diffusion_coefficient",
    "exchange_fraction",
    "exchange_time_s",
    "fit_arrhenius",
    "fit_decay",
    "hop_rate",
    "hop_rate_Hz",
    "rate_ratio",
    "read_arrhenius",
]
