"""Where the open-circuit voltage of a cell is lost, by the equations of M. Hao et al., Nat. Energy
5, 79 (2020), and how ideal a diode it is.

    V_OC = Eg/q - dV_R - dV_BNR - dV_SR
    dV_R = Eg/q - V_OC,rad, dV_BNR = (kT/q) ln(1/PLQY), dV_SR = V_OC,rad - dV_BNR - V_OC
"""

from __future__ import annotations

import os
from math import exp, log
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from perovdb.answers import Answer, answer
from perovdb.calculators.kinetics.arrhenius import positive
from perovdb.calculators.photovoltaics.limits import (
    CELL_K,
    balance,
    check,
    saturation_mA_cm2,
    thermal_voltage_V,
)
from perovdb.calculators.photovoltaics.suns import Sun, sun_of
from perovdb.errors import InputError, OutOfRange

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A voltage may pass the radiative one by so much before gap or temperature must be wrong.
_SLACK_V = 0.005

_ONE_GAP = (
    "gaps from emission, onset or the inflection of the EQE differ by 20 to 60 meV, and dV_R with "
    "them: take the inflection (Krueckemeier 2020, doi:10.1002/aenm.201902573)"
)
_OF_THE_CELL = "the PLQY must be that of the finished cell at one sun and open circuit"


def quenching_V(plqy: ArrayLike, temperature_K: float = CELL_K) -> np.ndarray:
    """(kT/q) ln(1/PLQY), the voltage that luminescence yields (n,) in 0 to 1 cost.

    Raises:
        InputError: a yield that is not above 0 and at most 1.
    """
    yields = positive(plqy, "PLQY")
    if (yields > 1).any():
        raise InputError(
            f"A PLQY of {yields.max():g} cannot be.", "Give it as a part: 10 % is 0.10."
        )
    return np.asarray(thermal_voltage_V(temperature_K) * -np.log(yields))


@answer
class Loss(Answer):
    """The losses of an open-circuit voltage; they add up to gap / q less it.

    Attributes:
        voc_V: measured.
        voc_rad_V: what the cell would have if it lost nothing but light.
        gap_eV: None where only the radiative limit is known.
        radiative_loss_V: dV_R; None without a gap.
        bulk_loss_V, surface_loss_V: dV_BNR and dV_SR; None without a PLQY.
        nonradiative_loss_V: their sum, dV_NR = V_OC,rad - V_OC.
        led_yield: exp(-q dV_NR / kT), the yield of the cell run as a lamp that this sum needs.
        temperature_K: of the cell.
        basis: what V_OC,rad is from.
        notes: what a user should know.
    """

    voc_V: float
    voc_rad_V: float
    gap_eV: float | None
    radiative_loss_V: float | None
    bulk_loss_V: float | None
    surface_loss_V: float | None
    nonradiative_loss_V: float
    led_yield: float
    temperature_K: float
    basis: str
    notes: tuple[str, ...] = ()

    def _table(self) -> list[dict[str, Any]]:
        named = {
            "V_OC": self.voc_V,
            "V_OC,rad": self.voc_rad_V,
            "dV_R": self.radiative_loss_V,
            "dV_BNR": self.bulk_loss_V,
            "dV_SR": self.surface_loss_V,
            "dV_NR": self.nonradiative_loss_V,
        }
        volts = {k: f"{v:.4f}" if v is not None else None for k, v in named.items()}
        return [{**volts, "led_yield": f"{self.led_yield:.3g}"}]

    def _lines(self) -> list[str]:
        return [f"volts at {self.temperature_K:g} K; {self.basis}", *super()._lines()]

    def _headline(self) -> str:
        return f"V_OC {self.voc_V:.3f} of {self.voc_rad_V:.3f} V, {self.basis}"


