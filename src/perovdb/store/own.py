"""A store of one's own: the same schema, the same checks, all or nothing.

Rows are staged beside the file first, so that a refusal leaves it as it was, byte for byte. Then
they go in by one transaction, whose work grows with them alone; the file keeps a write-ahead log,
so that other writers wait, readers go on, and a killed process leaves it whole.
"""

import os
import sqlite3
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache, partial
from pathlib import Path

from perovdb.errors import InputError, PerovdbError, StoreError
from perovdb.files.new_files import write_new_file
from perovdb.store import disk, gate
from perovdb.store.clashes import clashes
from perovdb.store.connection import Store, using
from perovdb.store.csv_rows import CsvRow, read_csv
from perovdb.store.gate import CURATED, INIT_HINT
from perovdb.store.index import CREATE, extend_index, index_problems
from perovdb.store.insert import insert, refuse_lost, refuse_taken
from perovdb.store.meaning import check_row
from perovdb.store.references import lost, taken
from perovdb.store.schema import (
    ABOUT_ITSELF,
    SCHEMA_VERSION,
    column_types,
    tables,
    tables_with,
    write_header,
)

#: Turns a word of a column, such as a formula, into the one that the store in use keeps, or
#: raises.
Canonical = Callable[[str, str], str]

#: Is told how many rows are done.
Progress = Callable[[int], object]

#: Columns whose words `Canonical` knows.
READ_COLUMNS = ("formula", "end_1", "end_2", "species", "phase")

#: One of these a barrier must have.
_SAYS_SOMETHING = ("barrier_eV", "min_eV", "max_eV", "change_min_pct", "statement")

_WAIT_S = 60.0

#: To add a byte of a CSV file takes as long as to read so many of a store.
_WORK_OF_A_BYTE = 20

#: Words of rows, such as formulas, repeat: so many are read once.
_WORDS_KEPT = 10_000

#: After as many rows `Progress` is called.
_TOLD_EVERY = 1000


def init(path: Path) -> None:
    """Make an empty store.

    Raises:
        InputError: the file exists, or cannot be written.
        StoreError: the disk refuses it.
    """
    exists = InputError(f"{path} exists already.", "Name another file.")
    if os.path.lexists(path):
        raise exists

    def write(new: str) -> None:
        with closing(sqlite3.connect(new)) as connection, closing(Store()) as curated:
            try:
                _create(connection, curated)
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.Error as error:
                raise disk.refused(path, error) or StoreError(
                    f"{path} cannot be written: {error}.", "Name a place where you may write."
                ) from error

    try:
        write_new_file(str(path), write)
    except InputError as error:
        # Another run may have made it meanwhile.
        raise (exists if os.path.lexists(path) else error) from error


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


def add(
    path: Path,
    rows_file: Path,
    table: str,
    canonical: Canonical,
    progress: Progress | None = None,
) -> int:
    """Add the rows of a CSV file to a table: all of them, or none.

    Args:
        path: the store.
        rows_file: CSV whose first line names columns of the table, in any order.
        table: its name.
        canonical: reads the words of a column.
        progress: called now and then with how many rows were read.

    Returns:
        how many rows were added.

    Raises:
        StoreError: file, line and column of the first row that breaks a rule, and the rule; or
            the file is not a store of this schema.
    """
    return add_all(path, {table: rows_file}, canonical, progress)


def add_all(
    path: Path,
    files: Mapping[str, Path],
    canonical: Canonical,
    progress: Progress | None = None,
) -> int:
    """Add the rows of several CSV files, table -> file, each after what its rows point at: all of
    them, or none. For the rest as `add`.
    """
    store = Store(CURATED, str(path))
    connection, watch = _writer(path)
    # A file that is not there is told when it is read.
    added_bytes = _WORK_OF_A_BYTE * sum(
        os.path.getsize(file) for file in files.values() if os.path.exists(file)
    )
    with closing(connection):
        try:
            watch.give_for(str(path), added_bytes)
            connection.execute("BEGIN")
            with closing(store), using(store):
                heads = [
                    _stage(connection, file, table, canonical, progress)
                    for table, file in files.items()
                ]
            connection.execute("COMMIT")
            # From here on other writers wait. One may have changed more than rows since.
            connection.execute("BEGIN IMMEDIATE")
            watch.give_for(str(path), added_bytes)
            gate.check_schema(gate.objects(connection, "own"), gate.objects(connection), str(path))
            last = [_last_row(connection, table) for table in files]
            count = sum(map(partial(_take_in, connection), files, heads))
        except gate.FAILURES as error:
            raise _nothing_added(path, error, watch) from error
        watch.give_for(str(path), added_bytes)
        _commit(connection, watch, path, dict(zip(files, last, strict=True)))
    return count


