"""Curves of patterns on one axis, and a measured one scaled to the first of them."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from perovdb.answers import Answer, answer
from perovdb.calculators.diffraction.curves import (
    AXES,
    Curve,
    Instrument,
    curve,
    from_axis,
    scaled_to,
)
from perovdb.calculators.diffraction.pattern import Pattern
from perovdb.errors import InputError
from perovdb.files.diffractograms import read_scan
from perovdb.files.new_files import check_new_file, write_new_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A measured curve: a file with two columns, or places (n,) and intensities (n,).
Measured: TypeAlias = "str | os.PathLike[str] | tuple[ArrayLike, ArrayLike]"


@dataclass(frozen=True)
class MeasuredCurve:
    """A measured curve within the range of a pattern, and the computed ones at its places.

    Attributes:
        name: of its file, or "the measured curve".
        x, intensity: (n,) as measured.
        computed: (k, n) of each pattern.
        scaled: (n,) scale * intensity + offset, in the units of the computed curves.
        difference: (n,) that less the first computed curve.
        scale, offset: of the least squares, as of `scaled_to`.
    """

    name: str
    x: np.ndarray
    intensity: np.ndarray
    computed: np.ndarray
    scaled: np.ndarray
    difference: np.ndarray
    scale: float
    offset: float


@answer
class Diffractogram(Answer):
    """Curves of patterns on one axis, the highest point of each being 100.

    Attributes:
        x_axis: "two_theta", "q" or "d".
        patterns: that they are of.
        curves: of each pattern, at the same places.
        measured: a measured curve scaled to the first, if there is one.
    """

    x_axis: str
    patterns: tuple[Pattern, ...]
    curves: tuple[Curve, ...]
    measured: MeasuredCurve | None

    derived = ("notes",)

    @property
    def labels(self) -> list[str]:
        """A name for each pattern, each once."""
        names = [pattern.name for pattern in self.patterns]
        if len(set(names)) == len(names):
            return names
        return [f"{name} ({number})" for number, name in enumerate(names, 1)]

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of the measured curve."""
        if self.measured is None:
            return ()
        name, first = self.measured.name, self.labels[0]
        if not self.measured.scale:
            return (f"{name} does not rise where {first} does: scale 0",)
        return (
            f"{name} is scaled to {first} by {self.measured.scale:.5g}, "
            f"offset {self.measured.offset:+.4g}",
        )

    def columns(self) -> dict[str, np.ndarray]:
        """Name -> (n,): the axis, each pattern, and the measured curve with what it differs by
        from the first; at the measured places, if there are such."""
        names = ["intensity"] if len(self.patterns) == 1 else self.labels
        measured = self.measured
        if measured is None:
            drawn = [one.intensity for one in self.curves]
            return {AXES[self.x_axis]: self.curves[0].x, **dict(zip(names, drawn, strict=True))}
        return {
            AXES[self.x_axis]: measured.x,
            **dict(zip(names, measured.computed, strict=True)),
            "measured": measured.intensity,
            "measured_scaled": measured.scaled,
            "difference": measured.difference,
        }

    def write_csv(self, path: str, *, force: bool = False) -> None:
        """Write `columns` as a new file, or over one that is there if forced.

        Raises:
            InputError: it cannot be written.
        """
        columns = self.columns()
        text = StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        lines = zip(*(column.tolist() for column in columns.values()), strict=True)
        writer.writerows([f"{value:.8g}" for value in line] for line in lines)
        check_new_file(path, (".csv",), force=force)
        write_new_text(path, text.getvalue(), force=force)

    def rows(self) -> list[dict[str, Any]]:
        """`columns` as rows."""
        columns = self.columns()
        lines = zip(*(column.tolist() for column in columns.values()), strict=True)
        return [dict(zip(columns, line, strict=True)) for line in lines]

    def plot(self, ax: Axes | None = None) -> Axes:
        """The curves over each other, with the measured one and what is left of it."""
        from perovdb.plots import curves

        return curves(self, ax)

    def _headline(self) -> str:
        beside = [self.measured.name] if self.measured is not None else []
        return f"{', '.join([*self.labels, *beside])}, {len(self.curves[0].x)} points"

    def _lines(self) -> list[str]:
        return [repr(self), *self._note_lines()]


def diffractogram(
    patterns: Pattern | Sequence[Pattern],
    measured: Measured | None = None,
    *,
    x_axis: str = "two_theta",
    size_nm: float | None = None,
    instrument: Instrument | None = None,
) -> Diffractogram:
    """Curves of patterns beside each other, and beside a measured one.

    Args:
        patterns: as of `xrd`, of one wavelength and range of angles.
        measured: a file with two columns, the first on the axis, or places (n,) and intensities
            (n,); scaled to the first curve by least squares with a constant offset.
        x_axis: "two_theta" in degrees, "q" in 1/angstrom or "d" in angstrom.
        size_nm, instrument: as for `curve`; lines are 0.1 degrees wide if neither gives a width.

    Raises:
        InputError: the file cannot be read or holds nothing in the range, or as for `curve`.
        OutOfRange: a point of the measured curve is at no angle.
    """
    every = (patterns,) if isinstance(patterns, Pattern) else tuple(patterns)
    if not every:
        raise InputError("There is no pattern.", "Give one or more, as of `xrd`.")

    def drawn(pattern: Pattern, x: np.ndarray | None) -> Curve:
        return curve(
            pattern, x, x_axis=x_axis, size_nm=size_nm, instrument=instrument, highest=None
        )

    first = drawn(every[0], None)
    raw = [first, *(drawn(pattern, first.x) for pattern in every[1:])]
    factors = [100 / (float(one.intensity.max()) or 100.0) for one in raw]
    curves = tuple(
        replace(one, intensity=factor * one.intensity)
        for one, factor in zip(raw, factors, strict=True)
    )
    if measured is None:
        return Diffractogram(x_axis, every, curves, None)
    name, x, y = _within_range(measured, x_axis, every[0])
    # The highest point may lie between two measured ones: each curve keeps its factor.
    computed = np.array(
        [
            factor * drawn(pattern, x).intensity
            for pattern, factor in zip(every, factors, strict=True)
        ]
    )
    scale, offset = scaled_to(y, computed[0])
    scaled = scale * y + offset
    compared = MeasuredCurve(name, x, y, computed, scaled, scaled - computed[0], scale, offset)
    return Diffractogram(x_axis, every, curves, compared)


def _within_range(
    measured: Measured, x_axis: str, pattern: Pattern
) -> tuple[str, np.ndarray, np.ndarray]:
    """Name, places (n,) and intensities (n,) of a measured curve where the pattern is known."""
    if isinstance(measured, tuple):
        name = "the measured curve"
        x, y = (np.asarray(column, dtype=float) for column in measured)
        if x.ndim != 1 or x.shape != y.shape:
            raise InputError(
                f"{x.size} places and {y.size} intensities do not match.", "Give one for each."
            )
    else:
        name = os.fspath(measured)
        x, y, _ = read_scan(name)
    two_theta = from_axis(x, x_axis, pattern.wavelength_A)
    low, high = pattern.two_theta_deg
    within = (two_theta >= low) & (two_theta <= high) & (two_theta > 0)
    if within.sum() < 2:
        raise InputError(
            f"{name} holds no curve between {low:g} and {high:g} degrees.",
            "Check the range of two_theta_deg, and that its first column is on x_axis.",
        )
    return name, x[within], y[within]