def loss(
    voc_V: float,
    gap_eV: float | None = None,
    jsc_mA_cm2: float | None = None,
    plqy: float | None = None,
    voc_rad_V: float | None = None,
    temperature_K: float = CELL_K,
    sun: str | float | os.PathLike[str] | Sun | None = None,
) -> Loss:
    """Where the open-circuit voltage of a cell is lost.

    Args:
        voc_V: measured.
        gap_eV: of the absorber. Without `voc_rad_V` the radiative limit is that of a step there,
            emission from the front.
        jsc_mA_cm2: the measured current, for that limit; None: all light of `sun` above the gap.
        plqy: of the cell, between 0 and 1: tells bulk from surface.
        voc_rad_V: the radiative limit, from an EQE with its tail (`radiative_saturation_mA_cm2`).
        temperature_K: of the cell.
        sun: as for `sun_of`.

    Raises:
        InputError: neither a gap nor a radiative limit, or numbers out of range.
        OutOfRange: a voltage above the radiative limit.
    """
    given = {
        "gap_eV": gap_eV,
        "voc_V": voc_V,
        "jsc_mA_cm2": jsc_mA_cm2,
        "plqy": plqy,
        "voc_rad_V": voc_rad_V,
        "temperature_K": temperature_K,
    }
    for name, value in given.items():
        if value is not None:
            check(name, value)
    volt = thermal_voltage_V(temperature_K)
    notes = [_ONE_GAP] if gap_eV is not None else []
    known = [name for name, one in (("V_OC,rad", voc_rad_V), ("J_SC", jsc_mA_cm2), ("sun", sun))
             if one is not None]  # fmt: skip
    if len(known) > 1:
        raise InputError(
            f"{' and '.join(known)} are two ways to one radiative limit.", "Give one of them."
        )
    if voc_rad_V is not None:
        limit_V, basis = voc_rad_V, "V_OC,rad as given"
    elif gap_eV is None:
        raise InputError("Losses need a gap or a radiative limit.", "Give --gap or --voc-rad.")
    elif jsc_mA_cm2 is not None:
        dark = float(saturation_mA_cm2(gap_eV, temperature_K))
        limit_V = volt * float(np.logaddexp(log(jsc_mA_cm2) - log(dark), 0))
        basis = f"V_OC,rad of a step at {gap_eV:g} eV and {jsc_mA_cm2:g} mA/cm2"
    else:
        light = sun_of(sun)
        limit_V = float(balance(gap_eV, light, temperature_K).voc_V)
        basis = f"V_OC,rad of a step at {gap_eV:g} eV under {light.name}"
    if voc_rad_V is None:
        notes.append("a step leaves out absorption below the gap, which lowers V_OC,rad")
    lost_V = limit_V - voc_V
    if lost_V < -_SLACK_V:
        raise OutOfRange(
            f"V_OC of {voc_V:g} V is above the radiative limit of {limit_V:.4f} V.",
            "Look at the gap, the current and the temperature: one must be wrong.",
        )
    bulk = surface = None
    if plqy is not None:
        bulk = float(quenching_V(plqy, temperature_K))
        surface = lost_V - bulk
        notes.append(_OF_THE_CELL)
        if surface < 0:
            notes.append(
                f"dV_SR is below zero: a PLQY of {plqy:g} costs more than is lost; it, the gap or "
                "the current is not of this cell"
            )
    return Loss(
        voc_V=voc_V,
        voc_rad_V=limit_V,
        gap_eV=gap_eV,
        radiative_loss_V=None if gap_eV is None else gap_eV - limit_V,
        bulk_loss_V=bulk,
        surface_loss_V=surface,
        nonradiative_loss_V=lost_V,
        led_yield=exp(-lost_V / volt),
        temperature_K=temperature_K,
        basis=basis,
        notes=tuple(notes),
    )


@answer
class Ideality(Answer):
    """The ideality factor n of a diode, from V_OC against the current that light makes.

    Attributes:
        ideality: n = (q / kT) dV_OC / d ln J.
        ideality_su: standard uncertainty from the scatter; None of two points.
        mV_per_decade: kT/q n ln 10.
        temperature_K: of the cell.
        notes: what a user should know.
    """

    ideality: float
    ideality_su: float | None
    mV_per_decade: float
    temperature_K: float
    notes: tuple[str, ...] = ()


def ideality(
    photocurrent: Sequence[float] | np.ndarray,
    voc_V: Sequence[float] | np.ndarray,
    temperature_K: float = CELL_K,
) -> Ideality:
    """n of a diode by least squares.

    Args:
        photocurrent: (n,) in any unit: J_SC at each light, not the setting of the lamp.
        voc_V: (n,) at the same light.
        temperature_K: of the cell.

    Raises:
        InputError: shapes that differ, fewer than two lights, or numbers that are not positive.
    """
    check("temperature_K", temperature_K)
    current, voltage = positive(photocurrent, "photocurrent"), positive(voc_V, "voltage")
    if current.shape != voltage.shape or current.ndim != 1 or np.unique(current).size < 2:
        raise InputError(
            f"{current.size} currents and {voltage.size} voltages make no line.",
            "Give one voltage for each current, at two lights or more.",
        )
    x = np.log(current) - np.log(current).mean()
    slope = float(x @ voltage / (x @ x))
    rest = voltage - voltage.mean() - slope * x
    su = float(np.sqrt(rest @ rest / (x.size - 2) / (x @ x))) if x.size > 2 else None
    volt = thermal_voltage_V(temperature_K)
    n = slope / volt
    notes = ["the axis must be the photocurrent: a lamp's setting is not proportional to it"]
    if not 0.9 <= n <= 2.1:
        notes.append(
            f"n = {n:.2f} has no meaning for recombination in one diode (1 to 2): look for "
            "resistance, a shunt, heating or a barrier"
        )
    return Ideality(
        n, None if su is None else su / volt, 1e3 * slope * log(10), temperature_K, tuple(notes)
    )
