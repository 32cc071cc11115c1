"""From widths that narrow at several temperatures to an apparent energy and a Biot number.

The model gives a width against time in units of R^2 / D for each Biot number; a curve is that up
to its own unit of time, start and plateau. One Biot number is taken for all temperatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats
from scipy.optimize import minimize_scalar

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.exchange.course import CM2, exchange
from perovdb.calculators.kinetics.arrhenius import fit_arrhenius
from perovdb.errors import InputError

#: Biot numbers that are tried; the surface rules at the first, the interior at the last.
_BIOT = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)

#: A D to run the model with: no result hangs on it.
_ANY_CM2_S = 1e-17

#: Tries of the unit of time of a curve, by powers of ten about a first guess.
_TRIES = np.linspace(-2, 2, 81)

#: Points of a curve, beyond which start, plateau and time leave some scatter to judge by.
_FEWEST = 6


@answer
class ExchangeFit(Answer):
    """What widths of several temperatures say of an exchange.

    Attributes:
        activation_energy_eV, activation_energy_su_eV: apparent, of the relaxation as a whole.
        interval_eV: of 95 %.
        biot: the Biot number that fits best, of those tried.
        biot_low, biot_high: those that fit as well, by an F test of 95 %.
        rms_nm: of the residuals.
        temperature_K: (n,).
        diffusion_cm2_s, surface_nm_s: (n,) D and k_s at the best Biot number.
        notes: what a user should know.
    """

    activation_energy_eV: float
    activation_energy_su_eV: float
    interval_eV: tuple[float, float]
    biot: float
    biot_low: float
    biot_high: float
    rms_nm: float
    temperature_K: np.ndarray
    diffusion_cm2_s: np.ndarray
    surface_nm_s: np.ndarray
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """One row for each temperature."""
        points = zip(
            self.temperature_K.tolist(), self.diffusion_cm2_s.tolist(),
            self.surface_nm_s.tolist(), strict=True,
        )  # fmt: skip
        return [
            {
                "temperature_K": kelvin,
                "diffusion_cm2_s": float(f"{d:.4g}"),
                "surface_nm_s": float(f"{k:.4g}"),
                "notes": "; ".join(self.notes),
            }
            for kelvin, d, k in points
        ]

    def _headline(self) -> str:
        return (
            f"apparent Ea = {self.activation_energy_eV:.3f} +- "
            f"{self.activation_energy_su_eV:.3f} eV, Bi = {self.biot:g} "
            f"({self.biot_low:g} to {self.biot_high:g})"
        )

    def _lines(self) -> list[str]:
        return [self._headline(), *table(self._table(), "  "), *self._note_lines()]


def fit_exchange(
    curves: Mapping[float, tuple[ArrayLike, ArrayLike]],
    end_members: tuple[str, str],
    edge_nm: tuple[float, float],
    **given: Any,
) -> ExchangeFit:
    """The apparent energy of an exchange, and what rules it, from widths against time.

    Args:
        curves: temperature in kelvin, three or more -> times (m,) in minutes and FWHM (m,) in nm.
        end_members, edge_nm: as for `exchange`.
        given: `share`, `spread`, `thermal` and what dots emit, as for `exchange`.

    Raises:
        InputError: too few temperatures or points, or numbers that cannot be.
        MissingData: nothing is stored of the emission of such dots.
    """
    measured = {}
    for kelvin in sorted(curves):
        time, width = (np.asarray(one, dtype=float).ravel() for one in curves[kelvin])
        if time.shape != width.shape or time.size < _FEWEST or not time.max(initial=0) > 0:
            raise InputError(
                f"The curve of {kelvin:g} K is no width against time.",
                f"Give {_FEWEST} times or more from zero on, and as many widths.",
            )
        if not (np.isfinite(time).all() and np.isfinite(width).all() and np.ptp(width) > 0):
            raise InputError(
                f"The curve of {kelvin:g} K does not narrow, or holds no numbers.",
                "Give minutes and nm.",
            )
        measured[float(kelvin)] = time, width
    if len(measured) < 3:
        raise InputError(f"{len(measured)} temperatures are too few.", "Give three or more.")
    kelvins = np.array(list(measured))
    squares, per_minute = [], []
    middle = float(np.median(kelvins))
    radius = float(np.mean(edge_nm)) / np.sqrt(3)
    d = _ANY_CM2_S * CM2
    for biot in _BIOT:
        run = exchange(
            end_members, edge_nm, diffusion_cm2_s=_ANY_CM2_S, surface_nm_s=biot * d / radius,
            temperature_K=middle, **given,
        )  # fmt: skip
        unit = run.time_min * 60 * d / radius**2
        fits = [_unit(unit, run.fwhm_nm, *curve) for curve in measured.values()]
        squares.append(sum(square for _, square in fits))
        per_minute.append(np.array([scale for scale, _ in fits]))
    best = int(np.argmin(squares))
    points = sum(time.size for time, _ in measured.values())
    free = max(points - 3 * len(kelvins) - 1, 1)
    worst = squares[best] * (1 + stats.f.ppf(0.95, 1, free) / free)
    good = [biot for biot, square in zip(_BIOT, squares, strict=True) if square <= worst]
    fitted = fit_arrhenius(kelvins, per_minute[best])
    scale = per_minute[best] / 60
    diffusion = scale * radius**2
    notes = [
        "one Biot number is taken for all temperatures; where the energies of surface and "
        "interior differ it is not one, and mixed control still looks like one Arrhenius line",
        "D and k_s follow from the size; only their dependence on temperature is measured",
    ]
    if max(good) > 0.1 and min(good) < 10:
        notes.insert(
            0, "surface and interior may both count: the energy is apparent, no barrier of either"
        )
    return ExchangeFit(
        activation_energy_eV=fitted.activation_energy_eV,
        activation_energy_su_eV=fitted.activation_energy_su_eV,
        interval_eV=fitted.interval_eV,
        biot=_BIOT[best],
        biot_low=min(good),
        biot_high=max(good),
        rms_nm=float(np.sqrt(squares[best] / points)),
        temperature_K=kelvins,
        diffusion_cm2_s=diffusion / CM2,
        surface_nm_s=_BIOT[best] * diffusion / radius,
        notes=tuple(notes),
    )


def _unit(
    unit: np.ndarray, model: np.ndarray, time: np.ndarray, width: np.ndarray
) -> tuple[float, float]:
    """Units of time per minute that fit a curve best, and the sum of squares that is left."""

    def left(power: float) -> float:
        shape = np.interp(time * 10**power, unit, model)
        shape, rest = shape - shape.mean(), width - width.mean()
        size = float(shape @ shape)
        slope = max(float(shape @ rest) / size, 0.0) if size else 0.0
        return float(((rest - slope * shape) ** 2).sum())

    # The model is half-way when the curve is.
    halves = [
        x[int(np.argmin(np.abs(y - (y.max() + y.min()) / 2)))]
        for x, y in ((unit, model), (time, width))
    ]
    guess = np.log10(halves[0] / max(halves[1], time[time > 0].min()))
    powers = guess + _TRIES
    start = powers[int(np.argmin([left(power) for power in powers]))]
    step = _TRIES[1] - _TRIES[0]
    found = minimize_scalar(
        left, bounds=(start - step, start + step), method="bounded", options={"xatol": 1e-6}
    )
    return float(10**found.x), float(found.fun)
