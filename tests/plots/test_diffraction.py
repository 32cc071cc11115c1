"""Patterns: what is drawn are the numbers of the result, within the range of the data."""

import numpy as np
import pytest

from perovdb import plots
from perovdb.calculators.diffraction import diffractogram, xrd
from perovdb.errors import InputError


@pytest.fixture(scope="module")
def patterns():
    return [xrd("CsPbI3", "alpha"), xrd("CsPbBr3", "gamma")]


@pytest.fixture(scope="module")
def measured(patterns):
    x = np.linspace(0, 100, 5001)
    first = diffractogram(patterns[0])
    y = np.interp(x, first.curves[0].x, first.curves[0].intensity)
    return x, 37 * y + 500 + np.sin(x)


@pytest.mark.parametrize(
    ("axis", "field"), [("two_theta", "two_theta_deg"), ("q", "q_inv_A"), ("d", "d_A")]
)
def test_sticks_stand_at_the_peaks(patterns, axis, field):
    ax = plots.sticks(patterns[0], x_axis=axis)
    (lines,) = ax.collections
    ends = np.array(lines.get_segments())
    assert ends[:, 0, 0] == pytest.approx([getattr(peak, field) for peak in patterns[0].peaks])
    assert ends[:, 1, 1] == pytest.approx([peak.intensity for peak in patterns[0].peaks])
    low, high = ax.get_xlim()
    assert (ends[:, 0, 0] >= low).all()
    assert (ends[:, 0, 0] <= high).all()


def test_ranges_are_those_of_the_data(patterns):
    assert plots.sticks(patterns[0]).get_xlim() == pytest.approx((5, 90))
    # q = 4 pi sin(theta) / lambda
    sines = np.sin(np.radians([2.5, 45]))
    q = 4 * np.pi * sines / patterns[0].wavelength_A
    assert plots.sticks(patterns[0], x_axis="q").get_xlim() == pytest.approx(tuple(q))
    drawn = diffractogram(patterns, x_axis="d")
    low, high = plots.curves(drawn).get_xlim()
    assert (low, high) == pytest.approx((drawn.curves[0].x.min(), drawn.curves[0].x.max()))


def test_names_have_subscripts_and_greek_phases(patterns):
    legend = plots.curves(diffractogram(patterns)).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == [
        r"α-CsPbI$_{\mathregular{3}}$",
        r"γ-CsPbBr$_{\mathregular{3}}$",
    ]
    twice = plots.curves(diffractogram([patterns[0]] * 2)).get_legend()
    assert len({text.get_text() for text in twice.get_texts()}) == 2


def test_strong_peaks_bear_their_index_and_none_stands_on_another(patterns):
    ax = plots.sticks(patterns[0])
    named = {text.get_text(): text for text in ax.texts}
    assert {"100", "200", "220"} <= set(named)
    strongest = max(patterns[0].peaks, key=lambda peak: peak.intensity)
    assert named["200"].xy == pytest.approx((strongest.two_theta_deg, 100))
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    for i, box in enumerate(boxes):
        assert ax.bbox.x0 <= box.x0
        assert box.x1 <= ax.bbox.x1
        assert not any(box.overlaps(other) for other in boxes[:i])
    assert len(plots.sticks(patterns[0], named=False).texts) == 0


def test_curves_lie_over_each_other_with_rows_of_ticks(patterns):
    drawn = diffractogram(patterns)
    ax = plots.curves(drawn)
    for line, curve in zip(ax.lines, drawn.curves, strict=True):
        assert line.get_xdata() == pytest.approx(curve.x)
        assert line.get_ydata() == pytest.approx(curve.intensity)
        assert line.get_ydata().max() == pytest.approx(100)
    for ticks, curve in zip(ax.collections, drawn.curves, strict=True):
        assert [seg[0][0] for seg in ticks.get_segments()] == pytest.approx(curve.ticks)
    rows = [ticks.get_segments()[0][:, 1] for ticks in ax.collections]
    assert rows[1].max() < rows[0].min() < rows[0].max() < 0


def test_stacked_curves_do_not_meet(patterns):
    drawn = diffractogram(patterns)
    ax = plots.curves(drawn, stacked=True)
    lower, upper = (line.get_ydata() for line in ax.lines)
    ticks = ax.collections[1].get_segments()
    assert lower.max() < min(segment[:, 1].min() for segment in ticks)
    assert upper - upper.min() == pytest.approx(drawn.curves[1].intensity, abs=1e-2)
    labels = [text.get_text() for text in ax.texts]
    assert r"α-CsPbI$_{\mathregular{3}}$" in labels
    assert len(ax.get_yticks()) == 0


def test_a_measured_curve_lies_on_the_computed_one_with_what_is_left(patterns, measured):
    drawn = diffractogram(patterns, measured)
    assert drawn.measured.scale == pytest.approx(1 / 37, rel=1e-3)
    lines = {line.get_label(): line for line in plots.curves(drawn).lines}
    assert lines["measured"].get_ydata() == pytest.approx(drawn.measured.scaled)
    left = lines["difference"].get_ydata()
    assert left - left.mean() == pytest.approx(
        drawn.measured.difference - drawn.measured.difference.mean()
    )
    assert left.max() < 0
    ticks = plots.curves(drawn).collections[-1].get_segments()
    assert left.max() < min(segment[:, 1].min() for segment in ticks)


def test_columns_of_a_diffractogram(patterns, measured):
    assert list(diffractogram(patterns[0]).columns()) == ["two_theta_deg", "intensity"]
    columns = diffractogram([patterns[0], patterns[0]], measured).columns()
    assert list(columns) == [
        "two_theta_deg", "CsPbI3 alpha (1)", "CsPbI3 alpha (2)", "measured", "measured_scaled",
        "difference",
    ]  # fmt: skip
    assert columns["two_theta_deg"].min() >= 5
    assert columns["difference"] == pytest.approx(
        columns["measured_scaled"] - columns["CsPbI3 alpha (1)"]
    )


def test_refused(patterns):
    with pytest.raises(InputError, match="no axis"):
        plots.sticks(patterns[0], x_axis="r")
    with pytest.raises(InputError, match="nothing to draw"):
        plots.sticks([])
    with pytest.raises(InputError, match="no pattern"):
        diffractogram([])
    with pytest.raises(InputError, match="do not match"):
        diffractogram(patterns[0], ([1, 2], [1, 2, 3]))


def test_what_particles_scatter():
    class Scattering:
        formula, n_atoms = "Cs8Pb8I24", 40
        q_inv_A = np.linspace(0.5, 5, 50)
        intensity_e2 = np.exp(-q_inv_A) * 1e4

    ax = plots.scattering([Scattering, Scattering], labels=["core", "shell"])
    assert ax.lines[0].get_ydata() == pytest.approx(Scattering.intensity_e2)
    assert ax.get_yscale() == "log"
    assert ax.get_xlim() == pytest.approx((0.5, 5))
    (own,) = plots.scattering(Scattering).get_legend().get_texts()
    assert own.get_text().endswith(r"I$_{\mathregular{24}}$, 40 atoms")