def _commit(
    connection: sqlite3.Connection, watch: gate.Watch, path: Path, last: Mapping[str, int]
) -> None:
    """Commit what was added. Whether it is there is read from the file, whatever SQLite says.

    Raises:
        StoreError: it is not, or not as a whole.
    """
    try:
        connection.execute("COMMIT")
    except gate.FAILURES as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if not any(kept for _, _, kept in _kept(connection, watch, path, last)):
            raise _nothing_added(path, error, watch) from error
    # Whoever copies the file alone must have the rows: bring the log into it.
    try:
        connection.execute("PRAGMA own.wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        warnings.warn(
            f"the rows stand in {path}-wal as yet, since {path} cannot grow ({error}): keep both "
            "together; they become one when there is room",
            stacklevel=2,
        )
    for table, staged, kept in _kept(connection, watch, path, last):
        if kept != staged:
            raise StoreError(
                f"{path} holds {kept} of the {staged} row(s) that were added to '{table}'.",
                "Look at what else writes to the file, and add those that are not there.",
            )


def _nothing_added(path: Path, error: Exception, watch: gate.Watch) -> StoreError:
    told = gate.failed(str(path), error, watch)
    return StoreError(f"{told.what} No row was added.", told.mend)


def _writer(path: Path) -> tuple[sqlite3.Connection, gate.Watch]:
    """A store as `own`, to be written, beside the curated one as `main`.

    Rows are staged in `temp`, a file without a name that goes with the connection.
    """
    connection = sqlite3.connect(
        gate.uri(CURATED, INIT_HINT) + "&immutable=1",
        uri=True,
        timeout=_WAIT_S,
        isolation_level=None,
    )
    watch = gate.guard(connection)
    try:
        connection.execute("ATTACH ? AS own", (gate.own_uri(str(path), "rw"),))
    except gate.FAILURES as error:
        connection.close()
        raise gate.failed(str(path), error, watch) from error
    return connection, watch


def _last_row(connection: sqlite3.Connection, table: str) -> int:
    ((last,),) = connection.execute(f'SELECT coalesce(max(rowid), 0) FROM own."{table}"')
    return int(last)


def _kept(
    connection: sqlite3.Connection, watch: gate.Watch, path: Path, last: Mapping[str, int]
) -> list[tuple[str, int, int]]:
    """Staged rows, and how many of them the file holds, which is opened anew for it.

    Args:
        last: table -> the number of its last row before they came.

    Raises:
        StoreError: that cannot be found out.
    """
    found = []
    try:
        connection.execute("ATTACH ? AS kept", (gate.own_uri(str(path)),))
        for table, before in last.items():
            ((staged, kept),) = connection.execute(
                f'SELECT (SELECT count(*) FROM temp."{table}"), count(*) FROM (SELECT * FROM '
                f'temp."{table}" INTERSECT SELECT * FROM kept."{table}" WHERE rowid > ?)',
                (before,),
            )
            found.append((table, staged, kept))
        connection.execute("DETACH kept")
    except gate.FAILURES as error:
        doubt = "Whether the rows were added cannot be read back:"
        raise gate.failed(str(path), error, watch, doubt) from error
    return found


