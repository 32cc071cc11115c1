"""Curves of patterns for files and pictures, and a measured one scaled to the first of them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from perovdb.errors import InputError
from perovdb.files.new_files import write_new_text
from perovdb_cli.pictures import Drawn, Measured, draw_patterns, names_of_peaks

if TYPE_CHECKING:
    import numpy as np

    from perovdb.calculators.diffraction import Pattern
    from perovdb.calculators.diffraction.curves import Curve, Scaled


@dataclass(frozen=True)
class Shape:
    """How curves are made: what `diffraction.curves.curve` takes, and the axis."""

    axis: str
    lines: dict[str, Any] = field(default_factory=dict)


class _Comparison(NamedTuple):
    """The measured curve within the range: x and y (n,) as measured, computed (k, n), scaled."""

    x: np.ndarray
    y: np.ndarray
    computed: list[np.ndarray]
    scaled: Scaled


class Curves:
    """Curves of patterns, the highest point of each being 100, beside a measured curve."""

    def __init__(self, patterns: list[Pattern], shape: Shape, measured: str | None) -> None:
        """Compute them.

        Args:
            patterns: one or more, of one wavelength and range.
            shape: axis and widths.
            measured: a file with two columns, the first on the axis.

        Raises:
            InputError: the file cannot be read, or as for `curve`.
            OutOfRange: a point of the file is at no angle.
        """
        from perovdb.calculators.diffraction.curves import curve

        self.patterns, self.shape, self.measured = patterns, shape, measured
        first = curve(patterns[0], axis=shape.axis, highest=None, **shape.lines)
        drawn = [first] + [
            curve(pattern, first.x, axis=shape.axis, highest=None, **shape.lines)
            for pattern in patterns[1:]
        ]
        self.factors = [100 / (float(one.intensity.max()) or 100.0) for one in drawn]
        self.drawn: list[Curve] = drawn
        self.comparison = None if measured is None else self._compare(measured)

    def _compare(self, path: str) -> _Comparison:
        from perovdb.calculators.diffraction.curves import curve, from_axis, scaled_to
        from perovdb.files.columns import read_curve

        x, y = read_curve(path)
        two_theta = from_axis(x, self.shape.axis, self.patterns[0].wavelength_A)
        low, high = self.patterns[0].two_theta_deg
        held = (two_theta >= low) & (two_theta <= high) & (two_theta > 0)
        if held.sum() < 2:
            raise InputError(
                f"{path} holds no curve between {low:g} and {high:g} degrees.",
                "Give --two-theta, and check --axis: its first column is on this axis.",
            )
        x, y = x[held], y[held]
        computed = [
            factor
            * curve(pattern, x, axis=self.shape.axis, highest=None, **self.shape.lines).intensity
            for pattern, factor in zip(self.patterns, self.factors, strict=True)
        ]
        return _Comparison(x, y, computed, scaled_to(y, computed[0]))

    @property
    def labels(self) -> list[str]:
        """A name for each pattern, each once."""
        return unique([pattern.name for pattern in self.patterns])

    def notes(self) -> list[str]:
        """What to say of the measured curve."""
        if self.comparison is None:
            return []
        scaled = self.comparison.scaled
        if not scaled.scale:
            return [f"{self.measured} does not rise where {self.labels[0]} does: scale 0"]
        return [
            f"{self.measured} is scaled to {self.labels[0]} by {scaled.scale:.5g}, "
            f"offset {scaled.offset:+.4g}"
        ]

    def write_table(self, path: str) -> None:
        """Write the curves as CSV: the axis, each pattern, and the measured one with what it
        differs by from the first, on the measured places.

        Raises:
            InputError: it cannot be written.
        """
        from perovdb.calculators.diffraction.curves import AXES

        names = ["intensity"] if len(self.patterns) == 1 else self.labels
        if self.comparison is None:
            columns = [self.drawn[0].x]
            columns += [
                factor * one.intensity
                for factor, one in zip(self.factors, self.drawn, strict=True)
            ]
        else:
            scaled = self.comparison.scaled
            columns = [self.comparison.x, *self.comparison.computed]
            columns += [self.comparison.y, scaled.intensity, scaled.difference]
            names = [*names, "measured", "measured_scaled", "difference"]
        head = ",".join(_quoted(name) for name in [AXES[self.shape.axis], *names])
        rows = zip(*(column.tolist() for column in columns), strict=True)
        lines = [head, *(",".join(f"{value:.8g}" for value in row) for row in rows)]
        write_new_text(path, "\n".join(lines) + "\n")

    def write_picture(self, path: str) -> None:
        """Draw the curves.

        Raises:
            InputError: it cannot be written.
        """
        import numpy as np

        drawn = []
        for label, pattern, one, factor in zip(
            self.labels, self.patterns, self.drawn, self.factors, strict=True
        ):
            y = factor * one.intensity
            named = []
            # A tick for each peak that is seen at an angle; names only where nothing overlaps.
            if len(self.patterns) == 1 and len(one.ticks) == len(pattern.peaks):
                order = np.argsort(one.x)
                heights = np.interp(one.ticks, one.x[order], y[order])
                # Neighbours in one line: the strongest has the name.
                strength = [peak.intensity for peak in pattern.peaks]
                lead = [i for i in range(len(strength)) if _leads(i, one.ticks, strength, one.x)]
                named = names_of_peaks(
                    one.ticks[lead], heights[lead], [pattern.peaks[i].hkl[0] for i in lead]
                )
            drawn.append(Drawn(label, one.x, y, one.ticks, named))
        measured = None
        if self.comparison is not None and self.measured is not None:
            scaled = self.comparison.scaled
            measured = Measured(
                os.path.basename(self.measured),
                self.comparison.x,
                scaled.intensity,
                scaled.difference,
            )
        draw_patterns(path, self.shape.axis, drawn, measured)


def unique(labels: list[str]) -> list[str]:
    """The same names, with a number behind what has been there before."""
    seen: dict[str, int] = {}
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
    if len(seen) == len(labels):
        return labels
    return [f"{label} ({number})" for number, label in enumerate(labels, 1)]


def _leads(i: int, ticks: np.ndarray, strength: list[float], x: np.ndarray) -> bool:
    """Whether no stronger peak is so near that its name would be written over this one's."""
    near = 0.015 * float(x.max() - x.min())
    return all(
        strength[j] < strength[i] or (strength[j] == strength[i] and j >= i)
        for j in range(len(ticks))
        if abs(ticks[j] - ticks[i]) < near
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if set(name) & set(',"\n') else name
