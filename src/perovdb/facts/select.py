"""Rows of a table of facts by filters that compose, best first."""

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData, check_choice
from perovdb.facts.formulas import (
    Fractions,
    Ions,
    composition_of,
    formula_key,
    host_matches,
    matches,
)
from perovdb.store import queries
from perovdb.store.connection import Record

#: A year, or the first and the last, either of which may be None.
Years = int | tuple[int | None, int | None]


class Filters(TypedDict, total=False):
    """What every question about facts takes besides a formula; None leaves it free.

    Attributes:
        A, B, X: ion, or one of several, that must stand on the site.
        fraction: ion -> (lowest, highest) fraction of its site.
        evidence: the least sure that is wanted: "read", "secondhand" or "recalled".
        kind: measured, fitted, derived, computed, convention or stated.
        source: key of the source.
        year: of the source, or (first, last).
    """

    A: Ions | None
    B: Ions | None
    X: Ions | None
    fraction: Fractions | None
    evidence: str | None
    kind: str | None
    source: str | None
    year: Years | None


def select(
    table: str,
    equal: Mapping[str, Any] | None = None,
    formula: str | None = None,
    **filters: Unpack[Filters],
) -> list[Record]:
    """Rows of a table with the year of their source, best first.

    Args:
        table: name of the table.
        equal: column -> value that it must have; None leaves the column free.
        formula: a formula as people write it.
        filters: see `Filters`.

    Raises:
        FormulaError, UnknownSpecies: the formula or an ion is not known.
        InputError: a value of a filter is none that the store knows.
    """
    registry = load_registry()
    exact = {column: value for column, value in (equal or {}).items() if value is not None}
    if formula is not None:
        exact["formula"] = formula_key(formula)
    if (kind := filters.get("kind")) is not None:
        exact["kind"] = known("fact_kind", kind)
    if (source := filters.get("source")) is not None:
        exact["source"] = source
    evidence, year = filters.get("evidence"), filters.get("year")
    required = {"A": filters.get("A"), "B": filters.get("B"), "X": filters.get("X")}
    sites = {
        site: tuple(
            registry.ion(ion).species for ion in ((ions,) if isinstance(ions, str) else ions)
        )
        for site, ions in required.items()
        if ions is not None
    }
    fractions = filters.get("fraction") or {}
    shares = {registry.ion(ion).species: span for ion, span in fractions.items()}
    first, last = (year, year) if isinstance(year, int) else year or (None, None)
    rows = queries.facts(
        table,
        exact,
        least=known("evidence_level", evidence) if evidence else None,
        first_year=first,
        last_year=last,
    )
    return [row for row in rows if matches(row.get("formula"), sites, shares)]


def known(table: str, value: str) -> str:
    """A word of a vocabulary of the store.

    Raises:
        InputError: it is none of them.
    """
    words = queries.vocabulary(table)
    check_choice(value, words, "not known here")
    return value


def phases(formula: str) -> list[Record]:
    """Rows of the phase table of a formula as people write it, best first.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        MissingData: there is none.
    """
    key = formula_key(formula)
    rows = queries.phases(key)
    if rows:
        return [{**row, "perovskite": bool(row["perovskite"])} for row in rows]
    composition = composition_of(key)
    if composition is None or not composition.is_perovskite:
        mend = f"See 'perovdb show {key}' for what it has."
    elif len(composition.end_members()) > 1:
        members = ", ".join(composition.end_members())
        mend = f"It is an alloy: 'perovdb lattice' mixes its end members {members}."
    else:
        mend = "Tolerance factors do without one: 'perovdb tolerance'."
    raise MissingData(f"The store has no phase of {key}.", mend)


def barriers(
    species: str | None = None, host: str | None = None, **filters: Unpack[Filters]
) -> list[Record]:
    """Rows of barriers whose moving ions hold `species` and whose host is, or names, `host`."""
    registry = load_registry()
    ion = registry.ion(species).species if species in registry.spellings else species
    return [
        row
        for row in select("barrier", **filters)
        if (ion is None or ion in row["species"].split(";"))
        and (host is None or host_matches(row, host))
    ]


def devices(
    formula: str | None = None,
    min_pce_pct: float | None = None,
    certified: bool = False,
    **filters: Unpack[Filters],
) -> list[Record]:
    """Rows of devices by absorber and least efficiency, best first; only certified ones if so."""
    rows = [
        row
        for row in select("device", formula=formula, **filters)
        if (row["certified"] or not certified)
        and (min_pce_pct is None or _pce(row) >= min_pce_pct)
    ]
    return sorted(rows, key=_pce, reverse=True)


def _pce(row: Record) -> float:
    value = row["pce_pct"] if row["pce_pct"] is not None else row["pce_max_pct"]
    return value or 0.0
