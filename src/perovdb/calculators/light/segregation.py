"""Thresholds of segregation of a mixed halide, over all that the store says of gaps and mixing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.polynomial import Polynomial

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.light.free_carriers import (
    carrier_density_cm3,
    light_spinodal_cm3,
    threshold_cm3,
)
from perovdb.calculators.light.inclusions import terminal_fraction
from perovdb.calculators.mixing import lattice
from perovdb.calculators.mixing_energy.mixing import stored_mixing
from perovdb.composition import Composition, as_composition
from perovdb.errors import InputError, MissingData
from perovdb.store import queries

#: How far a stated composition is off, as a rule.
_X_SU = 0.02

#: Anions of an inclusion over the share of the time that it holds a pair: what nobody knows.
_ANIONS = (10.0, 100.0)

_DISPUTE = (
    "thresholds of free carriers lie two to three orders above what films show at x = 1/2: the "
    "dark mixture may be unstable and only frozen, or carriers gather in far smaller volumes",
    "neither model has rates, strain or polarons",
)


@answer
class Threshold(Answer):
    """What one gap curve and one energy of mixing give.

    Attributes:
        gap_source: of Eg(x).
        mixing: what the energy of mixing is from.
        threshold_low_cm3, threshold_high_cm3: density of pairs of free carriers above which a
            nucleus is stable, over the uncertainty of x; 0 inside the dark gap.
        light_spinodal_cm3: above which none is needed.
        terminal_low, terminal_high: x of an inclusion of 10 and of 100 anions per pair.
    """

    gap_source: str
    mixing: str
    threshold_low_cm3: float
    threshold_high_cm3: float
    light_spinodal_cm3: float
    terminal_low: float
    terminal_high: float


@dataclass(frozen=True, repr=False, eq=False)
class Segregation(Answer):
    """Halide segregation of a mixture under light, as intervals.

    Attributes:
        formula: the mixture.
        x: its fraction of the halide of the larger gap.
        density_cm3: mean density of pairs under the light; None where no light was given.
        temperature_K: of all.
        thresholds: one for each gap curve and energy of mixing.
        notes: what a user should know.
    """

    formula: str
    x: float
    density_cm3: float | None
    temperature_K: float
    thresholds: tuple[Threshold, ...]
    notes: tuple[str, ...] = ()

    derived = ("threshold_cm3",)

    @property
    def threshold_cm3(self) -> tuple[float, float]:
        """Lowest and highest threshold of free carriers."""
        lows = [one.threshold_low_cm3 for one in self.thresholds]
        return min(lows), max(one.threshold_high_cm3 for one in self.thresholds)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each gap curve and energy of mixing."""
        return [one.rows()[0] for one in self.thresholds]

    def _lines(self) -> list[str]:
        return [self._headline(), *table(self.rows(), "  "), *self._note_lines()]

    def _headline(self) -> str:
        low, high = self.threshold_cm3
        light = "" if self.density_cm3 is None else f"; the light makes {self.density_cm3:.1e}"
        return f"{self.formula}, x = {self.x:g}: threshold {low:.1e} to {high:.1e} cm-3{light}"


