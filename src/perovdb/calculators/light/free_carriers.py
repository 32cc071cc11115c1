"""Free carriers that gather in a phase of smaller gap.

Carriers of density n in the parent x0 fill an inclusion x by Boltzmann's factor. Per formula unit,
of volume v,

    w(x) = dG(x) - kT v n exp[(Eg(x0) - Eg(x)) / kT]

and the parent is unstable to a nucleus where w(x) lies below the tangent of w at x0. The threshold
is the density at which it touches. In the spirit of Z. Chen et al., Nat. Commun. 12, 2687 (2021),
with the carriers' free energy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.polynomial import Polynomial
from scipy import constants

from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.calculators.mixing_energy.solution import redlich_kister
from perovdb.errors import InputError

_MESH = 20_001

#: Sites of X in a formula unit.
_SITES = 3


def light_spinodal_cm3(
    x0: float, gap: Polynomial, L_eV: Sequence[float], temperature_K: float, volume_A3: float
) -> float:
    """Density of pairs above which x0 falls apart without a nucleus, in cm-3; exact.

    n = dG'' / (v [Eg'^2 / kT - Eg'']); 0 inside the dark spinodal, inf where light stabilizes.
    """
    _check(x0)
    kT = K_B_EV * temperature_K
    curvature = redlich_kister(L_eV).deriv(2)(x0) + _SITES * kT / (x0 * (1 - x0))
    pull = gap.deriv()(x0) ** 2 / kT - gap.deriv(2)(x0)
    if curvature <= 0:
        return 0.0
    return float(curvature / (volume_A3 * 1e-24 * pull)) if pull > 0 else float("inf")


def threshold_cm3(
    x0: float, gap: Polynomial, L_eV: Sequence[float], temperature_K: float, volume_A3: float
) -> float:
    """Density of pairs at which a nucleus of another composition is stable, in cm-3.

    0 inside the dark binodal; inf where none is stable at any density.

    Args:
        x0: fraction of the second halide in the parent.
        gap: Eg(x) in eV.
        L_eV: of the mixture per formula unit, () for an ideal one.
        volume_A3: of a formula unit.
    """
    _check(x0)
    kT = K_B_EV * temperature_K
    x = (1 - np.cos(np.linspace(0, np.pi, _MESH)[1:-1])) / 2
    x = x[np.abs(x - x0) > 1e-4]
    energy = redlich_kister(L_eV)
    ideal = _SITES * kT
    # How far dG lies above its tangent; written by ratios, so that nothing small is lost.
    mixing = energy(x) - energy(x0) - energy.deriv()(x0) * (x - x0)
    above = mixing + ideal * (x * np.log(x / x0) + (1 - x) * np.log((1 - x) / (1 - x0)))
    # And how far the carriers pull w below theirs: exp(u) - 1 - its slope, per kT v n.
    drop = (gap(x0) - gap(x)) / kT
    pull = kT * (np.expm1(drop) + gap.deriv()(x0) / kT * (x - x0))
    if (above < -1e-12).any():
        return 0.0
    useful = pull > 0
    if not useful.any():
        return float("inf")
    return float((above[useful] / pull[useful]).min() / (volume_A3 * 1e-24))


def carrier_density_cm3(
    intensity_mW_cm2: float,
    wavelength_nm: float,
    thickness_nm: float,
    lifetime_ns: float,
    absorption_per_cm: float = 1e5,
    k2_cm3_s: float = 1e-10,
) -> float:
    """Mean density of pairs in a film under steady light, in cm-3.

    n / tau + k2 n^2 = photon flux (1 - exp(-alpha d)) / d, nothing reflected.

    >>> f"{carrier_density_cm3(20, 405, 300, 100):.1e}"
    '1.3e+14'
    """
    photon_J = constants.h * constants.c / (wavelength_nm * 1e-9)
    thickness_cm = thickness_nm * 1e-7
    rate = intensity_mW_cm2 * 1e-3 / photon_J * -np.expm1(-absorption_per_cm * thickness_cm)
    rate /= thickness_cm
    loss = 1e9 / lifetime_ns
    return float(2 * rate / (loss + np.sqrt(loss**2 + 4 * k2_cm3_s * rate)))


def _check(x0: float) -> None:
    if not 0 < x0 < 1:
        raise InputError(f"A fraction of {x0:g} is no mixture.", "Give one between 0 and 1.")
