"""Pictures of what a screening kept: t against mu, or a triangle of three ions on one site."""

from __future__ import annotations

import os
from importlib import import_module
from math import sqrt
from typing import TYPE_CHECKING, Any

from perovdb.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from perovdb.calculators.screening.space import Site, Space

FORMATS = (".png", ".svg", ".pdf")

#: Column -> how it is written at a colour bar; the first one with a value gives the colour.
COLOURS = {"gap_eV": "band gap / eV", "tau": "Bartel's tau", "t": "t"}

#: From so many points on, an SVG or PDF holds them as a picture.
_MANY = 5000


def check_map(path: str) -> None:
    """Refuse a picture that cannot be drawn, before the work is done.

    Raises:
        InputError: it is of another format, its folder is missing, or matplotlib is.
    """
    if os.path.splitext(path)[1].lower() not in FORMATS:
        raise InputError(f"'{path}' is not a picture.", f"End its name in {', '.join(FORMATS)}.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise InputError(f"There is no folder for {path}.", "Make it, or name another.")
    try:
        import_module("matplotlib.figure")
    except ImportError:
        raise InputError(
            "A map needs matplotlib, which is not installed.", "Run: pip install matplotlib"
        ) from None


def write_map(rows: pd.DataFrame, space: Space, path: str) -> None:
    """Draw compositions and write the picture.

    Three ions that share one site, where nothing else varies, make a triangle; everything else is
    drawn as t against mu. The colour is the gap, or tau where no gap is known.

    Args:
        rows: of a Screening.
        space: that it went through.
        path: *.png, *.svg or *.pdf.

    Raises:
        InputError: as for `check_map`.
    """
    check_map(path)
    figure = import_module("matplotlib.figure").Figure(figsize=(6, 4.5), layout="constrained")
    axes = figure.add_subplot()
    varying = [site for site in space.sites if site.varies]
    if len(varying) == 1 and len(varying[0].free) == 3:
        x, y = _triangle(axes, rows, varying[0])
    else:
        x, y = rows["t"], rows["mu"]
        axes.set(xlabel="Goldschmidt's t", ylabel="octahedral factor mu = rB / rX")
    colour = next((name for name in COLOURS if rows[name].notna().any()), None)
    points = axes.scatter(
        x,
        y,
        c=rows[colour] if colour else "0.5",
        # Without a value a composition is still there, in grey.
        plotnonfinite=True,
        cmap=_colours() if colour else None,
        s=12,
        linewidths=0,
        rasterized=len(rows) > _MANY,
    )
    if colour:
        figure.colorbar(points, label=COLOURS[colour])
    axes.set_title(str(space), fontsize="medium", pad=18)
    figure.savefig(path, dpi=200)


def _colours() -> Any:
    return import_module("matplotlib").colormaps["viridis"].with_extremes(bad="0.75")


def _triangle(axes: Any, rows: pd.DataFrame, site: Site) -> tuple[np.ndarray, np.ndarray]:
    """Draw a triangle for the free ions of a site; points of the rows in it."""
    first, second, third = (site.species[i] for i in site.free)
    height = sqrt(3) / 2
    share = rows[[first, second, third]] / float(site.rest)
    axes.plot([0, 1, 0.5, 0], [0, 0, height, 0], color="0.3", linewidth=1)
    for tenth in range(1, 10):
        f = tenth / 10
        for xs, ys in (
            ([f / 2, 1 - f / 2], [f * height, f * height]),
            ([f, (1 + f) / 2], [0, (1 - f) * height]),
            ([f, f / 2], [0, f * height]),
        ):
            axes.plot(xs, ys, color="0.9", linewidth=0.5, zorder=0)
    for ion, x, y, horizontal, vertical in (
        (first, 0, -0.03, "center", "top"),
        (second, 1, -0.03, "center", "top"),
        (third, 0.5, height + 0.02, "center", "bottom"),
    ):
        axes.text(x, y, ion, ha=horizontal, va=vertical)
    axes.set_aspect("equal")
    axes.axis("off")
    return (share[second] + share[third] / 2).to_numpy(), (share[third] * height).to_numpy()
