"""One number where the store has many: chosen by a stated rule, shown with its competitors."""

from typing import Any

from perovdb.answers import Answer, answer
from perovdb.errors import MissingData
from perovdb.facts.conditions import (
    ROOM_TEMPERATURE_K,
    TEMPERATURE_TOLERANCE_K,
    kelvin_apart,
    phase_name,
    value_text,
)
from perovdb.facts.formulas import formula_key
from perovdb.facts.properties import properties
from perovdb.store.connection import Record

RULE = (
    "of the phase and temperature asked for, a number before a range; recalled ones last, and "
    "computed ones before them; then read before second-hand; measured before fitted and derived; "
    "then of high before lower confidence; then the newest source; the spread is over values of "
    "the same kind and meaning"
)


@answer
class Preferred(Answer):
    """A number with where it comes from and what competes with it.

    Attributes:
        formula, quantity: what was asked for; the unit stands in the quantity.
        value: the preferred number; the middle of a range where no number is known.
        uncertainty: as the source prints it, or half the range; None if it prints none.
        min, max: over the values that say the same: of the same kind, meaning and phase.
        n_values, n_sources: how many these are, and from how many sources.
        phase, temperature_K: that the value holds for, None where the source names none.
        source, kind, evidence, locator, id: of the preferred value.
        competing: all rows that it was chosen from, best first, of whatever kind.
        qualifier: "=", or "~", "<", ... where the source says so.
        rule: how it was chosen.
        notes: what the store says of the preferred value.
    """

    formula: str
    quantity: str
    value: float
    uncertainty: float | None
    min: float
    max: float
    n_values: int
    n_sources: int
    phase: str | None
    temperature_K: float | None
    source: str
    kind: str
    evidence: str
    locator: str | None
    id: str
    competing: tuple[Record, ...] = ()
    qualifier: str = "="
    rule: str = RULE
    notes: tuple[str, ...] = ()

    def rows(self) -> list[dict[str, Any]]:
        """One row, without the rule."""
        (row,) = super().rows()
        return [{name: value for name, value in row.items() if name != "rule"}]

    def columns(self) -> dict[str, Any]:
        """The value as a line of a table for people."""
        spread = f"{self.min:g}-{self.max:g}" if self.n_values > 1 else ""
        # One value that is not a number is a range.
        is_range = self.n_values == 1 and self.min < self.max
        return {
            "property": self.quantity,
            "value": value_text({**vars(self), "value": None if is_range else self.value}),
            "T_K": self.temperature_K,
            "phase": self.phase,
            "range": spread,
            "values": self.n_values,
            "sources": self.n_sources,
            "kind": self.kind,
            "evidence": self.evidence,
            "source": self.source,
        }

    def _table(self) -> list[dict[str, Any]]:
        return [{"formula": self.formula, **self.columns()}]

    def _headline(self) -> str:
        value = self.columns()["value"]
        return f"{self.formula}, {self.quantity}: {value}, {self.evidence}, {self.source}"


def preferred(
    formula: str,
    quantity: str,
    temperature_K: float | None = None,
    phase: str | None = None,
) -> Preferred:
    """The preferred value of a property.

    Args:
        formula: a formula as people write it.
        quantity: a name of `perovdb.facts.properties.names`, such as band_gap_eV.
        temperature_K: values at other temperatures do not count; those of unknown temperature
            come last. By default those at room temperature come first.
        phase: values of other phases do not count, nor those of none.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: there is no such property.
        MissingData: no number is known, or none for this phase and temperature.
    """
    key = formula_key(formula)
    rows = properties(formula=key, name=quantity)
    return choose(key, quantity, rows, temperature_K, phase)


def choose(
    formula: str,
    quantity: str,
    rows: list[Record],
    temperature_K: float | None = None,
    phase: str | None = None,
    *,
    competing: bool = True,
) -> Preferred:
    """The preferred one among rows of `properties` of one name; arguments as for `preferred`.

    Args:
        competing: whether the answer carries the rows that it was chosen from.

    Raises:
        MissingData: no row has a number, or none for this phase and temperature.
    """
    numbers = [row for row in rows if row["value"] is not None or _is_range(row)]
    here = [row for row in numbers if phase is None or row["phase"] == phase_name(phase)]
    if temperature_K is not None:
        here = [row for row in here if _near(row, temperature_K) or row["temperature_K"] is None]
    if not here:
        raise MissingData(
            f"The store has no {quantity} of {formula}" + _conditions(temperature_K, phase) + ".",
            f"It has: {_known(numbers)}."
            if numbers
            else f"See 'perovdb properties {formula}' for what it has.",
        )
    wanted_K = ROOM_TEMPERATURE_K if temperature_K is None else temperature_K
    # A recalled value gives way to one of its phase that was read, whatever that one's temperature
    # if it is not known to be another. sorted() keeps the store's preference among equals.
    surer = {
        row["phase"]
        for row in here
        if row["evidence"] != "recalled" and (row["temperature_K"] is None or _near(row, wanted_K))
    }
    ranked = sorted(
        here,
        key=lambda row: (
            row["evidence"] == "recalled" and row["phase"] in surer,
            not _near(row, wanted_K),
            row["value"] is None,
        ),
    )
    best = ranked[0]
    alike = [row for row in ranked if _says_the_same(row, best)]
    low, high = zip(*(_span(row) for row in alike), strict=True)
    value, uncertainty = best["value"], best["uncertainty"]
    if value is None:
        value, uncertainty = (best["min"] + best["max"]) / 2, (best["max"] - best["min"]) / 2
    return Preferred(
        formula=formula,
        quantity=quantity,
        value=value,
        qualifier=best["qualifier"] or "=",
        uncertainty=uncertainty,
        min=min(low),
        max=max(high),
        n_values=len(alike),
        n_sources=len({row["source"] for row in alike}),
        phase=best["phase"],
        temperature_K=best["temperature_K"],
        source=best["source"],
        kind=best["kind"],
        evidence=best["evidence"],
        locator=best["locator"],
        id=best["id"],
        notes=(best["note"],) if best["note"] else (),
        competing=tuple(ranked) if competing else (),
    )


def _says_the_same(row: Record, best: Record) -> bool:
    """Whether two rows are values of one thing, so that they have a spread."""
    if row["kind"] != best["kind"]:
        return False
    if row["phase"] and best["phase"] and row["phase"] != best["phase"]:
        return False
    # A cell's meaning is its space group, whose symbol depends on the setting.
    return bool(best["table"] == "phase" or row["meaning"] == best["meaning"])


def _is_range(row: Record) -> bool:
    return row["min"] is not None and row["max"] is not None


def _near(row: Record, temperature_K: float) -> bool:
    return kelvin_apart(row, temperature_K) <= TEMPERATURE_TOLERANCE_K


def _span(row: Record) -> tuple[float, float]:
    if row["value"] is not None:
        return row["value"], row["value"]
    return row["min"], row["max"]


def _conditions(temperature_K: float | None, phase: str | None) -> str:
    words = f" in the {phase} phase" if phase else ""
    return words + (f" at {temperature_K:g} K" if temperature_K is not None else "")


def _known(rows: list[Record]) -> str:
    places = [
        f"{row['phase'] or 'no phase named'}"
        + (f" at {row['temperature_K']:g} K" if row["temperature_K"] is not None else "")
        for row in rows
    ]
    return ", ".join(dict.fromkeys(places))
