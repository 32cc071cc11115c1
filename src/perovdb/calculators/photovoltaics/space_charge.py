"""Trap density and mobility from space-charge-limited currents of a film between two contacts.

    n_t = 2 eps0 eps V_TFL / (q L2),  J = (9/8) eps0 eps mu V2 / L3  (N. F. Mott, R. W. Gurney)

Both assume no mobile ions, of which perovskites are full: V. M. Le Corre et al., ACS Energy
Lett. 6, 1087 (2021), doi:10.1021/acsenergylett.0c02599. Densities of like films can be compared.
"""

from __future__ import annotations

import os
from math import log, pi
from typing import Any

import numpy as np
from scipy import constants

from perovdb.answers import Answer, answer
from perovdb.calculators.kinetics.arrhenius import positive
from perovdb.calculators.photovoltaics.limits import CELL_K, check, thermal_voltage_V
from perovdb.errors import InputError, OutOfRange
from perovdb.files.columns import read_columns

COLUMNS = ("voltage_V", "current_mA_cm2")

#: Exponents d ln J / d ln V: of ohmic parts, of filling traps (at least), of Mott and Gurney.
_OHMIC = (0.75, 1.25)
_FILLING = 3.0
_FREE = (1.8, 2.2)

#: Points that make a part of a curve.
_FEWEST = 3

#: A density under so many times the floor is that of the thickness, not of traps.
_ABOVE_FLOOR = 3.0

_IONS = (
    "mobile ions screen the field: densities and mobilities of perovskite films hold beside like "
    "films alone (Le Corre 2021, doi:10.1021/acsenergylett.0c02599)"
)


def trap_density_cm3(vtfl_V: float, thickness_nm: float, epsilon: float) -> float:
    """Traps that are full at V_TFL, per cm3."""
    metres = thickness_nm * 1e-9
    return float(2 * constants.epsilon_0 * epsilon * vtfl_V / (constants.e * metres**2) * 1e-6)


def floor_cm3(thickness_nm: float, epsilon: float, temperature_K: float = CELL_K) -> float:
    """Density below which a film shows no traps: 4 pi2 kT eps0 eps / (q2 L2), per cm3.

    That many carriers come in from the contacts of a film of this thickness.
    """
    # V_TFL of so many traps is 2 pi2 kT / q.
    return trap_density_cm3(2 * pi**2 * thermal_voltage_V(temperature_K), thickness_nm, epsilon)


def mott_gurney_mA_cm2(
    voltage_V: float, mobility_cm2_Vs: float, thickness_nm: float, epsilon: float
) -> float:
    """Current of a film without traps."""
    metres = thickness_nm * 1e-9
    amperes_m2 = 9 / 8 * constants.epsilon_0 * epsilon * mobility_cm2_Vs * 1e-4 / metres**3
    return float(amperes_m2 * voltage_V**2 / 10)


@answer
class SpaceCharge(Answer):
    """What a space-charge-limited current tells.

    Attributes:
        thickness_nm, epsilon: of the film: its thickness and relative permittivity.
        vtfl_V: where traps are full; None where the curve does not show it.
        trap_density_cm3: from it.
        floor_cm3: the least density that this thickness can show.
        mobility_cm2_Vs: from the part of the curve with an exponent of 2; None without one.
        steepest: greatest exponent d ln J / d ln V; None without a curve.
        notes: what a user should know.
    """

    thickness_nm: float
    epsilon: float
    vtfl_V: float | None
    trap_density_cm3: float | None
    floor_cm3: float
    mobility_cm2_Vs: float | None
    steepest: float | None
    notes: tuple[str, ...] = ()

    def _table(self) -> list[dict[str, Any]]:
        numbers = ("vtfl_V", "trap_density_cm3", "floor_cm3", "mobility_cm2_Vs", "steepest")
        return [
            {
                name: f"{getattr(self, name):.4g}"
                for name in numbers
                if getattr(self, name) is not None
            }
        ]


