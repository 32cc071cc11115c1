"""Bring a store of one's own from the schema of an older perovdb to this one; its rows stay.

Version 2 has indexes on formulas and a full-text index, 3 on more that is filtered by, 4 the
oxidation states of ions and what kind of cation they are, 5 points of series of gaps, medians of
them, and what properties hold for, 6 the terms of the model of gaps. A later one needs no line
here as long as it adds tables, indexes, or columns that may be empty.
"""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from perovdb.store import gate
from perovdb.store.connection import Store
from perovdb.store.gate import CURATED, INIT_HINT, Object
from perovdb.store.index import index_problems, write_index
from perovdb.store.schema import APPLICATION_ID, SCHEMA_VERSION, check_header, header, tables

_WAIT_S = 60.0

#: To write a store anew takes as long as to read it so many times more.
_WRITTEN_ANEW = 5


class Migrated(NamedTuple):
    """What a store had: the version of its schema, and whether its full-text index was sound."""

    version: int
    index_was_sound: bool


def migrate(path: Path) -> Migrated:
    """Bring a store to this schema, and its full-text index to its rows, all of it or nothing.

    Raises:
        StoreError: the file is no store, or one of a newer perovdb.
    """
    place = gate.own_uri(str(path), "rw")
    try:
        connection = sqlite3.connect(place, uri=True, timeout=_WAIT_S, isolation_level=None)
    except sqlite3.Error as error:
        raise gate.failed(str(path), error) from error
    watch = gate.guard(connection)
    watch.give_for(str(path), _WRITTEN_ANEW * os.path.getsize(path))
    try:
        made_by, version = header(connection)
        if made_by != APPLICATION_ID or version >= SCHEMA_VERSION:
            check_header(connection, str(path), "main", INIT_HINT)
            _open(path)
        with closing(Store()) as curated:
            ours = gate.objects(curated.connection)
            columns = tables(curated.connection)
        _check_pages(connection, columns, path)
        if version == SCHEMA_VERSION:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                gate.check_schema(gate.objects(connection), ours, str(path))
                sound = _index_is_sound(connection)
                if not sound:
                    write_index(connection)
            return Migrated(version, sound)
        # A table is renamed while its new form is filled: what refers to it must not follow.
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            _change(connection, ours, columns, str(path))
    except gate.FAILURES as error:
        raise gate.failed(str(path), error, watch) from error
    finally:
        connection.close()
    _open(path)
    return Migrated(version, False)


def _check_pages(connection: sqlite3.Connection, names: Iterable[str], path: Path) -> None:
    """Refuse tables whose pages are damaged: to copy their rows might never end.

    Raises:
        StoreError: as said.
    """
    there = {one.name for one in gate.objects(connection) if one.type == "table"}
    for table in names:
        if table in there:
            for (told,) in connection.execute(f'PRAGMA integrity_check("{table}")'):
                if told != "ok":
                    raise gate.failed(str(path), told)


def _index_is_sound(connection: sqlite3.Connection) -> bool:
    try:
        return next(index_problems(connection, "main"), None) is None
    except sqlite3.DatabaseError as error:
        if gate.reason(error) == "interrupted":
            raise
        return False


def _change(
    connection: sqlite3.Connection, ours: set[Object], columns: dict[str, list[str]], path: str
) -> None:
    theirs = gate.objects(connection)
    wanted = {(one.type, one.name): one for one in ours}
    there = {(one.type, one.name) for one in theirs}
    older = {
        one
        for one in theirs
        if one.type == "table"
        and gate.differences({one}, {wanted.get(("table", one.name), one)})
        and _lacks_only_columns(connection, one.name, columns)
    }
    renewed = {wanted["table", one.name] for one in older}
    lacking = {one for one in ours if (one.type, one.name) not in there}
    gate.check_schema((theirs - older) | renewed | lacking, ours, path)
    for one in sorted(older):
        kept = ", ".join(f'"{name}"' for name in _columns(connection, one.name))
        connection.execute(f'ALTER TABLE "{one.name}" RENAME TO "{_ASIDE}"')
        connection.execute(wanted["table", one.name].sql or "")
        connection.execute(f'INSERT INTO "{one.name}" ({kept}) SELECT {kept} FROM "{_ASIDE}"')
        connection.execute(f'DROP TABLE "{_ASIDE}"')
    # Tables come before the indexes on them; those of the full-text index make themselves.
    for one in sorted(lacking, key=lambda one: one.type, reverse=True):
        if one.sql and not one.name.startswith("search"):
            connection.execute(one.sql)
    for index in sorted(one for one in ours if one.type == "index" and one.sql):
        if index.table in {one.name for one in older}:
            connection.execute(index.sql or "")
    write_index(connection)
    gate.check_schema(gate.objects(connection), ours, path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute(
        "UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),)
    )


#: What a table is called while its new form is filled.
_ASIDE = "older_form"


def _lacks_only_columns(
    connection: sqlite3.Connection, table: str, columns: dict[str, list[str]]
) -> bool:
    """Whether a table is one of ours without some columns, and holds nothing that computes."""
    there = _columns(connection, table)
    return table in columns and bool(there) and {*there} < {*columns[table]}


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Columns of a table; none if one of them is generated or hidden."""
    rows = connection.execute(
        "SELECT name, hidden FROM pragma_table_xinfo(?)", (table,)
    ).fetchall()
    return [] if any(hidden for _, hidden in rows) else [name for name, _ in rows]


def _open(path: Path) -> None:
    """Refuse what does not open as a store of this version."""
    Store(CURATED, str(path)).close()
