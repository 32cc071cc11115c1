"""The full-text index of a store: one entry a row, over all its words."""

import sqlite3

from perovdb.store.schema import tables

CREATE = (
    "CREATE VIRTUAL TABLE search USING fts5(table_name UNINDEXED, row_id UNINDEXED, formula, "
    "words, source UNINDEXED, kind UNINDEXED, evidence UNINDEXED)"
)

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
    """Write the index anew from all rows of the tables."""
    connection.execute("DELETE FROM search")
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
    key = index_key(connection, table)
    if key is None:
        return
    info = connection.execute(f'PRAGMA main.table_info("{table}")').fetchall()
    columns = [row[1] for row in info]
    words = [row[1] for row in info if row[2] == "TEXT" and row[1] not in _NOT_WORDS]
    joined = " || ".join(f"coalesce(\"{name}\" || ' ', '')" for name in words)
    formula, *provenance = (
        f'"{name}"' if name in columns else "NULL"
        for name in ("formula", "source", "kind", "evidence")
    )
    connection.execute(
        f"INSERT INTO {schema}.search "
        "(table_name, row_id, formula, words, source, kind, evidence) "
        f"SELECT '{table}', {key}, {formula}, {joined}, {', '.join(provenance)} "
        f'FROM {rows}."{table}" ORDER BY {key}'
    )


def index_key(connection: sqlite3.Connection, table: str) -> str | None:
    """The column by which the index names a row of a table; none if it leaves the table out."""
    columns = [row[1] for row in connection.execute(f'PRAGMA main.table_info("{table}")')]
    if "evidence" not in columns and table not in _ALSO:
        return None
    return next((name for name in ("id", "key", "species") if name in columns), None)
