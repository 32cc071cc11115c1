"""Rows of a table by conditions, best first: SQLite filters, ranks and cuts, file by file.

The conditions are put to each file and not to what joins them, so that each uses its indexes.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from perovdb.store.connection import Rows, Store, current_store, per_store
from perovdb.store.gate import failed
from perovdb.store.schema import column_types


class Condition(NamedTuple):
    """What a row must fulfil, as SQL over its columns, with a value for each question mark."""

    sql: str
    values: tuple[Any, ...] = ()


def equals(column: str, value: Any) -> Condition:
    """The column has this value."""
    return Condition(f'"{column}" = ?', (value,))


def one_of(column: str, words: Iterable[Any]) -> Condition:
    """The column has one of these values."""
    text = json.dumps(list(words))
    return Condition(f'"{column}" IN (SELECT value FROM json_each(?))', (text,))


def holds(table: str, column: str, fits: Callable[[str], bool]) -> Condition:
    """The column has a word that fits, asked once of each word that it has."""
    words = (
        str(word)
        for schema in current_store().schemas
        for (word,) in current_store()
        .read(f'SELECT DISTINCT "{column}" FROM {schema}."{table}" WHERE "{column}" IS NOT NULL')
        .tuples()
    )
    return one_of(column, filter(fits, words))


def within(column: str, low: float | None, high: float | None) -> Condition:
    """The number is known and lies between these, as far as they are given."""
    bounds = [(">=", low), ("<=", high)]
    given = [(sign, bound) for sign, bound in bounds if bound is not None]
    sql = " AND ".join([f'"{column}" IS NOT NULL', *(f'"{column}" {sign} ?' for sign, _ in given)])
    return Condition(sql, tuple(bound for _, bound in given))


def any_of(conditions: Sequence[Condition]) -> Condition:
    """At least one of them is fulfilled."""
    sql = " OR ".join(f"({condition.sql})" for condition in conditions)
    return Condition(f"({sql})", tuple(v for condition in conditions for v in condition.values))


def of_years(first: int | None, last: int | None) -> Condition:
    """The source is of these years."""
    span = within("year", first, last)
    keys = " UNION ALL ".join(
        f"SELECT key FROM {schema}.source WHERE {span.sql}" for schema in current_store().schemas
    )
    return Condition(f"source IN ({keys})", span.values * len(current_store().schemas))


def as_sure_as(least: str) -> Condition:
    """The evidence is no less sure than this level."""
    levels = ranks("evidence_level")
    return one_of("evidence", [word for word, rank in levels.items() if rank <= levels[least]])


def matching(
    table: str,
    conditions: Sequence[Condition] = (),
    order: str | None = None,
    limit: int | None = None,
) -> Rows:
    """Rows of a table with the year of their source, if they have one.

    Args:
        conditions: all of which a row fulfils.
        order: SQL by which they come before what is best comes first.
        limit: as many of them.
    """
    store = current_store()
    columns = column_types(store.connection, table)
    where = " AND ".join(f"({condition.sql})" for condition in conditions) or "1"
    values = tuple(value for condition in conditions for value in condition.values)
    files = " UNION ALL ".join(
        f"SELECT f.*{_year(schema) if 'source' in columns else ''} "
        f'FROM {schema}."{table}" AS f WHERE {where}'
        for schema in store.schemas
    )
    # As a subquery even of one file: its columns are all that the order can name.
    query = f"SELECT * FROM ({files}) ORDER BY {order + ', ' if order else ''}{_best(columns)}"
    if limit is not None:
        query += f" LIMIT {limit:d}"
    rows = store.read(query, values * len(store.schemas))
    return rows if store.own is None else Rows(rows.names, _ranked(store, rows))


def _ranked(store: Store, rows: Rows) -> Iterator[list[tuple[Any, ...]]]:
    """Refuse a word that has no rank; such a one comes first."""
    known = [
        (rows.names.index(column), ranks(vocabulary))
        for column, vocabulary in (("evidence", "evidence_level"), ("kind", "fact_kind"))
        if column in rows.names
    ]
    for batch in rows.batches:
        for at, words in known:
            for word in {row[at] for row in batch} - words.keys():
                what = f"{word!a} stands where evidence or kind should"
                raise failed(str(store.own), what)
        yield batch


def _year(schema: str) -> str:
    """A column with the year of the source, which for one's own rows may stand in either file."""
    years = [
        f"(SELECT s.year FROM {name}.source AS s WHERE s.key = f.source)"
        for name in dict.fromkeys([schema, "main"])
    ]
    return f", coalesce({', '.join([*years, 'NULL'])}) AS year"


def _best(columns: Iterable[str]) -> str:
    """The order of preference, as far as a table has what it looks at."""
    terms = [
        ("evidence", "evidence = 'recalled'"),
        ("kind", "kind = 'computed'"),
        ("evidence", _rank("evidence", ranks("evidence_level"))),
        ("kind", _rank("kind", ranks("fact_kind"))),
        ("confidence", _rank("confidence", _CONFIDENCE, 0)),
        ("source", "coalesce(year, 0) DESC"),
        ("id", "id"),
    ]
    return ", ".join(term for column, term in terms if column in columns) or "1"


def gives_way(row: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether a fact is recalled, and whether it is computed: such a one gives way to any other,
    however near that is in temperature. The larger gives way."""
    return row["evidence"] == "recalled", row["kind"] == "computed"


# Ranked by cases and not by a join: to prepare one takes longer than most look-ups.
def _rank(column: str, ranks: Mapping[str, int], other: int = -1) -> str:
    quoted = {word.replace("'", "''"): rank for word, rank in ranks.items()}
    cases = " ".join(f"WHEN '{word}' THEN {rank:d}" for word, rank in quoted.items())
    return f"CASE {column} {cases} ELSE {other} END"


_CONFIDENCE = {"medium": 1, "low": 2}


@per_store
def ranks(vocabulary: str) -> dict[str, int]:
    """Word of a vocabulary -> rank, 0 first; a word of the curated store has the rank there."""
    rows = current_store().rows(f'SELECT name, rank FROM "{vocabulary}"')
    return {row["name"]: row["rank"] for row in reversed(rows)}
