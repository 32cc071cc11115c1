"""What an identification answers: phases, and which of the measured peaks they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.diffraction.identification.stored_peaks import Index

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Match(NamedTuple):
    """A measured peak that a phase explains.

    `expected_two_theta_deg` is the mean of the expected reflections nearby, by their intensities
    and without the zero shift, `expected_intensity` their sum in % of the strongest expected one
    (None where positions are not known), `hkl` the strongest of them.
    """

    two_theta_deg: float
    intensity: float | None
    expected_two_theta_deg: float
    expected_intensity: float | None
    hkl: Index


class Missing(NamedTuple):
    """A strong peak that a phase should show, and that was not measured."""

    two_theta_deg: float
    intensity: float | None
    hkl: Index


@answer
class Share(Answer):
    """A phase in a measured curve.

    Attributes:
        formula, phase, id: of the row of the table `phase`; of a substrate that was given, its
            formula and the name of its file.
        area_pct: part of the fitted area under all lines. It is no part of the weight: phases
            scatter more or less, and what lies on top hides what is below.
        strain_pct: by how much all its lengths are larger than those of the row.
        fwhm_deg: width of its lines, by the instrument, grains and strain.
        substrate: whether it was given as such.
        intensity: (n,) its part of the curve.
    """

    formula: str
    phase: str
    id: str
    area_pct: float
    strain_pct: float
    fwhm_deg: float
    substrate: bool
    intensity: np.ndarray

    def rows(self) -> list[dict[str, Any]]:
        """One row, without the curve."""
        return [{name: value for name, value in vars(self).items() if name != "intensity"}]


@answer
class FittedCurve(Answer):
    """A measured curve and the sum of phases that explains it best.

    Attributes:
        two_theta_deg, measured, fit, background: (n,) on even steps, in the units of the
            measurement.
        phases: in the curve, the main one first, then by area.
        zero_shift_deg: measured less expected 2theta that all lines have in common.
        displacement_deg: the part of a shift that goes with cos(theta).
        residual_pct: sum of what is left without its sign, in % of that of the signal.
        both_alpha: whether K-alpha2 was seen beside K-alpha1.
    """

    two_theta_deg: np.ndarray
    measured: np.ndarray
    fit: np.ndarray
    background: np.ndarray
    phases: tuple[Share, ...]
    zero_shift_deg: float
    displacement_deg: float
    residual_pct: float
    both_alpha: bool

    def rows(self) -> list[dict[str, Any]]:
        """One row a phase."""
        return [row for phase in self.phases for row in phase.rows()]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Measured curve, fit, each phase, and what is left."""
        from perovdb.plots import fitted_curve

        return fitted_curve(self, ax)

    def _table(self) -> list[dict[str, Any]]:
        digits = {"area_pct": ".1f", "strain_pct": "+.2f", "fwhm_deg": ".2f"}
        return [
            {name: format(value, digits.get(name, "")) for name, value in row.items()}
            for row in ({**r, "substrate": "yes" if r["substrate"] else ""} for r in self.rows())
        ]

    def _headline(self) -> str:
        names = " + ".join(f"{one.formula} {one.phase}".strip() for one in self.phases)
        return f"{names}, residual {self.residual_pct:.1f} %"

    def _lines(self) -> list[str]:
        lines = "both K-alpha lines" if self.both_alpha else "one X-ray line"
        return [
            f"in the curve: zero shift {self.zero_shift_deg:+.3f}, displacement "
            f"{self.displacement_deg:+.3f} degrees, {lines}, residual {self.residual_pct:.1f} %",
            *table(self._table(), "  "),
        ]


@answer
class Candidate(Answer):
    """A phase of the store against the measured peaks.

    Attributes:
        score: 0 to 1. Of peaks: explained times seen, less for distances and for a shift. Of a
            curve: the share of it that the best set of phases with this as its main one explains,
            less for each phase and shift.
        formula, phase, id: of the row of the table `phase`.
        explained: share of the measured intensity (or of the peaks, without intensities) that
            lies at peaks of the phase.
        seen: share of the intensity of the strong expected peaks that was measured. Where
            positions are not known none of them can be missed: the share of the scan that is
            not near a line, which is what a match is worth.
        matched, missing: as told by their classes.
        unmatched_deg: measured angles that the phase does not explain.
        zero_shift_deg: measured less expected 2theta, common to all peaks.
        rms_deg: root mean square of what remains of the differences.
        agreement: cosine between measured and expected intensities, 1 for the same; None without
            either.
        positions_only: whether the store has the cell alone: all reflections of the space group
            count alike, and the score means less.
        source, kind, evidence: of the row.
    """

    score: float
    formula: str
    phase: str
    id: str
    explained: float
    seen: float
    matched: tuple[Match, ...]
    missing: tuple[Missing, ...]
    unmatched_deg: tuple[float, ...]
    zero_shift_deg: float
    rms_deg: float
    agreement: float | None
    positions_only: bool
    source: str
    kind: str
    evidence: str

    def rows(self) -> list[dict[str, Any]]:
        """One row, which counts the peaks."""
        (row,) = super().rows()
        last = {name: row.pop(name) for name in ("source", "kind", "evidence")}
        return [row | {"matched": len(self.matched), "missing": len(self.missing)} | last]


@answer
class Identification(Answer):
    """Phases that explain some of the measured peaks, best first.

    Attributes:
        wavelength_A: in angstrom.
        peaks_deg: (n,) measured angles of 2theta.
        intensity: (n,) in % of the strongest; None if they were not given.
        two_theta_deg: lowest and highest angle between which expected peaks are missed.
        tolerance_deg: as given.
        candidates: best first; of a curve, what its main phase may be.
        n_phases: how many phases were tried.
        notes: what to know of the answer.
        curve: of a curve, how it is made up.
    """

    wavelength_A: float
    peaks_deg: tuple[float, ...]
    intensity: tuple[float, ...] | None
    two_theta_deg: tuple[float, float]
    tolerance_deg: float
    candidates: tuple[Candidate, ...]
    n_phases: int
    notes: tuple[str, ...]
    curve: FittedCurve | None = None

    def rows(self) -> list[dict[str, Any]]:
        """One row a phase."""
        notes = {"notes": "; ".join(self.notes)}
        return [row | notes for candidate in self.candidates for row in candidate.rows()]

    def _table(self) -> list[dict[str, Any]]:
        digits = ("score", "explained", "seen", "zero_shift_deg", "rms_deg")
        return [
            {
                name: f"{value:.3f}" if name in digits else value
                for name, value in row.items()
                if name not in ("agreement", "notes")
            }
            for row in self.rows()
        ]

    def _headline(self) -> str:
        best = self.candidates[0]
        return f"{best.formula} {best.phase}, score {best.score:.3f}, of {self.n_phases} phases"

    def _lines(self) -> list[str]:
        low, high = self.two_theta_deg
        lines = [
            f"{len(self.peaks_deg)} peaks, scan from {low:.2f} to {high:.2f} degrees at "
            f"{self.wavelength_A:g} A, against {self.n_phases} phases",
            *(self.curve._lines() if self.curve else []),
            *table(self._table()),
        ]
        best = self.candidates[0]
        name = f"{best.formula} {best.phase}"
        if best.unmatched_deg:
            angles = " ".join(f"{angle:.2f}" for angle in best.unmatched_deg)
            lines.append(f"not explained by {name}: {angles}")
        if best.missing:
            angles = " ".join(f"{peak.two_theta_deg:.2f}" for peak in best.missing)
            lines.append(f"expected of {name}, not measured: {angles}")
        return [*lines, *self._note_lines()]
