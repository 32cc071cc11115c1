"""An inclusion of N anions that holds a pair of carriers for a share p of the time.

It trades ions with its parent until g'(x) - g'(x0) + (p / N) Eg'(x) = 0: the band-gap model of
S. Draguta et al., Nat. Commun. 8, 200 (2017) and A. Ruth et al., J. Phys. Chem. C (2023),
10.1021/acs.jpcc.3c04708. g is the free energy per anion, and p / N is not known beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.polynomial import Polynomial
from scipy import optimize, special

from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.calculators.mixing_energy.solution import redlich_kister
from perovdb.errors import InputError


def terminal_fraction(
    x0: float,
    anions_per_pair: float,
    gap: Polynomial,
    L_eV: Sequence[float] = (),
    temperature_K: float = 298.0,
) -> float:
    """Fraction of the second halide at which an inclusion comes to rest, seen from the parent.

    Args:
        x0: of the parent, which is large.
        anions_per_pair: N / p.
        gap: Eg(x) in eV.
        L_eV: of the mixture per formula unit of three halides, () for an ideal one.

    Raises:
        InputError: no mixture, or a number of anions that is not positive.

    >>> round(terminal_fraction(0.5, 30, Polynomial([1.57, 0.70])), 3)
    0.287
    """
    if not 0 < x0 < 1 or not anions_per_pair > 0:
        raise InputError(
            f"{anions_per_pair:g} anions at a fraction of {x0:g} are no inclusion.",
            "Give a fraction between 0 and 1, and a number above zero.",
        )
    kT = K_B_EV * temperature_K
    mixing, pull = redlich_kister(L_eV).deriv() / 3, gap.deriv() / anions_per_pair

    def force(logit: float) -> float:
        x = special.expit(logit)
        return float(mixing(x) - mixing(x0) + kT * (logit - special.logit(x0)) + pull(x))

    # From the parent downhill to the first place of rest.
    start = float(special.logit(x0))
    steps = start - np.sign(force(start)) * np.linspace(0, 60, 2401)
    forces = np.array([force(logit) for logit in steps])
    turned = np.flatnonzero(np.sign(forces) != np.sign(forces[0]))
    if forces[0] == 0 or not len(turned):
        return x0 if forces[0] == 0 else float(special.expit(steps[-1]))
    low, high = sorted((steps[turned[0] - 1], steps[turned[0]]))
    return float(special.expit(optimize.brentq(force, low, high, xtol=1e-12)))