def segregation(
    formula: str,
    intensity_mW_cm2: float | None = None,
    wavelength_nm: float = 405.0,
    thickness_nm: float = 300.0,
    lifetime_ns: float = 100.0,
    L_eV: Sequence[float] | None = None,
    temperature_K: float = 298.0,
) -> Segregation:
    """Thresholds of light-induced segregation by two models; see `free_carriers` and `inclusions`.

    Args:
        formula: a perovskite with two halides.
        intensity_mW_cm2, wavelength_nm, thickness_nm, lifetime_ns: the light, the film and the
            lifetime, for the density of pairs (alpha = 1e5 / cm, k2 = 1e-10 cm3/s).
        L_eV: of the mixture per formula unit, see `mixing`; 0 for an ideal one. By default all
            that the store has of the pair.
        temperature_K: of all.

    Raises:
        InputError: no mixture of two halides.
        MissingData: no gap curve with its bowing, or no energy of mixing, is stored.
    """
    composition = as_composition(formula)
    first, second, x = _pair(composition)
    curves = list(_curves(first, second))
    if not curves:
        raise MissingData(
            f"No gap curve between {first} and {second} is stored, and its slope decides all.",
            "Ask for a pair with a bowing: perovdb properties --name gap_bowing_eV.",
        )
    if L_eV is not None:
        mixtures = [("given", tuple(map(float, L_eV)))]
    else:
        mixtures = [
            (f"{one.basis}, {one.source}", one.L_eV)
            for one in stored_mixing((first, second), (temperature_K,))
        ]
    if not mixtures:
        raise MissingData(
            f"Nothing is stored of how {first} and {second} mix.", "Give L (--l; 0 if ideal)."
        )
    volume_A3 = lattice(formula, temperature_K).a_pseudocubic_A ** 3
    thresholds = tuple(
        _threshold(x, curve, L, temperature_K, volume_A3, source, basis)
        for source, curve in curves
        for basis, L in mixtures
    )
    density = (
        None
        if intensity_mW_cm2 is None
        else carrier_density_cm3(intensity_mW_cm2, wavelength_nm, thickness_nm, lifetime_ns)
    )
    notes = [*_DISPUTE, *_seen(composition.formula)]
    if any(one.threshold_low_cm3 == 0 for one in thresholds):
        notes.insert(0, "a threshold of 0: by that energy of mixing it demixes in the dark")
    return Segregation(composition.formula, x, density, temperature_K, thresholds, tuple(notes))


def _pair(composition: Composition) -> tuple[str, str, float]:
    """The end members, that of the smaller gap first, and the fraction of the second."""
    if len(composition.X) != 2:
        raise InputError(
            f"{composition.formula} mixes no two halides.",
            "Light parts halides; cations on A were not seen to part. Give MAPbBr1.5I1.5.",
        )
    heavy_first = sorted(composition.X, key=["I", "Br", "Cl", "F"].index)
    ends = [
        Composition(composition.A, composition.B, {ion: 1.0}, composition.charge).formula
        for ion in heavy_first
    ]
    return ends[0], ends[1], composition.X[heavy_first[1]]


def _curves(first: str, second: str) -> Iterator[tuple[str, Polynomial]]:
    """Source and Eg(x) of each stored curve."""
    for row in queries.facts("gap_series"):
        whole = None not in (row["c0_eV"], row["c1_eV"], row["c2_eV"])
        if whole and (row["end_1"], row["end_2"]) == (first, second):
            yield row["source"], Polynomial([row["c0_eV"], row["c1_eV"], row["c2_eV"]])


def _threshold(
    x: float,
    gap: Polynomial,
    L_eV: Sequence[float],
    kelvin: float,
    volume_A3: float,
    source: str,
    basis: str,
) -> Threshold:
    near = (max(x - _X_SU, x / 2), x, min(x + _X_SU, (1 + x) / 2))
    every = [threshold_cm3(one, gap, L_eV, kelvin, volume_A3) for one in near]
    ends = [terminal_fraction(x, anions, gap, L_eV, kelvin) for anions in _ANIONS]
    values = (min(every), max(every), light_spinodal_cm3(x, gap, L_eV, kelvin, volume_A3), *ends)
    return Threshold(source, basis, *(float(f"{value:.3g}") for value in values))


def _seen(formula: str) -> Iterator[str]:
    """What the store has of thresholds that were seen: of light, and of the size of grains."""
    for row in queries.facts("other_property", {"formula": formula}):
        if row["property"].startswith("photosegregation_threshold"):
            value = row["value"] or f"{row['min_value']:g} to {row['max_value']:g}"
            yield f"{row['source']}, {row['kind']}: threshold {value} mW/cm2"
    for row in queries.facts("kinetics"):
        if row["process"].startswith("halide/cation segregation threshold"):
            size = f"{row['grain_size_nm']:g} +- {row['grain_size_su_nm']:g}"
            yield f"{row['source']}: none in grains under {size} nm"
