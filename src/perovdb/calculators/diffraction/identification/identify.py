"""Which phases of the store explain measured powder peaks, one phase at a time.

What it cannot do: a mixture is not taken apart, each phase is tried alone against all peaks (ask
again with the peaks that the first one leaves over); preferred orientation and thermal motion
change intensities, which the score therefore uses as weights alone; alloys, whose cells lie
between those of the end members, are not in the store.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import ArrayLike

from perovdb.calculators.diffraction.bragg import two_theta_deg as two_theta_from_d
from perovdb.calculators.diffraction.identification.candidates import (
    Candidate,
    Identification,
    Match,
    Missing,
)
from perovdb.calculators.diffraction.identification.matching import Fit, Lines, best_fit, leaders
from perovdb.calculators.diffraction.identification.stored_peaks import StoredPeaks, stored_peaks
from perovdb.calculators.diffraction.radiation import radiation_lines
from perovdb.errors import InputError, MissingData
from perovdb.files.columns import read_peaks

#: Half the width in 2theta in which a measured peak is an expected one.
TOLERANCE_DEG = 0.15

#: How far a common zero shift may go either way.
ZERO_SHIFT_DEG = 0.3

#: An expected peak from this share of the strongest in the scan on should have been seen.
STRONG_PCT = 5.0

#: By default a scan is taken to begin here if no peak lies lower: 10 degrees with copper.
SCANNED_FROM_D_A = 8.84

#: More than so many peaks are no list of peaks, but a curve.
MOST_PEAKS = 1000

#: Scores that differ by less than a hundredth are one; then places and intensities decide.
SCORE_DIGITS = 2


def identify(
    peaks: str | os.PathLike[str] | ArrayLike | None = None,
    intensity: ArrayLike | None = None,
    *,
    d_A: ArrayLike | None = None,
    wavelength: str | float = "CuKa1",
    two_theta_deg: tuple[float, float] | None = None,
    tolerance_deg: float = TOLERANCE_DEG,
    zero_shift_deg: float = ZERO_SHIFT_DEG,
    limit: int = 10,
) -> Identification:
    """Phases of the store that explain measured powder peaks.

    The score of a phase is the share of the measured intensity at its peaks, times the share of
    its own strong peaks that were measured. Where scores agree to a hundredth, phases with known
    positions come first, then those whose angles and intensities agree better.

    Args:
        peaks: (n,) measured angles 2theta in degrees, or a CSV file with the column
            two_theta_deg or d_A and, if known, intensity, as `perovdb xrd --csv` prints it.
        intensity: (n,) of the peaks, in any unit; without it all count alike.
        d_A: (n,) measured spacings in angstrom, instead of angles.
        wavelength: as for `xrd`; of a doublet the stronger line counts.
        two_theta_deg: lowest and highest angle of the scan, between which expected peaks are
            missed; by default from 10 degrees with copper (or the lowest peak) to the highest.
        tolerance_deg: how far a measured peak may be from an expected one.
        zero_shift_deg: how far a common shift of all peaks, found by least squares for each
            phase, may go either way; 0 for none.
        limit: how many phases to list.

    Raises:
        InputError: a file, peaks, a tolerance or a range that cannot be used.
        MissingData: no phase of the store explains any of the peaks.
        OutOfRange: a spacing is below half the wavelength.
    """
    wavelength_A = radiation_lines(wavelength)[1][0][0]
    if isinstance(peaks, str | os.PathLike):
        if d_A is not None or intensity is not None:
            raise InputError("Peaks are given twice.", "Give a file, or angles, or spacings.")
        peaks, d_A, intensity = read_peaks(os.fspath(peaks))
    angles, strengths = _measured(peaks, d_A, intensity, wavelength_A)
    if not (0 < tolerance_deg <= 2 and 0 <= zero_shift_deg <= 2):
        raise InputError(
            f"A tolerance of {tolerance_deg:g} and a zero shift up to {zero_shift_deg:g} degrees "
            "cannot be used.",
            "Give a tolerance above 0 and a zero shift from 0 on, both up to 2 degrees.",
        )
    if limit < 1:
        raise InputError(f"A list of {limit} phases cannot be made.", "Ask for one at least.")
    scan = _scan(angles, tolerance_deg, two_theta_deg, wavelength_A)
    wide = (
        float(max(1, np.floor(scan[0] - tolerance_deg - zero_shift_deg))),
        float(min(179, np.ceil(scan[1] + tolerance_deg + zero_shift_deg))),
    )
    phases, left_out = stored_peaks(wavelength_A, wide)
    weights = np.ones(len(angles)) if strengths is None else strengths
    tried = []
    for phase in phases:
        lines = _lines(phase, scan, tolerance_deg)
        fit = best_fit(angles, weights, lines, tolerance_deg, zero_shift_deg)
        if fit.score > 0:
            compared = strengths is not None and not phase.positions_only
            tried.append((_order(fit, phase, tolerance_deg, compared), phase, lines, fit))
    if not tried:
        raise MissingData(
            f"None of the {len(phases)} phases of the store explains any of these peaks.",
            "Check the wavelength, or give a larger tolerance.",
        )
    tried.sort(key=lambda one: one[0])
    candidates = tuple(
        _candidate(phase, lines, fit, angles, strengths) for _, phase, lines, fit in tried[:limit]
    )
    return Identification(
        wavelength_A=wavelength_A,
        peaks_deg=tuple(angles.tolist()),
        intensity=None if strengths is None else tuple(strengths.tolist()),
        two_theta_deg=scan,
        tolerance_deg=float(tolerance_deg),
        candidates=candidates,
        n_phases=len(phases),
        notes=_notes(candidates, left_out),
    )


def _measured(
    peaks: ArrayLike | None,
    d_A: ArrayLike | None,
    intensity: ArrayLike | None,
    wavelength_A: float,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Angles (n,) and intensities (n,) in % of the strongest, by angle."""
    if (peaks is None) == (d_A is None):
        raise InputError(
            "Peaks are given by angles or by spacings.",
            "Give one of the two: peaks (a file or angles) or d_A.",
        )
    if d_A is not None:
        angles = two_theta_from_d(d_A, wavelength_A)
    else:
        angles = np.asarray(peaks, dtype=float)
    if angles.ndim != 1 or not 1 <= len(angles) <= MOST_PEAKS:
        raise InputError(
            f"{angles.size} measured peaks cannot be used.",
            f"Give a list of 1 to {MOST_PEAKS} peaks; find the peaks of a curve first.",
        )
    if not np.all((angles > 0) & (angles < 180)):
        raise InputError(
            "An angle of 2theta is out of range.", "Give angles between 0 and 180 degrees."
        )
    order = np.argsort(angles, kind="stable")
    if intensity is None:
        return angles[order], None
    strengths = np.asarray(intensity, dtype=float)
    if strengths.shape != angles.shape or not np.all((strengths >= 0) & (strengths < np.inf)):
        raise InputError(
            "The intensities of the peaks cannot be used.",
            "Give one number of zero or more for each peak, or none at all.",
        )
    if not strengths.max() > 0:
        raise InputError("All intensities are zero.", "Leave them out, or give those measured.")
    return angles[order], strengths[order] * (100 / strengths.max())


