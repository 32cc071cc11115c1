"""Styles, axes and files: what a paper asks of a figure."""

import os
import re

import matplotlib
import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes
from PIL import Image

from perovdb import plots
from perovdb.calculators.diffraction import xrd
from perovdb.errors import InputError


@pytest.fixture(scope="module")
def pattern():
    return xrd("Cs0.5FA0.5PbI3", two_theta_deg=(10, 40))


def test_axes_that_are_given_are_given_back(pattern):
    _, ax = plt.subplots()
    assert plots.sticks(pattern, ax) is ax
    assert isinstance(plots.sticks(pattern), Axes)


def test_a_new_figure_is_one_column_wide_and_axes_of_others_keep_their_style(pattern):
    width, _ = plots.sticks(pattern).figure.get_size_inches()
    assert width == pytest.approx(3.35)
    assert plots.sticks(pattern, style="default").figure.get_size_inches()[0] == 6.4
    before = dict(plt.rcParams)
    _, ax = plt.subplots()
    plots.sticks(pattern, ax)
    assert ax.xaxis.label.get_fontsize() == plt.rcParams["font.size"]
    assert dict(plt.rcParams) == before


def test_panels_share_a_figure_and_its_style(pattern):
    one, other = plots.panels(2)
    plots.sticks(pattern, other)
    assert one.figure is other.figure
    assert other.texts[0].get_fontsize() == 6
    assert other.figure.get_size_inches() == pytest.approx([6.7, 2.5])


def test_a_style_file_has_its_say_in_the_file_too(pattern, tmp_path):
    style = tmp_path / "mine.mplstyle"
    style.write_text("figure.figsize: 5, 4\nfont.family: monospace\naxes.prop_cycle: "
                     'cycler("color", ["123456"])\n')  # fmt: skip
    ax = plots.sticks(pattern, style=style)
    plots.save(ax, tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text()
    assert "#123456" in svg
    assert "monospace" in svg
    assert ax.figure.get_size_inches() == pytest.approx([5, 4])


def test_text_stays_text_in_svg_with_subscripts(pattern, tmp_path):
    plots.save(plots.sticks(pattern), tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text()
    assert "<text" in svg
    words = re.sub(r"\s+", "", re.sub(r"<!--.*?-->|<[^>]+>", "", svg, flags=re.DOTALL))
    assert "PbI" in words
    assert "intensity/%" in words
    # A subscript is a smaller part of the same text.
    label = next(part for part in re.findall(r"<text.*?</text>", svg, re.DOTALL) if "α" in part)
    sizes = {float(size) for size in re.findall(r"([\d.]+)px", label)}
    assert len(sizes) == 2


def test_a_pdf_holds_truetype_fonts(pattern, tmp_path):
    plots.save(plots.sticks(pattern), tmp_path / "a.pdf")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_picture_is_the_same_file(pattern, tmp_path, ending):
    for name in "ab":
        plots.save(plots.sticks(pattern), tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


def test_width_and_resolution(pattern, tmp_path):
    ax = plots.sticks(pattern)
    plots.save(ax, tmp_path / "a.png", width=7, dpi=100)
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (700, round(700 * 2.5 / 3.35))
    assert ax.figure.get_size_inches() == pytest.approx([3.35, 2.5])
    for wrong in ({"width": 0}, {"width": float("nan")}, {"dpi": 1e6}):
        with pytest.raises(InputError, match="cannot be"):
            plots.save(ax, tmp_path / "b.png", **wrong)
    with pytest.raises(InputError, match="a PDF"):
        plots.save(ax, tmp_path / "b.png", width=100)


def test_a_file_is_written_over_by_force_alone(pattern, tmp_path):
    path = tmp_path / "a.png"
    path.write_text("mine")
    ax = plots.sticks(pattern)
    with pytest.raises(InputError, match=r"exists already.*force"):
        plots.save(ax, path)
    assert path.read_text() == "mine"
    plots.save(ax, path, force=True)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert os.listdir(tmp_path) == ["a.png"]


def test_nothing_is_left_half_written(pattern, tmp_path, monkeypatch):
    path = tmp_path / "a.pdf"
    path.write_text("mine")
    ax = plots.sticks(pattern)

    def fail(part, **options):
        with open(part, "w") as handle:
            handle.write("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ax.figure, "savefig", fail)
    with pytest.raises(InputError, match=r"a\.pdf cannot be written: the disk is full"):
        plots.save(ax, path, force=True)
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["a.pdf"]


@pytest.mark.parametrize(
    ("path", "style", "said"),
    [
        ("a.gif", None, "End it in"),
        ("none/a.png", None, "no folder"),
        ("a.png", "no-such-style", "There is no style 'no-such-style'"),
    ],
)
def test_refused_before_the_work(tmp_path, path, style, said):
    with pytest.raises(InputError, match=said):
        plots.check_picture(tmp_path / path, style)


def test_a_folder_is_not_written_over(tmp_path):
    (tmp_path / "sub.png").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        plots.check_picture(tmp_path / "sub.png", force=True)


def test_a_figure_too_narrow_for_its_labels_is_refused(pattern, tmp_path):
    with pytest.raises(InputError, match="no room"):
        plots.save(plots.sticks(pattern), tmp_path / "a.png", width=0.5)
    assert not os.listdir(tmp_path)


def test_pictures_do_not_hang_on_settings_of_matplotlib(pattern, tmp_path):
    """A matplotlibrc of the working folder becomes these when matplotlib is imported."""
    plots.save(plots.sticks(pattern), tmp_path / "a.svg")
    other = {
        *(("text.usetex", True), ("font.size", 30), ("lines.linewidth", 9), ("axes.grid", True)),
        *(("figure.facecolor", "red"), ("savefig.bbox", "tight"), ("axes.linewidth", 7)),
    }
    with matplotlib.rc_context(dict(other)):
        plots.save(plots.sticks(pattern), tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
