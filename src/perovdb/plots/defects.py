"""Formation energies of defects against the Fermi level."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from perovdb.plots.canvas import canvas, color
from perovdb.plots.labels import plain

if TYPE_CHECKING:
    from perovdb.plots.results import DefectLevels


def defect_diagram(
    levels: DefectLevels, ax: Axes | None = None, *, style: str | os.PathLike[str] | None = None
) -> Axes:
    """The lowest charge state of each defect, at the chemical potentials of the answer; the dashed
    line is the Fermi level that balances all charges.

    Args:
        levels: as of `defect_levels`.
        ax: axes to draw on; by default those of a new figure.
        style: as for `canvas`.

    Raises:
        InputError: no such style.
    """
    fermi = np.linspace(0, levels.gap_eV, 400)
    with canvas(ax, style) as ax:
        for number, name in enumerate(dict.fromkeys(state.name for state in levels.states)):
            lines = [levels.formation_eV(s, fermi) for s in levels.states if s.name == name]
            ax.plot(fermi, np.min(lines, axis=0), color=color(number), label=plain(name))
        if levels.fermi_eV is not None:
            ax.axvline(levels.fermi_eV, color="0.4", linestyle="--", linewidth=0.8)
        ax.set(
            xlim=(0, levels.gap_eV),
            xlabel="Fermi level above the valence band / eV",
            ylabel="formation energy / eV",
        )
        ax.legend()
    return ax