def _stage(
    connection: sqlite3.Connection,
    rows_file: Path,
    table: str,
    canonical: Canonical,
    progress: Progress | None,
) -> CsvRow:
    """Put the rows of a file into an empty table of the same rules, as a store writes them, each
    under the number of its line.

    Returns:
        a row of the file without line and values.

    Raises:
        StoreError: a row breaks a rule of its own, or two have one name.
    """
    ((definition,),) = connection.execute(
        "SELECT sql FROM main.sqlite_master WHERE type = 'table' AND name = ?", (table,)
    )
    connection.execute(definition.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    fact_tables = tables_with(connection, "id", "evidence")
    canonical = lru_cache(_WORDS_KEPT)(canonical)
    row = CsvRow(rows_file.name, 0, {}, {})

    def kept() -> Iterator[CsvRow]:
        nonlocal row
        rows = read_csv(rows_file, column_types(connection, table), whole=False)
        for row in _told(rows, progress):
            yield _as_kept(row, table, canonical, fact_tables)

    if not insert(connection, table, kept(), "temp"):
        raise StoreError(f"{rows_file.name}:2: there are no rows.", "Write one a line.")
    return row._replace(line=0, values={})


def _take_in(connection: sqlite3.Connection, table: str, head: CsvRow) -> int:
    """Compare staged rows with what is there, and put them beside it.

    Returns:
        how many there are.

    Raises:
        StoreError: a name is taken, or a row points at a row which is not there or says another
            thing.
    """
    both = ("main", "own")
    for among in both:
        for line, column, value in taken(connection, table, "temp", among):
            raise refuse_taken(head._replace(line=line), column, value)
    for one in lost(connection, table, "temp", both):
        raise refuse_lost(connection, head._replace(line=one.row), one, both)
    for clash in clashes(connection, table, "temp", both):
        raise clash.error(head._replace(line=clash.row))
    count = connection.execute(
        f'INSERT INTO own."{table}" SELECT * FROM temp."{table}" ORDER BY rowid'
    ).rowcount
    extend_index(connection, table, rows="temp", schema="own")
    return count


def _told(rows: Iterable[CsvRow], progress: Progress | None) -> Iterator[CsvRow]:
    for count, row in enumerate(rows, start=1):
        yield row
        if progress and count % _TOLD_EVERY == 0:
            progress(count)


def _as_kept(row: CsvRow, table: str, canonical: Canonical, fact_tables: Sequence[str]) -> CsvRow:
    """A row with formulas, ions and phases as a store writes them.

    Raises:
        StoreError: a word that cannot be read, or a fact that says nothing.
    """
    check_row(row, table)
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


def check(path: Path, canonical: Canonical, progress: Progress | None = None) -> Iterator[str]:
    """What is wrong with a store, in words, as it is found; nothing if it is sound.

    Args:
        path, canonical: as for `add`.
        progress: called now and then with how many rows were looked at.

    Raises:
        StoreError: the file is not a store of this schema.
    """
    damage = _damage(path)
    yield from damage
    if damage:
        return
    with closing(Store(CURATED, str(path), check_rows=False)) as store, using(store):
        store.watch.give_for(str(path))
        try:
            known = {*ABOUT_ITSELF, *tables_with(store.connection, "name", "meaning")}
            for table in tables(store.connection):
                if table not in known:
                    yield from _problems(store, table, canonical, progress)
            for problem in index_problems(store.connection, "own"):
                yield f"{problem} Write the index anew: perovdb store migrate {path}"
        except StoreError as error:
            yield str(error)
        except gate.FAILURES as error:
            yield str(gate.failed(str(path), error, store.watch))


def _damage(path: Path) -> list[str]:
    """Where the schema of a file is not that of a store, or where the file itself is damaged."""
    with closing(Store()) as curated:
        curated.attach(str(path))
        curated.watch.give_for(str(path))
        connection = curated.connection
        try:
            told = gate.differences(gate.objects(connection, "own"), gate.objects(connection))
            if not told:
                told = [said for (said,) in connection.execute("PRAGMA own.integrity_check")]
        except gate.FAILURES as error:
            return [str(gate.failed(str(path), error, curated.watch))]
    return [f"the file is damaged: {said}" for said in told if said != "ok"]


def _problems(
    store: Store, table: str, canonical: Canonical, progress: Progress | None
) -> Iterator[str]:
    connection = store.connection
    types = column_types(connection, table)
    key = "id" if "id" in types else next(iter(types))
    fact_tables = tables_with(connection, "id", "evidence")
    canonical = lru_cache(_WORDS_KEPT)(canonical)

    def named(number: int) -> CsvRow:
        query = f'SELECT "{key}" FROM own."{table}" WHERE rowid = ?'
        ((name,),) = connection.execute(query, (number,))
        return CsvRow(f"{table} {name}", 0, {}, dict.fromkeys(types, 0))

    positions = dict.fromkeys(types, 0)
    cursor = connection.cursor()
    cursor.row_factory = None
    rows = (
        CsvRow(f"{table} {values[key]}", 0, values, positions)
        for cells in cursor.execute(f'SELECT * FROM own."{table}"')
        for values in (dict(zip(types, cells, strict=True)),)
    )
    for row in _told(rows, progress):
        try:
            kept = _as_kept(row, table, canonical, fact_tables).values
            for column in READ_COLUMNS:
                if kept.get(column) != row.values.get(column):
                    yield f"{row.place(column)}: it is written '{kept[column]}' in a store."
        except StoreError as error:
            yield str(error)
    both = ("main", "own")
    for one in lost(connection, table, "own", both):
        yield str(refuse_lost(connection, named(one.row), one, both))
    for number, column, _ in taken(connection, table, "own", "main"):
        yield f"{named(number).place(column)}: the curated store has a row of this name."
    for clash in clashes(connection, table, "own", both):
        yield str(clash.error(named(clash.row)))
