"""From compositions inside dots to the light that they emit, and to the widths of its lines.

E(x) = (1 - x) E_0 + x E_1 - b x (1 - x) of the emission of dots, not of bulk gaps. A dot emits at
the thermal mean of E over its volume, since carriers find the shell of the low gap, or at the E of
its mean composition; its line is a Gaussian in energy, drawn against wavelength by hc / lambda^2.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import constants

from perovdb.calculators.kinetics.arrhenius import K_B_EV

#: hc in eV nm.
HC_EV_NM = constants.h * constants.c / constants.e * 1e9

#: FWHM of a Gaussian over its standard deviation.
FWHM_SIGMA = float(2 * np.sqrt(2 * np.log(2)))

#: Points of a spectrum, or more of them on a narrow line, and standard deviations of a line that
#: it holds beyond the peaks.
_POINTS, _ON_LINE, _BEYOND = 600, 12, 4.5

#: A maximum counts as a peak from this share of the highest on.
_FAINT = 0.01


class Emission(NamedTuple):
    """Lines of dots of two ends and their mixtures.

    Attributes:
        energy_eV: E_0, E_1 of the two ends.
        bowing_eV: b.
        line_eV: FWHM of the line of one dot.
        thermal: carriers find the low gap; else the mean composition tells the energy.
        quenching: q of the brightness 1 - q 4 x (1 - x), x at the surface; nothing predicts it.
    """

    energy_eV: tuple[float, float]
    bowing_eV: float
    line_eV: float
    thermal: bool = True
    quenching: float = 0.0

    def of(self, x: np.ndarray) -> np.ndarray:
        """E at fractions of the second end, of any shape."""
        low, high = self.energy_eV
        return np.asarray((1 - x) * low + x * high - self.bowing_eV * x * (1 - x))


class Widths(NamedTuple):
    """Of spectra (n, w), each (n,).

    Attributes:
        peaks: number of maxima.
        first_nm, second_nm: the two highest, by wavelength; the second is nan of one maximum.
        fwhm_nm: between the outermost points at half of the maximum.
        sigma_nm: 2.3548 standard deviations, which do not jump as a peak falls under half.
    """

    peaks: np.ndarray
    first_nm: np.ndarray
    second_nm: np.ndarray
    fwhm_nm: np.ndarray
    sigma_nm: np.ndarray


def dot_energies_eV(
    x: np.ndarray, volumes: np.ndarray, emission: Emission, temperature_K: float
) -> np.ndarray:
    """Energies at which dots (..., shells) emit, shells of these shares of the volume."""
    if not emission.thermal:
        return emission.of(x @ volumes)
    energy = emission.of(x)
    weight = volumes * np.exp(
        -(energy - energy.min(axis=-1, keepdims=True)) / (K_B_EV * temperature_K)
    )
    return np.asarray((weight * energy).sum(axis=-1) / weight.sum(axis=-1))


def wavelengths_nm(emission: Emission) -> np.ndarray:
    """Wavelengths (w,), evenly spaced in energy, that hold all lines of both ends and between."""
    energy = emission.of(np.linspace(0, 1, 101))
    wide = _BEYOND * emission.line_eV / FWHM_SIGMA
    high, low = energy.max() + wide, energy.min() - wide
    points = max(_POINTS, int(_ON_LINE * (high - low) / emission.line_eV))
    return np.asarray(HC_EV_NM / np.linspace(high, low, points))


def spectra(
    x: np.ndarray,
    volumes: np.ndarray,
    share: np.ndarray,
    emission: Emission,
    temperature_K: float,
    wavelength_nm: np.ndarray,
) -> np.ndarray:
    """Light (n, w) per nm of dots x (n, m, shells) with shares (m,) of it, of unit area."""
    center = dot_energies_eV(x, volumes, emission, temperature_K)
    surface = x[..., -1]
    bright = share * (1 - emission.quenching * 4 * surface * (1 - surface))
    energy = HC_EV_NM / wavelength_nm
    sigma = emission.line_eV / FWHM_SIGMA
    light = np.empty((len(x), len(energy)))
    for number, (places, weights) in enumerate(zip(center, bright, strict=True)):
        lines = np.exp(-((energy[None] - places[:, None]) ** 2) / (2 * sigma**2))
        light[number] = weights @ lines
    jacobian = HC_EV_NM / wavelength_nm**2
    return np.asarray(light * jacobian / (sigma * np.sqrt(2 * np.pi)))


def widths(wavelength_nm: np.ndarray, light: np.ndarray) -> Widths:
    """Peaks and widths of spectra (n, w) over wavelengths (w,), rising."""
    found = [_widths(wavelength_nm, one) for one in light]
    return Widths(*map(np.array, zip(*found, strict=True)))


def _widths(nm: np.ndarray, light: np.ndarray) -> tuple[int, float, float, float, float]:
    inner = light[1:-1]
    at = 1 + np.flatnonzero(
        (inner > light[:-2]) & (inner >= light[2:]) & (inner > _FAINT * light.max())
    )
    two = sorted(_vertex(nm, light, i) for i in sorted(at.tolist(), key=lambda i: -light[i])[:2])
    half = light.max() / 2
    above = np.flatnonzero(light >= half)
    first, last = above[0], above[-1]
    left = np.interp(half, light[first - 1 : first + 1], nm[first - 1 : first + 1])
    right = np.interp(half, light[last : last + 2][::-1], nm[last : last + 2][::-1])
    weight = light * np.gradient(nm)
    mean = (weight @ nm) / weight.sum()
    sigma = np.sqrt(weight @ (nm - mean) ** 2 / weight.sum())
    second = two[1] if len(two) > 1 else np.nan
    return len(at), two[0], second, float(right - left), float(FWHM_SIGMA * sigma)


def _vertex(nm: np.ndarray, light: np.ndarray, i: int) -> float:
    """Where the parabola through a maximum and its neighbours is highest."""
    a, b, _ = np.polyfit(nm[i - 1 : i + 2] - nm[i], light[i - 1 : i + 2], 2)
    return float(nm[i] - b / (2 * a))
