"""Axes to draw on, the style that they are drawn in, and the file that they end in."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib.pyplot as plt
from matplotlib import style as styles
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from perovdb.errors import InputError
from perovdb.files.new_files import check_new_file, write_new_file
from perovdb.files.reading import read_text

FORMATS = (".png", ".svg", ".pdf")

#: Name of perovdb's own style: one column of a journal, 3.35 in.
OWN_STYLE = "perovdb"

#: What a file holds in every style: fonts that an editor can edit and a journal takes, text as
#: text, and nothing of the hour, so that the same picture is the same file.
_FILE: dict[Any, Any] = {
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "perovdb",
}
_NO_DATE: dict[str, dict[str, Any]] = {
    ".png": {},
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None},
}

#: What a style leaves open is matplotlib's own, whatever a matplotlibrc says: the same picture
#: everywhere, and no LaTeX but of a style that is asked for.
_PLAIN = "default"

#: Figure -> its style: fonts are chosen only when a figure is saved.
_styled: WeakKeyDictionary[Figure, str] = WeakKeyDictionary()

#: Widths in inches and resolutions in dots per inch that a picture may have.
_WIDTHS_IN, _RESOLUTIONS = (0.5, 100.0), (10, 2400)

#: Of a PNG. Two such pictures are a gigabyte while they are drawn.
_MOST_PIXELS = 50_000_000


@contextmanager
def canvas(
    ax: Axes | None, style: str | os.PathLike[str] | None, aspect: float | None = None
) -> Iterator[Axes]:
    """Axes in a style, within which they are to be drawn on.

    Args:
        ax: axes to use, in the style of their figure if it has one of `panels`, else in that in
            force; by default those of a new figure of pyplot.
        style: name of a matplotlib style or a style file; of a new figure by default perovdb's
            own.
        aspect: height over width of a new figure, if it is not the style's.

    Raises:
        InputError: there is no such style.
    """
    figure = None if ax is None else ax.get_figure(root=True)
    if style is None and ax is not None and figure not in _styled:
        yield ax
        return
    name = _styled[figure] if style is None and figure is not None else _style(style)
    with styles.context([_PLAIN, name]):
        if ax is None:
            width, height = plt.rcParams["figure.figsize"]
            size = (width, height if aspect is None else width * aspect)
            figure = plt.figure(figsize=size, layout="constrained")
            ax = figure.add_subplot()
        if figure is not None:
            _styled[figure] = name
        yield ax


def panels(n: int, style: str | os.PathLike[str] | None = None) -> list[Axes]:
    """Axes beside each other in a new figure, to draw n plots on: each as wide as one alone.

    Raises:
        InputError: there is no such style.
    """
    name = _style(style)
    with styles.context([_PLAIN, name]):
        width, height = plt.rcParams["figure.figsize"]
        figure = plt.figure(figsize=(n * width, height), layout="constrained")
        _styled[figure] = name
        return [figure.add_subplot(1, n, number) for number in range(1, n + 1)]


def color(number: int) -> str:
    """A colour of the style in force; what "C0" means is decided when a figure is saved."""
    return to_hex(f"C{number}")


def _style(name: str | os.PathLike[str] | None) -> str:
    name = OWN_STYLE if name is None else os.fspath(name)
    if name == OWN_STYLE:
        return str(Path(__file__).with_name("perovdb.mplstyle"))
    names = [OWN_STYLE, "default", *styles.available]
    if name not in names and not os.path.isfile(name):
        raise InputError(
            f"There is no style '{name}'.",
            f"Give a style file, or one of: {', '.join(names)}.",
        )
    if name not in names:
        read_text(name, "settings")
    return name


def check_picture(
    path: str | os.PathLike[str],
    style: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> None:
    """Refuse a picture that cannot be drawn or written, before the work is done.

    Args:
        path: *.png, *.svg or *.pdf.
        style: name of a matplotlib style or a style file.
        force: write over a file that is there.

    Raises:
        InputError: it exists, is of another format, its folder is missing, or there is no such
            style.
    """
    _style(style)
    check_new_file(os.fspath(path), FORMATS, force=force)


def save(
    drawn: Axes | Figure,
    path: str | os.PathLike[str],
    *,
    width: float | None = None,
    dpi: float = 300,
    force: bool = False,
) -> None:
    """Write a picture, whole or not at all.

    A PDF holds TrueType fonts and an SVG text as text, in every style.

    Args:
        drawn: a figure, or axes of it.
        path: *.png, *.svg or *.pdf.
        width: of the figure in inches; its shape stays. By default as it was drawn.
        dpi: dots per inch, of a PNG and of points that an SVG or PDF holds as a picture.
        force: write over a file that is there.

    Raises:
        InputError: as for `check_picture`, a width, resolution or number of pixels that
            cannot be, or the file cannot be written.
    """
    check_picture(path, force=force)
    _check_size("width", width, _WIDTHS_IN, "inches")
    _check_size("resolution", dpi, _RESOLUTIONS, "dots per inch")
    figure = drawn if isinstance(drawn, Figure) else drawn.get_figure(root=True)
    if figure is None:
        raise InputError("The axes are in no figure.", "Draw them anew.")
    ending = os.path.splitext(path)[1].lower()
    own_width, own_height = (float(side) for side in figure.get_size_inches())
    pixels = (width or own_width) ** 2 * own_height / own_width * dpi**2
    if ending == ".png" and pixels > _MOST_PIXELS:
        raise InputError(
            f"A picture of {pixels / 1e6:.0f} million pixels is too large.",
            f"{_MOST_PIXELS / 1e6:.0f} million are the most: take a smaller width or resolution, "
            "or a PDF.",
        )

    def write(part: str) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "constrained_layout not applied")
            try:
                figure.savefig(
                    part, format=ending.removeprefix("."), dpi=dpi, metadata=_NO_DATE[ending]
                )
            except UserWarning:
                raise InputError(
                    "The figure has no room for its labels.", "Give a wider one by width, --width."
                ) from None

    if width is not None:
        figure.set_size_inches(width, own_height * width / own_width)
    try:
        with styles.context([*([_PLAIN, _styled[figure]] if figure in _styled else []), _FILE]):
            write_new_file(os.fspath(path), write, force=force)
    finally:
        figure.set_size_inches(own_width, own_height)


def _check_size(what: str, value: float | None, limits: tuple[float, float], unit: str) -> None:
    low, high = limits
    if value is not None and not low <= value <= high:
        raise InputError(
            f"A {what} of {value:g} {unit} cannot be.", f"Give one from {low:g} to {high:g}."
        )
