"""Composition of an alloy from what was measured, with all that it rests on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.diffraction.bragg import Index
from perovdb.calculators.inference.ends import End, Ends, end_members, lies_in_range
from perovdb.calculators.inference.notes import end_notes, fraction_notes, reason, setting_notes
from perovdb.calculators.inference.readings import Number
from perovdb.calculators.inference.settings import (
    Measurement,
    Setting,
    choose_setting,
    measurement,
)
from perovdb.calculators.inference.vegard import Point, between, segment
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from matplotlib.axes import Axes

METHOD = "Vegard: a straight line between the end members' pseudo-cubic a"


@answer
class Inference(Answer):
    """A composition inferred from a lattice parameter.

    Attributes:
        in_range: whether a lies between the end members', within the uncertainty.
        point: of two end members, the composition; out of range its formula is "".
        segment: of three end members, the end points of the line of compositions that share
            this lattice parameter; empty out of range.
        reason: why there is no one formula; "" if there is.
        setting: None for a measured lattice parameter.
    """

    measured: Measurement
    a_A: float
    a_su_A: float
    ends: tuple[End, ...]
    in_range: bool
    point: Point | None
    segment: tuple[Point, ...]
    reason: str
    setting: Setting | None
    notes: tuple[str, ...]
    method: str = METHOD

    derived = ("fraction", "formula", "sources")

    @property
    def fraction(self) -> float | None:
        """Of two end members the fraction of the second, not clipped; None of three."""
        return self.point.fractions[self.ends[1].formula] if self.point else None

    @property
    def formula(self) -> str | None:
        """The composition of two end members; None out of range and of three."""
        return (self.point.formula or None) if self.point else None

    @property
    def sources(self) -> list[str]:
        """Keys of the sources of the end members' cells."""
        return list(dict.fromkeys(cell.source for end in self.ends for cell in end.cells))

    def rows(self) -> list[dict[str, Any]]:
        """The composition, or both ends of a line of them; empty cells out of range of three."""
        cells = [cell for end in self.ends for cell in end.cells]
        columns = {
            name: "; ".join(dict.fromkeys(getattr(cell, name) for cell in cells)) or "given"
            for name in ("source", "kind", "evidence")
        }
        return [
            {
                "measured": self._measured(),
                "a_A": self.a_A,
                "a_su_A": self.a_su_A,
                "cell": self.setting.chosen.cell if self.setting else "",
                **self._fractions(point),
                "fraction_uncertainty": point.uncertainty if point else None,
                "in_range": self.in_range,
                "formula": (point.formula or None) if point else None,
                **columns,
                "notes": "; ".join([*filter(None, [self.reason]), *self.notes]),
            }
            for point in self._points()
        ]

    def _points(self) -> Sequence[Point | None]:
        return [self.point] if self.point else self.segment or [None]

    def _fractions(self, point: Point | None) -> dict[str, float | None]:
        if self.point:
            return {"fraction": self.fraction}
        return {
            end.formula: point.fractions.get(end.formula, 0.0) if point else None
            for end in self.ends
        }

    def _measured(self) -> str:
        values = ", ".join(f"{reading.value:g}" for reading in self.measured.readings)
        return f"{self.measured.quantity} {values}"

    def _headline(self) -> str:
        if not self.point:
            return f"{self._mixture()}, a_A={self.a_A:.5g}, in_range={self.in_range}"
        return f"{self.formula or self._mixture()}, fraction={self.fraction:.3f} ± " + (
            f"{self.point.uncertainty:.3f}, in_range={self.in_range}"
        )

    def _mixture(self) -> str:
        names = [end.formula for end in self.ends]
        return f"({names[0]})1-x({names[1]})x" if self.point else ", ".join(names)

    def _lines(self) -> list[str]:
        return card([self])

    def _table(self) -> list[dict[str, Any]]:
        names = {"fraction": "x", "fraction_uncertainty": "uncertainty"}
        hidden = {"a_su_A", "source", "kind", "evidence", "notes"}
        hidden |= set() if self.setting else {"cell"}
        return [
            {names.get(key, key): _shown(key, value) for key, value in row.items()}
            for row in ({k: v for k, v in row.items() if k not in hidden} for row in self.rows())
        ]

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The sample on the line between its end members, or its line in their triangle."""
        from perovdb.plots import vegard

        return vegard(self, ax)


def _shown(column: str, value: Any) -> Any:
    """A value of a column as a card shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.{4 if column == 'a_A' else 3}f}" if isinstance(value, float) else value


