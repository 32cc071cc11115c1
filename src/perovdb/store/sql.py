"""Questions in SQL, of which none can write, and none goes on for ever."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from math import inf
from typing import Any

from perovdb.errors import InputError, StoreError
from perovdb.store.connection import Record, Store, current_store

#: Seconds that a question may take, and rows that it gives, unless more are asked for.
SECONDS = 30.0
ROWS = 10_000

#: What sorting and grouping may take, in bytes: in memory, so that no disk runs full.
_MEMORY_BYTES = 500_000_000

#: What a question may not exceed. One function of SQLite runs over a text without looking at the
#: clock, some in a time that grows with its square.
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
}

#: Instructions of SQLite between two looks at the clock: each may be a function of long texts.
_STRIDE = 50


#: They write as many characters as a number says, however long that takes.
_ENDLESS = ("printf", "format")

_READING = (
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
)


def ask(query: str, seconds: float = SECONDS, rows: int | None = None) -> Iterator[Record]:
    """Rows that a SELECT over the store in use gives, as JSON can say them, one by one.

    A column whose name another has is called name_2, name_3, ...

    Args:
        query: one SELECT.
        seconds: after which it is ended.
        rows: as many are given at most.

    Raises:
        InputError: the SQL is none, or would write, or makes a text of more than 100,000 bytes.
        StoreError: the time is over; or it takes too much memory; or there are more than ROWS
            rows, and `rows` is not said.
    """
    used = current_store()
    with closing(Store(used.path, used.own, check_rows=False, in_memory=True)) as store:
        yield from _answer(store, query, seconds, rows)


def _answer(store: Store, query: str, seconds: float, rows: int | None) -> Iterator[Record]:
    connection = store.connection
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    for name, trimmed in TRIMMING.items():
        connection.create_function(name, 2, trimmed, deterministic=True)
    for schema in store.schemas:
        # To open the full-text index is more than reading.
        store.rows(f"SELECT 1 FROM {schema}.search LIMIT 0")
    # It holds for all that this process asks SQLite, and cannot be taken back.
    connection.execute(f"PRAGMA hard_heap_limit = {_MEMORY_BYTES}")
    connection.set_authorizer(_only_reading)
    connection.set_progress_handler(store.watch.is_over, _STRIDE)
    store.watch.give(seconds)
    try:
        cursor = connection.cursor()
        cursor.row_factory = None
        cursor.execute(query)
        names = _apart([name for name, *_ in cursor.description or ()])
        for row in islice(cursor, ROWS if rows is None else rows):
            yield dict(zip(names, map(_plain, row), strict=True))
        if rows is None and next(cursor, None) is not None:
            raise StoreError(
                f"There are more rows than these {ROWS:,}.", "Say how many you want: --limit."
            )
    except MemoryError as error:
        raise StoreError(
            f"SQL: it takes more than {_MEMORY_BYTES / 1e6:.0f} MB of memory.",
            "Sort, group or join less: say by WHERE which rows you want.",
        ) from error
    except (sqlite3.Error, sqlite3.Warning, UnicodeError) as error:
        if str(error) != "interrupted":
            raise InputError(
                f"SQL: {error}.",
                "One SELECT over the tables of 'perovdb store info', whose texts have at most "
                f"{_LIMITS[sqlite3.SQLITE_LIMIT_LENGTH]:,} bytes.",
            ) from error
        if not store.watch.is_over():
            # SQLite keeps Ctrl-C to itself.
            raise KeyboardInterrupt from error
        raise StoreError(
            f"SQL: it was ended after {seconds:g} s, and may have more rows.",
            "Ask for less, or give it more time: --seconds.",
        ) from error


def _trimming(strip: Callable[[str, str], str]) -> Callable[[Any, Any], str | None]:
    """trim(X, Y) of SQLite, in a time that does not grow with the square of its texts."""

    def trimmed(text: Any, characters: Any) -> str | None:
        if text is None or characters is None:
            return None
        return strip(str(text), "".join(set(str(characters))))

    return trimmed


TRIMMING = {
    "trim": _trimming(str.strip),
    "ltrim": _trimming(str.lstrip),
    "rtrim": _trimming(str.rstrip),
}


def _apart(names: list[str]) -> list[str]:
    """Names that are told apart by a number behind those that come again."""
    there, count = set(names), dict.fromkeys(names, 0)
    apart = []
    for name in names:
        count[name] += 1
        new = name
        while count[name] > 1 and (new := f"{name}_{count[name]}") in there:
            count[name] += 1
        there.add(new)
        apart.append(new)
    return apart


def _only_reading(action: int, what: str | None, name: str | None, *_: Any) -> int:
    if action == sqlite3.SQLITE_PRAGMA and (what, name) == ("data_version", None):
        # The full-text index asks for it, whether what it keeps is still true.
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and name in _ENDLESS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _plain(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if value in (inf, -inf) else value
