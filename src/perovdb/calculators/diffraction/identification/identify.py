"""Which phases of the store explain measured powder peaks or a measured curve.

A list of peaks is met by one phase at a time; a mixture is taken apart where the curve is given.
What it cannot do: alloys, whose cells lie between those of the end members, are not in the store.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from perovdb.calculators.diffraction.bragg import two_theta_deg as two_theta_from_d
from perovdb.calculators.diffraction.identification.candidates import (
    Candidate,
    FittedCurve,
    Identification,
    Match,
    Missing,
    Share,
)
from perovdb.calculators.diffraction.identification.curve import is_curve, taken_apart
from perovdb.calculators.diffraction.identification.matching import (
    Fit,
    Lines,
    at_shift,
    best_fit,
    distance,
    leaders,
)
from perovdb.calculators.diffraction.identification.stored_peaks import StoredPeaks, stored_peaks
from perovdb.calculators.diffraction.identification.which import Which, given_peaks, may_be
from perovdb.calculators.diffraction.radiation import radiation_lines
from perovdb.errors import InputError, MissingData
from perovdb.files.columns import PeakList, read_peaks
from perovdb.files.diffractograms import Scan, is_scan_name, read_scan
from perovdb.store import queries

#: Half the width in 2theta in which a measured peak is an expected one.
TOLERANCE_DEG = 0.15

#: How far a common zero shift may go either way.
ZERO_SHIFT_DEG = 0.3

#: Peaks of the store are worked out for ranges that begin and end at multiples of this.
ROUND_RANGE_DEG = 10.0

#: Lines that are not so many tolerances apart may be one peak.
RESOLVED = 2.0

#: Of a phase whose intensities are not known: what is usually seen of the strong lines of a phase.
USUALLY_SEEN = 0.85

#: An expected peak from this share of the strongest in the scan on should have been seen.
STRONG_PCT = 5.0

#: By default a scan is taken to begin here if no peak lies lower: 10 degrees with copper.
SCANNED_FROM_D_A = 8.84

#: Scores that differ by less than a hundredth are one; then places and intensities decide.
SCORE_DIGITS = 2


def identify(
    peaks: str | os.PathLike[str] | ArrayLike | tuple[ArrayLike, ArrayLike] | None = None,
    intensity: ArrayLike | None = None,
    *,
    d_A: ArrayLike | None = None,
    wavelength: str | float | None = None,
    two_theta_deg: tuple[float, float] | None = None,
    tolerance_deg: float = TOLERANCE_DEG,
    zero_shift_deg: float = ZERO_SHIFT_DEG,
    limit: int = 10,
    which: Which = Which(),  # noqa: B008 (it is frozen)
) -> Identification:
    """Phases of the store that explain measured powder peaks, or a measured curve.

    Of peaks each phase is tried alone. Its score is the share of the measured intensity at its
    peaks, times the share of its own strong peaks that were measured, less for what peaks are
    away from their places and for a common shift; of fewer than three peaks no shift is told.

    A curve is taken apart into a few phases: all lines of a phase with one shift, a cell that may
    be a little off, a width and preferred orientation, PbI2 and a substrate beside it. Angles in
    small even steps are a curve, however few or many they are.

    Args:
        peaks: (n,) measured angles 2theta in degrees, or a CSV file with the column
            two_theta_deg or d_A and, if known, intensity, as `perovdb xrd --csv` prints it; or a
            curve: a file, as for `read_scan`, or angles (n,) and intensities (n,).
        intensity: (n,) of the peaks, in any unit; without it all count alike.
        d_A: (n,) measured spacings in angstrom, instead of angles.
        wavelength: as for `xrd`; of peaks CuKa1 by default, and of a doublet the stronger line.
            Of a curve by default that of the file, else CuKa12, of which the second line counts
            where it is seen.
        two_theta_deg: lowest and highest angle of the scan, between which expected peaks are
            missed; by default from 10 degrees with copper (or the lowest peak) to the highest. Of
            a curve: the part that is used.
        tolerance_deg: how far a measured peak may be from an expected one.
        zero_shift_deg: how far a common shift of all peaks, found by least squares for each
            phase, may go either way; 0 for none.
        limit: how many phases to list.
        which: the phases that may be in the sample.

    Raises:
        InputError: a file, peaks, a tolerance or a range that cannot be used.
        MissingData: no phase of the store explains any of the peaks.
        OutOfRange: a spacing is below half the wavelength.
    """
    scan: Scan | None = None
    if isinstance(peaks, str | os.PathLike):
        if d_A is not None or intensity is not None:
            raise InputError("Peaks are given twice.", "Give a file, or angles, or spacings.")
        scan, listed = _from_file(os.fspath(peaks))
        peaks, d_A, intensity = listed or (None, None, None)
    elif isinstance(peaks, tuple) and len(peaks) == 2 and np.ndim(peaks[0]) == 1:
        scan = Scan(np.asarray(peaks[0], float), np.asarray(peaks[1], float), None)
        if scan.places.shape != scan.intensity.shape:
            raise InputError("A curve has as many angles as intensities.", "Give one for each.")
        peaks = None
    if not (0 < tolerance_deg <= 2 and 0 <= zero_shift_deg <= 2):
        raise InputError(
            f"A tolerance of {tolerance_deg:g} and a zero shift up to {zero_shift_deg:g} degrees "
            "cannot be used.",
            "Give a tolerance above 0 and a zero shift from 0 on, both up to 2 degrees.",
        )
    if limit < 1:
        raise InputError(f"A list of {limit} phases cannot be made.", "Ask for one at least.")
    if scan is not None:
        return _of_curve(
            scan, wavelength, two_theta_deg, tolerance_deg, zero_shift_deg, limit, which
        )
    wavelength_A = radiation_lines(wavelength or "CuKa1")[1][0][0]
    places = _angles(peaks, d_A, wavelength_A)
    if is_curve(places):
        if intensity is None:
            raise InputError(
                f"{len(places)} angles in even steps are those of a curve, not of peaks.",
                "Give its intensities too, or the peaks of the curve.",
            )
        curve = Scan(places, np.asarray(intensity, dtype=float), None)
        return _of_curve(
            curve, wavelength, two_theta_deg, tolerance_deg, zero_shift_deg, limit, which
        )
    angles, strengths = _measured(places, intensity)
    range_deg = _scan(angles, tolerance_deg, two_theta_deg, wavelength_A)
    reach_deg = tolerance_deg + zero_shift_deg
    wide = _wide(range_deg[0] - reach_deg, range_deg[1] + reach_deg)
    phases, left_out = stored_peaks(wavelength_A, wide, may_be(which))
    weights = np.ones(len(angles)) if strengths is None else strengths
    tried = []
    for phase in phases:
        lines = _lines(phase, range_deg, tolerance_deg)
        fit = best_fit(angles, weights, lines, tolerance_deg, zero_shift_deg)
        if fit.score > 0:
            compared = strengths is not None and not phase.positions_only
            tried.append((_order(fit, tolerance_deg, compared), phase, lines, fit))
    if not tried:
        raise MissingData(
            f"None of the {len(phases)} phases of the store explains any of these peaks.",
            "Check the wavelength, allow a larger tolerance, or phases of another temperature.",
        )
    tried.sort(key=lambda one: one[0])
    candidates = tuple(
        _candidate(phase, lines, fit, angles, strengths) for _, phase, lines, fit in tried[:limit]
    )
    return Identification(
        wavelength_A=wavelength_A,
        peaks_deg=tuple(angles.tolist()),
        intensity=None if strengths is None else tuple(strengths.tolist()),
        two_theta_deg=range_deg,
        tolerance_deg=float(tolerance_deg),
        candidates=candidates,
        n_phases=len(phases),
        notes=(*_notes(candidates, left_out), *_limits(len(phases) + len(left_out), which)),
    )


def _from_file(path: str) -> tuple[Scan | None, PeakList | None]:
    """The curve, or the peaks, of a file."""
    if is_scan_name(path):
        return read_scan(path), None
    try:
        listed = read_peaks(path)
    except InputError:
        # Not a table whose first line names the columns of peaks: a curve all the same?
        try:
            scan = read_scan(path)
        except InputError:
            scan = None
        if scan is None or not is_curve(scan.places):
            raise
        return scan, None
    places = listed.two_theta_deg
    if places is not None and listed.intensity is not None and is_curve(places):
        return Scan(places, listed.intensity, None), None
    return None, listed


def _of_curve(
    scan: Scan,
    wavelength: str | float | None,
    two_theta_deg: tuple[float, float] | None,
    tolerance_deg: float,
    zero_shift_deg: float,
    limit: int,
    which: Which,
) -> Identification:
    """What a measured curve is made of."""
    _, lines = radiation_lines(wavelength or scan.wavelength_A or "CuKa12")
    wavelength_A = lines[0][0]
    second = (lines[1][0] / wavelength_A, lines[1][1]) if len(lines) > 1 else None
    low, high = two_theta_deg or (0.0, 180.0)
    inside = (scan.places >= max(low, 1.0)) & (scan.places <= min(high, 160.0))
    x, y = scan.places[inside], scan.intensity[inside]
    if len(x) < 2:
        raise InputError("The curve has no points between 1 and 160 degrees.", "Give 2theta.")
    wide = _wide(float(x.min()) - 1, float(x.max()) + 1)
    phases, left_out = stored_peaks(wavelength_A, wide, may_be(which))
    also = given_peaks(which.substrates, wavelength_A, wide)
    taken = taken_apart(x, y, phases, also, second, zero_shift_deg)
    signal, best = taken.signal, taken.mixtures[0]
    angles = signal.two_theta_deg[signal.peaks]
    strengths = np.maximum(signal.above[signal.peaks], 0)
    strengths = strengths * (100 / (float(strengths.max(initial=0.0)) or 1.0))
    range_deg = (float(signal.two_theta_deg[0]), float(signal.two_theta_deg[-1]))
    beyond = {id(one) for one in also}
    candidates = []
    for mixture, score in list(zip(taken.mixtures, taken.scores, strict=True))[:limit]:
        number = next(n for n in mixture.members if id(taken.phases[n]) not in beyond)
        phase, shape = taken.phases[number], mixture.shapes[mixture.members.index(number)]
        expected = _lines(phase, range_deg, tolerance_deg)
        shift = shape.zero_deg + shape.displaced_deg
        fit = at_shift(angles, strengths, expected, tolerance_deg, shift)
        candidates.append(
            _candidate(phase, expected, replace(fit, score=score), angles, strengths)
        )
    fit_curve = best.curves.sum(axis=0) + signal.background + best.left
    left = np.abs(signal.intensity - fit_curve).sum() / max(np.abs(signal.above).sum(), 1e-300)
    shares = tuple(
        Share(
            formula=taken.phases[number].row["formula"],
            phase=taken.phases[number].row["phase"],
            id=taken.phases[number].row["id"],
            area_pct=float(100 * area / best.areas.sum()),
            strain_pct=100 * shape.strain,
            fwhm_deg=shape.fwhm_deg,
            substrate=id(taken.phases[number]) in beyond,
            intensity=curve,
        )
        for number, shape, area, curve in zip(
            best.members, best.shapes, best.areas, best.curves, strict=True
        )
    )
    return Identification(
        wavelength_A=wavelength_A,
        peaks_deg=tuple(angles.tolist()),
        intensity=tuple(strengths.tolist()),
        two_theta_deg=range_deg,
        tolerance_deg=float(tolerance_deg),
        candidates=tuple(candidates),
        n_phases=len(phases),
        notes=(
            "areas are no parts by weight; alloys are not in the store, so that one of them is "
            "named as the end member whose cell is nearest",
            *((f"too many reflections to be tried: {', '.join(left_out)}",) if left_out else ()),
            *_limits(len(phases) + len(left_out), which),
        ),
        curve=FittedCurve(
            two_theta_deg=signal.two_theta_deg,
            measured=signal.intensity,
            fit=fit_curve,
            background=signal.background + best.left,
            phases=shares,
            zero_shift_deg=best.shapes[0].zero_deg,
            displacement_deg=best.shapes[0].displaced_deg,
            residual_pct=float(100 * left),
            both_alpha=taken.second,
        ),
    )


def _angles(peaks: Any, d_A: ArrayLike | None, wavelength_A: float) -> np.ndarray:
    """Measured angles (n,), from spacings if these are given."""
    if (peaks is None) == (d_A is None):
        raise InputError(
            "Peaks are given by angles or by spacings.",
            "Give one of the two: peaks (a file or angles) or d_A.",
        )
    angles = (
        np.asarray(peaks, dtype=float)
        if d_A is None
        else np.asarray(two_theta_from_d(d_A, wavelength_A), dtype=float)
    )
    if angles.ndim != 1 or not len(angles):
        raise InputError(
            f"{angles.size} measured peaks cannot be used.", "Give a list of one or more."
        )
    return angles


def _measured(
    angles: np.ndarray, intensity: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Angles (n,) and intensities (n,) in % of the strongest, by angle."""
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
    leader = leaders(phase.two_theta_deg, intensity, RESOLVED * tolerance_deg)
    away = None
    if phase.positions_only:
        away = USUALLY_SEEN * _away(phase.two_theta_deg, scan, tolerance_deg)
    return Lines(phase.two_theta_deg, intensity, strong, leader, away)