def sclc(
    thickness_nm: float,
    epsilon: float,
    vtfl_V: float | None = None,
    curve: str | os.PathLike[str] | tuple[Any, Any] | None = None,
    temperature_K: float = CELL_K,
) -> SpaceCharge:
    """Trap density and mobility of a film.

    Args:
        thickness_nm, epsilon: of the film.
        vtfl_V: where traps are full; None: where the ohmic line meets the steepest part of
            `curve`.
        curve: voltages in V and currents in mA/cm2, (n,) each, or a CSV file with the columns
            voltage_V and current_mA_cm2.
        temperature_K: for the floor.

    Raises:
        InputError: neither V_TFL nor a curve, a curve that is none, or numbers out of range.
        OutOfRange: a curve that has none of the regimes.
    """
    for name, value in {
        "thickness_nm": thickness_nm,
        "epsilon": epsilon,
        "temperature_K": temperature_K,
        "vtfl_V": vtfl_V,
    }.items():
        if value is not None:
            check(name, value)
    if vtfl_V is None and curve is None:
        raise InputError("There is neither a V_TFL nor a curve.", "Give --vtfl, or a file.")
    notes = [_IONS]
    mobility = steepest = None
    if curve is not None:
        voltage, current = _curve(curve)
        exponent = np.gradient(np.log(current), np.log(voltage))
        top = int(exponent.argmax())
        steepest = float(exponent[top])
        filled = vtfl_V or _filled_V(voltage, current, exponent, top)
        begin = filled or (voltage[top] if steepest > _FILLING else 0)
        free = (exponent >= _FREE[0]) & (exponent <= _FREE[1]) & (voltage > begin)
        if free.sum() >= _FEWEST:
            one = mott_gurney_mA_cm2(1.0, 1.0, thickness_nm, epsilon)
            mobility = float(np.exp(np.log(current[free] / voltage[free] ** 2).mean()) / one)
        else:
            notes.append(
                "no mobility: no part of the curve after the filling of traps goes as V2 "
                f"(exponent {_FREE[0]:g} to {_FREE[1]:g} at {_FEWEST} points)"
            )
        if filled is None and mobility is None:
            raise OutOfRange(
                f"The curve is not limited by space charge: its exponents go from "
                f"{exponent.min():.2f} to {steepest:.2f}.",
                "It needs an ohmic part and one steeper than 3 for traps, or one with exponent 2.",
            )
        if filled is None:
            notes.append("no V_TFL: no ohmic part before one that is steeper than 3")
        vtfl_V = filled
    floor = floor_cm3(thickness_nm, epsilon, temperature_K)
    density = None if vtfl_V is None else trap_density_cm3(vtfl_V, thickness_nm, epsilon)
    if density is not None and density < _ABOVE_FLOOR * floor:
        notes.append(
            f"the density is {density / floor:.1f} times the least that {thickness_nm:g} nm can "
            "show: the thickness is measured, not traps; take a thicker film"
        )
    return SpaceCharge(
        thickness_nm, epsilon, vtfl_V, density, floor, mobility, steepest, tuple(notes)
    )


def _curve(curve: Any) -> tuple[np.ndarray, np.ndarray]:
    if isinstance(curve, str | os.PathLike):
        path = os.fspath(curve)
        columns = read_columns(path, COLUMNS)
        if len(columns) < len(COLUMNS):
            raise InputError(
                f"{path} has no columns {' and '.join(COLUMNS)}.", "Name them in its first line."
            )
        curve = tuple(columns[name] for name in COLUMNS)
    voltage, current = positive(curve[0], "voltage"), positive(curve[1], "current")
    if voltage.shape != current.shape or voltage.ndim != 1 or voltage.size < 2 * _FEWEST:
        raise InputError(
            f"{voltage.size} voltages and {current.size} currents make no curve.",
            f"Give {2 * _FEWEST} or more of both, one scan, from the dark.",
        )
    if not (np.diff(voltage) > 0).all():
        raise InputError("The voltages do not rise.", "Give one scan, upwards.")
    return voltage, current


def _filled_V(
    voltage: np.ndarray, current: np.ndarray, exponent: np.ndarray, top: int
) -> float | None:
    """Where the ohmic line meets the tangent at the steepest point; None without both."""
    ohmic = (exponent >= _OHMIC[0]) & (exponent <= _OHMIC[1]) & (np.arange(voltage.size) < top)
    if ohmic.sum() < _FEWEST or exponent[top] <= _FILLING:
        return None
    conductance = float(np.log(current[ohmic] / voltage[ohmic]).mean())
    steep = float(exponent[top])
    height = log(current[top]) - steep * log(voltage[top])
    return float(np.exp((conductance - height) / (steep - 1)))
