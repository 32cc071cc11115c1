"""How often the right phase is named from a synthetic diffractogram, and how long that takes.

Films that nobody measured: a phase of the store with counting noise, a shift, a cell that is a
little off, preferred orientation after March and Dollase, and in half of them PbI2 or the tin
oxide of the glass. What draws them shares no code with what takes them apart but the peaks of the
phases.

python benchmarks/identification.py [patterns] [seed]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.calculators.diffraction.identification import Which, identify
from perovdb.calculators.diffraction.identification.curve import REMAINS
from perovdb.calculators.diffraction.identification.stored_peaks import StoredPeaks, stored_peaks
from perovdb.calculators.diffraction.identification.which import given_peaks
from perovdb.facts.conditions import measured_at
from perovdb.store import queries

WAVELENGTH_A = 1.54056
SECOND = (1.54439 / 1.54056, 0.5)


class Film(NamedTuple):
    """A synthetic curve, and what it is of and at which temperature."""

    formula: str
    phase: str
    temperature_K: float
    two_theta_deg: np.ndarray
    counts: np.ndarray
    of: tuple[str, ...]


def glass() -> Structure:
    """Tin oxide of the rutile type, about as it lies on glass; it need be no better than this."""
    return Structure.from_spacegroup(
        "P4_2/mnm", Lattice.tetragonal(4.738, 3.187), ["Sn", "O"], [(0, 0, 0), (0.306, 0.306, 0)]
    )


def films(number: int, seed: int = 0) -> Iterator[Film]:
    """So many films of all phases in turn whose atoms are known, each at its own temperature."""
    draw = np.random.default_rng(seed)
    stored, _ = stored_peaks(
        WAVELENGTH_A, (5.0, 70.0), lambda row: bool(queries.phase_sites(row["id"]))
    )
    known = [one for one in stored if not one.positions_only]
    (oxide,) = given_peaks([glass()], WAVELENGTH_A, (5.0, 70.0))
    iodide = next(one for one in known if (one.row["formula"], one.row["phase"]) == REMAINS)
    mains = {}
    for one in known:
        if one.row["formula"] != "PbI2":
            mains.setdefault((one.row["formula"], one.row["phase"]), []).append(one)
    names = sorted(mains)
    for i in range(number):
        key = names[i % len(names)]
        main = mains[key][draw.integers(len(mains[key]))]
        step = draw.choice([0.02, 0.03, 0.04])
        x = np.arange(draw.uniform(8, 10.5), draw.uniform(50, 65), step)
        zero, displaced = draw.normal(0, 0.04), draw.normal(0, 0.05)
        width = draw.uniform(0.08, 0.3)
        curve = _drawn(main, x, zero, displaced, width, draw)
        of = [f"{key[0]} {key[1]}"]
        if draw.random() < 0.5:
            curve = curve + draw.uniform(0.05, 0.5) * _drawn(
                iodide, x, zero, displaced, width * draw.uniform(0.8, 1.5), draw
            )
            of.append("PbI2")
        if draw.random() < 0.5:
            curve = curve + draw.uniform(0.1, 0.8) * _drawn(
                oxide, x, zero, displaced, width * draw.uniform(1, 1.5), draw
            )
            of.append("SnO2")
        top = 10 ** draw.uniform(2.5, 4.5)
        hump = np.exp(-(((x - 24) / 7) ** 2)) * draw.uniform(0, 0.15)
        ground = draw.uniform(0.02, 0.1) * (1 + 2 * np.exp(-(x - 8) / 6)) + hump
        yield Film(
            *key,
            _temperature(main),
            x,
            draw.poisson(top * (curve + ground)).astype(float),
            tuple(of),
        )


def _temperature(stored: StoredPeaks) -> float:
    """At which a phase was measured, or is known to be; 298 K where that is not known."""
    row = stored.row
    if row["temperature_K"] is not None:
        return float(row["temperature_K"])
    if measured_at(row, 298) or row["temperature_min_K"] is row["temperature_max_K"] is None:
        return 298.0
    low, high = row["temperature_min_K"], row["temperature_max_K"]
    return float(high - 5 if low is None else low + 5)


def _drawn(
    stored: StoredPeaks,
    x: np.ndarray,
    zero: float,
    displaced: float,
    width: float,
    draw: np.random.Generator,
) -> np.ndarray:
    """(n,) lines of a phase, the highest point being 1."""
    # Vectors across the planes, and the grains' own normal with its factor.
    inverse = np.linalg.inv(_lattice(stored)).T
    across = np.array(stored.hkl) @ inverse
    length = np.linalg.norm(across, axis=1)
    axis = np.array([(1, 0, 0), (1, 1, 0), (0, 0, 1), (1, 1, 1)][draw.integers(4)]) @ inverse
    cosine = np.abs(across @ axis) / length / np.linalg.norm(axis)
    r = draw.uniform(0.4, 1.0)
    march = (r**2 * cosine**2 + (1 - cosine**2) / r) ** -1.5
    areas = stored.intensity * march * draw.lognormal(0, 0.05, len(march))
    strain = draw.normal(0, 5e-4)
    total = np.zeros(len(x))
    for ratio, share in ((1.0, 1.0), SECOND):
        sine = np.sin(np.radians(stored.two_theta_deg / 2)) * ratio / (1 + strain)
        half = np.arcsin(np.minimum(sine, 1))
        at = np.degrees(2 * half) + zero + displaced * np.cos(half)
        fwhm = width / np.cos(half)
        square = (2 * (x[:, None] - at) / fwhm) ** 2
        eta = 0.4
        line = eta / (1 + square) * 2 / np.pi + (1 - eta) * 0.9394 * np.exp(-0.6931 * square)
        total += share * (line / fwhm) @ areas
    return total / total.max()


def _lattice(stored: StoredPeaks) -> np.ndarray:
    names = ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg")
    if stored.row["source"] == "given":
        return np.array(glass().lattice.matrix)
    return np.array(Lattice.from_parameters(*(stored.row[name] for name in names)).matrix)


def main() -> None:
    """Print the rates, and each film of which another phase came first."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 240
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    first = three = 0
    times = []
    names = set()
    for film in films(number, seed):
        which = Which(temperature_K=film.temperature_K, substrates=[glass()])
        start = time.perf_counter()
        answer = identify((film.two_theta_deg, film.counts), which=which)
        times.append(time.perf_counter() - start)
        named = [(one.formula, one.phase) for one in answer.candidates[:3]]
        right = (film.formula, film.phase)
        names.add(right)
        first += named[0] == right
        three += right in named
        if named[0] != right:
            print(
                f"{' + '.join(film.of)}, {film.temperature_K:g} K: "
                f"{', '.join(' '.join(one) for one in named)}",
                flush=True,
            )
    print(
        f"{number} films of {len(names)} phases: right first {first / number:.1%}, "
        f"in the first three {three / number:.1%}, {np.median(times):.2f} s each"
    )


if __name__ == "__main__":
    main()
