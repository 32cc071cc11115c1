"""Dots that exchange ions: what is inside them, their light, its peaks and its width."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perovdb.plots.canvas import canvas, color, panels
from perovdb.plots.labels import formula_label

if TYPE_CHECKING:
    from perovdb.plots.results import Exchange

#: Moments of which profiles and spectra are drawn, as shares of the time of the plateau.
_MOMENTS = (0.0, 0.01, 0.05, 0.2, 0.5, 1.2)


def exchange(run: Exchange, *, style: str | os.PathLike[str] | None = None) -> Figure:
    """Four panels: fractions inside dots, spectra, peaks, and the width against time.

    Raises:
        InputError: there is no such style.
    """
    inside, light, peaks, width = panels(4, style)
    end = run.plateau_min or float(run.time_min[-1])
    moments = sorted({int(np.abs(run.time_min - share * end).argmin()) for share in _MOMENTS})
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(moments)))
    with canvas(inside, None):
        for number, shade in zip(moments, shades, strict=True):
            for population, dash in ((0, "-"), (1, "--")):
                inside.plot(
                    run.radius_nm[population], run.profiles[number, population], dash,
                    color=shade,
                )  # fmt: skip
            light.plot(
                run.wavelength_nm, run.spectra_per_nm[number], color=shade,
                label=f"{run.time_min[number]:.3g} min",
            )  # fmt: skip
        ends = f"{formula_label(run.first)} (full) and {formula_label(run.second)} (dashed)"
        inside.set(xlabel="$r$ / nm", ylabel="$x$", ylim=(-0.02, 1.02), title=ends)
        seen = run.wavelength_nm[
            (run.spectra_per_nm > 0.005 * run.spectra_per_nm.max()).any(axis=0)
        ]
        light.legend()
        light.set(xlabel=r"$\lambda$ / nm", ylabel="light / nm$^{-1}$", xlim=(seen[0], seen[-1]))
        peaks.plot(run.time_min, run.peak_1_nm, color=color(0))
        peaks.plot(run.time_min, run.peak_2_nm, color=color(1))
        peaks.set(xlabel="time / min", ylabel="peaks / nm", xscale="log", xlim=_span(run))
    exchange_width(run, width)
    figure = width.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def exchange_width(
    run: Exchange, ax: Axes | None = None, *, style: str | os.PathLike[str] | None = None
) -> Axes:
    """FWHM and 2.355 sigma of the emission against time; merging and plateau as upright lines.

    Args:
        run: as of `exchange`.
        ax: axes to draw on; by default those of a new figure.
        style: as for `canvas`.

    Raises:
        InputError: there is no such style.
    """
    with canvas(ax, style) as ax:
        ax.plot(run.time_min, run.fwhm_nm, color=color(0), label="FWHM")
        ax.plot(run.time_min, run.sigma_fwhm_nm, "--", color=color(1), label=r"2.355 $\sigma$")
        for time in (run.merged_min, run.plateau_min):
            if time:
                ax.axvline(time, color="0.6", linestyle=":")
        ax.set(xlabel="time / min", ylabel="width / nm", xscale="log", xlim=_span(run))
        ax.legend()
    return ax


def _span(run: Exchange) -> tuple[float, float]:
    """Times that a logarithmic axis shows."""
    above = run.time_min[run.time_min > 0]
    return float(above[0]), float(above[-1])