def _scan(
    angles: np.ndarray,
    tolerance_deg: float,
    two_theta_deg: tuple[float, float] | None,
    wavelength_A: float,
) -> tuple[float, float]:
    if two_theta_deg is None:
        first = float(two_theta_from_d(max(SCANNED_FROM_D_A, wavelength_A), wavelength_A))
        low = min(first, float(angles[0]) - tolerance_deg)
        return max(low, 0.5), min(float(angles[-1]) + tolerance_deg, 179.0)
    low, high = (float(angle) for angle in two_theta_deg)
    if not 0 <= low <= angles[0] <= angles[-1] <= high <= 180:
        raise InputError(
            f"The scan from {low:g} to {high:g} degrees does not hold all peaks.",
            "Give its lowest and highest angle, between 0 and 180 degrees.",
        )
    return low, min(high, 179.0)


def _lines(phase: StoredPeaks, scan: tuple[float, float], tolerance_deg: float) -> Lines:
    """What is expected, in % of the strongest peak that the scan holds."""
    inside = (phase.two_theta_deg >= scan[0]) & (phase.two_theta_deg <= scan[1])
    strongest = float(phase.intensity[inside].max(initial=0.0)) or 100.0
    intensity = phase.intensity * (100 / strongest)
    strong = inside & (intensity >= STRONG_PCT)
    leader = leaders(phase.two_theta_deg, intensity, tolerance_deg)
    return Lines(phase.two_theta_deg, intensity, strong, leader)


def _order(
    fit: Fit, phase: StoredPeaks, tolerance_deg: float, compared: bool
) -> tuple[float, bool, float]:
    apart = fit.rms_deg / tolerance_deg + (1 - fit.agreement if compared else 0.0)
    return -round(fit.score, SCORE_DIGITS), phase.positions_only, apart


def _candidate(
    phase: StoredPeaks, lines: Lines, fit: Fit, angles: np.ndarray, strengths: np.ndarray | None
) -> Candidate:
    known = not phase.positions_only
    matched = tuple(
        Match(
            float(angles[i]),
            None if strengths is None else float(strengths[i]),
            float(fit.expected_deg[i]),
            float(fit.expected_intensity[i]) if known else None,
            phase.hkl[fit.strongest[i]],
        )
        for i in np.flatnonzero(fit.matched)
    )
    missing = tuple(
        Missing(
            float(lines.two_theta_deg[j]),
            float(lines.intensity[j]) if known else None,
            phase.hkl[j],
        )
        for j in np.flatnonzero(lines.strong & ~fit.line_seen)
    )
    row = phase.row
    return Candidate(
        formula=row["formula"],
        phase=row["phase"],
        id=row["id"],
        score=fit.score,
        explained=fit.explained,
        seen=fit.seen,
        matched=matched,
        missing=missing,
        unmatched_deg=tuple(angles[~fit.matched].tolist()),
        zero_shift_deg=fit.zero_shift_deg,
        rms_deg=fit.rms_deg,
        agreement=fit.agreement if known and strengths is not None else None,
        positions_only=phase.positions_only,
        source=row["source"],
        kind=row["kind"],
        evidence=row["evidence"],
    )


def _notes(candidates: tuple[Candidate, ...], left_out: tuple[str, ...]) -> tuple[str, ...]:
    notes = [
        "each phase is tried alone; for a mixture ask again with the peaks that one leaves over",
        "preferred orientation changes intensities, which here are weights alone",
    ]
    if any(candidate.positions_only for candidate in candidates):
        notes.append(
            "'positions only': the store has the cell, not the atoms, so that all reflections of "
            "the space group count alike"
        )
    if left_out:
        notes.append(f"too many reflections to be tried: {', '.join(left_out)}")
    return tuple(notes)
