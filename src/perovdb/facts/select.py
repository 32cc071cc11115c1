"""Rows of a table of facts by filters that compose, best first."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict, Unpack

from perovdb.composition.registry import load_registry
from perovdb.errors import (
    FormulaError,
    InputError,
    MissingData,
    UnknownSpecies,
    check_choice,
)
from perovdb.facts.formulas import (
    Fractions,
    Ions,
    composition_of,
    formula_key,
    matches,
)
from perovdb.store import queries
from perovdb.store.connection import Record, Rows
from perovdb.store.selection import (
    Condition,
    any_of,
    as_sure_as,
    equals,
    holds,
    matching,
    of_years,
    within,
)

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
        within: column of numbers -> (lowest, highest), either of which may be None.
        limit: as many rows, the best.
    """

    A: Ions | None
    B: Ions | None
    X: Ions | None
    fraction: Fractions | None
    evidence: str | None
    kind: str | None
    source: str | None
    year: Years | None
    within: Mapping[str, tuple[float | None, float | None]] | None
    limit: int | None


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
    return list(read(table, equal, formula, **filters))


def read(
    table: str,
    equal: Mapping[str, Any] | None = None,
    formula: str | None = None,
    *,
    conditions: Iterable[Condition] = (),
    order: str | None = None,
    **filters: Unpack[Filters],
) -> Rows:
    """As `select`, row by row as they are gone through, and with conditions and an order besides:
    SQL by which rows come before what is best comes first.
    """
    exact = {column: value for column, value in (equal or {}).items() if value is not None}
    if formula is not None:
        exact["formula"] = formula_key(formula)
    if (kind := filters.get("kind")) is not None:
        exact["kind"] = known("fact_kind", kind)
    if (source := filters.get("source")) is not None:
        exact["source"] = source
    asked = [*exact, *("evidence",) * bool(filters.get("evidence"))]
    for column in (*asked, *("source",) * bool(filters.get("year"))):
        check_choice(column, queries.columns(table), f"no column of {table}")
    every = [equals(column, value) for column, value in exact.items()]
    if (evidence := filters.get("evidence")) is not None:
        every.append(as_sure_as(known("evidence_level", evidence)))
    if (year := filters.get("year")) is not None:
        first, last = (year, year) if isinstance(year, int) else year
        check_order("year", first, last)
        if (first, last) != (None, None):
            every.append(of_years(first, last))
    every += _composed(table, filters)
    for column, (low, high) in (filters.get("within") or {}).items():
        check_order(column, low, high)
        every.append(within(_number(table, column), _bound(low), _bound(high)))
    limit = filters.get("limit")
    if limit is not None and limit < 1:
        raise InputError(f"{limit} rows cannot be shown.", "Give a number from 1.")
    return matching(table, [*every, *conditions], order, limit)


def _composed(table: str, filters: Filters) -> Iterator[Condition]:
    """What is asked of the ions of the formula."""
    registry = load_registry()
    required = {"A": filters.get("A"), "B": filters.get("B"), "X": filters.get("X")}
    sites = {
        site: tuple(
            registry.ion(ion).species for ion in ((ions,) if isinstance(ions, str) else ions)
        )
        for site, ions in required.items()
        if ions is not None
    }
    fractions = filters.get("fraction") or {}
    for ion, (low, high) in fractions.items():
        check_order(f"fraction of {ion}", low, high)
    shares = {registry.ion(ion).species: span for ion, span in fractions.items()}
    if not (sites or shares):
        return
    if "formula" in queries.columns(table):
        yield holds(table, "formula", lambda formula: matches(formula, sites, shares))
    else:
        yield Condition("0")


def _number(table: str, column: str) -> str:
    """A column of numbers of a table.

    Raises:
        InputError: it is none.
    """
    types = queries.types(table)
    check_choice(
        column, [name for name, kind in types.items() if kind != "TEXT"], f"no number of {table}"
    )
    return column


def check_order(name: str, low: float | None, high: float | None) -> None:
    """Refuse a range of which the limits stand the wrong way round.

    Raises:
        InputError: they do.
    """
    if low is not None and high is not None and low > high:
        raise InputError(
            f"The range of {name} is reversed: {low:g} to {high:g}.",
            f"Give the lowest first: {high:g} {low:g}.",
        )


def _bound(value: float | None) -> float | None:
    """A limit of a range.

    Raises:
        InputError: it is not a number.
    """
    if value is not None and value != value:
        raise InputError("nan is no limit of a range.", "Give a number, or None for no limit.")
    return value


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
) -> Rows:
    """Rows of barriers whose moving ions hold `species` and whose host is, or names, `host`."""
    registry = load_registry()
    ion = registry.ion(species).species if species in registry.spellings else species
    conditions = []
    if ion is not None:
        conditions.append(holds("barrier", "species", lambda word: ion in word.split(";")))
    if host is not None:
        conditions.append(_host(host))
    return read("barrier", conditions=conditions, **filters)


def _host(host: str) -> Condition:
    """The host is this one: the same formula, or the same words in it."""
    words = host.casefold()
    named = holds("barrier", "host", lambda word: words in word.casefold())
    try:
        return any_of([named, equals("formula", formula_key(host))])
    except (FormulaError, UnknownSpecies):
        return named


def devices(
    formula: str | None = None,
    min_pce_pct: float | None = None,
    certified: bool = False,
    **filters: Unpack[Filters],
) -> Rows:
    """Rows of devices by absorber and least efficiency, best first; only certified ones if so."""
    conditions = [Condition("certified <> ''")] if certified else []
    if min_pce_pct is not None:
        conditions.append(Condition(f"{_PCE} >= ?", (_bound(min_pce_pct),)))
    return read("device", formula=formula, conditions=conditions, order=f"{_PCE} DESC", **filters)


#: As the index on it has it.
_PCE = "coalesce(pce_pct, pce_max_pct, 0.0)"
