"""Stores that someone else made: triggers, views, other schemas, values that cannot be, damage."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb

_HEAD = "id,host,formula,species,barrier_eV,source,kind,evidence\n"

_TABLES = ("barrier", "phase", "source", "ion", "radius", "band_gap", "meta", "search", "optical")
_ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"

#: What a trigger may do to a row that is added, or to others.
_DEEDS = (
    *("SELECT RAISE(IGNORE)", "SELECT RAISE(ABORT, 'no\x1b[2J')", "DELETE FROM source"),
    *(
        "DELETE FROM barrier",
        "UPDATE barrier SET barrier_eV = 0.01",
        "INSERT INTO meta VALUES (1, 2)",
    ),
    *(f"SELECT max(x) FROM ({_ENDLESS})", "SELECT load_extension('pwned')"),
    *("SELECT writefile('pwned', 'x')", "SELECT randomblob(1000000000)"),
)
#: Values that a column may not hold.
_VALUES = (
    *(
        "CAST(x'ff80' AS TEXT)",
        "x'00ff'",
        "NULL",
        "9e999",
        "-9e999",
        "1e300",
        "'a' || char(27) || '[2J'",
    ),
    *("char(0)", "'$(touch pwned)'", "printf('%.*c', 20000000, 'x')", "zeroblob(30000000)", "''"),
    *("'a' || char(10) || 'b'", "-1", "'nan'", "9223372036854775807", "char(8238)", "'../x'"),
)
#: Questions, and what changes a store.
_QUESTIONS = (
    ["barriers", "--species", "I"], ["show", "CsPbI3"], ["phases", "CsPbI3"], ["search", "band"],
    ["properties", "CsPbI3"], ["store", "info"], ["store", "sql", "SELECT * FROM barrier"],
    ["store", "sql", "SELECT count(*) FROM sqlite_master, own.sqlite_master"],
    ["lattice", "CsPbI3"], ["source", "lab2026"], ["radii", "Cs"], ["gap", "CsPbI3"],
    ["build", "CsPbI3", "--json"], ["devices", "--json"], ["barriers", "--csv"],
)  # fmt: skip


@cache
def _sound() -> Path:
    """A store with a source and some barriers."""
    place = Path(tempfile.mkdtemp())
    store = place / "lab.sqlite"
    (place / "source.csv").write_text("key,citation,year\nlab2026,Our own band,2026\n")
    (place / "barriers.csv").write_text(
        _HEAD
        + "".join(f"LAB{n},CsPbI3,CsPbI3,I,0.{n + 1},lab2026,computed,read\n" for n in range(8))
    )
    perovdb("store", "init", str(store))
    for name in ("source.csv", "barriers.csv"):
        perovdb("store", "add", str(store), str(place / name))
    return store


def _rows(path: Path) -> dict[str, object]:
    """Barriers and sources as any program sees them; {} of what is no store."""
    with suppress(sqlite3.Error, UnicodeError), closing(_reader(path)) as base:
        return {
            table: base.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            for table in ("barrier", "source")
        }
    return {}


def _reader(path: Path) -> sqlite3.Connection:
    """A connection for reading, which gives up a view without end."""
    base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    base.text_factory = bytes
    base.set_progress_handler(lambda: 1, 10_000_000)
    return base


# ------------------------------------------------------------------ made hostile


def _made(rng: Random, path: Path) -> str:
    """A store that was made hostile by SQL; what was done to it."""
    table, other = rng.choice(_TABLES), rng.choice(_TABLES)
    match rng.randrange(8):
        case 0 | 1:
            when = rng.choice(("BEFORE", "AFTER"))
            event = rng.choice(("INSERT", "INSERT", "UPDATE", "DELETE"))
            table = rng.choice(("barrier", "source", "search_content"))
            deed = rng.choice(_DEEDS)
            sql = f"CREATE TRIGGER t {when} {event} ON {table} BEGIN {deed}; END"
        case 2:
            shown = rng.choice((_ENDLESS, f"SELECT * FROM {other}", "SELECT 1"))
            sql = f"DROP TABLE {table}; CREATE VIEW {table} AS {shown}"
        case 3:
            sql = rng.choice(
                (
                    f"ALTER TABLE {table} ADD COLUMN more TEXT", f"DROP TABLE {table}",
                    f"ALTER TABLE {table} RENAME TO x{table}", f"DELETE FROM {table}",
                    f"CREATE TABLE x AS SELECT * FROM {table}; DROP TABLE {table}; "
                    f"ALTER TABLE x RENAME TO {table}",
                    "CREATE TABLE more (a, b)", f"CREATE VIEW more AS {_ENDLESS}",
                    "ALTER TABLE barrier DROP COLUMN note", "PRAGMA user_version = 99",
                    "PRAGMA application_id = 7", "DROP INDEX barrier_source",
                    "CREATE INDEX more ON barrier (note)",
                    "INSERT INTO search(search) VALUES ('delete-all')",
                )
            )  # fmt: skip
        case 4 | 5:
            columns = ("id", "host", "formula", "species", "barrier_eV", "source", "kind", "note")
            sql = f"UPDATE barrier SET {rng.choice(columns)} = {rng.choice(_VALUES)}" + rng.choice(
                ("", " WHERE rowid = 3")
            )
        case 6:
            old, new = rng.choice(
                (
                    ("STRICT", ""), ("TEXT", "BLOB"), ("NOT NULL", ""), ("PRIMARY KEY", ""),
                    ("barrier_eV", "barrier_ev"), ("CHECK", "DEFAULT"), ("CREATE", "CR\x1bEATE"),
                    ("source", "kind"), ("(", "(("), ("REAL", "REAL DEFAULT (randomblob(9))"),
                )
            )  # fmt: skip
            sql = (
                f"UPDATE sqlite_master SET sql = replace(sql, '{old}', '{new}')"
                f" WHERE name = '{table}'"
            )
        case _:
            one, two = rng.choice(_VALUES), rng.choice(_VALUES)
            sql = f"INSERT INTO source (key, citation) VALUES ('x' || {one}, {two})"
    with closing(sqlite3.connect(path)) as base, suppress(sqlite3.Error, UnicodeError):
        base.executescript(
            "PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON; "
            f"PRAGMA foreign_keys = OFF; {sql}"
        )
    return sql


def _damaged(rng: Random, path: Path) -> str:
    """A store whose bytes were changed."""
    content = bytearray(path.read_bytes())
    kind = rng.randrange(6)
    if kind == 0:
        del content[rng.randrange(len(content)) :]
    elif kind == 1:
        at = rng.randrange(100)
        content[at] = rng.randrange(256)
    elif kind == 2:
        for _ in range(rng.choice((1, 10, 1000))):
            content[rng.randrange(len(content))] = rng.randrange(256)
    elif kind == 3:
        at = rng.randrange(len(content))
        content[at : at + 4096] = rng.randbytes(4096)
    elif kind == 4:
        content = bytearray(
            rng.choice((b"", b"SQLite format 3\0", b"id,host\n", rng.randbytes(9000)))
        )
    else:
        path.with_name(path.name + rng.choice(("-wal", "-journal", "-shm"))).write_bytes(
            rng.randbytes(rng.choice((0, 32, 9000)))
        )
    path.write_bytes(content)
    return f"damage of kind {kind}"


# ------------------------------------------------------------------ thrown


def attack(rng: Random, folder: Path) -> str:
    """A question to a hostile store, or a row that is added to it."""
    path = Path("lab.sqlite")
    shutil.copy(_sound(), path)
    done = (_made if rng.random() < 0.7 else _damaged)(rng, path)
    before, content = _rows(path), path.read_bytes()
    match rng.randrange(5):
        case 0 | 1:
            return _added(path, before, done)
        case 2:
            return _checked(path, done)
        case 3:
            answer = perovdb("store", "migrate", str(path))
        case _:
            question = list(rng.choice(_QUESTIONS))
            answer = perovdb(*question, "--store", str(path))
            if path.read_bytes() != content:
                raise Finding(f"{done}: {question[0]} changed the store")
    # A journal of nothing may hide rows until it is cleared away.
    if before and _rows(path) != before:
        raise Finding(f"{done}: rows have changed: {answer}")
    return answer.word


def _added(path: Path, before: dict[str, object], done: str) -> str:
    """Add a row: what is said of it is true.

    Raises:
        Finding: it is not.
    """
    Path("rows.csv").write_text(_HEAD + "NEW1,CsPbI3,CsPbI3,I,0.42,lab2026,computed,read\n")
    answer = perovdb("store", "add", str(path), "rows.csv", "--table", "barriers")
    after = _rows(path)
    if answer.refused:
        if before and after != before:
            raise Finding(f"{done}: refused, and rows have changed: {answer.err}")
        return answer.word
    old, new = before.get("barrier"), after.get("barrier")
    if not isinstance(old, list) or not isinstance(new, list):
        raise Finding(f"{done}: added to what has no barriers: {answer.out}")
    more = [row for row in new if row not in old]
    if len(new) != len(old) + 1 or len(more) != 1 or more[0][0] != b"NEW1":
        raise Finding(f"{done}: said to be added: {answer.out}; {len(old)} rows became {len(new)}")
    if 0.42 not in more[0] or before["source"] != after["source"]:
        raise Finding(f"{done}: other than what was added: {more}")
    return "added"


def _checked(path: Path, done: str) -> str:
    """A store is called sound only if the rows that it had are there, as they were.

    Raises:
        Finding: it is not.
    """
    answer = perovdb("store", "check", str(path))
    if answer.refused:
        return answer.word
    if _rows(path) != _rows(_sound()) and "sound" in answer.out and not _may_be_sound(path):
        raise Finding(f"{done}: called sound: {answer.out}")
    return answer.word


def _may_be_sound(path: Path) -> bool:
    """Whether rows are fewer, or texts and numbers others of the kind: nothing can tell that."""
    found = _rows(path).get("barrier")
    if not isinstance(found, list):
        return False
    texts = [value for row in found for value in row if isinstance(value, bytes)]
    try:
        return all(value.decode().isprintable() for value in texts)
    except UnicodeDecodeError:
        return False


CAMPAIGN = Campaign(
    kind="stores",
    throws="stores with triggers, views, other schemas, values that cannot be, damaged bytes",
    promise="a store that is not made as ours is refused; what is said to be added is there",
    attack=attack,
    full=2_000,
    short=40,
    words={"answered", "refused", "added"},
    seconds=75,
    prepare=_sound,
)
