"""The shift at which peaks and lines meet best, against all shifts of a fine row."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.diffraction.identification.matching import (
    FEWEST_FOR_SHIFT,
    MAY_FALL,
    ROUNDS,
    Lines,
    at_shift,
    best_fit,
    leaders,
)

TOLERANCE_DEG, LIMIT_DEG = 0.2, 0.6
angles = st.lists(st.integers(100, 160), min_size=1, max_size=6, unique=True).map(
    lambda tenths: np.sort(tenths) / 10.0
)


@st.composite
def questions(draw):
    """Lines, and peaks of which some are the lines after one shift and the others strays."""
    places = draw(angles)
    heights = np.array(draw(st.lists(st.integers(1, 9), min_size=6, max_size=6)))[: len(places)]
    intensity = heights.astype(float)
    strong = intensity >= draw(st.integers(1, int(intensity.max())))
    lines = Lines(places, intensity, strong, leaders(places, intensity, TOLERANCE_DEG))
    shift = draw(st.floats(-LIMIT_DEG, LIMIT_DEG))
    kept = draw(st.lists(st.booleans(), min_size=6, max_size=6))[: len(places)]
    strays = draw(st.lists(st.integers(100, 160), max_size=2))
    peaks = np.unique([*(places[np.array(kept)] + shift), *(np.array(strays) / 10 + 0.05)])
    return (peaks if len(peaks) else places), lines


@settings(max_examples=150, deadline=None)
@given(questions())
def test_no_shift_of_a_row_is_better(question):
    peaks, lines = question
    weights = np.arange(1.0, len(peaks) + 1)
    best = best_fit(peaks, weights, lines, TOLERANCE_DEG, LIMIT_DEG)
    # The steps of the search: a quarter of the tolerance.
    # Fewer peaks tell no shift.
    row = np.linspace(-LIMIT_DEG, LIMIT_DEG, 25) if len(peaks) >= FEWEST_FOR_SHIFT else [0.0]
    tried = [
        at_shift(peaks, weights, lines, TOLERANCE_DEG, shift, LIMIT_DEG).score for shift in row
    ]
    assert best.score >= max(tried) - ROUNDS * MAY_FALL
    assert abs(best.zero_shift_deg) <= (LIMIT_DEG if len(row) > 1 else 0.0)


@settings(max_examples=100, deadline=None)
@given(questions(), st.floats(-LIMIT_DEG, LIMIT_DEG))
def test_what_meets_is_counted_pair_by_pair(question, shift):
    peaks, lines = question
    weights = np.arange(1.0, len(peaks) + 1)
    fit = at_shift(peaks, weights, lines, TOLERANCE_DEG, shift)
    near = [
        [n for n, line in enumerate(lines.two_theta_deg) if abs(peak - shift - line) <= 0.2 + 1e-9]
        for peak in peaks
    ]
    assert fit.matched.tolist() == [bool(some) for some in near]
    met = {n for some in near for n in some}
    seen = [n in met or lines.leader[n] in met for n in range(len(lines.intensity))]
    assert fit.line_seen.tolist() == seen
    explained = weights[fit.matched].sum() / weights.sum()
    strong = lines.intensity * lines.strong
    of_strong = strong[seen].sum() / strong.sum()
    assert np.allclose([fit.explained, fit.seen], [explained, of_strong])
    close = np.exp(-2 * (fit.rms_deg / TOLERANCE_DEG) ** 2)
    assert np.isclose(fit.score, explained * of_strong * close)
    left = []
    for peak, some in enumerate(near):
        if some:
            heights, places = lines.intensity[some], lines.two_theta_deg[some]
            mean = float(heights @ places / heights.sum())
            assert np.isclose(fit.expected_deg[peak], mean)
            assert np.isclose(fit.expected_intensity[peak], heights.sum())
            assert lines.intensity[fit.strongest[peak]] == heights.max()
            left.append(peaks[peak] - shift - mean)
        else:
            assert np.isnan(fit.expected_deg[peak])
    assert np.isclose(fit.rms_deg, np.sqrt(np.mean(np.square(left))) if left else 0.0)
    missing = [h for n, h in enumerate(lines.intensity) if lines.strong[n] and not seen[n]]
    one = np.array([*weights, *[0.0] * len(missing)])
    other = np.array([*fit.expected_intensity, *missing])
    length = np.linalg.norm(one) * np.linalg.norm(other)
    assert np.isclose(fit.agreement, one @ other / length if length else 0.0)


@given(angles, st.lists(st.integers(1, 4), min_size=6, max_size=6))
def test_a_line_is_led_by_the_strongest_near_it(places, heights):
    intensity = np.array(heights[: len(places)], dtype=float)
    for n, leader in enumerate(leaders(places, intensity, TOLERANCE_DEG)):
        near = np.abs(places - places[n]) <= TOLERANCE_DEG
        assert near[leader]
        assert intensity[leader] == intensity[near].max()
        assert leader == n or intensity[leader] > intensity[n]
