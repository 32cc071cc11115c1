"""The compositions of a space that satisfy a condition, with all that there was to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import pandas as pd

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.screening.blocks import Run, kept_in_all
from perovdb.calculators.screening.descriptors import DESCRIPTORS
from perovdb.calculators.screening.designs import RandomSample
from perovdb.calculators.screening.question import DEFAULT_STEP, Question, ask
from perovdb.calculators.screening.space import Space, parse_space
from perovdb.calculators.tolerance import Window, published_windows
from perovdb.facts.conditions import ROOM_TEMPERATURE_K

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A card shows so many compositions, unless a limit is given.
SHOWN = 20

#: Column -> decimals in a card.
_DIGITS = {"t": 3, "mu": 3, "tau": 2, "a_A": 4, "gap_eV": 3, "two_theta_100_deg": 3}


class Seen(NamedTuple):
    """Range of a quantity over all compositions, and how many have no value of it."""

    lowest: float
    highest: float
    unknown: int


@answer
class Screening(Answer):
    """Compositions that a screening kept.

    Attributes:
        space: as text, in canonical order.
        temperature_K: of the end members' cells and gaps.
        n_compositions: how many were looked at.
        n_kept: how many of them satisfy the condition.
        n_front: how many of those are on the Pareto front; None without objectives.
        limit: how many compositions there are at most; None for all.
        compositions: one a row: formula, descriptors, fraction of each ion on its site. After
            Pareto front, order and limit.
        seen: name that the question uses -> its range over all compositions.
        windows: published ones of the descriptors, for a map.
        notes: where values come from, and what is not known.
    """

    space: str
    temperature_K: float
    n_compositions: int
    n_kept: int
    n_front: int | None
    limit: int | None
    compositions: pd.DataFrame
    seen: dict[str, Seen]
    windows: tuple[Window, ...]
    notes: tuple[str, ...]

    def first(self, n: int) -> Screening:
        """The same with the first n compositions alone."""
        return replace(self, compositions=self.compositions.head(n), limit=n)

    def to_frame(self) -> pd.DataFrame:
        """The compositions."""
        return self.compositions

    def rows(self) -> list[dict[str, Any]]:
        """The compositions; what is not known is None."""
        # NaN is the one value that is not equal to itself.
        return [
            {str(name): value if value == value else None for name, value in row.items()}
            for row in self.compositions.to_dict("records")
        ]

    def plot(self, ax: Axes | None = None) -> Axes:
        """A triangle of three ions that share a site, or t against mu."""
        from perovdb.plots import screening

        return screening(self, ax)

    def ranges(self) -> str:
        """Which values there are in the space, of what the question uses."""
        return ", ".join(
            f"{name} is not known for any"
            if np.isnan(of.lowest)
            else f"{name} is from {of.lowest:.4g} to {of.highest:.4g}"
            for name, of in self.seen.items()
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The screening that `as_dict` gave."""
        numbers = [*DESCRIPTORS, *parse_space(data["space"]).species]
        frame = pd.DataFrame(data["compositions"], columns=["formula", *numbers])
        return super().from_dict(
            {**data, "compositions": frame.astype(dict.fromkeys(numbers, float))}
        )

    def _headline(self) -> str:
        front = "" if self.n_front is None else f", n_front={self.n_front}"
        return f"{self.space}, n_compositions={self.n_compositions}, n_kept={self.n_kept}{front}"

    def _table(self) -> list[dict[str, Any]]:
        shown = self.first(SHOWN if self.limit is None else self.limit)
        return [
            {"formula": row["formula"]}
            | {
                name: "" if row[name] is None else f"{row[name]:.{digits}f}"
                for name, digits in _DIGITS.items()
            }
            for row in shown.rows()
        ]

    def _lines(self) -> list[str]:
        rows = self._table()
        n_all = self.n_kept if self.n_front is None else self.n_front
        front = "" if self.n_front is None else f", {self.n_front:,} on the Pareto front"
        part = "" if n_all <= len(rows) else f", the first {len(rows)} shown"
        none = [f"  in this space {self.ranges()}"] if not rows and self.seen else []
        return [
            f"{self.space} at {self.temperature_K:g} K: {self.n_compositions:,} compositions, "
            f"{self.n_kept:,} kept{front}{part}",
            *table(rows),
            *none,
            *self._note_lines(),
        ]


def screen(
    space: Space | str,
    where: str | None = None,
    *,
    step: float | RandomSample = DEFAULT_STEP,
    sort: str | None = None,
    pareto: Sequence[str] = (),
    limit: int | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    run: Run | None = None,
) -> Screening:
    """The compositions of a space that satisfy a condition.

    Args:
        space: such as "Cs,FA,MA | Pb,Sn | I,Br"; see `parse_space`.
        where: such as "0.9 < t < 1 and Br <= 0.3", over the names in DESCRIPTORS and the species,
            whose values are fractions of their sites. A value that is not known satisfies nothing.
        step: all compositions whose fractions are its multiples; or so many random ones instead,
            `RandomSample(count, seed)`.
        sort: a name or expression, the lowest first; "-t" gives the highest t first. Unknown
            values come last.
        pareto: such as "min abs(t - 0.95)" and "max gap_eV"; only the Pareto front over them is
            kept, of compositions with known values.
        limit: keep so many compositions at most, after the Pareto front and the order.
        temperature_K: of the end members' cells and gaps, in kelvin.
        run: how the work is done: `Run(progress, scheduler)`.

    Raises:
        FormulaError, UnknownSpecies: the space cannot be read.
        InputError: the condition or another argument cannot be used.
        OutOfRange: too many compositions are kept.

    >>> screening = screen("Cs,FA | Pb | I", "t > 0.9 and FA < 0.8", sort="t")
    >>> screening
    Screening(Cs,FA | Pb | I, n_compositions=11, n_kept=4)
    >>> screening.compositions.formula[0]
    'Cs0.6FA0.4PbI3'
    """
    question = ask(
        space,
        where,
        step=step,
        sort=sort,
        pareto=pareto,
        limit=limit,
        temperature_K=temperature_K,
    )
    kept = kept_in_all(question, run or Run())
    seen = {
        name: Seen(float(low), float(high), int(unknown))
        for name, (low, high, unknown) in zip(question.names, kept.ranges, strict=True)
    }
    return Screening(
        space=str(question.design.space),
        temperature_K=temperature_K,
        n_compositions=kept.n_compositions,
        n_kept=kept.n_kept,
        n_front=len(kept.rows) if pareto else None,
        limit=limit,
        compositions=question.frame(question.first(kept.rows)),
        seen=seen,
        windows=published_windows(),
        notes=(*question.tables.notes, *_notes(question, seen)),
    )


def _notes(question: Question, seen: Mapping[str, Seen]) -> list[str]:
    """What a user should know beyond where the values come from."""
    return [
        f"{name} is not known for {of.unknown:,} of {question.design.total:,} compositions; "
        "they satisfy no condition on it, are on no front and come last"
        for name, of in seen.items()
        if of.unknown
    ]
