"""What an identification answers: phases, and which of the measured peaks they explain."""

from __future__ import annotations

from typing import Any, NamedTuple

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.diffraction.identification.stored_peaks import Index


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
class Candidate(Answer):
    """A phase of the store against the measured peaks.

    Attributes:
        score: explained times seen, 0 to 1.
        formula, phase, id: of the row of the table `phase`.
        explained: share of the measured intensity (or of the peaks, without intensities) that
            lies at peaks of the phase.
        seen: share of the intensity of the strong expected peaks that was measured; of their
            number where positions are not known.
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
        candidates: best first.
        n_phases: how many phases were tried.
        notes: what to know of the answer.
    """

    wavelength_A: float
    peaks_deg: tuple[float, ...]
    intensity: tuple[float, ...] | None
    two_theta_deg: tuple[float, float]
    tolerance_deg: float
    candidates: tuple[Candidate, ...]
    n_phases: int
    notes: tuple[str, ...]

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
