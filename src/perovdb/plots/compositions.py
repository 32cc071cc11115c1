"""Maps of compositions that a screening kept, and alloys on the line of Vegard."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from perovdb.errors import InputError
from perovdb.plots.canvas import canvas, color
from perovdb.plots.labels import formula_label, labels_of
from perovdb.plots.results import several
from perovdb.plots.ternary import draw_triangle, place

if TYPE_CHECKING:
    import pandas as pd

    from perovdb.plots.results import Inference, Screening, Window

#: Column -> how it is written at an axis or a colour bar; other columns are fractions of ions.
COLUMNS = {
    "t": "tolerance factor $t$",
    "mu": "octahedral factor $μ$",
    "tau": "Bartel's $τ$",
    "a_A": "$a$ / Å",
    "gap_eV": "band gap / eV",
    "two_theta_100_deg": "2θ(100) / °",
    "charge": "charge / $e$",
}

#: The first of these that is known for half of the compositions gives the colour, unless another
#: is asked for.
_COLOURS = ("gap_eV", "tau", "t")

#: From so many points on, an SVG or PDF holds them as a picture.
_MANY = 5000

#: Area of points in square points: of so many, the largest and the smallest.
_AREA, _LARGEST, _SMALLEST = 6000.0, 14.0, 1.5


def screening(
    screening: Screening,
    ax: Axes | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    colour: str | None = None,
    windows: Sequence[Window] | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """The compositions of a screening: a triangle of three ions, or one quantity against another.

    Three ions that share one site, where nothing else varies, make a triangle; everything else is
    drawn as t against mu. Published windows of what stands on an axis are shaded between dashed
    bounds, as far as the compositions reach.

    Args:
        screening: as of `screen`.
        ax: axes to draw on; by default those of a new figure.
        x, y: columns of its compositions, instead of a triangle and of t and mu.
        colour: column that the colour shows; by default the gap, or tau or t where
            more of them are known.
        windows: instead of those of the screening.
        style: as for `canvas`.

    Raises:
        InputError: there is no such column or style.
    """
    rows = screening.compositions
    colour = _known(rows, colour) or next(
        (name for name in _COLOURS if rows[name].notna().mean() >= 0.5), None
    )
    ions, whole = _triangle(screening) if x is None and y is None else (None, 1.0)
    with canvas(ax, style) as ax:
        if ions is None:
            x, y = _known(rows, x) or "t", _known(rows, y) or "mu"
            places = rows[[x, y]].to_numpy(dtype=float)
            ax.set(xlabel=_label(x), ylabel=_label(y))
            ax.set(xlim=_limits(places[:, 0]), ylim=_limits(places[:, 1]))
            shown = screening.windows if windows is None else windows
            _draw_windows(ax, x, y, shown)
        else:
            draw_triangle(ax, ions, whole)
            places = place(rows[list(ions)].to_numpy(dtype=float) / whole)
        area = float(np.clip(_AREA / max(len(rows), 1), _SMALLEST, _LARGEST))
        values = None if colour is None else rows[colour].to_numpy(dtype=float)
        # What has no value is still there, in grey, and covers nothing that has one.
        known = np.zeros(len(rows), dtype=bool) if values is None else np.isfinite(values)
        many = len(rows) > _MANY
        grey, coloured = places[~known], places[known]
        ax.scatter(
            grey[:, 0], grey[:, 1], color="0.75", s=area, linewidths=0, rasterized=many, zorder=3,
            label=f"{_label(colour).partition(' /')[0]} not known" if colour and len(grey) else "",
        )  # fmt: skip
        if values is not None and known.any():
            points = ax.scatter(
                coloured[:, 0], coloured[:, 1], c=values[known], s=area, linewidths=0,
                rasterized=many, zorder=4,
            )  # fmt: skip
            bar = ax.figure.colorbar(
                points, ax=ax, label=_label(colour or ""), pad=0.02, shrink=0.75 if ions else 1
            )
            bar.outline.set_linewidth(matplotlib.rcParams["axes.linewidth"])
        if any(ax.get_legend_handles_labels()[1]):
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1), fontsize=6, markerscale=2)
    return ax


def vegard(
    inferences: Inference | Sequence[Inference],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Alloys on the line between two end members, or on their lines in the triangle of three.

    Args:
        inferences: as of `infer`, of the same end members.
        ax: axes to draw on; by default those of a new figure.
        labels: one for each; by default the lattice parameter.
        style: as for `canvas`.

    Raises:
        InputError: there is none, the end members differ, or there is no such style.
    """
    every = several(inferences)
    names = labels_of([f"$a$ = {one.a_A:.4g} Å" for one in every], labels)
    ends = every[0].ends
    if any([end.formula for end in one.ends] != [end.formula for end in ends] for one in every):
        raise InputError(
            "The compositions are of different end members.", "Draw those of the same ones."
        )
    with canvas(ax, style) as ax:
        if len(ends) == 2:
            _draw_line(ax, every, names)
        else:
            _draw_segments(ax, every, names)
    return ax


