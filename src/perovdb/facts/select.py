"""Rows of a table of facts by filters that compose, best first."""

from collections.abc import Mapping
from typing import Any

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError
from perovdb.facts.formulas import Fractions, Ions, formula_key, matches
from perovdb.store import queries
from perovdb.store.connection import Record

#: A year, or the first and the last, either of which may be None.
Years = int | tuple[int | None, int | None]


def select(
    table: str,
    equal: Mapping[str, Any] | None = None,
    *,
    formula: str | None = None,
    A: Ions | None = None,
    B: Ions | None = None,
    X: Ions | None = None,
    fraction: Fractions | None = None,
    evidence: str | None = None,
    kind: str | None = None,
    source: str | None = None,
    year: Years | None = None,
) -> list[Record]:
    """Rows of a table with the year of their source, best first.

    Args:
        table: name of the table.
        equal: column -> value that it must have; None leaves the column free.
        formula: a formula as people write it.
        A, B, X: ion, or one of several, that must stand on the site.
        fraction: ion -> (lowest, highest) fraction of its site.
        evidence: the least sure that is wanted: "read", "secondhand" or "recalled".
        kind: measured, fitted, derived, computed, convention or stated.
        source: key of the source.
        year: of the source, or (first, last).

    Raises:
        FormulaError, UnknownSpecies: the formula or an ion is not known.
        InputError: a value of a filter is none that the store knows.
    """
    registry = load_registry()
    exact = {column: value for column, value in (equal or {}).items() if value is not None}
    if formula is not None:
        exact["formula"] = formula_key(formula)
    if kind is not None:
        exact["kind"] = known("fact_kind", kind)
    if source is not None:
        exact["source"] = source
    sites = {
        site: tuple(
            registry.ion(ion).species for ion in ((ions,) if isinstance(ions, str) else ions)
        )
        for site, ions in (("A", A), ("B", B), ("X", X))
        if ions is not None
    }
    shares = {registry.ion(ion).species: span for ion, span in (fraction or {}).items()}
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
    if value not in words:
        raise InputError(f"'{value}' is not known here.", f"Choose one of: {', '.join(words)}.")
    return value
