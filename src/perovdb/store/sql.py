"""Questions in SQL, of which none can write."""

import sqlite3
from math import inf
from typing import Any

from perovdb.errors import InputError
from perovdb.store.connection import Record, current_store

_READING = (
    sqlite3.SQLITE_SELECT,
    sqlite3.SQLITE_READ,
    sqlite3.SQLITE_FUNCTION,
    sqlite3.SQLITE_RECURSIVE,
)


def ask(query: str) -> list[Record]:
    """Rows that a SELECT over the store in use gives, as JSON can say them; columns that have one
    name are told apart by lines behind it.

    Raises:
        InputError: the SQL is none, or would write.
    """
    connection = current_store().connection
    connection.set_authorizer(_only_reading)
    try:
        cursor = connection.execute(query)
        names: list[str] = []
        for name, *_ in cursor.description or ():
            while name in names:
                name += "_"
            names.append(name)
        return [dict(zip(names, map(_plain, row), strict=True)) for row in cursor]
    except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
        raise InputError(
            f"SQL: {error}.", "One SELECT over the tables of 'perovdb store info'."
        ) from error
    finally:
        connection.set_authorizer(None)


def _only_reading(action: int, *_: Any) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _plain(value: Any) -> Any:
    """A value as JSON can say it."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if value in (inf, -inf) else value
