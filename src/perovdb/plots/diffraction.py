"""Powder patterns: sticks at the peaks, or curves with ticks, a measured one and what is left."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from perovdb.errors import check_choice
from perovdb.plots.canvas import canvas, color
from perovdb.plots.labels import formula_label, labels_of, material_label, plane_label
from perovdb.plots.results import several

if TYPE_CHECKING:
    from perovdb.plots.results import Diffractogram, FittedCurve, Pattern, Peak, Scattering

#: Axis -> how it is written in a figure, and the field of a peak that stands on it.
AXES = {
    "two_theta": ("2θ / °", "two_theta_deg"),
    "q": ("$q$ / Å$^{\\mathregular{-1}}$", "q_inv_A"),
    "d": ("$d$ / Å", "d_A"),
}

#: Heights in percent of the highest point: rows of ticks, ticks, the room above a difference,
#: from one stacked pattern to the next, and above all.
_ROW, _TICK, _GAP, _STORY, _HEADROOM = 7.0, 5.0, 5.0, 125.0, 12.0

#: Peaks from this height on are named, each this part of the axis away from a stronger one.
_NAMED_ABOVE, _ROOM = 4.0, 0.055

#: Points below which a measured curve is drawn by marks that can be told apart.
_FEW = 400


def sticks(
    patterns: Pattern | Sequence[Pattern],
    ax: Axes | None = None,
    *,
    x_axis: str = "two_theta",
    stacked: bool | None = None,
    named: bool = True,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Peaks of one or more patterns as vertical lines.

    Args:
        patterns: as of `xrd`, of one wavelength.
        ax: axes to draw on; by default those of a new figure.
        x_axis: "two_theta", "q" or "d".
        stacked: each pattern above the last; by default where there are several.
        named: whether strong peaks bear their index.
        style: as for `canvas`.

    Raises:
        InputError: there is no such axis, style, or pattern.
    """
    every = several(patterns)
    label, field = _axis(x_axis)
    step = _STORY if stacked or (stacked is None and len(every) > 1) else 0.0
    names = _names(every)
    with canvas(ax, style) as ax:
        ax.set_xlim(*_range(every[0], x_axis))
        for number, (pattern, name) in enumerate(zip(every, names, strict=True)):
            floor = number * step
            x = np.array([getattr(peak, field) for peak in pattern.peaks])
            y = np.array([peak.intensity for peak in pattern.peaks])
            hue = color(number)
            ax.vlines(x, floor, floor + y, color=hue, linewidth=1.0, label=name)
            if step:
                ax.axhline(floor, color="0.6", linewidth=0.5, zorder=0)
            if named and (step or len(every) == 1):
                _name_peaks(ax, pattern.peaks, x, floor + y, y)
        _dress(ax, label, names, step)
    return ax


