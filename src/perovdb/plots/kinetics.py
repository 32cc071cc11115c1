"""Rates: the line of Arrhenius through rate constants, and the curves that they come from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy import constants

from perovdb.errors import InputError
from perovdb.plots.canvas import canvas, color
from perovdb.plots.labels import labels_of, plain
from perovdb.plots.results import several

if TYPE_CHECKING:
    from perovdb.plots.results import ArrheniusFit, Decay, Transport

_K_B_EV = constants.k / constants.e

#: Points of a drawn curve.
_POINTS = 300


def arrhenius(
    fits: ArrheniusFit | Sequence[ArrheniusFit],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Logarithms of rate constants against 1000 K / T, with the lines that were fitted.

    A band shows the standard uncertainty of the line; temperatures stand on the upper axis.

    Args:
        fits: as of `fit_arrhenius`.
        ax: axes to draw on; by default those of a new figure.
        labels: one for each fit.
        style: as for `canvas`.

    Raises:
        InputError: there is no fit, other than one label for each, or no such style.
    """
    every = several(fits)
    energies = [
        rf"$E_{{\mathregular{{a}}}}$ = {fit.activation_energy_eV:.3f} ± "
        f"{fit.activation_energy_su_eV:.3f} eV"
        for fit in every
    ]
    names = labels_of(energies, labels)
    if labels is not None:
        names = [f"{name}: {energy}" for name, energy in zip(names, energies, strict=True)]
    ends = np.concatenate([1000 / np.asarray(fit.temperature_K) for fit in every])
    room = 0.05 * np.ptp(ends)
    low, high = float(ends.min() - room), float(ends.max() + room)
    fine = np.linspace(low, high, _POINTS)
    with canvas(ax, style) as ax:
        for number, (fit, name) in enumerate(zip(every, names, strict=True)):
            hue = color(number)
            x = fine / (1000 * _K_B_EV)
            line = fit.ln_prefactor - fit.activation_energy_eV * x
            spread = _line_su(fit, x)
            ax.fill_between(fine, line - spread, line + spread, color=hue, alpha=0.2, linewidth=0)
            ax.plot(fine, line, color=hue, label=name)
            points = 1000 / np.asarray(fit.temperature_K)
            ax.plot(points, fit.ln_rate, "o", color=hue)
        ax.set(
            xlim=(low, high),
            xlabel="1000 K / $T$",
            ylabel=" or ".join(dict.fromkeys(f"ln ${fit.form}$" for fit in every)),
        )
        ax.tick_params(axis="x", which="both", top=False)
        upper = ax.secondary_xaxis("top", functions=(_inverse, _inverse))
        upper.set_xlabel("$T$ / K")
        kelvin = np.unique(np.concatenate([np.asarray(fit.temperature_K) for fit in every]))
        if len(kelvin) <= 6:
            upper.set_xticks(kelvin, [f"{t:.0f}" for t in kelvin])
            upper.tick_params(axis="x", which="minor", top=False)
        ax.legend()
    return ax


def decays(
    fits: Decay | Mapping[float, Decay],
    ax: Axes | None = None,
    *,
    time_unit: str = "",
    value: str = "value",
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Curves that relax to a plateau, with what was fitted to them.

    Args:
        fits: one decay, or temperature in kelvin -> decay, as in the fit of
            `arrhenius_from_curves`.
        ax: axes to draw on; by default those of a new figure.
        time_unit: of the times.
        value: what the values are, with their unit.
        style: as for `canvas`.

    Raises:
        InputError: there is no curve or no such style.
    """
    if not isinstance(fits, Mapping):
        every = [("", fits)]
    else:
        every = [(f"{kelvin:g} K", fits[kelvin]) for kelvin in sorted(fits)]
    if not every:
        raise InputError("There is no curve to draw.", "Give one temperature or more.")
    longest = max(float(np.max(fit.time)) for _, fit in every)
    fine = np.linspace(0.0, longest, _POINTS)
    with canvas(ax, style) as ax:
        for number, (label, fit) in enumerate(every):
            hue = color(number)
            drop = (fit.start - fit.plateau) * np.exp(-fit.rate * fine)
            ax.plot(fit.time, fit.value, "o", color=hue, label=label, markersize=3, clip_on=False)
            ax.plot(fine, fit.plateau + drop, color=hue)
        unit = f" / {plain(time_unit)}" if time_unit else ""
        ax.set(xlim=(0.0, longest), xlabel=f"time{unit}", ylabel=plain(value))
        if isinstance(fits, Mapping):
            ax.legend()
    return ax


def _line_su(fit: ArrheniusFit, x: np.ndarray) -> np.ndarray:
    """(n,) standard uncertainty of ln A - Ea x at x = 1 / kT, in 1/eV."""
    ln_a, slope = fit.ln_prefactor_su, fit.activation_energy_su_eV * x
    square = ln_a**2 + slope**2 - 2 * fit.correlation * ln_a * slope
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))


def _inverse(x: ArrayLike) -> np.ndarray:
    # Matplotlib asks for places that no temperature is at, too.
    return np.asarray(1000 / np.maximum(np.asarray(x, dtype=float), 1e-9))


def diffusion(
    transport: Transport, ax: Axes | None = None, *, style: str | os.PathLike[str] | None = None
) -> Axes:
    """Diffusion coefficients of vacancy and ion against the temperature.

    Args:
        transport: as of `transport`.
        ax: axes to draw on; by default those of a new figure.
        style: as for `canvas`.

    Raises:
        InputError: there is no such style.
    """
    rows = transport.rows()
    kelvin = [row["temperature_K"] for row in rows]
    with canvas(ax, style) as ax:
        for k, (name, key) in enumerate((("vacancy", "vacancy_cm2_s"), ("ion", "ion_cm2_s"))):
            values = [row[key] for row in rows]
            ax.semilogy(kelvin, values, "o-", color=color(k), label=name)
        ax.set_xlabel("temperature (K)")
        ax.set_ylabel(r"$D$ (cm$^2$ s$^{-1}$)")
        ax.legend()
    return ax