def card(samples: Sequence[Inference]) -> list[str]:
    """Lines that tell the compositions of samples of the same end members."""
    first = samples[0]
    lines = [
        first._mixture() + ("" if first.point else ": end points of the line of compositions")
    ]
    for end in first.ends:
        cells = ", ".join(f"{c.phase}, {c.temperature} [{c.source}]" for c in end.cells)
        lines.append(f"  {end.formula}: a = {end.a_A:.4f} A, {cells or 'given'}")
    if first.setting and first.setting.chosen.refined:
        refined = first.setting.chosen.refined
        lines.append(
            f"  zero shift {refined.zero_shift_deg:.3f} +- {refined.zero_shift_su_deg:.3f} degrees"
        )
    notes = [f"{one._measured()}: {one.reason}" for one in samples if one.reason]
    notes += [note for one in samples for note in one.notes]
    return [
        *lines,
        *table([row for one in samples for row in one._table()]),
        *(f"  note: {note}" for note in dict.fromkeys(notes)),
    ]


def infer(
    ends: Ends,
    *,
    a_A: Number | None = None,
    d_A: Number | None = None,
    two_theta_deg: Number | Sequence[Number] | None = None,
    hkl: Index | Sequence[Index] | None = None,
    wavelength: str | float | None = None,
    setting: str = "auto",
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Inference:
    """Composition of an alloy of two or three end members, by Vegard's rule.

    One of a_A, d_A and two_theta_deg is given. Several peaks are those of one sample: the
    lattice parameter is refined together with a zero shift in 2theta. One lattice parameter is
    one equation: of two end members it gives the composition, of three a line of them.

    Numbers are best given as text, whose digits tell how well they are known: "6.110" to 0.0005,
    "6.110(4)" to 0.004. A `Reading` says value and standard uncertainty; see `read_number`.

    Args:
        ends: the end members; the fraction is that of the second. Formula -> lattice parameter
            in angstrom for those that the store is not to be asked for.
        a_A: pseudo-cubic lattice parameter in angstrom.
        d_A: spacing of the planes `hkl` in angstrom.
        two_theta_deg: angle of the peak `hkl` in degrees, or several.
        hkl: an index, or one for each peak.
        wavelength: name of an X-ray line in the store, or a number in angstrom; CuKa1. CuKa12 is
            the mean of a doublet that is not resolved.
        setting: cell in which the index is meant: pseudo-cubic, tetragonal, orthorhombic, or
            auto, which tries all and takes the first that gives a composition.
        temperature_K: in kelvin, for the choice of cells.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: a number, an index or a setting that cannot be used.
        MissingData: the store has no perovskite cell of an end member at this temperature.
        OutOfRange: a peak that no spacing gives, or end members that do not differ.

    >>> infer({"CsPbBr3": "6.02", "CsPbI3": "6.41"}, a_A="6.11")
    Inference(CsPbBr2.307I0.693, fraction=0.231 ± 0.016, in_range=True)
    """
    members = end_members(ends, temperature_K)
    measured = measurement(a_A, d_A, two_theta_deg, hkl, wavelength)
    if measured.quantity == "a_A":
        chosen, (a, a_su, _) = None, measured.readings[0]
    else:
        chosen = choose_setting(measured, setting, members)
        a, a_su = chosen.chosen.a_A, chosen.chosen.a_su_A
    in_range = lies_in_range(a, a_su, members)
    point: Point | None = None
    line: tuple[Point, ...] = ()
    if len(members) == 2:
        point = between(a, a_su, members[0], members[1], in_range)
    elif in_range:
        line = segment(a, a_su, members)
    return Inference(
        measured=measured,
        a_A=a,
        a_su_A=a_su,
        ends=members,
        in_range=in_range,
        point=point,
        segment=line,
        reason=reason(in_range, a, members),
        setting=chosen,
        notes=(
            *end_notes(members),
            *fraction_notes(a, in_range, point.uncertainty if point else None, members),
            *setting_notes(chosen, measured),
        ),
    )
