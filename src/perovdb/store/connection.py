"""Find and open a store, read-only, with the standard library alone."""

import os
import sqlite3
from functools import lru_cache
from typing import Any

from perovdb.errors import StoreError

SCHEMA_VERSION = 1

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CURATED = os.path.join(_PACKAGE, "perovdb.sqlite")
_REBUILD = "Reinstall perovdb, or in a checkout run: python -m perovdb.store.build"

Record = dict[str, Any]


class Store:
    """A store opened read-only. Rows come as dictionaries: column name -> value."""

    def __init__(self, path: str = CURATED) -> None:
        """Open the file at `path`.

        Raises:
            StoreError: there is no such file, it is not a perovdb store, or its schema or its
                tables are out of date.
        """
        self.path = path
        if not os.path.isfile(path):
            raise StoreError(f"There is no store at {path}.", _REBUILD)
        uri_path = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        self.connection = sqlite3.connect(
            f"file:{uri_path}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self.connection.row_factory = sqlite3.Row
        self._check()

    def rows(self, query: str, parameters: tuple[Any, ...] = ()) -> list[Record]:
        """All rows that `query` gives."""
        return [dict(row) for row in self.connection.execute(query, parameters)]

    def _check(self) -> None:
        try:
            meta = {row["key"]: row["value"] for row in self.rows("SELECT key, value FROM meta")}
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.path} is not a perovdb store ({error}).", _REBUILD) from error
        if meta.get("schema_version") != str(SCHEMA_VERSION):
            raise StoreError(
                f"{self.path} has schema version {meta.get('schema_version')}, "
                f"this perovdb reads {SCHEMA_VERSION}.",
                _REBUILD,
            )
        if self.path == CURATED:
            _check_fresh(meta["digest"])


def _check_fresh(digest: str) -> None:
    """In an editable install, notice that data/ was edited since the store was built."""
    data = os.path.join(os.path.dirname(os.path.dirname(_PACKAGE)), "data")
    if not os.path.isfile(os.path.join(data, "schema.sql")):
        return
    built = os.stat(CURATED).st_mtime_ns
    tables = os.path.join(data, "tables")
    entries = [*os.scandir(data), *os.scandir(tables)]
    # A folder's own time changes when a table comes or goes.
    newest = max(entry.stat().st_mtime_ns for entry in entries)
    if newest < built:
        return
    from pathlib import Path

    from perovdb.store import build

    if build.digest(Path(data)) != digest:
        raise StoreError(f"The tables in {data} were edited after the store was built.", _REBUILD)


@lru_cache(maxsize=1)
def open_store() -> Store:
    """The curated store, opened once."""
    return Store()
