"""Curves of phases on even steps, of which a measured curve is a sum.

A phase gives several columns: its lines as in a powder without preferred orientation, and those
of each low index alone with its harmonics, as where all grains stand with these planes in the
surface. A film lies between: a sum of columns with weights that are not negative describes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft

from perovdb.calculators.diffraction.identification.stored_peaks import StoredPeaks

#: How much of a line is Lorentzian.
MIXING = 0.5

#: Points to a width on the inner axis.
POINTS_PER_WIDTH = 5

#: Harmonic series of a phase that may stand out, and of one of which no intensities are known.
MOST_SERIES, MOST_UNKNOWN_SERIES = 4, 10

#: A series with less than this share of the intensity is none that a texture would show.
LEAST_OF_SERIES = 0.02


@dataclass(frozen=True)
class Phase:
    """Lines of a phase and which of its columns hold them.

    Attributes:
        stored: peaks of the store.
        sine: (m,) sin(theta) of each line.
        areas: (k, m) of each line in each column; a column has 1 in all.
    """

    stored: StoredPeaks
    sine: np.ndarray
    areas: np.ndarray


def phase_columns(stored: StoredPeaks, scan: tuple[float, float]) -> Phase | None:
    """Lines and columns of a phase within a scan in degrees; None if it has no line there."""
    angle, intensity = stored.two_theta_deg, stored.intensity
    inside = (angle >= scan[0]) & (angle <= scan[1])
    total = float(intensity[inside].sum())
    if not total > 0:
        return None
    series: dict[tuple[int, ...], list[int]] = {}
    for number in np.flatnonzero(inside):
        index = stored.hkl[number]
        factor = gcd(*index) or 1
        series.setdefault(tuple(i // factor for i in index), []).append(int(number))
    most, least = (MOST_SERIES, LEAST_OF_SERIES)
    if stored.positions_only:
        most, least = (MOST_UNKNOWN_SERIES, 0.0)
    strong = [lines for lines in series.values() if intensity[lines].sum() >= least * total]
    areas = [] if stored.positions_only else [np.where(inside, intensity, 0.0)]
    if len(series) > 1 or not areas:
        for lines in strong[:most]:
            column = np.zeros(len(intensity))
            column[lines] = intensity[lines]
            areas.append(column)
    kept = np.array(areas)
    kept /= kept.sum(axis=1, keepdims=True)
    used = kept.any(axis=0)
    return Phase(stored, np.sin(np.radians(angle[used]) / 2), kept[:, used])


@dataclass(frozen=True)
class Beam:
    """The lines of the tube: their wavelengths, relative to the first, and strengths."""

    lines: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Shape:
    """How a phase is seen.

    Attributes:
        zero_deg: added to 2theta.
        displaced_deg: times cos(theta), added to 2theta.
        strain: relative change of all its lengths.
        fwhm_deg: width of its lines.
    """

    zero_deg: float = 0.0
    displaced_deg: float = 0.0
    strain: float = 0.0
    fwhm_deg: float = 0.1


class Axis:
    """Even steps of 2theta on which columns are drawn.

    Lines are put on an inner axis of finer steps, shared between the two nearest points, and
    smeared there by a Fourier transform.
    """

    def __init__(self, two_theta_deg: np.ndarray, fwhm_deg: float) -> None:
        self.start, self.n = float(two_theta_deg[0]), len(two_theta_deg)
        step = float(two_theta_deg[1] - two_theta_deg[0])
        self.finer = max(1, int(np.ceil(step * POINTS_PER_WIDTH / fwhm_deg)))
        self.step = step / self.finer
        # Lines beyond the ends reach into the axis, and those at its end do not come back at 0.
        self.margin = int(np.ceil(6 * fwhm_deg / self.step))
        whole = (self.n - 1) * self.finer + 1 + 2 * self.margin
        self.length = next_fast_len(whole, real=True)

    def sticks(self, phase: Phase, shape: Shape, beam: Beam) -> np.ndarray:
        """(k, length) lines of a phase on the inner axis."""
        marks = np.zeros((len(phase.areas), self.length))
        for ratio, share in beam.lines:
            sine = phase.sine * ratio / (1 + shape.strain)
            there = sine < 1
            half = np.arcsin(sine[there])
            angle = np.degrees(2 * half) + shape.zero_deg + shape.displaced_deg * np.cos(half)
            place = (angle - self.start) / self.step + self.margin
            left = np.floor(place).astype(int)
            inside = (left >= 0) & (left < self.length - 1)
            part = (place - left)[inside]
            areas = share * phase.areas[:, there][:, inside]
            for beside, weight in ((left[inside], 1 - part), (left[inside] + 1, part)):
                for row, mark in zip(areas * weight, marks, strict=True):
                    mark += np.bincount(beside, row, self.length)
        return marks

    def smeared(self, marks: np.ndarray, fwhm_deg: float) -> np.ndarray:
        """(k, n) curves of lines on the inner axis."""
        reach = np.pi * fwhm_deg * np.fft.rfftfreq(self.length, self.step)
        gaussian = np.exp(-(reach**2) / (4 * np.log(2)))
        kernel = (MIXING * np.exp(-reach) + (1 - MIXING) * gaussian) / self.step
        curves = irfft(rfft(marks, axis=1) * kernel, self.length, axis=1)
        first = self.margin
        return np.asarray(curves[:, first : first + (self.n - 1) * self.finer + 1 : self.finer])

    def columns(self, phase: Phase, shape: Shape, beam: Beam) -> np.ndarray:
        """(k, n) curves of a phase, the area under each being 1 in degrees."""
        return self.smeared(self.sticks(phase, shape, beam), shape.fwhm_deg)