def curves(
    diffractogram: Diffractogram,
    ax: Axes | None = None,
    *,
    stacked: bool = False,
    named: bool | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """Curves of patterns with ticks at their peaks, and a measured curve with what is left of it.

    Args:
        diffractogram: as of `diffractogram`.
        ax: axes to draw on; by default those of a new figure.
        stacked: each pattern above the last, the measured curve over the first.
        named: whether strong peaks bear their index; by default those of a pattern that no other
            one is drawn over.
        style: as for `canvas`.

    Raises:
        InputError: there is no such style.
    """
    every, measured = diffractogram.patterns, diffractogram.measured
    label, _ = _axis(diffractogram.x_axis)
    step = _STORY if stacked and len(every) > 1 else 0.0
    alone = len(every) == 1 or bool(step)
    x, names = diffractogram.curves[0].x, _names(every)
    with canvas(ax, style) as ax:
        ax.set_xlim(float(x.min()), float(x.max()))
        if measured is not None:
            few = len(measured.x) < _FEW
            ax.plot(
                measured.x, measured.scaled, "o" if few else ".", color="0.25", linestyle="none",
                markersize=2.5 if few else 1.5, markeredgewidth=0, label="measured",
            )  # fmt: skip
        low = 0.0
        for number, (pattern, curve) in enumerate(zip(every, diffractogram.curves, strict=True)):
            hue, floor = color(number), number * step
            ax.plot(curve.x, floor + curve.intensity, color=hue, label=names[number])
            below = floor - _ROW * (1 if step else number + 1)
            ax.vlines(curve.ticks, below, below + _TICK, color=hue, linewidth=0.6)
            low = min(low, below)
            # A tick for each peak, unless a shift took one out of sight.
            if (alone if named is None else named) and len(curve.ticks) == len(pattern.peaks):
                order = np.argsort(curve.x)
                heights = np.interp(curve.ticks, curve.x[order], curve.intensity[order])
                _name_peaks(ax, pattern.peaks, curve.ticks, floor + heights, heights)
        if measured is not None:
            low -= _GAP + float(measured.difference.max())
            ax.axhline(low, color="0.8", linewidth=0.5, zorder=0)
            ax.plot(
                measured.x, low + measured.difference, color="0.5", linewidth=0.7,
                label="difference",
            )  # fmt: skip
            low += float(measured.difference.min())
        _dress(ax, label, names, step, low)
    return ax


def scattering(
    scatterings: Scattering | Sequence[Scattering],
    ax: Axes | None = None,
    *,
    labels: Sequence[str] | None = None,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """What particles scatter against q, on a logarithmic scale.

    Args:
        scatterings: as of `debye`.
        ax: axes to draw on; by default those of a new figure.
        labels: one for each particle; by default its formula and number of atoms.
        style: as for `canvas`.

    Raises:
        InputError: there is none, other than one label for each, or there is no such style.
    """
    every = several(scatterings)
    own = [f"{formula_label(one.formula)}, {one.n_atoms} atoms" for one in every]
    names = labels_of(own, labels)
    with canvas(ax, style) as ax:
        for number, (one, name) in enumerate(zip(every, names, strict=True)):
            ax.semilogy(one.q_inv_A, one.intensity_e2, color=color(number), label=name)
        ax.set(
            xlim=(
                min(float(np.min(one.q_inv_A)) for one in every),
                max(float(np.max(one.q_inv_A)) for one in every),
            ),
            xlabel=AXES["q"][0],
            ylabel="intensity per atom / $e^{\\mathregular{2}}$",
        )
        ax.legend()
    return ax


def fitted_curve(
    fitted: FittedCurve,
    ax: Axes | None = None,
    *,
    style: str | os.PathLike[str] | None = None,
) -> Axes:
    """A measured curve, the sum of phases that explains it, each of them, and what is left.

    Args:
        fitted: as of `identify` of a curve.
        ax: axes to draw on; by default those of a new figure.
        style: as for `canvas`.

    Raises:
        InputError: there is no such style.
    """
    x = fitted.two_theta_deg
    ground = fitted.background
    top = float((fitted.measured - ground).max()) or 1.0
    scale = 100 / top
    low = float(ground.min())
    with canvas(ax, style) as ax:
        ax.plot(
            x, scale * (fitted.measured - low), ".", color="0.25", linestyle="none",
            markersize=1.5, markeredgewidth=0, label="measured",
        )  # fmt: skip
        ax.plot(x, scale * (fitted.fit - low), color="k", linewidth=0.6, label="fit")
        for number, one in enumerate(fitted.phases):
            name = f"{material_label(one.formula, one.phase)}, {one.area_pct:.0f} %"
            ax.fill_between(
                x, scale * (ground - low), scale * (ground - low + one.intensity),
                color=color(number), alpha=0.5, linewidth=0, label=name,
            )  # fmt: skip
        difference = scale * (fitted.measured - fitted.fit)
        floor = -_GAP - float(difference.max())
        ax.axhline(floor, color="0.8", linewidth=0.5, zorder=0)
        ax.plot(x, floor + difference, color="0.5", linewidth=0.7, label="difference")
        high = float((scale * (fitted.measured - low)).max()) + _HEADROOM
        ax.set(
            xlim=(float(x[0]), float(x[-1])), ylim=(floor + float(difference.min()) - _GAP, high),
            xlabel=AXES["two_theta"][0], ylabel="intensity / arbitrary units", yticks=[],
        )  # fmt: skip
        ax.legend(markerscale=2)
    return ax


def _axis(axis: str) -> tuple[str, str]:
    check_choice(axis, AXES, "no axis of a pattern")
    return AXES[axis]


def _range(pattern: Pattern, axis: str) -> tuple[float, float]:
    """The range of angles that was looked at, on an axis."""
    low, high = pattern.two_theta_deg
    if axis == "two_theta":
        return low, high
    sines = np.sin(np.radians([low, high]) / 2)
    if axis == "q":
        first, last = 4 * np.pi * sines / pattern.wavelength_A
        return float(first), float(last)
    places = [peak.d_A for peak in pattern.peaks]
    # Where the beam is not scattered d has no bound: as far as the first peak, and a little more.
    top = pattern.wavelength_A / (2 * sines[0]) if sines[0] > 0 else np.inf
    return pattern.wavelength_A / (2 * float(sines[1])), min(top, 1.1 * max(places, default=10.0))


def _names(patterns: Sequence[Pattern]) -> list[str]:
    own = [material_label(pattern.formula, pattern.phase) for pattern in patterns]
    return labels_of(own, None)


def _name_peaks(
    ax: Axes,
    peaks: Sequence[Peak],
    places: np.ndarray,
    tops: np.ndarray,
    heights: np.ndarray,
) -> None:
    """Write the index over each peak that is high, and higher than all that are near."""
    low, high = sorted(ax.get_xlim())
    room = _ROOM * (high - low)
    taken: list[float] = []
    for i in np.argsort(-heights, kind="stable"):
        place = float(places[i])
        free = all(abs(place - other) >= room for other in taken)
        # A name over the edge would be cut.
        inside = low + room / 2 <= place <= high - room / 2
        if heights[i] < _NAMED_ABOVE or not inside or not free:
            continue
        taken.append(place)
        ax.annotate(
            plane_label(peaks[i].hkl[0]), (place, float(tops[i])), (0, 2),
            textcoords="offset points", ha="center", va="bottom", fontsize=6,
        )  # fmt: skip


def _dress(ax: Axes, label: str, names: Sequence[str], step: float, low: float = 0.0) -> None:
    """Axes, and names of the patterns: over each where they are stacked, else in a legend."""
    top = 100.0 + step * (len(names) - 1) + _HEADROOM * (len(names) if step else 1)
    ax.set(xlabel=label, ylim=(low - (_GAP if low else 0), top))
    ax.yaxis.set_minor_locator(NullLocator())
    if step:
        ax.set(ylabel="intensity / arbitrary units", yticks=[])
        for number, name in enumerate(names):
            ax.annotate(
                name, (1, number * step + 100.0), (-4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", ha="right", va="top", fontsize=7, color=color(number),
            )  # fmt: skip
    else:
        # Below zero there are ticks and differences, not intensities.
        ax.set(ylabel="intensity / %", yticks=[0, 20, 40, 60, 80, 100])
        ax.legend(markerscale=2)
