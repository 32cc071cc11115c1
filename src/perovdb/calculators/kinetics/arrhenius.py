"""The Arrhenius law k = A exp(-Ea / kT) and its fit to measured rate constants.

Ea is the slope of ln k against 1/kT (S. Arrhenius, Z. Phys. Chem. 4, 226 (1889), from memory).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants, stats

from perovdb.errors import InputError

#: Boltzmann's constant in eV/K, CODATA as scipy ships it.
K_B_EV = constants.k / constants.e


@dataclass(frozen=True)
class ArrheniusFit:
    """An activation energy with its uncertainty.

    Attributes:
        activation_energy_eV: Ea.
        activation_energy_su_eV: its standard uncertainty.
        ln_prefactor: ln of A, A in the unit of the rate constants.
        ln_prefactor_su: its standard uncertainty.
        correlation: between the two; near 1, since A is far from the data.
        degrees_of_freedom: number of rate constants less two.
        known_errors: the errors of the rate constants were given; else they come from the scatter.
        reduced_chi_square: of ln k; near 1 if given errors are right. nan if they are not known.
        temperature_K, ln_rate: (n,) what was fitted.
    """

    activation_energy_eV: float
    activation_energy_su_eV: float
    ln_prefactor: float
    ln_prefactor_su: float
    correlation: float
    degrees_of_freedom: int
    known_errors: bool
    reduced_chi_square: float
    temperature_K: np.ndarray
    ln_rate: np.ndarray

    def interval_eV(self, confidence: float = 0.95) -> tuple[float, float]:
        """Two-sided confidence interval of Ea.

        Student's t for errors from the scatter, the normal distribution for given ones.

        Raises:
            InputError: the confidence is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise InputError(f"A confidence of {confidence:g} cannot be.", "Take one like 0.95.")
        upper = (1 + confidence) / 2
        wide = (
            stats.norm.ppf(upper)
            if self.known_errors
            else stats.t(self.degrees_of_freedom).ppf(upper)
        )
        half = float(wide) * self.activation_energy_su_eV
        return self.activation_energy_eV - half, self.activation_energy_eV + half

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes the energy no barrier."""
        if self.activation_energy_eV >= 0:
            return ()
        return (
            "the rates fall with temperature: an energy below zero is no barrier of one "
            "activated step; check temperatures and rates, or look for an equilibrium before it",
        )

    def rate(self, temperature_K: ArrayLike) -> np.ndarray:
        """k at the temperatures (n,), in the unit of the rate constants that were fitted."""
        kelvin = temperatures(temperature_K)
        return np.asarray(
            np.exp(self.ln_prefactor - self.activation_energy_eV / (K_B_EV * kelvin))
        )


def fit_arrhenius(
    temperature_K: ArrayLike, rate: ArrayLike, rate_su: ArrayLike | None = None
) -> ArrheniusFit:
    """Fit ln k against 1/kT by linear least squares.

    Args:
        temperature_K: (n,) at least two different ones; three to tell an uncertainty without
            `rate_su`.
        rate: (n,) rate constants, in any unit of 1/time.
        rate_su: (n,) their standard uncertainties, in the same unit: weights of the fit. Without
            them all relative errors count as equal, and the scatter about the line tells them.

    Raises:
        InputError: shapes that do not match, numbers that are not positive, too few points.

    >>> fit = fit_arrhenius([313.15, 333.15, 353.15], [1.0, 4.06, 14.1])
    >>> round(fit.activation_energy_eV, 2)
    0.63
    """
    kelvin, k = temperatures(temperature_K), positive(rate, "rate constant")
    if kelvin.shape != k.shape:
        raise InputError(
            f"{kelvin.size} temperatures and {k.size} rate constants do not match.",
            "Give one rate constant for each temperature.",
        )
    needed = 3 if rate_su is None else 2
    if k.size < needed or np.ptp(kelvin) == 0:
        raise InputError(
            f"{k.size} rate constants at {np.unique(kelvin).size} temperature(s) are too few.",
            f"Give {needed} or more, at different temperatures.",
        )
    if rate_su is None:
        weight = np.ones_like(k)
    else:
        errors = positive(rate_su, "uncertainty of a rate constant")
        if errors.shape != k.shape:
            raise InputError(
                f"{errors.size} uncertainties and {k.size} rate constants do not match.",
                "Give one for each.",
            )
        weight = (k / errors) ** 2
    # Seen from the mean of 1/kT slope and height are independent.
    x, y = 1 / (K_B_EV * kelvin), np.log(k)
    total = weight.sum()
    centre = weight @ x / total
    spread = weight @ (x - centre) ** 2
    slope = weight @ ((x - centre) * y) / spread
    height = weight @ y / total
    residual = y - height - slope * (x - centre)
    freedom = k.size - 2
    chi_square = float(weight @ residual**2)
    scale = 1.0 if rate_su is not None else chi_square / freedom
    slope_su, height_su = np.sqrt(scale / spread), np.sqrt(scale / total)
    intercept_su = float(np.hypot(height_su, centre * slope_su))
    return ArrheniusFit(
        activation_energy_eV=float(-slope),
        activation_energy_su_eV=float(slope_su),
        ln_prefactor=float(height - slope * centre),
        ln_prefactor_su=intercept_su,
        correlation=float(centre * slope_su / intercept_su) if intercept_su else 1.0,
        degrees_of_freedom=freedom,
        known_errors=rate_su is not None,
        reduced_chi_square=chi_square / freedom if rate_su is not None and freedom else np.nan,
        temperature_K=kelvin,
        ln_rate=y,
    )


def rate_ratio(activation_energy_eV: ArrayLike, from_K: ArrayLike, to_K: ArrayLike) -> np.ndarray:
    """k(to_K) / k(from_K) of a process with this activation energy; arrays broadcast.

    >>> rate_ratio([0.63, 0.57, 0.35], 313.15, 353.15).round(2).tolist()
    [14.07, 10.94, 4.35]
    """
    energy = np.asarray(activation_energy_eV, dtype=float)
    beta = 1 / (K_B_EV * temperatures(from_K)) - 1 / (K_B_EV * temperatures(to_K))
    return np.asarray(np.exp(energy * beta))


def temperatures(kelvin: ArrayLike) -> np.ndarray:
    """Temperatures as an array of floats.

    Raises:
        InputError: one is not positive and finite.
    """
    return positive(kelvin, "temperature")


def positive(values: ArrayLike, what: str) -> np.ndarray:
    """Numbers as an array of floats.

    Raises:
        InputError: one is not positive and finite; the message calls it `what`.
    """
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{_one(what)} is not a number.", "Give numbers.") from None
    if not (np.isfinite(array) & (array > 0)).all():
        raise InputError(f"{_one(what)} is not a positive number.", "Give numbers above zero.")
    return array


def _one(what: str) -> str:
    return f"{'An' if what[0] in 'aeiou' else 'A'} {what}"
