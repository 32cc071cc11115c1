"""The limit of detailed balance of a cell with one gap.

W. Shockley, H. J. Queisser, J. Appl. Phys. 32, 510 (1961), doi:10.1063/1.1736034.

A step absorber takes all light above its gap and sends out what a black body of its own
temperature would. The answer of many texts for AM1.5G, 33.7 %, has it shine from its front alone;
33.16 % at 1.34 eV (S. Ruehle, Sol. Energy 130, 139 (2016)) has it shine from both faces, which
costs kT ln 2 of voltage.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants
from scipy.special import wrightomega

from perovdb.answers import Answer, answer
from perovdb.calculators.gap import gap as gap_of
from perovdb.calculators.photovoltaics.suns import AM15G, Sun, photon_current_A_m2, sun_of
from perovdb.errors import InputError
from perovdb.ranges import range_of

if TYPE_CHECKING:
    from perovdb.composition import Material

#: Where efficiencies of cells are measured: 25 degrees Celsius.
CELL_K = 298.15

#: A mA/cm2 is 10 A/m2.
_A_M2 = 10.0

_FACES = {1: "front", 2: "both faces"}


class Balance(NamedTuple):
    """A cell in detailed balance; each an array (n,) over gaps."""

    jsc_mA_cm2: np.ndarray
    saturation_mA_cm2: np.ndarray
    voc_V: np.ndarray
    fill_factor: np.ndarray
    efficiency: np.ndarray


def thermal_voltage_V(temperature_K: float) -> float:
    """kT / q."""
    return float(constants.k * temperature_K / constants.e)


def saturation_mA_cm2(
    gap_eV: ArrayLike, temperature_K: float = CELL_K, faces: int = 1
) -> np.ndarray:
    """J0 of step absorbers (n,) that shine from one face or from both."""
    return faces * photon_current_A_m2(gap_eV, temperature_K) / _A_M2


def radiative_saturation_mA_cm2(
    energy_eV: ArrayLike, eqe: ArrayLike, temperature_K: float = CELL_K
) -> float:
    """J0,rad = q integral of EQE times the flux of a black body (U. Rau, Phys. Rev. B 76, 085303
    (2007)), by trapezoids over energies (n,) that rise, EQE (n,) between 0 and 1.

    The tail below the gap carries most of it: a table that stops at the gap gives too little.

    Raises:
        InputError: shapes that differ, energies that do not rise, or an EQE outside 0 to 1.
    """
    energy, taken = np.asarray(energy_eV, dtype=float), np.asarray(eqe, dtype=float)
    if (
        energy.shape != taken.shape
        or energy.ndim != 1
        or energy.size < 2
        or not (np.diff(energy) > 0).all()
        or not energy[0] > 0
        or not ((taken >= 0) & (taken <= 1)).all()
    ):
        raise InputError(
            "That is no EQE.", "Give rising energies in eV and as many values from 0 to 1."
        )
    # Between two energies the black body falls by orders: its part is exact, the EQE linear.
    above = photon_current_A_m2(energy, temperature_K)
    return float((-np.diff(above) * (taken[1:] + taken[:-1]) / 2).sum() / _A_M2)


def balance(gap_eV: ArrayLike, sun: Sun, temperature_K: float = CELL_K, faces: int = 1) -> Balance:
    """Step absorbers with these gaps (n,) under a sun.

    With u = q V_OC / kT = ln(J / J0 + 1), the voltage of most power is v = omega(1 + u) - 1, omega
    Wright's function: exact, and it needs no number as large as J / J0.

    Raises:
        InputError: the sun has no light above a gap, or its table ends before it.
    """
    gaps = np.asarray(gap_eV, dtype=float)
    volt = thermal_voltage_V(temperature_K)
    light = sun.photocurrent_A_m2(gaps)
    if not (light > 0).all():
        raise InputError(
            f"{sun.name} has no light above {gaps.max():g} eV.", "Take a narrower gap."
        )
    dark = saturation_mA_cm2(gaps, temperature_K, faces)
    u = np.logaddexp(np.log(light / _A_M2) - np.log(dark), 0)
    v = wrightomega(1 + u) - 1
    factor = v / u * (v / (1 + v)) / -np.expm1(-u)
    voc = volt * u
    return Balance(light / _A_M2, dark, voc, factor, light * voc * factor / sun.power_W_m2)


@answer
class Limit(Answer):
    """What a cell with one gap can reach.

    Attributes:
        gap_eV: of the step absorber.
        gap_su_eV: its standard uncertainty, where the gap is from the store.
        jsc_mA_cm2, saturation_mA_cm2, voc_V: short-circuit and dark current, open-circuit voltage.
        ff, pce_pct: fill factor, and efficiency in per cent of the sun's power.
        temperature_K: of the cell.
        sun: name of the light.
        power_W_m2: of it.
        emission: "front" or "both faces".
        formula: whose gap it is; None where a gap was given.
        spread: the limit at the gap less and plus its uncertainty.
        notes: what a user should know.
    """

    gap_eV: float
    gap_su_eV: float | None
    jsc_mA_cm2: float
    saturation_mA_cm2: float
    voc_V: float
    ff: float
    pce_pct: float
    temperature_K: float
    sun: str
    power_W_m2: float
    emission: str
    formula: str | None = None
    spread: tuple[Limit, ...] = ()
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """One row, and one for each of `spread`."""
        return [*super().rows(), *(row for one in self.spread for row in one.rows())]

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                **({"formula": one.formula} if self.formula else {}),
                "gap_eV": f"{one.gap_eV:.3f}",
                "jsc_mA_cm2": f"{one.jsc_mA_cm2:.3f}",
                "J0_mA_cm2": f"{one.saturation_mA_cm2:.3e}",
                "voc_V": f"{one.voc_V:.4f}",
                "ff": f"{one.ff:.4f}",
                "pce_pct": f"{one.pce_pct:.2f}",
            }
            for one in (self, *self.spread)
        ]

    def _lines(self) -> list[str]:
        first = f"{self.temperature_K:g} K, {self.sun} of {self.power_W_m2:.0f} W/m2"
        return [f"{first}, emission from {self.emission}", *super()._lines()]

    def _headline(self) -> str:
        return (
            f"{self.gap_eV:.3f} eV, {self.pce_pct:.2f} %, V_OC {self.voc_V:.4f} V, {self.sun}, "
            f"emission from {self.emission}"
        )


def limit(
    absorber: float | Material,
    temperature_K: float = CELL_K,
    sun: str | float | os.PathLike[str] | Sun | None = None,
    faces: int = 1,
) -> Limit:
    """The Shockley-Queisser limit of a gap, or of a composition's gap.

    Args:
        absorber: a gap in eV, or a composition, whose gap at room temperature is taken as `gap`
            tells it.
        temperature_K: of the cell.
        sun: as for `sun_of`.
        faces: 1 if the cell shines from its front alone, 2 if from its back too.

    Raises:
        InputError: a gap or a temperature out of range, or a sun that is none.
        PerovdbError: the composition has no gap, as for `gap`.
    """
    if faces not in _FACES:
        raise InputError(f"A cell does not shine from {faces} faces.", "Give 1 or 2.")
    shining, formula, su = sun_of(sun), None, None
    try:
        gap_eV = float(absorber)  # type: ignore[arg-type]  # what is no number is a material
    except (TypeError, ValueError):
        found = gap_of(absorber)  # type: ignore[arg-type]
        formula, gap_eV, su = found.formula, found.gap_eV, found.su_eV
    notes = [f"{formula}: gap by {found.method}; cells lose by their own gap"] if formula else []
    if sun is None and shining.name != AM15G:
        notes.append(
            f"AM1.5G is not installed (pip install 'perovdb[solar]'): {shining.name}, which is "
            "brighter and gives other numbers"
        )
    gaps = [gap_eV, *([gap_eV - su, gap_eV + su] if su else [])]
    check("gap_eV", min(gaps))
    check("gap_eV", max(gaps))
    check("temperature_K", temperature_K)
    numbers = balance(gaps, shining, temperature_K, faces)
    made = [
        Limit(
            gap_eV=gap,
            gap_su_eV=None if at else su,
            jsc_mA_cm2=float(numbers.jsc_mA_cm2[at]),
            saturation_mA_cm2=float(numbers.saturation_mA_cm2[at]),
            voc_V=float(numbers.voc_V[at]),
            ff=float(numbers.fill_factor[at]),
            pce_pct=100 * float(numbers.efficiency[at]),
            temperature_K=temperature_K,
            sun=shining.name,
            power_W_m2=shining.power_W_m2,
            emission=_FACES[faces],
            formula=formula,
            notes=() if at else tuple(notes),
        )
        for at, gap in enumerate(gaps)
    ]
    return replace(made[0], spread=tuple(made[1:]))


def check(name: str, value: float) -> None:
    """Raise InputError if a number of a cell is out of the range of its name."""
    limits = range_of(name, "cell")
    if limits is not None and value not in limits:
        raise InputError(f"{name} = {value:g} is out of range.", f"Give a number {limits}.")
