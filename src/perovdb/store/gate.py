"""What the file of a store of one's own must be before a word of it is believed.

It may come from anybody. SQLite runs what a schema says: triggers, views, expressions in indexes
and generated columns. So its objects must be those of the curated store, one by one and no more,
and the connection is set up so that what a damaged file says is an error, in bounded time.
"""

import os
import re
import sqlite3
import stat
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from perovdb.errors import InputError, StoreError
from perovdb.files.labels import one_line

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CURATED = os.path.join(_PACKAGE, "perovdb.sqlite")

INIT_HINT = "Make a store of your own with 'perovdb store init FILE'."

#: Longest text or row that is read, in bytes: a cell of a CSV file has 10,000 characters at most.
_LONGEST_BYTES = 1_000_000

#: Longest that one question may keep SQLite busy, in seconds.
LONGEST_S = 60.0

#: A file of this size is read and checked within a minute on a slow machine.
_A_MINUTE_BYTES = 50_000_000

#: Instructions of SQLite between two looks at the clock: some milliseconds.
_STRIDE = 20_000

#: No row of a table takes fewer bytes: its place on the page, its length, its number, its values.
_LEAST_ROW_BYTES = 4

#: What a sound rollback journal that is still to be played back begins with.
_JOURNAL = bytes.fromhex("d9d505f920a163d7")

#: Definitions in a schema that are looked at; a store has about a hundred.
_MOST_OBJECTS = 10_000

#: As many differences of a schema are named in one message.
_FEW = 3

#: Tables that SQLite itself makes when somebody asks it to ANALYZE.
_STATISTICS = {
    "sqlite_stat1": "CREATE TABLE sqlite_stat1(tbl,idx,stat)",
    "sqlite_stat4": "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
}

_TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\s+|\w+|.""", re.DOTALL)


class Object(NamedTuple):
    """A table, index, trigger or view as the schema of a file has it."""

    type: str
    name: str
    table: str
    sql: str | None


# ------------------------------------------------------------------ the file


def uri(path: str, mend: str, mode: str = "ro") -> str:
    """The URI that opens an existing file, read-only unless the mode is "rw".

    Raises:
        StoreError: there is no such file, or it is no regular one.
    """
    try:
        kind = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise StoreError(f"There is no store at {path}.{_left(path)}", mend) from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path!a} cannot be opened: {_said(error)}.", mend) from None
    if stat.S_ISDIR(kind):
        raise StoreError(f"{path} is a folder, not a store.", mend)
    if not stat.S_ISREG(kind):
        raise StoreError(f"{path} is {_called(kind)}, not a file.", mend)
    _check_beside(path)
    if mode == "rw" and _is_hot(os.path.realpath(path) + "-journal"):
        raise StoreError(
            f"{path}-journal holds a change by another program that was cut off.",
            "If you know where it comes from, undo the change: "
            f"sqlite3 {path} 'PRAGMA quick_check'",
        )
    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    return f"file:{escaped}?mode={mode}"


def own_uri(path: str, mode: str = "ro") -> str:
    """The URI that opens a store of one's own.

    Raises:
        StoreError: there is no such file, or it is no regular one.
        InputError: it is the curated store.
    """
    place = uri(path, INIT_HINT, mode)
    if os.path.exists(CURATED) and os.path.samefile(path, CURATED):
        raise InputError(
            f"{path} is the curated store, which is in every answer already and is built from "
            "data/.",
            INIT_HINT,
        )
    return place


def _left(path: str) -> str:
    """What else is to be said of a path at which there is no file."""
    words = path.split(os.sep)
    if any(word.startswith("file:") for word in words) or words[-1] == ":memory:":
        return " A store is named by its path, not by a URI or ':memory:'."
    if os.path.lexists(path):
        return " It is a link to nothing."
    if os.path.lexists(f"{path}-wal"):
        return f" Its log {path}-wal is there: bring back the file that it belongs to."
    return ""


def _said(error: OSError | ValueError) -> str:
    """The reason, without the path that Python puts behind it."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def _check_beside(path: str) -> None:
    """Refuse what SQLite would open together with a file, if it is no file itself.

    It would wait for a pipe, and write through a link.

    Raises:
        StoreError: as said.
    """
    for ending in ("-journal", "-wal", "-shm"):
        # SQLite follows links first.
        beside = os.path.realpath(path) + ending
        try:
            status = os.lstat(beside)
        except OSError:
            continue
        if not stat.S_ISREG(status.st_mode):
            raise StoreError(
                f"{beside} belongs to the store, and is {_called(status.st_mode)}, not a file.",
                "Look at where it comes from, and take it away.",
            )
        if status.st_nlink > 1:
            raise StoreError(
                f"{beside} belongs to the store, and is another name of some file, which SQLite "
                "would overwrite.",
                "Look at where it comes from, and take it away.",
            )


def _called(kind: int) -> str:
    if stat.S_ISLNK(kind):
        return "a link"
    return "a folder" if stat.S_ISDIR(kind) else "a pipe or a device"


def _is_hot(journal: str) -> bool:
    try:
        number = os.open(
            journal,
            os.O_RDONLY
            | getattr(os, "O_NONBLOCK", 0)
            | getattr(os, "O_NOFOLLOW", 0)
            | getattr(os, "O_BINARY", 0),
        )
        with open(number, "rb") as file:
            return file.read(len(_JOURNAL)) == _JOURNAL
    except OSError:
        return False


# ------------------------------------------------------------------ the connection


