"""The light on a cell: AM1.5G from pvlib, a black body, or a table of the user's.

ASTM's table G173-03 is not ours to give; pvlib (the extra ``solar``) brings it, as NREL gives
it out. A black body is always there, and gives other numbers: an answer names its sun.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib.util import find_spec
from math import pi
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from scipy import constants

from perovdb.errors import InputError, MissingData
from perovdb.files.columns import read_columns
from perovdb.ranges import range_of

AM15G = "AM1.5G"

#: Effective temperature of the sun: nominal value of IAU 2015 Resolution B3.
SUN_K = 5772.0

#: (radius of the sun / astronomical unit) squared, both of the IAU: the sky that shines.
SUN_DILUTION = (6.957e8 / 1.495978707e11) ** 2

COLUMNS = ("wavelength_nm", "irradiance_W_m2_nm")


def photon_current_A_m2(gap_eV: ArrayLike, temperature_K: float) -> np.ndarray:
    """q (2 pi / h3 c2) integral of E2 / (exp(E / kT) - 1) above each energy (n,) in eV.

    What a black body sends out of one face, summed over exp(-n E / kT).
    """
    thermal = constants.k * temperature_K
    x = np.asarray(gap_eV, dtype=float)[..., None] * constants.e / thermal
    # The last term is below 1e-16 of the first.
    n = np.arange(1, 2 + min(4000, int(40 / max(float(x.min()), 0.01))))
    series = (np.exp(-n * x) * (x**2 / n + 2 * x / n**2 + 2 / n**3)).sum(-1)
    scale = 2 * pi * constants.e * thermal**3 / (constants.h**3 * constants.c**2)
    return np.asarray(scale * series)


@dataclass(frozen=True)
class BlackBody:
    """A black body that fills the part `dilution` of the hemisphere, seen face on."""

    temperature_K: float = SUN_K
    dilution: float = SUN_DILUTION

    @property
    def name(self) -> str:
        return f"black body of {self.temperature_K:g} K"

    @property
    def power_W_m2(self) -> float:
        return float(self.dilution * constants.Stefan_Boltzmann * self.temperature_K**4)

    def photocurrent_A_m2(self, gap_eV: ArrayLike) -> np.ndarray:
        """q times the flux of photons above each energy (n,) in eV."""
        return self.dilution * photon_current_A_m2(gap_eV, self.temperature_K)


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A table of light: `wavelength_nm` (n,) rising, `irradiance` (n,) in W/m2/nm.

    Raises:
        InputError: wavelengths that do not rise, light below zero, or none at all.
    """

    name: str
    wavelength_nm: np.ndarray
    irradiance: np.ndarray

    def __post_init__(self) -> None:
        if (
            self.wavelength_nm.shape != self.irradiance.shape
            or self.wavelength_nm.size < 2
            or self.wavelength_nm[0] <= 0
            or (np.diff(self.wavelength_nm) <= 0).any()
            or (self.irradiance < 0).any()
            or not self.irradiance.any()
        ):
            raise InputError(
                f"{self.name} is no spectrum.",
                "Give rising wavelengths in nm, and light in W/m2/nm that is not below zero.",
            )

    @property
    def power_W_m2(self) -> float:
        light = self.irradiance
        return float((np.diff(self.wavelength_nm) * (light[1:] + light[:-1]) / 2).sum())

    def photocurrent_A_m2(self, gap_eV: ArrayLike) -> np.ndarray:
        """As of a black body: by trapezoids over the table, cut at hc / gap.

        Raises:
            InputError: the table ends before the wavelength of a gap.
        """
        per_eV_nm = constants.h * constants.c / constants.e * 1e9
        edge = per_eV_nm / np.asarray(gap_eV, dtype=float)
        if (edge > self.wavelength_nm[-1]).any():
            raise InputError(
                f"{self.name} ends at {self.wavelength_nm[-1]:g} nm, before the "
                f"{edge.max():.0f} nm of a gap of {per_eV_nm / edge.max():.3g} eV.",
                "Take a spectrum that reaches further, or a wider gap.",
            )
        # q times the photons of a watt at lambda: lambda in nm over hc/q in eV nm.
        flux = self.irradiance * self.wavelength_nm / per_eV_nm
        steps = np.diff(self.wavelength_nm) * (flux[1:] + flux[:-1]) / 2
        total = np.concatenate([[0.0], np.cumsum(steps)])
        at = np.clip(np.searchsorted(self.wavelength_nm, edge) - 1, 0, None)
        beyond = np.clip(edge - self.wavelength_nm[at], 0, None)
        at_edge = np.interp(edge, self.wavelength_nm, flux)
        return np.asarray(total[at] + beyond * (flux[at] + at_edge) / 2)


#: Light that falls on a cell, with its name and its power.
Sun: TypeAlias = BlackBody | Spectrum


def am15g() -> Spectrum | None:
    """AM1.5G (ASTM G173-03, 1000.37 W/m2) where pvlib is installed; else None."""
    home = find_spec("pvlib")
    for place in (home.submodule_search_locations or ()) if home else ():
        # Its own reader loads all of pvlib and pandas, a hundred times the work.
        table = Path(place) / "data" / "ASTMG173.csv"
        if table.is_file():
            columns = np.loadtxt(table, delimiter=",", skiprows=2, usecols=(0, 2)).T
            return Spectrum(AM15G, *columns)
    return None


def sun_of(sun: str | float | os.PathLike[str] | Sun | None = None) -> Sun:
    """The light that a user means.

    Args:
        sun: "AM1.5G"; the temperature of a black body in kelvin at the sun's distance; a CSV file
            with the columns wavelength_nm and irradiance_W_m2_nm. None: AM1.5G where it is
            installed, else the black body of the sun.

    Raises:
        MissingData: AM1.5G is asked for and pvlib is not there.
        InputError: a file that is no spectrum, or a temperature that no star has.
    """
    if sun is None:
        return am15g() or BlackBody()
    if isinstance(sun, BlackBody | Spectrum):
        return sun
    if isinstance(sun, str) and sun.upper() == AM15G:
        found = am15g()
        if found is None:
            raise MissingData(
                "AM1.5G is not installed.",
                "Install it (pip install 'perovdb[solar]'), or take a black body (--sun 5772).",
            )
        return found
    if isinstance(sun, str | float | int):
        try:
            kelvin = float(sun)
        except ValueError:
            pass
        else:
            limits = range_of("sun_K")
            if limits is not None and kelvin not in limits:
                raise InputError(f"A sun of {kelvin:g} K cannot be.", f"Give kelvin {limits}.")
            return BlackBody(kelvin)
    path = os.fspath(sun)  # type: ignore[arg-type]  # a number has become a black body
    columns = read_columns(path, COLUMNS)
    if len(columns) < len(COLUMNS):
        raise InputError(
            f"{path} has no columns {' and '.join(COLUMNS)}.", "Name them in its first line."
        )
    return Spectrum(Path(path).name, *columns.values())
