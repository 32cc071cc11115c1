"""Find and open stores, read-only, with the standard library alone."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from perovdb.errors import InputError, StoreError
from perovdb.store.schema import ABOUT_ITSELF, check_fresh, check_header, tables

#: Environment variable that names a store of one's own.
OWN_VARIABLE = "PEROVDB_STORE"

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CURATED = os.path.join(_PACKAGE, "perovdb.sqlite")
#: Where the tables stand in a checkout.
_DATA = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "data")
_REBUILD = "Reinstall perovdb, or in a checkout run: python -m perovdb.store.build"

Record = dict[str, Any]
P = ParamSpec("P")
R = TypeVar("R")


INIT_HINT = "Make a store of your own with 'perovdb store init FILE'."
RESTORE_HINT = "Try again; if it stays so, restore a copy of the file."


class Store:
    """A store opened read-only; with a store of one's own, every table shows the rows of both.

    Rows come as dictionaries: column name -> value.
    """

    def __init__(self, path: str = CURATED, own: str | None = None) -> None:
        """Open the file at `path` and, beside it, the one at `own`.

        Raises:
            StoreError: there is no such file, it is not a perovdb store, or its schema or its
                tables are out of date.
        """
        self.path = path
        self.own = own
        #: Answers of the functions that are `per_store`.
        self.kept: dict[Any, Any] = {}
        self.connection = sqlite3.connect(
            uri(path, _REBUILD) + "&immutable=1", uri=True, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        check_header(self.connection, path, "main", _REBUILD)
        if self.path == CURATED:
            digest = self.rows("SELECT value FROM meta WHERE key = 'digest'")[0]["value"]
            check_fresh(_DATA, CURATED, digest, _REBUILD)
        if own is not None:
            self._join(own)

    def rows(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Record]:
        """All rows that `query` gives.

        Raises:
            StoreError: the file is damaged.
        """
        try:
            # A dict of a sqlite3.Row would look for each name among all of them.
            cursor = self.connection.cursor()
            cursor.row_factory = None
            names = [column[0] for column in cursor.execute(query, parameters).description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]
        except (OverflowError, UnicodeEncodeError) as error:
            raise InputError(
                f"This cannot be looked up: {error}.", "Mend the question."
            ) from error
        except sqlite3.DatabaseError as error:
            # Its subclasses are slips in a query; this very class is said of a damaged file.
            if type(error) is not sqlite3.DatabaseError:
                raise
            where = " or ".join(path for path in (self.path, self.own) if path)
            raise StoreError(f"{where} cannot be read: {error}.", RESTORE_HINT) from error

    def close(self) -> None:
        """Close the files."""
        self.connection.close()

    @property
    def schemas(self) -> tuple[str, ...]:
        """Names by which SQL knows the files: main, and own if there is one."""
        return ("main", "own") if self.own else ("main",)

    def _join(self, own: str) -> None:
        place = uri(own, INIT_HINT)
        if not os.access(os.path.dirname(own) or ".", os.W_OK) and not os.path.exists(
            f"{own}-wal"
        ):
            # SQLite would want to write beside a store with a log; where nobody may, nobody does.
            place += "&immutable=1"
        try:
            self.connection.execute("ATTACH ? AS own", (place,))
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{own} is not a perovdb store ({error}).", INIT_HINT) from error
        check_header(self.connection, own, "own", INIT_HINT)
        filled = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM own.\"{table}\")"
            for table in tables(self.connection)
            if table not in ABOUT_ITSELF
        )
        try:
            with_rows = self.connection.execute(filled).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{own} cannot be read: {error}.", RESTORE_HINT) from error
        # A temporary view hides the table of the same name; one without rows needs none.
        views = [
            f'CREATE TEMP VIEW "{table}" AS SELECT * FROM main."{table}" '
            f'UNION ALL SELECT * FROM own."{table}";'
            for (table,) in with_rows
        ]
        self.connection.executescript("BEGIN;" + "".join(views) + "COMMIT;")


#: What `using` says: an open store, or the file of one's own.
_USED: ContextVar["Store | str | None"] = ContextVar("perovdb_store", default=None)


def uri(path: str, mend: str, mode: str = "ro") -> str:
    """The URI that opens an existing file, read-only unless the mode is "rw".

    Raises:
        StoreError: there is no such file.
    """
    if not os.path.isfile(path):
        raise StoreError(f"There is no store at {path}.", mend)
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{escaped}?mode={mode}"


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
    """A function whose answers are kept with the store in use; its arguments are hashable."""

    @wraps(function)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        kept = current_store().kept
        key = (function, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        value: R = kept[key]
        return value

    return answer
