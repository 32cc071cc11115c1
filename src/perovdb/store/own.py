"""A store of one's own: the same schema, the same checks, all or nothing.

Rows are tried on a copy of the schema in memory first, so that a refusal leaves the file as it
was, byte for byte. Then they go in by one transaction; the file keeps a write-ahead log, so that
other writers wait, readers go on, and a killed process leaves it whole.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path

from perovdb.errors import InputError, PerovdbError, StoreError
from perovdb.store.connection import CURATED, INIT_HINT, RESTORE_HINT, Store, uri, using
from perovdb.store.csv_rows import CsvRow, read_csv
from perovdb.store.index import CREATE, write_index
from perovdb.store.insert import check_aliases, check_references, insert
from perovdb.store.schema import (
    ABOUT_ITSELF,
    APPLICATION_ID,
    SCHEMA_VERSION,
    check_header,
    column_types,
    header,
    tables,
    tables_with,
    write_header,
)

#: Turns a word of a column, such as a formula, into the one that the store in use keeps, or
#: raises.
Canonical = Callable[[str, str], str]

#: Columns whose words `Canonical` knows.
READ_COLUMNS = ("formula", "end_1", "end_2", "species", "phase")

#: One of these a barrier must have.
_SAYS_SOMETHING = ("barrier_eV", "min_eV", "max_eV", "change_min_pct", "statement")

_WAIT_S = 60.0


def init(path: Path) -> None:
    """Make an empty store.

    Raises:
        InputError: the file exists, or cannot be written.
    """
    if os.path.lexists(path):
        raise InputError(f"{path} exists already.", "Name another file.")
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        connection = sqlite3.connect(part)
        try:
            with closing(Store()) as curated:
                _create(connection, curated)
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()
        os.rename(part, path)
    except (OSError, sqlite3.Error) as error:
        raise InputError(
            f"{path} cannot be written: {error}.", "Name a place where you may write."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _create(connection: sqlite3.Connection, curated: Store) -> None:
    """Tables, index and header of a store, after those of the curated one."""
    definitions = curated.rows(
        "SELECT sql FROM main.sqlite_master WHERE sql IS NOT NULL "
        "AND name NOT LIKE 'search%' ORDER BY rowid"
    )
    for definition in definitions:
        connection.execute(definition["sql"])
    connection.execute(CREATE)
    write_header(connection)
    connection.execute("INSERT INTO meta VALUES ('schema_version', ?)", (str(SCHEMA_VERSION),))
    connection.commit()


def add(path: Path, rows_file: Path, table: str, canonical: Canonical) -> int:
    """Add the rows of a CSV file to a table: all of them, or none.

    Args:
        path: the store.
        rows_file: CSV whose first line names columns of the table, in any order.
        table: its name.
        canonical: reads the words of a column.

    Returns:
        how many rows were added.

    Raises:
        StoreError: file, line and column of the first row that breaks a rule, and the rule; or
            the file is not a store of this schema.
    """
    _refuse_curated(path)
    with closing(Store(CURATED, str(path))) as store, using(store):
        rows = read_csv(rows_file, column_types(store.connection, table), whole=False)
        if not rows:
            raise StoreError(f"{rows_file.name}:2: there are no rows.", "Write one a line.")
        fact_tables = tables_with(store.connection, "id", "evidence")
        rows = [_as_kept(row, table, canonical, fact_tables) for row in rows]
        _try(store, table, rows)
    connection = sqlite3.connect(path, timeout=_WAIT_S)
    try:
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            insert(connection, table, rows)
            write_index(connection)
        # Whoever copies the file alone must have the rows: bring the log into it.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be written: {error}.", "Try again.") from error
    finally:
        connection.close()
    return len(rows)


def _refuse_curated(path: Path) -> None:
    if os.path.realpath(path) == os.path.realpath(CURATED):
        raise InputError(f"{path} is the curated store, which is built from data/.", INIT_HINT)


def _as_kept(row: CsvRow, table: str, canonical: Canonical, fact_tables: Sequence[str]) -> CsvRow:
    """A row with formulas, ions and phases as a store writes them.

    Raises:
        StoreError: a word that cannot be read, or a fact that says nothing.
    """
    values = dict(row.values)
    for column in READ_COLUMNS:
        value = values.get(column)
        # The species of other tables are keys: they are looked up, not read.
        if value is None or (column == "species" and table not in ("barrier", "kinetics")):
            continue
        try:
            values[column] = canonical(column, str(value))
        except PerovdbError as error:
            raise StoreError(f"{row.place(column)}: {error.what}", error.mend) from error
    if table == "barrier" and all(values.get(c) is None for c in _SAYS_SOMETHING):
        raise StoreError(
            f"{row.place('barrier_eV')}: the row has no number and no statement.",
            f"Fill one of: {', '.join(_SAYS_SOMETHING)}.",
        )
    if table == "conflict_row" and values.get("table_name") not in fact_tables:
        raise StoreError(
            f"{row.place('table_name')}: '{values.get('table_name')}' is no table of facts.",
            f"Allowed: {', '.join(fact_tables)}.",
        )
    if table == "phase" and values.get("perovskite") == 1:
        volume, units = values.get("volume_A3"), values.get("Z")
        # Look-ups compare perovskites by it; it follows from the cell.
        if values.get("a_pseudocubic_A") is None and volume and units:
            values["a_pseudocubic_A"] = round((float(volume) / float(units)) ** (1 / 3), 4)
    return row._replace(values=values)


def _try(store: Store, table: str, rows: list[CsvRow]) -> None:
    """Insert rows into a copy in memory of the tables that they may collide with or point at."""
    trial = sqlite3.connect(":memory:")
    try:
        _create(trial, store)
        keys = trial.execute(f'PRAGMA foreign_key_list("{table}")').fetchall()
        for name in {table, "source", *(key[2] for key in keys)}:
            _copy(store, trial, name)
        insert(trial, table, rows)
        check_references(trial, {table: rows})
        check_aliases(trial)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{store.own} cannot be read: {error}.", RESTORE_HINT) from error
    finally:
        trial.close()


def _copy(store: Store, trial: sqlite3.Connection, table: str) -> None:
    rows = store.connection.execute(f'SELECT * FROM "{table}"').fetchall()
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        trial.executemany(f'INSERT INTO "{table}" VALUES ({marks})', map(tuple, rows))


def check(path: Path, canonical: Canonical) -> list[str]:
    """What is wrong with a store, in words; nothing if it is sound.

    Raises:
        StoreError: the file is not a store of this schema.
    """
    _refuse_curated(path)
    problems = []
    with closing(Store(CURATED, str(path))) as store, using(store):
        try:
            for row in store.connection.execute("PRAGMA own.integrity_check"):
                problems += [f"the file is damaged: {row[0]}"] if row[0] != "ok" else []
            known = {*ABOUT_ITSELF, *tables_with(store.connection, "name", "meaning")}
            for table in tables(store.connection):
                if table not in known:
                    problems += _problems(store, table, canonical)
        except (sqlite3.DatabaseError, StoreError) as error:
            problems.append(f"the file is damaged: {error}")
    return problems


def _problems(store: Store, table: str, canonical: Canonical) -> Iterable[str]:
    types = column_types(store.connection, table)
    key = "id" if "id" in types else next(iter(types))
    rows = [
        CsvRow(f"{table} {row[key]}", 0, row, dict.fromkeys(types, 0))
        for row in store.rows(f'SELECT * FROM own."{table}"')
    ]
    curated = {row[0] for row in store.connection.execute(f'SELECT "{key}" FROM main."{table}"')}
    fact_tables = tables_with(store.connection, "id", "evidence")
    try:
        check_references(store.connection, {table: rows})
        sound = True
    except StoreError:
        sound = False
    for row in rows:
        try:
            kept = _as_kept(row, table, canonical, fact_tables).values
            for column in READ_COLUMNS:
                if kept.get(column) != row.values.get(column):
                    yield f"{row.place(column)}: it is written '{kept[column]}' in a store."
            if not sound:
                check_references(store.connection, {table: [row]})
        except StoreError as error:
            yield str(error)
        if key in ("id", "key", "species") and row.values[key] in curated:
            yield f"{row.place(key)}: the curated store has a row of this name."


def migrate(path: Path) -> int:
    """Bring a store of an older perovdb to this schema; its rows stay.

    Returns:
        the schema version that it had.

    Raises:
        StoreError: the file is no store, or one of a newer perovdb.
    """
    connection = sqlite3.connect(uri(str(path), INIT_HINT, "rw"), uri=True)
    try:
        made_by, version = header(connection)
        if made_by != APPLICATION_ID or version >= SCHEMA_VERSION:
            check_header(connection, str(path), "main", INIT_HINT)
            return version
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            _add_indexes(connection)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.execute(
                "UPDATE meta SET value = ? WHERE key = 'schema_version'", (str(SCHEMA_VERSION),)
            )
        return version
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be migrated: {error}.", INIT_HINT) from error
    finally:
        connection.close()


def _add_indexes(connection: sqlite3.Connection) -> None:
    """Version 2 has indexes on formulas and a full-text index; 3 on more that is filtered by."""
    with closing(Store()) as curated:
        definitions = dict(
            curated.connection.execute(
                "SELECT name, sql FROM main.sqlite_master WHERE type = 'index' AND sql != ''"
            )
        )
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    for name, definition in {**definitions, "search": CREATE}.items():
        if name not in there:
            connection.execute(definition)
    write_index(connection)
