"""Rows against those of other tables and files: names that are taken, and what is not there."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from perovdb.store.schema import column_types


def taken(
    connection: sqlite3.Connection, table: str, rows: str, among: str
) -> Iterator[tuple[int, str, object]]:
    """Rows whose name, or what else no two rows share, a row of another file has.

    Args:
        rows, among: the schemas in which the rows and the others stand.

    Returns:
        number of the row, the column and what stands there, in the order of the rows for each
        name.
    """
    indexes = connection.execute(f'PRAGMA main.index_list("{table}")').fetchall()
    for index in (name for _, name, unique, *_ in indexes if unique):
        info = connection.execute(f'PRAGMA main.index_info("{index}")')
        columns = [name for _, _, name in info]
        alike = " AND ".join(f'o."{column}" = n."{column}"' for column in columns)
        query = (
            f'SELECT n.rowid, n."{columns[0]}" FROM {rows}."{table}" AS n '
            f'WHERE EXISTS (SELECT 1 FROM {among}."{table}" AS o WHERE {alike}) ORDER BY n.rowid'
        )
        for number, value in connection.execute(query):
            yield number, columns[0], value


class Lost(NamedTuple):
    """A row that points at a row which is not there."""

    row: int
    column: str
    value: str
    table: str


def lost(
    connection: sqlite3.Connection, table: str, rows: str, among: Sequence[str]
) -> Iterator[Lost]:
    """Rows that point at a row which is not there: a source, an ion, a word of a vocabulary.

    Args:
        rows: the schema in which the rows stand.
        among: the schemas in which what they point at may stand.
    """
    for _, _, other, column, key, *_ in connection.execute(
        f'PRAGMA main.foreign_key_list("{table}")'
    ).fetchall():
        # Each word is looked for once, however many rows have it.
        words = f'SELECT DISTINCT "{column}" AS cell, "{column}" AS word FROM {rows}."{table}"'
        yield from _lost(connection, table, rows, column, words, other, key, among)
    if "cited_sources" in column_types(connection, table):
        column = "cited_sources"
        parts = f"""'[' || replace(json_quote("{column}"), ';', '","') || ']'"""
        words = (
            f'SELECT "{column}" AS cell, value AS word FROM '
            f'(SELECT DISTINCT "{column}" FROM {rows}."{table}" WHERE "{column}" IS NOT NULL), '
            f"json_each({parts})"
        )
        yield from _lost(connection, table, rows, column, words, "source", "key", among)


def _lost(
    connection: sqlite3.Connection,
    table: str,
    rows: str,
    column: str,
    words: str,
    other: str,
    key: str,
    among: Sequence[str],
) -> Iterator[Lost]:
    nowhere = "".join(
        f' AND NOT EXISTS (SELECT 1 FROM {schema}."{other}" AS o WHERE o."{key}" = w.word)'
        for schema in among
    )
    query = (
        f'SELECT n.rowid, w.word FROM ({words}) AS w JOIN {rows}."{table}" AS n '
        f'ON n."{column}" = w.cell WHERE w.word IS NOT NULL{nowhere} ORDER BY n.rowid'
    )
    for number, word in connection.execute(query):
        yield Lost(number, column, str(word), other)
