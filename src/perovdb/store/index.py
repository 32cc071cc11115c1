"""The full-text index of a store: one entry a row, over all its words."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

from perovdb.store import gate
from perovdb.store.schema import tables

_FTS5 = (
    "fts5(table_name UNINDEXED, row_id UNINDEXED, formula, "
    "words, source UNINDEXED, kind UNINDEXED, evidence UNINDEXED)"
)
CREATE = f"CREATE VIRTUAL TABLE search USING {_FTS5}"

_COLUMNS = ("table_name", "row_id", "formula", "words", "source", "kind", "evidence")

#: An index that is made only for what SQLite keeps of an empty one, in tables of these names.
_EMPTY = "search_empty"
_KEPT = ("config", "content", "data", "docsize", "idx")

#: Pages that are copied between two looks at the clock.
_PAGES = 10_000

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
    try:
        connection.execute("DROP TABLE IF EXISTS search")
    except sqlite3.DatabaseError as error:
        if gate.reason(error) == "interrupted":
            raise
        _empty(connection)
        connection.execute("DROP TABLE search")
    connection.execute(CREATE)
    for table in tables(connection):
        extend_index(connection, table)


def _empty(connection: sqlite3.Connection) -> None:
    """Make an index that SQLite cannot open, and so not drop, an empty one."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.{_EMPTY} USING {_FTS5}")
    with gate.inner_tables_writable(connection):
        for part in _KEPT:
            connection.execute(f"DELETE FROM main.search_{part}")
            connection.execute(
                f"INSERT INTO main.search_{part} SELECT * FROM temp.{_EMPTY}_{part}"
            )
    connection.execute(f"DROP TABLE temp.{_EMPTY}")


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
    try:
        yield from _other_entries(connection, schema)
    except sqlite3.OperationalError as error:
        # SQLite knows an index of another form by its own words alone.
        if "fts5" not in gate.reason(error):
            raise
        yield f"'perovdb search' cannot read its index: {gate.reason(error)}."
    except sqlite3.DatabaseError as error:
        yield f"'perovdb search' cannot read its index: {gate.reason(error)}."


def _other_entries(connection: sqlite3.Connection, schema: str) -> Iterator[str]:
    wanted = " UNION ALL ".join(
        filter(None, (_entries(connection, table, schema) for table in tables(connection)))
    )
    there = f"SELECT {', '.join(_COLUMNS)} FROM {schema}.search"
    counted = (
        "SELECT table_name, row_id, sum(found) AS found, sum(held) AS held FROM "
        f"(SELECT table_name, row_id, 1 AS found, 0 AS held FROM {schema}.search UNION ALL "
        f"SELECT table_name, row_id, 0, 1 FROM ({wanted})) GROUP BY table_name, row_id"
    )
    sound = True
    for table, name, found, held in connection.execute(
        f"SELECT * FROM ({counted}) WHERE found <> held"
    ):
        sound = False
        if found < held:
            yield f"{table} {name}: 'perovdb search' does not find it."
        elif held == 0:
            yield f"{table} {name}: 'perovdb search' finds it, and it is not there."
        else:
            yield f"{table} {name}: 'perovdb search' finds it more than once."
    others = f"SELECT * FROM ({wanted}) EXCEPT {there}"
    if not sound:
        names = f"SELECT table_name, row_id FROM ({counted}) WHERE found >= held"
        others = f"SELECT * FROM ({others}) WHERE (table_name, row_id) IN ({names})"
    for table, name, *_ in connection.execute(others):
        sound = False
        yield f"{table} {name}: 'perovdb search' gives it other words than it has."
    if sound and not _leads_to_its_entries(connection, schema):
        yield "'perovdb search' finds other rows than those that hold the words."


def _leads_to_its_entries(connection: sqlite3.Connection, schema: str) -> bool:
    """Whether the words of an index lead to the entries that hold them, as SQLite itself sees."""
    if connection.in_transaction:
        return _is_whole(connection)
    (path,) = (
        path for _, name, path in connection.execute("PRAGMA database_list") if name == schema
    )
    # Only who may write can ask, so a copy is asked: a file without a name.
    with closing(sqlite3.connect("", isolation_level=None)) as copy:
        watch = gate.guard(copy)
        watch.give_for(path)

        def go_on(*_: int) -> None:
            if watch.is_over():
                raise sqlite3.OperationalError("interrupted")

        try:
            connection.backup(copy, name=schema, pages=_PAGES, progress=go_on)
            return _is_whole(copy)
        except sqlite3.OperationalError as error:
            if watch.is_over():
                raise sqlite3.OperationalError("it takes too long") from error
            raise


def _is_whole(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("INSERT INTO main.search (search) VALUES ('integrity-check')")
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False
    return True


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
