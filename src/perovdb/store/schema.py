"""What a store is made of: its header and tables, as the file tells them, and the files behind."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

from perovdb.errors import StoreError
from perovdb.store.gate import FAILURES, reason

if TYPE_CHECKING:
    from pathlib import Path

#: "pvdb": what SQLite's header of every perovdb store says.
APPLICATION_ID = 0x70766462
SCHEMA_VERSION = 6

#: Tables that tell of the store, not of materials: those of the curated one count.
ABOUT_ITSELF = ("meta", "column_meaning")

_COLUMNS = (
    "SELECT t.name, c.name, c.type "
    "FROM main.sqlite_master AS t JOIN pragma_table_info(t.name, 'main') AS c "
    "WHERE t.type = 'table' AND t.name NOT LIKE 'search%' AND t.name NOT LIKE 'sqlite_%' "
    "ORDER BY t.rowid, c.cid"
)


def tables(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Table -> its columns, in the order of the schema, without those of the full-text index."""
    columns: dict[str, list[str]] = {}
    for table, column, _ in typed_columns(connection):
        columns.setdefault(table, []).append(column)
    return columns


def typed_columns(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Table, column, and TEXT, REAL or INTEGER of every column, in the order of the schema."""
    return connection.execute(_COLUMNS).fetchall()


def tables_with(connection: sqlite3.Connection, *columns: str) -> list[str]:
    """Tables with all of these columns: facts have evidence, vocabularies name and meaning."""
    return [table for table, there in tables(connection).items() if {*columns} <= {*there}]


def column_types(connection: sqlite3.Connection, table: str) -> dict[str, str]:
    """Column -> TEXT, REAL or INTEGER, in the order of the table."""
    return {row[1]: row[2] for row in connection.execute(f'PRAGMA main.table_info("{table}")')}


def check_header(connection: sqlite3.Connection, path: str, schema: str, mend: str) -> None:
    """Refuse a file that is not a store of this schema.

    Raises:
        StoreError: it is another file, or a store of an older or newer perovdb.
    """
    try:
        made_by, version = header(connection, schema)
    except FAILURES as error:
        from perovdb.store.disk import refused

        raise refused(path, error) or StoreError(
            f"{path} is not a perovdb store ({reason(error)}).", mend
        ) from error
    if made_by != APPLICATION_ID:
        raise StoreError(f"{path} is not a perovdb store.", mend)
    what = f"{path} has schema version {version}, this perovdb reads {SCHEMA_VERSION}."
    if version > SCHEMA_VERSION:
        raise StoreError(what, "Update perovdb.")
    if version < SCHEMA_VERSION:
        migrate = f"Run: perovdb store migrate {path}"
        raise StoreError(what, migrate if schema == "own" else mend)


def header(connection: sqlite3.Connection, schema: str = "main") -> tuple[int, int]:
    """What made a file, and the version of its schema."""
    names = ("application_id", "user_version")
    made_by, version = (
        connection.execute(f"PRAGMA {schema}.{name}").fetchone()[0] for name in names
    )
    return made_by, version


def write_header(connection: sqlite3.Connection) -> None:
    """Make a file a store of this schema."""
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def source_files(data: Path) -> list[Path]:
    """The files that the store is made from, in a fixed order."""
    tables = data / "tables"
    if not tables.is_dir():
        raise StoreError(f"{tables} is not there.", "Restore the folder with its tables.")
    fixed = [data / "columns.csv", data / "schema.sql", data / "sources.toml"]
    return fixed + sorted(tables.glob("*.csv"))


def digest(data: Path) -> str:
    """SHA-256 over the names and contents of everything that the store is made from."""
    import hashlib

    total = hashlib.sha256()
    for path in source_files(data):
        total.update(path.relative_to(data).as_posix().encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def check_fresh(data: str, store: str, built_from: str, mend: str) -> None:
    """Notice that data/ was edited since the store was built; where there is none, do nothing.

    Raises:
        StoreError: the digest that the store was built from is not that of the files.
    """
    if not os.path.isfile(os.path.join(data, "schema.sql")):
        return
    built = os.stat(store).st_mtime_ns
    # A folder's own time changes when a table comes or goes.
    entries = [*os.scandir(data), *os.scandir(os.path.join(data, "tables"))]
    if max(entry.stat().st_mtime_ns for entry in entries) < built:
        return
    from pathlib import Path

    if digest(Path(data)) != built_from:
        raise StoreError(f"The tables in {data} were edited after the store was built.", mend)