def _wide(low: float, high: float) -> tuple[float, float]:
    """A range of angles that holds another, and is kept from one question to the next."""
    step = ROUND_RANGE_DEG
    return float(max(1, np.floor(low / step) * step)), float(min(179, np.ceil(high / step) * step))


def _away(angles: np.ndarray, scan: tuple[float, float], tolerance_deg: float) -> float:
    """The share of a scan that is not within a tolerance of a line."""
    if not len(angles):
        return 1.0
    places = np.linspace(*scan, max(2, int((scan[1] - scan[0]) / tolerance_deg * 4)))
    return 1.0 - float((distance(places, angles) <= tolerance_deg).mean())


def _order(fit: Fit, tolerance_deg: float, compared: bool) -> tuple[float, float]:
    apart = fit.rms_deg / tolerance_deg + (1 - fit.agreement if compared else 0.0)
    return -round(fit.score, SCORE_DIGITS), apart


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
        for j in np.flatnonzero(lines.strong & ~fit.line_seen & known)
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
            "'positions only': the store has the cell, not the atoms, so that no reflection is "
            "missed, and a match counts the less the more reflections there are"
        )
    if left_out:
        notes.append(f"too many reflections to be tried: {', '.join(left_out)}")
    return tuple(notes)


def _limits(tried: int, which: Which) -> tuple[str, ...]:
    """How many phases were not tried, and why."""
    out = len(queries.facts("phase")) - tried
    if not out:
        return ()
    reasons = []
    if which.temperature_K is not None:
        reasons.append(f"far from {which.temperature_K:g} K")
    if which.ions or which.without:
        reasons.append("of other ions")
    return (f"{out} phases are not offered: {' or '.join(reasons)}",)
