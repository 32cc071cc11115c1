"""Maps of compositions: every one is a point, in the place that its numbers say."""

from collections import namedtuple

import numpy as np
import pytest

from perovdb import plots
from perovdb.calculators.inference import infer
from perovdb.calculators.screening import screen
from perovdb.calculators.tolerance import published_windows
from perovdb.errors import InputError
from perovdb.plots.ternary import CORNERS, place


def points(ax):
    offsets = [np.asarray(each.get_offsets()) for each in ax.collections]
    return np.vstack([each for each in offsets if len(each)])


def words(ax):
    return [text.get_text() for text in ax.texts]


@pytest.fixture(scope="module")
def wide():
    return screen("Cs,FA,MA | Pb,Sn | I,Br", step=0.25)


def test_every_composition_is_a_point_of_t_and_mu(wide):
    ax = plots.screening(wide)
    drawn = points(ax)
    assert len(drawn) == len(wide.compositions) == wide.n_kept
    expected = wide.compositions[["t", "mu"]].to_numpy()
    assert sorted(map(tuple, drawn)) == sorted(map(tuple, expected))
    assert ax.get_xlabel() == "tolerance factor $t$"
    assert ax.get_ylabel() == "octahedral factor $μ$"


def test_the_published_windows_are_drawn_as_far_as_the_data_reach(wide):
    ax = plots.screening(wide)
    t, mu = wide.compositions["t"], wide.compositions["mu"]
    (low, high), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert low < t.min() < t.max() < high
    assert high - low < 1.1 * np.ptp(t)
    assert top - bottom < 1.1 * np.ptp(mu)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    shown = [window for window in published_windows() if window.descriptor in ("t", "mu")]
    assert len(legend) == len(shown) == 3
    assert any("0.825 < $t$ < 1.059 (bartel2019)" in text for text in legend)
    upright = {line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2}
    bounds = {
        bound
        for window in shown
        if window.descriptor == "t"
        for bound in (window.minimum, window.maximum)
        if low < bound < high
    }
    assert bounds
    assert bounds <= upright
    assert plots.screening(wide, windows=()).get_legend() is None


def test_other_windows_axes_and_colours(wide):
    window = namedtuple("Window", "descriptor minimum maximum source")
    ax = plots.screening(
        wide, x="a_A", y="tau", colour="Sn", windows=[window("tau", None, 4.0, "me")]
    )
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("$a$ / Å", "Bartel's $τ$")
    assert "$τ$ < 4 (me)" in [text.get_text() for text in ax.get_legend().get_texts()]
    (bar,) = (other for other in ax.figure.axes if other is not ax)
    assert bar.get_ylabel() == "fraction of Sn"
    (coloured,) = (each for each in ax.collections if each.get_array() is not None)
    assert sorted(set(coloured.get_array().compressed())) == [0, 0.25, 0.5, 0.75, 1]
    with pytest.raises(InputError, match="'Xe' is no quantity"):
        plots.screening(wide, colour="Xe")


def test_the_colour_is_one_that_is_known_for_most():
    known = plots.screening(screen("Cs,FA | Pb | I", step=0.25))
    assert known.figure.axes[1].get_ylabel() == "band gap / eV"
    unknown = plots.screening(screen("Cs | Ca,Pb | I", step=0.25))
    assert unknown.figure.axes[1].get_ylabel() == "Bartel's $τ$"


def test_what_has_no_value_is_grey_and_said():
    found = screen("Cs,FA,GUA | Pb | I", step=0.25)
    ax = plots.screening(found, colour="gap_eV")
    assert len(points(ax)) == len(found.compositions)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["band gap not known"]


def test_three_ions_on_a_site_make_a_triangle_with_ticks():
    found = screen("Cs,FA,MA | Pb | I", step=0.25)
    ax = plots.screening(found)
    fractions = found.compositions[["Cs", "MA", "FA"]].to_numpy()
    drawn, expected = points(ax), place(fractions)
    assert drawn[np.lexsort(drawn.T.round(6))] == pytest.approx(
        expected[np.lexsort(expected.T.round(6))]
    )
    for side in ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"):
        assert words(ax).count(side) == 3
    for ion in ("Cs", "MA", "FA"):
        assert f"fraction of {ion}" in words(ax)
        assert ion in words(ax)


def test_corners_are_the_pure_compounds():
    assert place(np.eye(3)) == pytest.approx(CORNERS)
    sides = np.linalg.norm(CORNERS - np.roll(CORNERS, 1, 0), axis=1)
    assert sides == pytest.approx([1, 1, 1])


def test_a_held_ion_leaves_ticks_of_what_is_left():
    found = screen("Cs0.1,FA,MA,GA | Pb | I", step=0.1)
    ax = plots.screening(found)
    assert words(ax).count("0.8") == 3
    assert "1.0" not in words(ax)
    # 0.9 of one ion is a corner.
    assert any(np.allclose(point, CORNERS[0]) for point in points(ax))


def test_alloys_lie_on_the_line_of_vegard():
    samples = [infer({"CsPbBr3": "6.02", "CsPbI3": "6.41"}, a_A=a) for a in ["6.11", "6.3"]]
    ax = plots.vegard(samples)
    assert ax.get_xlabel() == (
        r"fraction of CsPbI$_{\mathregular{3}}$ in CsPbBr$_{\mathregular{3}}$"
    )
    line, *marks = ax.lines
    assert list(line.get_ydata()) == [6.02, 6.41]
    drawn = {
        (mark.get_xdata()[0], mark.get_ydata()[0]) for mark in marks if mark.get_marker() == "o"
    }
    assert drawn == {(sample.fraction, sample.a_A) for sample in samples}
    assert "0.231 ± 0.016" in ax.get_legend().get_texts()[0].get_text()
    with pytest.raises(InputError, match="different end members"):
        plots.vegard([samples[0], infer(["CsPbCl3", "CsPbI3"], a_A="6.11")])


def test_of_three_end_members_a_sample_is_a_line():
    sample = infer(["CsPbI3", "FAPbI3", "MAPbI3"], a_A="6.28")
    ax = plots.vegard(sample)
    (line,) = (line for line in ax.lines if line.get_label().startswith("$a$"))
    formulas = [end.formula for end in sample.ends]
    ends = [[point.fractions.get(f, 0) for f in formulas] for point in sample.segment]
    assert np.c_[line.get_data()] == pytest.approx(place(ends))
