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
        info = connection.execute(f'PRAGMA main.table_info("{table}")').fetchall()
        columns = [row[1] for row in info]
        key = next((name for name in ("id", "key", "species") if name in columns), None)
        if key is None or not ({"evidence"} < set(columns) or table in _ALSO):
            continue
        words = [r[1] for r in info if r[2] == "TEXT" and r[1] not in _NOT_WORDS]
        joined = " || ".join(f"coalesce(\"{name}\" || ' ', '')" for name in words)

        def one(name: str, columns: list[str] = columns) -> str:
            return f'"{name}"' if name in columns else "NULL"

        connection.execute(
            "INSERT INTO search (table_name, row_id, formula, words, source, kind, evidence) "
            f"SELECT '{table}', {key}, {one('formula')}, {joined}, "
            f'{one("source")}, {one("kind")}, {one("evidence")} FROM main."{table}" ORDER BY {key}'
        )
