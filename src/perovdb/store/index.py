"""The full-text index of a store: one entry a row, over all its words."""

import sqlite3
from collections.abc import Iterator
from itertools import zip_longest

from perovdb.store.schema import tables

_FTS5 = (
    "fts5(table_name UNINDEXED, row_id UNINDEXED, formula, "
    "words, source UNINDEXED, kind UNINDEXED, evidence UNINDEXED)"
)
CREATE = f"CREATE VIRTUAL TABLE search USING {_FTS5}"

_COLUMNS = ("table_name", "row_id", "formula", "words", "source", "kind", "evidence")

#: What an index is called that is made to compare with.
_ANEW = "search_anew"

#: Columns that are not words.
_NOT_WORDS = {
    "id",
    "key",
    "kind",
    "evidence",
    "confidence",
    "qualifier",
    "formula",
    "doi_evidence",
}

#: Tables that are worth a search besides those with evidence.
_ALSO = ("source", "conflict")


def write_index(connection: sqlite3.Connection) -> None:
    """Write the index anew from all rows of the tables, whatever there is of one."""
    connection.execute("DROP TABLE IF EXISTS search")
    connection.execute(CREATE)
    for table in tables(connection):
        extend_index(connection, table)


def extend_index(
    connection: sqlite3.Connection, table: str, rows: str = "main", schema: str = "main"
) -> None:
    """Add rows of a table to the index.

    Args:
        rows: the schema in which they stand.
        schema: that of the index.
    """
    entries = _entries(connection, table, rows)
    if entries:
        connection.execute(
            f"INSERT INTO {schema}.search ({', '.join(_COLUMNS)}) {entries} ORDER BY 2"
        )


def index_problems(connection: sqlite3.Connection, schema: str) -> Iterator[str]:
    """In what the index of a file is not that of its rows, in words; nothing if it is.

    Args:
        schema: of the file.
    """
    wanted = " UNION ALL ".join(
        filter(None, (_entries(connection, table, schema) for table in tables(connection)))
    )
    there = f"SELECT {', '.join(_COLUMNS)} FROM {schema}.search"
    names = "SELECT table_name, row_id FROM"
    sound = True
    for one, other, told in (
        (f"{names} ({wanted})", f"{names} ({there})", "'perovdb search' does not find it."),
        (
            f"{names} ({there})",
            f"{names} ({wanted})",
            "'perovdb search' finds it, and it is not there.",
        ),
        (
            f"{there} WHERE (table_name, row_id) IN ({names} ({wanted}))",
            wanted,
            "'perovdb search' gives it other words than it has.",
        ),
    ):
        for table, name, *_ in connection.execute(
            f"SELECT * FROM ({one}) EXCEPT SELECT * FROM ({other})"
        ):
            sound = False
            yield f"{table} {name}: {told}"
    twice = f"{names} {schema}.search GROUP BY table_name, row_id HAVING count(*) > 1"
    for table, name in connection.execute(twice):
        sound = False
        yield f"{table} {name}: 'perovdb search' finds it more than once."
    if sound and not _leads_to_its_entries(connection, schema):
        yield "'perovdb search' finds other rows than those that hold the words."


def _leads_to_its_entries(connection: sqlite3.Connection, schema: str) -> bool:
    """Whether the words of an index lead to the entries that hold them, as in one made anew."""
    columns = ", ".join(_COLUMNS)
    connection.execute(f"CREATE VIRTUAL TABLE temp.{_ANEW} USING {_FTS5[:-1]}, content='')")
    try:
        connection.execute(
            f"INSERT INTO temp.{_ANEW} (rowid, {columns}) "
            f"SELECT rowid, {columns} FROM {schema}.search"
        )
        listed = []
        for at, table in ((schema, "search"), ("temp", _ANEW)):
            words = f"temp.words_of_{table}"
            connection.execute(
                f"CREATE VIRTUAL TABLE {words} USING fts5vocab({at}, {table}, instance)"
            )
            cursor = connection.cursor()
            cursor.row_factory = None
            listed.append(cursor.execute(f"SELECT term, doc, col, offset FROM {words}"))
        same = all(one == other for one, other in zip_longest(*listed))
        for cursor in listed:
            cursor.close()
        return same
    finally:
        for table in ("words_of_search", f"words_of_{_ANEW}", _ANEW):
            connection.execute(f"DROP TABLE IF EXISTS temp.{table}")


def _entries(connection: sqlite3.Connection, table: str, rows: str) -> str | None:
    """The SELECT that gives the entries of a table's rows; None if it has none.

    Args:
        rows: the schema in which they stand.
    """
    key = _key(connection, table)
    if key is None:
        return None
    info = connection.execute(f'PRAGMA main.table_info("{table}")').fetchall()
    columns = [row[1] for row in info]
    words = [row[1] for row in info if row[2] == "TEXT" and row[1] not in _NOT_WORDS]
    joined = " || ".join(f"coalesce(\"{name}\" || ' ', '')" for name in words)
    formula, *provenance = (
        f'"{name}"' if name in columns else "NULL"
        for name in ("formula", "source", "kind", "evidence")
    )
    values = (f"'{table}'", f'"{key}"', formula, joined, *provenance)
    named = ", ".join(f"{value} AS {name}" for value, name in zip(values, _COLUMNS, strict=True))
    return f'SELECT {named} FROM {rows}."{table}"'


def _key(connection: sqlite3.Connection, table: str) -> str | None:
    """The column by which the index names a row of a table; none if it leaves the table out."""
    columns = [row[1] for row in connection.execute(f'PRAGMA main.table_info("{table}")')]
    if "evidence" not in columns and table not in _ALSO:
        return None
    return next((name for name in ("id", "key", "species") if name in columns), None)
