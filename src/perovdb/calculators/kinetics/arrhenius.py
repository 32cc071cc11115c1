"""The Arrhenius law k = A exp(-Ea / kT) and its fit to measured rate constants.

Ea is the slope of ln k against 1/kT (S. Arrhenius, Z. Phys. Chem. 4, 226 (1889), from memory).
Of a conductivity of ions, sigma = c q2 D / kT, the barrier of D is the slope of ln(sigma T): that
of ln sigma is less by kT, 0.026 eV at room temperature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants, stats

from perovdb.answers import Answer
from perovdb.answers.tables import table
from perovdb.calculators.kinetics.decay import Decay, fit_decay
from perovdb.errors import InputError, OutOfRange

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: No solid was ever so cold, and 1 / T of less runs over.
_COLDEST_K = 1e-12

#: What is fitted: ln k, or ln(k T).
FORMS = ("k", "kT")

#: Boltzmann's constant in eV/K, CODATA as scipy ships it.
K_B_EV = constants.k / constants.e


@dataclass(frozen=True, repr=False, eq=False)
class ArrheniusFit(Answer):
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
        confidence: of `interval_eV`.
        form: "k" where ln k was fitted, "kT" where it was ln(k T), as of conductivities of ions; A
            is then in the unit of the rate constants times kelvin.
        decays: temperature in kelvin -> the decay that its rate constant is from; empty where
            rate constants were given.
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
    confidence: float = 0.95
    form: str = "k"
    decays: dict[float, Decay] = field(default_factory=dict)

    derived = ("interval_eV", "notes")

    @property
    def interval_eV(self) -> tuple[float, float]:
        """Two-sided confidence interval of Ea.

        Student's t for errors from the scatter, the normal distribution for given ones.
        """
        upper = (1 + self.confidence) / 2
        wide = (
            stats.norm.ppf(upper)
            if self.known_errors
            else stats.t(self.degrees_of_freedom).ppf(upper)
        )
        half = float(wide) * self.activation_energy_su_eV
        return self.activation_energy_eV - half, self.activation_energy_eV + half

    @property
    def notes(self) -> tuple[str, ...]:
        """What makes the energy no barrier, and what the other form would give."""
        other = (
            (
                "fitted is ln(k T): ln k alone gives an energy less by about kT, "
                f"{K_B_EV / np.mean(1 / self.temperature_K):.3f} eV",
            )
            if self.form == "kT"
            else ()
        )
        if self.activation_energy_eV >= 0:
            return other
        return (
            *other,
            "the rates fall with temperature: an energy below zero is no barrier of one "
            "activated step; check temperatures and rates, or look for an equilibrium before it",
        )

    def rate(self, temperature_K: ArrayLike) -> np.ndarray:
        """k at the temperatures (n,), in the unit of the rate constants that were fitted."""
        kelvin = temperatures(temperature_K)
        fitted = np.exp(self.ln_prefactor - self.activation_energy_eV / (K_B_EV * kelvin))
        return np.asarray(fitted / kelvin if self.form == "kT" else fitted)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each temperature: its rate constant, that of the fit, and its decay."""
        low, high = self.interval_eV
        points = zip(
            self.temperature_K.tolist(),
            np.exp(self.ln_rate) / (self.temperature_K if self.form == "kT" else 1),
            self.rate(self.temperature_K),
            strict=True,
        )  # fmt: skip
        return [
            {
                "temperature_K": kelvin,
                "rate": float(measured),
                "rate_fitted": float(fitted),
                **(self.decays[kelvin]._scalars() if self.decays else {}),
                "activation_energy_eV": self.activation_energy_eV,
                "activation_energy_su_eV": self.activation_energy_su_eV,
                "interval_low_eV": low,
                "interval_high_eV": high,
                "confidence": self.confidence,
                "form": self.form,
                "ln_prefactor": self.ln_prefactor,
                "ln_prefactor_su": self.ln_prefactor_su,
                "notes": "; ".join(self.notes),
            }
            for kelvin, measured, fitted in points
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Logarithms of the rate constants against 1 / T, with the line."""
        from perovdb import plots

        return plots.arrhenius(self, ax)

    def _lines(self) -> list[str]:
        low, high = self.interval_eV
        curves = [
            {"temperature_K": kelvin, **decay._table()[0]} for kelvin, decay in self.decays.items()
        ]
        errors = f"  errors of the rates: {'given' if self.known_errors else 'from the scatter'}"
        return [
            f"{self._headline()}, {self.confidence:.0%} interval {low:.3f} to {high:.3f} eV",
            f"  ln A = {self.ln_prefactor:.2f} +- {self.ln_prefactor_su:.2f}, from "
            f"{len(self.temperature_K)} temperatures",
            *(table(curves, "  ") or [errors]),
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        form = " of k T" if self.form == "kT" else ""
        energy, su = self.activation_energy_eV, self.activation_energy_su_eV
        return f"Ea{form} = {energy:.3f} +- {su:.3f} eV"


def fit_arrhenius(
    temperature_K: ArrayLike,
    rate: ArrayLike,
    rate_su: ArrayLike | None = None,
    confidence: float = 0.95,
    form: str = "k",
) -> ArrheniusFit:
    """Fit ln k against 1/kT by linear least squares.

    Args:
        temperature_K: (n,) at least two different ones; three to tell an uncertainty without
            `rate_su`.
        rate: (n,) rate constants, in any unit of 1/time.
        rate_su: (n,) their standard uncertainties, in the same unit: weights of the fit. Without
            them all relative errors count as equal, and the scatter about the line tells them.
        confidence: of the interval of Ea, between 0 and 1.
        form: "kT" to fit ln(k T) instead, as conductivities of ions want it.

    Raises:
        InputError: shapes that do not match, numbers that are not positive, too few points, or a
            confidence or a form that is none.

    >>> fit_arrhenius([313.15, 333.15, 353.15], [1.0, 4.06, 14.1])
    ArrheniusFit(Ea = 0.630 +- 0.000 eV)
    """
    if not 0 < confidence < 1:
        raise InputError(f"A confidence of {confidence:g} cannot be.", "Take one like 0.95.")
    if form not in FORMS:
        raise InputError(f"There is no form '{form}'.", f"Take {' or '.join(FORMS)}.")
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
    x, y = 1 / (K_B_EV * kelvin), np.log(k * kelvin if form == "kT" else k)
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
        confidence=confidence,
        form=form,
    )


def arrhenius_from_curves(
    curves: Mapping[float, tuple[ArrayLike, ArrayLike]],
    levels: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> ArrheniusFit:
    """The activation energy behind curves at several temperatures.

    The fit is weighted by the uncertainties of the rate constants; it holds the decays.

    Args:
        curves: temperature in kelvin -> (time, value) of its curve, all in the same units.
        levels: as for `fit_decay`, the same for all curves.
        confidence: as for `fit_arrhenius`.

    Raises:
        InputError, OutOfRange: as for `fit_decay` and `fit_arrhenius`; the message names the
            temperature.
    """
    decays: dict[float, Decay] = {}
    for kelvin, (time, value) in curves.items():
        try:
            decays[float(kelvin)] = fit_decay(time, value, levels)
        except (InputError, OutOfRange) as error:
            raise type(error)(f"At {kelvin:g} K: {error.what}", error.mend) from None
    rates = [decay.rate for decay in decays.values()]
    errors = [decay.rate_su for decay in decays.values()]
    # A curve without any scatter, as a computed one, has no error to weigh it by.
    exact = any(error < 1e-9 * rate for error, rate in zip(errors, rates, strict=True))
    fit = fit_arrhenius(list(decays), rates, None if exact else errors, confidence)
    return replace(fit, decays=decays)


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
        InputError: one is not positive and finite, or colder than anything was.
    """
    array = positive(kelvin, "temperature")
    if (array < _COLDEST_K).any():
        raise InputError(
            f"A temperature of {array.min():g} K cannot be.", f"Give {_COLDEST_K:g} K or more."
        )
    return array


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