def _draw_line(ax: Axes, every: Sequence[Inference], names: Sequence[str]) -> None:
    first, last = every[0].ends
    ends_A, spread = np.array([first.a_A, last.a_A]), [end.su_A or 0.0 for end in every[0].ends]
    ax.plot([0, 1], ends_A, color="0.4", zorder=1)
    ax.fill_between([0, 1], ends_A - spread, ends_A + spread, color="0.85", linewidth=0, zorder=0)
    for number, (one, name) in enumerate(zip(every, names, strict=True)):
        if one.point is None:
            continue
        x = one.point.fractions[last.formula]
        ax.errorbar(
            [x], [one.a_A], xerr=[one.point.uncertainty], yerr=[one.a_su_A], fmt="o",
            color=color(number), label=f"{name}: {x:.3f} ± {one.point.uncertainty:.3f}",
        )  # fmt: skip
    ax.set(
        xlabel=f"fraction of {formula_label(last.formula)} in {formula_label(first.formula)}",
        ylabel="pseudo-cubic $a$ / Å",
    )
    ax.legend()


def _draw_segments(ax: Axes, every: Sequence[Inference], names: Sequence[str]) -> None:
    formulas = [end.formula for end in every[0].ends]
    draw_triangle(ax, (formulas[0], formulas[1], formulas[2]))
    for number, (one, name) in enumerate(zip(every, names, strict=True)):
        if one.segment:
            points = [[point.fractions.get(f, 0.0) for f in formulas] for point in one.segment]
            ax.plot(*place(points).T, color=color(number), label=name, zorder=3)
    if any(one.segment for one in every):
        ax.legend(loc="upper left", bbox_to_anchor=(-0.05, 1.0))


def _known(rows: pd.DataFrame, name: str | None) -> str | None:
    numbers = [str(column) for column in rows.columns if column != "formula"]
    if name is not None and name not in numbers:
        raise InputError(
            f"'{name}' is no quantity of the screening.", f"Give one of: {', '.join(numbers)}."
        )
    return name


def _label(column: str) -> str:
    return COLUMNS.get(column) or f"fraction of {formula_label(column)}"


def _triangle(screening: Screening) -> tuple[tuple[str, str, str] | None, float]:
    """The three ions whose fractions alone vary, if there are such, and what they sum to."""
    columns = [str(name) for name in screening.compositions.columns]
    open_sites: list[tuple[list[str], float]] = []
    for site in screening.space.split("|"):
        free, rest = [], 1.0
        for entry in map(str.strip, site.split(",")):
            ion = max((name for name in columns if entry.startswith(name)), key=len)
            # A number behind an ion holds it at this fraction of its site.
            rest -= float(entry.removeprefix(ion) or 0)
            free += [ion] if entry == ion else []
        if len(free) > 1:
            open_sites.append((free, rest))
    if len(open_sites) == 1 and len(open_sites[0][0]) == 3:
        (first, second, third), rest = open_sites[0]
        return (first, second, third), rest
    return None, 1.0


def _limits(values: np.ndarray) -> tuple[float, float]:
    """The range of the data with a small margin."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    room = 0.04 * (high - low) or 0.01 * (abs(high) or 1.0)
    return low - room, high + room


def _draw_windows(ax: Axes, x: str, y: str, windows: Sequence[Window]) -> None:
    """Shade what lies within published windows, and draw their bounds."""
    dashes = ("dashed", "dotted", "dashdot")
    shown = [window for window in windows if window.descriptor in (x, y)]
    for number, window in enumerate(shown):
        upright = window.descriptor == x
        low, high = ax.get_xlim() if upright else ax.get_ylim()
        start = low if window.minimum is None else max(window.minimum, low)
        end = high if window.maximum is None else min(window.maximum, high)
        look = dashes[number % len(dashes)]
        symbol = COLUMNS[window.descriptor].split()[-1]
        low_text = "" if window.minimum is None else f"{window.minimum:g} < "
        high_text = "" if window.maximum is None else f" < {window.maximum:g}"
        label = f"{low_text}{symbol}{high_text} ({window.source})"
        if start < end:
            span = ax.axvspan if upright else ax.axhspan
            span(start, end, facecolor=color(0), alpha=0.06, linewidth=0, zorder=0)
        line = ax.axvline if upright else ax.axhline
        for bound in (window.minimum, window.maximum):
            if bound is not None and low < bound < high:
                line(bound, color="0.35", linewidth=0.7, linestyle=look, zorder=1)
        ax.plot([], [], color="0.35", linewidth=0.7, linestyle=look, label=label)
