"""Measured peaks against the lines of one phase: which meet, after which common shift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Steps of the search for a shift, in a tolerance.
STEPS_IN_TOLERANCE = 4

#: What least squares may cost of the score: a peak at the very edge of the tolerance.
MAY_FALL = 0.01

#: What is as far away as the tolerance meets, whatever the last bit of the difference says.
_EDGE_DEG = 1e-9

#: Fewer peaks than this tell no common shift.
FEWEST_FOR_SHIFT = 3

#: Shifts of the search that are looked at in full.
LOOKED_AT = 4

#: Rounds of least squares after the search.
ROUNDS = 6


@dataclass(frozen=True)
class Lines:
    """Expected peaks of a phase.

    Attributes:
        two_theta_deg: (n,) angles, ascending.
        intensity: (n,) in any unit.
        strong: (n,) whether it should have been seen.
        leader: (n,) the strongest line so near to each that both may be one peak; a line counts
            as seen with its leader, in whose shoulder it may be.
        away: where no intensities are known, the share of the scan that is near no line.
    """

    two_theta_deg: np.ndarray
    intensity: np.ndarray
    strong: np.ndarray
    leader: np.ndarray
    away: float | None = None


def leaders(two_theta_deg: np.ndarray, intensity: np.ndarray, tolerance_deg: float) -> np.ndarray:
    """(n,) index of the strongest line within a tolerance of each, itself if there is no stronger.

    Args:
        two_theta_deg, intensity: (n,) of the lines.
        tolerance_deg: in degrees.
    """
    if not len(two_theta_deg):
        return np.zeros(0, dtype=int)
    near = np.abs(two_theta_deg[:, None] - two_theta_deg) <= tolerance_deg
    height = np.where(near, intensity, -1.0)
    best = height.argmax(axis=1)
    itself = np.arange(len(best))
    return np.where(intensity[best] > intensity, best, itself)


@dataclass(frozen=True)
class Fit:
    """Measured peaks after the shift at which they meet the lines best.

    Attributes:
        zero_shift_deg: what was taken off the measured angles.
        score: explained times seen times closeness.
        explained: share of the weights of the peaks that meet a line.
        seen: share of the intensity of the strong lines that meet a peak.
        rms_deg: of the angles of peaks that meet lines less those of the lines; 0 for none.
        agreement: cosine between weights and intensities at the peaks and at what is missing.
        matched: (m,) whether a peak meets a line.
        expected_deg, expected_intensity: (m,) mean angle of the lines that a peak meets, by their
            intensity, and the sum of the intensities; nan and 0 for none.
        strongest: (m,) which of its lines is the strongest.
        line_seen: (n,) whether a line or its leader meets a peak.
    """

    zero_shift_deg: float
    score: float
    explained: float
    seen: float
    rms_deg: float
    agreement: float
    matched: np.ndarray
    expected_deg: np.ndarray
    expected_intensity: np.ndarray
    strongest: np.ndarray
    line_seen: np.ndarray


def best_fit(
    angles: np.ndarray,
    weights: np.ndarray,
    lines: Lines,
    tolerance_deg: float,
    limit_deg: float,
) -> Fit:
    """The best of all common shifts up to a limit.

    Shifts in small steps are tried first; from the best of them least squares go on, as long as
    the score does not fall by more than `MAY_FALL`.

    Args:
        angles: (m,) measured, in degrees, ascending.
        weights: (m,) zero or more.
        lines: of the phase.
        tolerance_deg: how far a peak may be from a line that it meets.
        limit_deg: largest shift either way, 0 for none.
    """
    # A shift of one peak, or of two, says nothing: any line would do.
    if not lines.strong.any() or not limit_deg or len(angles) < FEWEST_FOR_SHIFT:
        return at_shift(angles, weights, lines, tolerance_deg, 0.0)
    shift = _search(angles, weights, lines, tolerance_deg, limit_deg)
    best = at_shift(angles, weights, lines, tolerance_deg, shift, limit_deg)
    for _ in range(ROUNDS):
        if not best.matched.any():
            break
        left = angles[best.matched] - best.expected_deg[best.matched]
        shift = float(np.clip(left.mean(), -limit_deg, limit_deg))
        if abs(shift - best.zero_shift_deg) < 1e-9:
            break
        after = at_shift(angles, weights, lines, tolerance_deg, shift, limit_deg)
        if after.score < best.score - MAY_FALL:
            break
        best = after
    return best


def at_shift(
    angles: np.ndarray,
    weights: np.ndarray,
    lines: Lines,
    tolerance_deg: float,
    zero_shift_deg: float,
    limit_deg: float = 0.0,
) -> Fit:
    """Which peaks and lines meet after a shift; arguments as for `best_fit`."""
    away = (angles - zero_shift_deg)[:, None] - lines.two_theta_deg
    meets = np.abs(away) <= tolerance_deg + _EDGE_DEG
    matched, line_seen = meets.any(axis=1), meets.any(axis=0)
    line_seen = line_seen | line_seen[lines.leader]
    near = np.where(meets, lines.intensity, 0.0)
    sums = near.sum(axis=1)
    expected = np.full(len(angles), np.nan)
    expected[matched] = (near @ lines.two_theta_deg)[matched] / sums[matched]
    left = angles[matched] - zero_shift_deg - expected[matched]
    missing = lines.intensity[lines.strong & ~line_seen]
    strong = float(lines.intensity[lines.strong].sum())
    seen = float(lines.intensity[lines.strong & line_seen].sum()) / strong if strong else 0.0
    if lines.away is not None:
        seen = lines.away if line_seen.any() else 0.0
    explained = float(weights[matched].sum() / weights.sum())
    length = float(np.sqrt((weights @ weights) * (sums @ sums + missing @ missing)))
    rms_deg = float(np.sqrt(np.mean(left**2))) if len(left) else 0.0
    # Distances and shifts are expected to be as large as half of what is allowed.
    off = (2 * rms_deg / tolerance_deg) ** 2
    off += (2 * zero_shift_deg / limit_deg) ** 2 / max(len(left), 1) if limit_deg else 0.0
    return Fit(
        zero_shift_deg=zero_shift_deg,
        score=explained * seen * float(np.exp(-off / 2)),
        explained=explained,
        seen=seen,
        rms_deg=rms_deg,
        agreement=float(weights @ sums) / length if length else 0.0,
        matched=matched,
        expected_deg=expected,
        expected_intensity=sums,
        strongest=near.argmax(axis=1) if near.shape[1] else np.zeros(len(angles), dtype=int),
        line_seen=line_seen,
    )


def _search(
    angles: np.ndarray, weights: np.ndarray, lines: Lines, tolerance_deg: float, limit_deg: float
) -> float:
    """The shift that scores best of a row of small steps.

    Scores of all are taken with the nearest line of each peak in place of the mean of those near
    it; the first few are looked at in full.
    """
    steps = int(np.ceil(limit_deg / tolerance_deg * STEPS_IN_TOLERANCE))
    shifts = np.linspace(-limit_deg, limit_deg, 2 * steps + 1)
    to_lines = distance(angles - shifts[:, None], lines.two_theta_deg)
    reach_deg = tolerance_deg + _EDGE_DEG
    meets = to_lines <= reach_deg
    score = meets @ weights
    if lines.away is None:
        strong = lines.two_theta_deg[lines.strong]
        leading = lines.two_theta_deg[lines.leader[lines.strong]]
        to_peaks = np.minimum(
            distance(strong + shifts[:, None], angles),
            distance(leading + shifts[:, None], angles),
        )
        score = score * ((to_peaks <= reach_deg) @ lines.intensity[lines.strong])
    count = np.maximum(meets.sum(axis=1), 1)
    square = np.where(meets, to_lines**2, 0.0).sum(axis=1) / count
    off = 4 * square / tolerance_deg**2 + (2 * shifts / limit_deg) ** 2 / count
    first = np.argsort(-score * np.exp(-off / 2), kind="stable")[:LOOKED_AT]
    return max(
        (float(shifts[n]) for n in first),
        key=lambda shift: at_shift(angles, weights, lines, tolerance_deg, shift, limit_deg).score,
    )


def distance(places: np.ndarray, sorted_marks: np.ndarray) -> np.ndarray:
    """From each place to the nearest mark, shape of the places; the marks are sorted, not none."""
    after = np.clip(np.searchsorted(sorted_marks, places), 1, max(len(sorted_marks) - 1, 1))
    last = len(sorted_marks) - 1
    right = np.abs(sorted_marks[np.minimum(after, last)] - places)
    left = np.abs(sorted_marks[after - 1] - places)
    return np.asarray(np.minimum(left, right))