class Watch:
    """Ends what SQLite does on a connection when its time is over, and at Ctrl-C."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.until = time.monotonic() + LONGEST_S
        connection.set_progress_handler(self.is_over, _STRIDE)

    def give_for(self, path: str, more_bytes: int = 0) -> None:
        """Give all that follows what reading a file, and so many bytes more, may take."""
        self.give(LONGEST_S * (1 + (os.path.getsize(path) + more_bytes) / _A_MINUTE_BYTES))

    def give(self, seconds: float) -> None:
        """Give the next question so many seconds."""
        self.until = time.monotonic() + seconds

    def give_at_least(self, seconds: float) -> None:
        """Give the next question so many seconds, or what is left of more."""
        self.until = max(self.until, time.monotonic() + seconds)

    def is_over(self) -> bool:
        """Whether that time has passed."""
        return time.monotonic() > self.until


def most_rows(connection: sqlite3.Connection, schemas: Iterable[str]) -> int:
    """More rows than files can hold: an answer with more goes round in a circle of pages."""
    total_bytes = 0
    for schema in schemas:
        pages, page_bytes = (
            connection.execute(f"PRAGMA {schema}.{name}").fetchone()[0]
            for name in ("page_count", "page_size")
        )
        total_bytes += pages * page_bytes
    return total_bytes // _LEAST_ROW_BYTES


def guard(connection: sqlite3.Connection) -> Watch:
    """Set up a connection for a file that may come from anybody; call it before opening one."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
    return Watch(connection)


@contextmanager
def inner_tables_writable(connection: sqlite3.Connection) -> Iterator[None]:
    """Let SQL write the tables of which a full-text index is made, which `guard` forbids."""
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, False)
    try:
        yield
    finally:
        if sys.version_info >= (3, 12):
            connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)


#: What Python raises when SQLite fails; its message may cite what is no text.
FAILURES = (sqlite3.Error, UnicodeDecodeError)


def failed(
    path: str, error: Exception | str, watch: Watch | None = None, doubt: str = ""
) -> StoreError:
    """What is to be said when SQLite cannot read or write a file.

    Args:
        watch: of the connection, if it gives a limited time.
        doubt: begins the sentence.

    Raises:
        KeyboardInterrupt: it was ended by Ctrl-C, which SQLite keeps to itself.
    """
    from perovdb.store.disk import refused

    if told := refused(path, error):
        return StoreError(f"{doubt} {told.what}".lstrip(), told.mend)
    text = reason(error)
    if text == "interrupted":
        if watch is None or not watch.is_over():
            raise KeyboardInterrupt
        text = "it takes too long"
    if text == "file is not a database":
        return StoreError(f"{doubt} {path} is not a perovdb store ({text}).".lstrip(), INIT_HINT)
    can_wait = isinstance(error, sqlite3.OperationalError)
    return StoreError(
        f"{doubt} {path} cannot be used: {text}.".lstrip(),
        "Try again; if it stays so, " * can_wait
        + f"see what 'perovdb store check {path}' says, and restore a copy of the file.",
    )


def reason(error: Exception | str) -> str:
    """What SQLite says, on one line and without the text that it could not read."""
    if isinstance(error, UnicodeDecodeError):
        return "a name in it is not UTF-8"
    return one_line(re.sub(r" with text .*", "", str(error), flags=re.DOTALL))


def rescue(path: str) -> str:
    """How to save the rows of a file that is no sound store."""
    return (
        "What can be read of a table comes out by "
        f"sqlite3 -safe -readonly -csv -header {path} 'SELECT * FROM barrier' > barrier.csv "
        "and goes into a new store by 'perovdb store add'."
    )


# ------------------------------------------------------------------ the schema


def objects(connection: sqlite3.Connection, schema: str = "main") -> set[Object]:
    """Everything that the schema of a file defines."""
    rows = connection.execute(
        f"SELECT type, name, tbl_name, sql FROM {schema}.sqlite_master LIMIT {_MOST_OBJECTS}"
    )
    return {Object(*row) for row in rows}


def check_schema(theirs: set[Object], ours: set[Object], path: str) -> None:
    """Refuse a file that defines anything else than the curated store does.

    Raises:
        StoreError: it does.
    """
    told = differences(theirs, ours)
    if told:
        more = f" (and {len(told) - _FEW} more)" if len(told) > _FEW else ""
        raise StoreError(
            f"{path} is not made as a store is: {'; '.join(told[:_FEW])}{more}.",
            f"Nothing of it was used. 'perovdb store check {path}' names all differences. "
            + rescue(path),
        )


def differences(theirs: set[Object], ours: set[Object]) -> list[str]:
    """In what a schema differs from that of the curated store, in words; none, if it is the same.

    Comments and spaces do not count.
    """
    if theirs == ours:
        return []
    wanted = {(one.type, one.name): one for one in ours}
    told = []
    for one in sorted(theirs - ours, key=repr):
        if _STATISTICS.get(one.name) == one.sql and one.type == "table":
            continue
        known = wanted.get((one.type, one.name))
        shown = f"{_short(one.type)} {_short(one.name)}"
        if known is None:
            told.append(f"{shown} is none of a store")
        elif one.table != known.table or _plain(one.sql) != _plain(known.sql):
            told.append(f"{shown} is defined otherwise")
    there = {(one.type, one.name) for one in theirs}
    told += [
        f"{one.type} {one.name} is missing"
        for one in sorted(ours, key=repr)
        if (one.type, one.name) not in there
    ]
    return told


def _plain(sql: object) -> list[str] | None:
    """The words of a definition."""
    if not isinstance(sql, str):
        return None
    tokens: Iterable[str] = _TOKEN.findall(sql)
    return [word for word in tokens if not word.isspace() and not word.startswith(("--", "/*"))]


def _short(word: object) -> str:
    text = ascii(word)
    return text if len(text) <= 40 else f"{text[:37]}...'"
