"""Find and open stores, read-only, with the standard library alone."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from itertools import chain
from typing import Any, ParamSpec, TypeVar

from perovdb.errors import InputError, StoreError
from perovdb.store import gate
from perovdb.store.gate import CURATED, INIT_HINT
from perovdb.store.schema import ABOUT_ITSELF, check_fresh, check_header, typed_columns

#: Environment variable that names a store of one's own.
OWN_VARIABLE = "PEROVDB_STORE"

#: Where the tables stand in a checkout.
_DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(CURATED))), "data")
_REBUILD = "Reinstall perovdb, or in a checkout run: python -m perovdb.store.build"

Record = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")

#: Rows of a store up to this size are checked whenever it is opened, in milliseconds.
_SMALL_BYTES = 4_000_000

_KINDS = {"TEXT": str, "REAL": float, "INTEGER": int}

#: Any answer may have so many.
_FEW_ROWS = 100_000

#: Rows that are fetched at a time.
_BATCH = 1000

#: Answers that are kept with a store: those that were asked for last.
_KEPT = 20_000


class Rows:
    """An answer that is read while it is gone through, once: as records, or as tuples."""

    def __init__(self, names: tuple[str, ...], batches: Iterator[list[tuple[Any, ...]]]) -> None:
        #: Of the columns.
        self.names = names
        #: The rows as tuples, some at a time.
        self.batches = batches

    def __iter__(self) -> Iterator[Record]:
        # A row at a time as a dict: the names are shared by all.
        names = self.names
        for row in self.tuples():
            yield dict(zip(names, row, strict=True))

    def tuples(self) -> Iterator[tuple[Any, ...]]:
        """Values without names: a third of the time and memory where the rows are many."""
        return chain.from_iterable(self.batches)


class Store:
    """A store opened read-only; with a store of one's own, every table shows the rows of both.

    Rows come as dictionaries: column name -> value.
    """

    def __init__(
        self,
        path: str = CURATED,
        own: str | None = None,
        check_rows: bool = True,
        in_memory: bool = False,
    ) -> None:
        """Open the file at `path` and, beside it, the one at `own`.

        Args:
            check_rows: whether the rows of a small file are looked at once.
            in_memory: whether what is sorted stays in memory, however much it is.

        Raises:
            StoreError: there is no such file, it is not a perovdb store, or its schema or its
                tables are out of date.
        """
        self.path = path
        self.own = own
        #: Answers of the functions that are `per_store`.
        self.kept: dict[Any, Any] = {}
        #: Column -> the types that its values may have.
        self._kinds: dict[str, set[type]] = {}
        self._connection = sqlite3.connect(
            gate.uri(path, _REBUILD) + "&immutable=1", uri=True, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        #: Ends a question that takes too long.
        self.watch = gate.guard(self._connection)
        if in_memory:
            # To change it later would drop the views.
            self._connection.execute("PRAGMA temp_store = MEMORY")
        check_header(self.connection, path, "main", _REBUILD)
        if self.path == CURATED:
            digest = self.rows("SELECT value FROM meta WHERE key = 'digest'")[0]["value"]
            check_fresh(_DATA, CURATED, digest, _REBUILD)
        if own is not None:
            self._join(own, check_rows)

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection itself, for questions about the schema; they get the time of any."""
        self.watch.give_at_least(gate.LONGEST_S)
        return self._connection

    def rows(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Record]:
        """All rows that `query` gives; a name that it makes up is not that of a column.

        Raises:
            InputError: a parameter cannot be looked up.
            StoreError: the file is damaged, or keeps SQLite busy for too long.
        """
        return list(self.read(query, parameters))

    def read(self, query: str, parameters: tuple[Any, ...] = ()) -> Rows:
        """Rows that `query` gives, read as they are asked for; raises as `rows` does."""
        # A dict of a sqlite3.Row would look for each name among all of them.
        cursor = self.connection.cursor()
        cursor.row_factory = None
        with self._failing():
            cursor.execute(query, parameters)
        names = tuple(column[0] for column in cursor.description or ())
        return Rows(names, self._batches(cursor, names))

    def _batches(
        self, cursor: sqlite3.Cursor, names: tuple[str, ...]
    ) -> Iterator[list[tuple[Any, ...]]]:
        count = 0
        while True:
            with self._failing():
                batch = cursor.fetchmany(_BATCH)
            if not batch:
                return
            if self.own is not None:
                self._check_kinds(names, batch)
                count += len(batch)
                if count > _FEW_ROWS and count > gate.most_rows(self.connection, self.schemas):
                    raise gate.failed(self.own, "it gives more rows than it has room for")
            yield batch

    @contextmanager
    def _failing(self) -> Iterator[None]:
        self.watch.give(gate.LONGEST_S)
        try:
            yield
        except (OverflowError, UnicodeEncodeError) as error:
            raise InputError(
                f"This cannot be looked up: {error}.", "Mend the question."
            ) from error
        except sqlite3.ProgrammingError:
            raise
        except gate.FAILURES as error:
            raise gate.failed(self._where, error, self.watch) from error

    def _check_kinds(self, names: Iterable[str], rows: list[tuple[Any, ...]]) -> None:
        for kinds in {tuple(map(type, row)) for row in rows}:
            for name, kind in zip(names, kinds, strict=True):
                if kind is not type(None) and kind not in self._kinds.get(name, _KINDS.values()):
                    raise gate.failed(self._where, f"column '{name}' holds a {kind.__name__}")

    @property
    def _where(self) -> str:
        return self.own or self.path

    def close(self) -> None:
        """Close the files."""
        self.connection.close()

    @property
    def schemas(self) -> tuple[str, ...]:
        """Names by which SQL knows the files: main, and own if there is one."""
        return ("main", "own") if self.own else ("main",)

    def attach(self, own: str) -> None:
        """Open the file of a store of one's own beside, as `own`; its schema is not looked at.

        Raises:
            StoreError: it is no store, or one of another version.
        """
        place = gate.own_uri(own)
        if not os.access(os.path.dirname(own) or ".", os.W_OK) and not os.path.exists(
            f"{own}-wal"
        ):
            # SQLite would want to write beside a store with a log; where nobody may, nobody does.
            place += "&immutable=1"
        try:
            self.connection.execute("ATTACH ? AS own", (place,))
        except gate.FAILURES as error:
            from perovdb.store.disk import refused

            raise refused(own, error) or StoreError(
                f"{own} is not a perovdb store ({gate.reason(error)}).", INIT_HINT
            ) from error
        check_header(self.connection, own, "own", INIT_HINT)

    def _join(self, own: str, check_rows: bool) -> None:
        self.attach(own)
        try:
            ours, theirs = (gate.objects(self.connection, schema) for schema in self.schemas)
            gate.check_schema(theirs, ours, own)
            if self.connection.execute("SELECT 1 FROM own.meta WHERE key = 'digest'").fetchone():
                raise InputError(f"{own} is a copy of the curated store.", INIT_HINT)
            columns = typed_columns(self.connection)
            for _, column, kind in columns:
                self._kinds.setdefault(column, set()).add(_KINDS[kind])
            with_rows = self._with_rows(dict.fromkeys(table for table, _, _ in columns))
            if check_rows and os.path.getsize(own) <= _SMALL_BYTES:
                self._check_rows(with_rows)
            if check_rows:
                self._check_names(with_rows)
        except gate.FAILURES as error:
            raise gate.failed(own, error, self.watch) from error
        # A temporary view hides the table of the same name; one without rows needs none.
        views = [
            f'CREATE TEMP VIEW "{table}" AS SELECT * FROM main."{table}" '
            f'UNION ALL SELECT * FROM own."{table}";'
            for table in with_rows
        ]
        self.connection.executescript("BEGIN;" + "".join(views) + "COMMIT;")

    def _check_rows(self, tables: Iterable[str]) -> None:
        """Refuse rows that are damaged, disagree with the rules, or point at nothing."""
        from perovdb.store.references import lost, taken

        for table in tables:
            query = f'PRAGMA own.integrity_check("{table}")'
            told = [said for (said,) in self.connection.execute(query) if said != "ok"]
            told += [
                f"{one.column} of row {one.row} of {table} is not in '{one.table}'"
                for one in lost(self.connection, table, "own", self.schemas)
            ]
            told += [
                f"{column} of row {row} of {table} is one of the curated store"
                for row, column, _ in taken(self.connection, table, "own", "main")
            ]
            if told:
                raise gate.failed(self._where, told[0])

    def _check_names(self, tables: Iterable[str]) -> None:
        """Refuse names of ions by which formulas would mean other materials.

        Raises:
            StoreError: there is one.
        """
        named = {"ion", "ion_alias"}.intersection(tables)
        if named:
            from perovdb.store.clashes import clashes

            for table in sorted(named):
                for clash in clashes(self.connection, table, "own", self.schemas):
                    raise StoreError(
                        f"{self._where} cannot be used: in table '{table}' {clash.what}",
                        f"{clash.mend} {gate.rescue(self._where)}",
                    )

    def _with_rows(self, tables: Iterable[str]) -> list[str]:
        """Tables of which one's own store has rows."""
        filled = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM own.\"{table}\")"
            for table in tables
            if table not in ABOUT_ITSELF
        )
        return [table for (table,) in self.connection.execute(filled)]


