"""Formation energies of charged defects, their levels, and the Fermi level between them.

    E_f(D, q) = E(D, q) - E(bulk) - sum_u dn_u mu_u + q (E_VBM + E_F) + correction
    c = N g exp(-E_f / kT),  sum q c + p - n = 0

The Fermi level counts from the edge of the valence band.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import constants, optimize

from perovdb.calculators.kinetics.arrhenius import K_B_EV
from perovdb.errors import InputError, OutOfRange

#: Madelung's constant of a point charge in a cube with a neutral background.
_MADELUNG = 2.837297

#: Images of charges of 2 and more nearer than this interact by more than a formula corrects.
_NEAREST_A = 10.0


class ChargeState(NamedTuple):
    """A defect in one charge state.

    energy_eV is E(D, q) - E(bulk) + q E_VBM + correction, with the units A, B and X in their
    references; added tells how many units it adds to the bulk; sites are per formula unit.
    """

    name: str
    charge: int
    energy_eV: float
    added: tuple[int, int, int]
    sites: float = 1.0
    degeneracy: float = 1.0


def formation_eV(
    state: ChargeState, potentials_eV: Sequence[float], fermi_eV: float = 0.0
) -> float:
    """Formation energy at potentials of A, B and X and a Fermi level."""
    taken = sum(number * mu for number, mu in zip(state.added, potentials_eV, strict=True))
    return state.energy_eV - taken + state.charge * fermi_eV


def transition_levels(states: Iterable[ChargeState]) -> list[tuple[int, int, float]]:
    """Charges (q, q') that follow each other as the Fermi level rises, and the level between.

    A charge that is nowhere lowest has no level. Levels hang on no chemical potential.

    Raises:
        InputError: the states are not of one defect, or a charge is there twice.
    """
    every = sorted(states, key=lambda state: -state.charge)
    charges = [state.charge for state in every]
    if len({(state.name, state.added) for state in every}) > 1 or len(set(charges)) < len(charges):
        raise InputError(
            "Levels are between the charge states of one defect.", "Give each charge once."
        )
    levels = []
    while len(every) > 1:
        now = every[0]
        crossings = [
            ((other.energy_eV - now.energy_eV) / (now.charge - other.charge), i)
            for i, other in enumerate(every[1:], 1)
        ]
        # At one level several may cross: the most negative is lowest beyond it.
        level, next_one = min(crossings, key=lambda c: (c[0], -c[1]))
        levels.append((now.charge, every[next_one].charge, level))
        every = every[next_one:]
    return levels


def fermi_level_eV(
    states: Sequence[ChargeState],
    potentials_eV: Sequence[float],
    gap_eV: float,
    temperature_K: float,
    carriers: tuple[float, float] = (0.0, 0.0),
) -> float:
    """The Fermi level at which the charges of defects, holes and electrons sum to nothing.

    Args:
        carriers: states per formula unit at the edges of the valence and conduction band, see
            `band_states`; (0, 0) leaves holes and electrons out.

    Raises:
        OutOfRange: nothing balances, as where all defects have charges of one sign.

    >>> pair = [ChargeState("V_A", -1, 1.1, (0, 0, 0)), ChargeState("V_X", 1, 0.1, (0, 0, 0), 3)]
    >>> round(fermi_level_eV(pair, (0, 0, 0), 1.6, 300), 4)
    0.5142
    """
    kT = K_B_EV * temperature_K
    # Each charged species as q exp(a - q E_F / kT): its logarithm never runs over.
    terms = [
        (one.charge, np.log(one.sites * one.degeneracy) - formation_eV(one, potentials_eV) / kT)
        for one in states
        if one.charge
    ]
    holes, electrons = carriers
    if holes:
        terms.append((1, float(np.log(holes))))
    if electrons:
        terms.append((-1, float(np.log(electrons)) - gap_eV / kT))
    signs = {np.sign(charge) for charge, _ in terms}
    if len(signs) < 2:
        raise OutOfRange(
            "Charges of one sign alone cannot balance.",
            "Give defects of both signs, or effective masses for holes and electrons.",
        )

    def excess(fermi: float) -> float:
        total = {
            sign: np.logaddexp.reduce(
                [np.log(abs(q)) + a - q * fermi / kT for q, a in terms if q * sign > 0]
            )
            for sign in (1, -1)
        }
        return float(total[1] - total[-1])

    return float(optimize.brentq(excess, -100.0, 100.0, xtol=1e-12))


def band_states(mass: float, temperature_K: float, volume_A3: float) -> float:
    """2 (2 pi m kT / h^2)^(3/2) in the volume of a formula unit, for an effective mass in m_e."""
    per_m3 = (
        2
        * (2 * np.pi * mass * constants.m_e * constants.k * temperature_K / constants.h**2) ** 1.5
    )
    return float(per_m3 * volume_A3 * 1e-30)


def point_charge_eV(charge: int, dielectric: float, length_A: float) -> float:
    """Energy to add to that of a charged cell: of a point charge and its images in a cube.

    q^2 2.8373 e^2 / (8 pi eps0 eps L). For relaxed cells the dielectric constant is the static
    one, of ions and electrons. This is the first term alone, and aligns no potentials.

    Raises:
        InputError: a dielectric constant below 1, or a length that is not positive.
        OutOfRange: a charge of 2 or more with images within 10 A.

    >>> round(point_charge_eV(1, 10, 12.6), 3)
    0.162
    """
    if dielectric < 1 or length_A <= 0:
        raise InputError(
            f"A dielectric constant of {dielectric:g} in a cell of {length_A:g} A cannot be.",
            "Give one of 1 or more, and a length above zero.",
        )
    if abs(charge) >= 2 and length_A < _NEAREST_A:
        raise OutOfRange(
            f"Images of a charge of {charge:+d} are {length_A:g} A apart.",
            f"Compute it in a cell of {_NEAREST_A:g} A or more.",
        )
    unit = constants.e / (8 * np.pi * constants.epsilon_0 * 1e-10)
    return float(charge**2 * _MADELUNG * unit / (dielectric * length_A))
