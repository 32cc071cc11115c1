"""Whether printed figures of a solar cell go together: PCE = J_SC V_OC FF under 100 mW/cm2.

Each figure is an interval, half a unit of its last digit to both sides; the product of intervals
is one too, and a printed efficiency that does not meet it is not that of these figures.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from perovdb.answers import Answer, answer
from perovdb.calculators.printed_digits import interval, printed
from perovdb.errors import InputError
from perovdb.facts.select import devices
from perovdb.ranges import range_of
from perovdb.store.connection import Record

#: What the store calls the figures.
FIGURES = ("jsc_mA_cm2", "voc_V", "ff_pct", "pce_pct")


@answer
class JVRecord(Answer):
    """Printed figures of a cell, and the efficiency that they allow.

    Attributes:
        label: of the cell; empty where figures were given.
        jsc_mA_cm2, voc_V, ff_pct, pce_pct: as printed.
        low_pct, high_pct: ends of J_SC V_OC FF.
        agrees: the printed efficiency, as rounded, meets them.
        id, source, kind, evidence: of a cell of the store.
        notes: what does not agree.
    """

    label: str
    jsc_mA_cm2: float
    voc_V: float
    ff_pct: float
    pce_pct: float
    low_pct: float
    high_pct: float
    agrees: bool
    id: str | None = None
    source: str | None = None
    kind: str | None = None
    evidence: str | None = None
    notes: tuple[str, ...] = ()

    def _table(self) -> list[dict[str, Any]]:
        row: dict[str, Any] = {name: getattr(self, name) for name in ("id", "label", *FIGURES)}
        given = {key: value for key, value in row.items() if value not in (None, "")}
        ends = {"low_pct": f"{self.low_pct:.2f}", "high_pct": f"{self.high_pct:.2f}"}
        source = {"source": self.source} if self.source else {}
        return [{**given, **ends, "agrees": "yes" if self.agrees else "NO", **source}]

    def _headline(self) -> str:
        verdict = "agrees with" if self.agrees else "is not"
        return f"{self.pce_pct:g} % {verdict} {self.low_pct:.2f} to {self.high_pct:.2f} %"


def jv(
    jsc_mA_cm2: str | float, voc_V: str | float, ff: str | float, pce_pct: str | float
) -> JVRecord:
    """Whether the figures of a cell go together.

    Args:
        jsc_mA_cm2, voc_V, ff, pce_pct: as texts, with all the digits that are printed ("1.20"). A
            fill factor of 1 or less is a part, else per cent.

    Raises:
        InputError: one is no plain number, or out of range.
    """
    return _record((jsc_mA_cm2, voc_V, ff, pce_pct))


def stored_jv() -> list[JVRecord]:
    """All cells of the store that have the four figures.

    Digits are those of the quoted sentence, where it has the number, else the fewest that tell it.
    """
    full = [row for row in devices() if all(row[name] is not None for name in FIGURES)]
    return [
        _record(
            (
                _as_quoted(row, "jsc_mA_cm2"),
                _as_quoted(row, "voc_V"),
                _fill_factor(row),
                _as_quoted(row, "pce_pct"),
            ),
            row,
        )
        for row in full
    ]


def _record(figures: tuple[str | float, ...], row: Record | None = None) -> JVRecord:
    numbers = [
        printed(value.replace("%", "") if isinstance(value, str) and name == "ff_pct" else value,
                name)
        for name, value in zip(FIGURES, figures, strict=True)
    ]  # fmt: skip
    if numbers[2] <= 1 and "%" not in str(figures[2]):
        numbers[2] = numbers[2].scaleb(2)
    for name, number in zip(FIGURES, numbers, strict=True):
        limits = range_of(name)
        if limits is not None and float(number) not in limits:
            raise InputError(f"{name} = {number} is out of range.", f"Give a number {limits}.")
    (j0, j1), (v0, v1), (f0, f1), (low_pce, high_pce) = (interval(one) for one in numbers)
    low, high = max(j0, 0) * v0 * f0 / 100, j1 * v1 * f1 / 100
    # A bound that is met exactly is met.
    agrees = low_pce <= high * (1 + 1e-12) and low <= high_pce * (1 + 1e-12)
    ends = f"J_SC V_OC FF lies in {low:.2f} to {high:.2f} %, the printed PCE is {numbers[3]} %"
    of = f"{row['id']}: " if row else ""
    jsc, voc, factor, pce = (float(number) for number in numbers)
    return JVRecord(
        label=row["label"] if row else "",
        jsc_mA_cm2=jsc,
        voc_V=voc,
        ff_pct=factor,
        pce_pct=pce,
        low_pct=low,
        high_pct=high,
        agrees=agrees,
        **({name: row[name] for name in ("id", "source", "kind", "evidence")} if row else {}),
        notes=() if agrees else (of + ends,),
    )


def _as_quoted(row: Record, name: str) -> str:
    """A figure with the digits of the sentence that it is from."""
    shortest = f"{row[name]:.12g}"
    texts = re.findall(r"\d+\.\d+|\d+", f"{row['quote']} {row['quote_2']}")
    same = [text for text in texts if Decimal(text) == Decimal(shortest)]
    return max(same, key=len, default=shortest)


def _fill_factor(row: Record) -> str:
    stated = str(row["ff_as_stated"] or "")
    found = re.search(r"\d*\.?\d+\s*%?", stated)
    return found[0] if found else f"{row['ff_pct']:.12g}%"