#: What `using` says: an open store, or the file of one's own.
_USED: ContextVar["Store | str | None"] = ContextVar("perovdb_store", default=None)


def own_path() -> str | None:
    """The store of one's own that is in use, if any: as `using` or else PEROVDB_STORE says."""
    used = _USED.get()
    if isinstance(used, Store):
        return used.own
    own = os.environ.get(OWN_VARIABLE) if used is None else used
    return os.path.abspath(own) if own else None


@contextmanager
def using(store: Store | str | os.PathLike[str]) -> Iterator[None]:
    """Let every question inside the block go to this store.

    Uses nest; each thread and each task has its own, as with `decimal.localcontext`. A new thread
    starts with the default store: hand a use over by `contextvars.copy_context().run`, or name the
    file in the variable PEROVDB_STORE, which worker processes see as well.

    Args:
        store: the file of a store of your own, joined with the curated one; or an open store.

    Raises:
        StoreError: the file is missing, damaged or of another schema.

    >>> import perovdb
    >>> with perovdb.using(perovdb.open_store()):
    ...     round(perovdb.tolerance("CsPbI3").t, 3)
    0.851
    """
    before = _USED.set(store if isinstance(store, Store) else os.path.abspath(os.fspath(store)))
    try:
        current_store()
        yield
    finally:
        _USED.reset(before)


def current_store() -> Store:
    """The store in use: as `using` says, else the curated one with that of PEROVDB_STORE."""
    used = _USED.get()
    return used if isinstance(used, Store) else open_joined(own_path())


def open_joined(own: str | None) -> Store:
    """The curated store, joined with one's own; opened anew when rows were added to that."""
    return _open(own, os.stat(own).st_mtime_ns if own and os.path.exists(own) else 0)


@lru_cache(maxsize=8)
def _open(own: str | None, version: int) -> Store:
    return Store(CURATED, own)


def per_store(function: Callable[P, R]) -> Callable[P, R]:
    """A function whose answers are kept with the store in use; its arguments are hashable.

    Those that were not asked for while many others were are forgotten.
    """

    @wraps(function)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        kept = current_store().kept
        key = (function, args, tuple(sorted(kwargs.items())))
        try:
            value: R = kept.pop(key)
        except KeyError:
            value = function(*args, **kwargs)
            if len(kept) >= _KEPT:
                kept.pop(next(iter(kept)), None)
        # A dict keeps the order: what was asked for last stands last.
        kept[key] = value
        return value

    return answer
