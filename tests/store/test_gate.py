"""Stores that somebody has prepared: nothing in them runs, and what is wrong is said."""

import math
import os
import random
import re
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import perovdb as library
from perovdb.errors import InputError, PerovdbError, StoreError
from perovdb.facts.formulas import kept_word
from perovdb.store import connection, gate, own, queries
from perovdb.store.gate import CURATED, Object, differences
from perovdb.store.migrating import migrate

ROWS = {
    "source": "key,citation,year\nlab2026,Our own,2026\n",
    "barrier": "id,host,formula,species,barrier_eV,source,kind,evidence\n"
    + "".join(f"LAB{i},CsPbI3,CsPbI3,I,0.42,lab2026,computed,read\n" for i in range(30)),
}
ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    path = folder / "sound.sqlite"
    own.init(path)
    for table, text in ROWS.items():
        rows = folder / f"{table}.csv"
        rows.write_text(text)
        own.add(path, rows, table, kept_word)
    return path


@pytest.fixture
def mine(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "mine.sqlite"))


def spoil(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def add_one(tmp_path: Path) -> Callable[[Path], int]:
    """Add a barrier to a store."""
    rows = tmp_path / "more.csv"
    head = ROWS["barrier"].splitlines()[0]
    rows.write_text(f"{head}\nMORE,CsPbI3,CsPbI3,I,1,lab2026,computed,read\n")
    return lambda path: own.add(path, rows, "barrier", kept_word)


def check(path: Path) -> list[str]:
    return list(own.check(path, kept_word))


@pytest.fixture
def uses(add_one: Callable[[Path], int]) -> tuple[Callable[[Path], object], ...]:
    return (library.open_store, add_one, check, migrate)


# ------------------------------------------------------------------ schemas

SCHEMAS = {
    "a trigger that deletes": [
        "CREATE TRIGGER evil AFTER INSERT ON barrier BEGIN DELETE FROM source; END"
    ],
    "a trigger that ignores": [
        "CREATE TRIGGER evil BEFORE INSERT ON barrier BEGIN SELECT RAISE(IGNORE); END"
    ],
    "an endless view": [f"CREATE VIEW evil AS {ENDLESS}"],
    "an endless view for a table": ["DROP TABLE barrier", f"CREATE VIEW barrier AS {ENDLESS}"],
    "an endless view for meta": [
        "DROP TABLE meta",
        f"CREATE VIEW meta AS SELECT x AS key, x AS value FROM ({ENDLESS})",
    ],
    "a view for the index": ["DROP TABLE search", f"CREATE VIEW search AS {ENDLESS}"],
    "another table": ["CREATE TABLE evil (a)"],
    "another full-text table": ["CREATE VIRTUAL TABLE evil USING fts5(a)"],
    "a column more": ["ALTER TABLE barrier ADD COLUMN evil TEXT"],
    "a column less": ["ALTER TABLE barrier DROP COLUMN note"],
    "a column of another name": ["ALTER TABLE barrier RENAME COLUMN note TO evil"],
    "a generated column": ["ALTER TABLE barrier ADD COLUMN evil TEXT AS (host || id)"],
    "an index on an expression": ["CREATE INDEX evil ON barrier (host || id)"],
    "an index less": ["DROP INDEX barrier_formula"],
    "another rule": [
        "UPDATE sqlite_master SET sql = replace(sql, 'BETWEEN 0 AND 10', 'BETWEEN 0 AND 99') "
        "WHERE name = 'barrier'"
    ],
    "types that are free": [
        "UPDATE sqlite_master SET sql = replace(sql, ') STRICT', ')') WHERE name = 'barrier'"
    ],
    "columns in another order": [
        "UPDATE sqlite_master SET sql = replace(replace(replace(sql, 'min_eV', 'swap_eV'), "
        "'max_eV', 'min_eV'), 'swap_eV', 'max_eV') WHERE name = 'barrier'"
    ],
    "no full-text index": ["DROP TABLE search"],
    "another tokenizer": [
        "DROP TABLE search",
        "CREATE VIRTUAL TABLE search USING fts5(table_name, row_id, formula, words, source, kind, "
        "evidence, tokenize = trigram)",
    ],
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_that_is_not_ours_is_refused(mine, add_one, name):
    spoil(mine, *SCHEMAS[name])
    before = mine.read_bytes()
    began = time.monotonic()
    for use in (library.open_store, add_one, migrate):
        with pytest.raises(StoreError, match=r"is not made as a store is.*sqlite3 -safe"):
            use(mine)
    told = check(mine)
    assert told
    assert all(problem.startswith("the file is damaged: ") for problem in told)
    assert mine.read_bytes() == before
    assert time.monotonic() - began < gate.LONGEST_S


def test_a_change_of_the_schema_between_two_looks_is_seen(mine, add_one, monkeypatch):
    def meanwhile(path: Path) -> tuple[sqlite3.Connection, gate.Watch]:
        spoil(path, *SCHEMAS["a trigger that ignores"])
        return writer(path)

    writer = own._writer
    monkeypatch.setattr(own, "_writer", meanwhile)
    with pytest.raises(StoreError, match=r"trigger.*'evil' is none of a store"):
        add_one(mine)


def test_a_store_that_was_opened_long_ago_answers_still(mine, add_one, monkeypatch):
    monkeypatch.setattr(gate, "_STRIDE", 1)
    store = connection.Store(CURATED, str(mine))
    with connection.using(store):
        store.watch.give(-1)
        assert "barrier" in queries.fact_tables()
        store.watch.give(-1)
        assert queries.facts("barrier")
        store.watch.give(math.inf)
        queries.fact_tables()
        assert store.watch.until == math.inf


def test_what_writes_or_checks_a_store_ends_when_its_time_is_over(mine, add_one, monkeypatch):
    before = mine.read_bytes()
    monkeypatch.setattr(gate, "_STRIDE", 1)
    monkeypatch.setattr(gate.Watch, "give_for", lambda watch, *_: watch.give(-1))
    for use, told in ((add_one, "takes too long.*No row was added"), (migrate, "takes too long")):
        with pytest.raises(StoreError, match=told):
            use(mine)
    (problem,) = check(mine)
    assert "takes too long" in problem
    assert mine.read_bytes() == before


def test_an_older_store_is_looked_at_before_it_is_migrated(mine):
    spoil(mine, *SCHEMAS["a trigger that deletes"], "DROP INDEX barrier_source")
    spoil(mine, "PRAGMA user_version = 2")
    before = mine.read_bytes()
    with pytest.raises(StoreError, match="'evil' is none of a store"):
        migrate(mine)
    assert mine.read_bytes() == before


def test_comments_spaces_and_statistics_make_no_other_schema(mine, add_one):
    spoil(mine, "ANALYZE")
    spoil(
        mine,
        "UPDATE sqlite_master SET sql = replace(sql, '(', ' ( -- here\n /* and there */') "
        "WHERE name = 'barrier_formula'",
    )
    assert check(mine) == []
    assert add_one(mine) == 1


texts = st.one_of(st.none(), st.text(max_size=5), st.binary(max_size=5), st.integers())
OURS = {
    Object("table", "a", "a", "CREATE TABLE a (b 'x -- y' /* c */)"),
    Object("index", "i", "a", None),
}


@given(st.sets(st.builds(Object, texts, texts, texts, texts), min_size=1, max_size=4))
def test_any_object_more_less_or_otherwise_is_a_difference(some):
    assert differences(OURS, OURS) == []
    assert differences(OURS | some, OURS) or some <= OURS
    assert differences(some, OURS) or some == OURS
    spaced = {one._replace(sql=one.sql and f"-- z\n{one.sql} ") for one in OURS}
    assert differences(spaced, OURS) == []
    quoted = {one._replace(sql=one.sql and one.sql.replace("x --", "x  --")) for one in OURS}
    assert len(differences(quoted, OURS)) == 1


# ------------------------------------------------------------------ contents

CONTENTS = {
    "text that is not UTF-8": "UPDATE barrier SET note = CAST(x'ff80' AS TEXT)",
    "a name that is not UTF-8": "UPDATE barrier SET id = CAST(x'ff80' AS TEXT) || id",
    "a text without end": "UPDATE barrier SET note = printf('%.*c', 3000000, 'x')",
    "evidence that nobody knows": "UPDATE barrier SET evidence = 'seen'",
    "a kind that nobody knows": "UPDATE barrier SET kind = 'guessed'",
    "two tables on one page": "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM "
    "sqlite_master WHERE name = 'source') WHERE name = 'barrier'",
    "a table on no page": "UPDATE sqlite_master SET rootpage = 0 WHERE name = 'barrier'",
    "a table behind the end": "UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'barrier'",
}


@pytest.mark.parametrize("name", CONTENTS)
def test_contents_that_cannot_be_are_said(mine, name):
    spoil(mine, CONTENTS[name])
    before = mine.read_bytes()
    with pytest.raises(StoreError, match=r"cannot be used|is not a perovdb store"):
        library.open_store(mine).barriers(species="I")
    if "page" in name or "end" in name:
        with suppress(StoreError):
            assert check(mine)
    else:
        assert check(mine)
    assert mine.read_bytes() == before


def without_rules(path: Path, change: str) -> None:
    """Change a row as the rules of a store would not let it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'barrier'")
        connection.execute("PRAGMA writable_schema = ON")
        rewrite = "UPDATE sqlite_master SET sql = ? WHERE name = 'barrier'"
        loose = re.sub("TEXT|REAL|INTEGER|STRICT|NOT NULL", "", sql)
        connection.execute(rewrite, (loose,))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(change)
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(rewrite, (sql,))


VALUES = {"a blob": "x'00'", "words": "'low'", "nothing": "NULL", "a number": "7"}
#: What may stand in a column as far as one can tell without looking at all rows.
PLAUSIBLE = {
    "barrier_eV": ("nothing", "a number"),
    "formula": ("nothing", "words"),
    "evidence": (),
    "source": ("words", "nothing"),
    "id": ("words", "nothing"),
    "note": ("nothing", "words"),
}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("column", PLAUSIBLE)
def test_a_value_that_cannot_be_is_said(mine, monkeypatch, column, value):
    without_rules(mine, f"UPDATE barrier SET {column} = {VALUES[value]} WHERE rowid = 5")
    for small in (True, False):
        if not small:
            monkeypatch.setattr(connection, "_SMALL_BYTES", 0)
            os.utime(mine)
        told_of_small = column == "source" or (column, value) == ("id", "nothing")
        if value in PLAUSIBLE[column] and not (small and told_of_small):
            assert len(library.open_store(mine).barriers(species="I")) > 30
        else:
            with pytest.raises(StoreError, match=str(mine)):
                library.open_store(mine).barriers(species="I")


def test_a_word_of_a_vocabulary_is_no_sql(mine, monkeypatch):
    monkeypatch.setattr(connection, "_SMALL_BYTES", 0)
    word = f"x'' THEN (SELECT count(*) FROM ({ENDLESS})) WHEN ''"
    spoil(mine, f"INSERT INTO evidence_level VALUES ('{word}', 7, ''), ('read', 99, '')")
    spoil(mine, "UPDATE barrier SET evidence = 'recalled' WHERE rowid > 1")
    rows = library.open_store(mine).barriers(species="I", source="lab2026")
    assert rows["evidence"][0] == "read"


# ------------------------------------------------------------------ files that are none


def test_what_is_no_file_is_named(tmp_path, uses, perovdb):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "nothing").symlink_to(tmp_path / "nowhere")
    (tmp_path / "lone.sqlite-wal").write_bytes(b"x")
    for name, word in {
        "folder": "is a folder",
        "pipe": "is a pipe or a device",
        "/dev/zero": "is a pipe or a device",
        "loop": "cannot be opened: too many levels",
        "nothing": "a link to nothing",
        "lone.sqlite": "Its log .*lone.sqlite-wal is there",
        "x" * 300: "file name too long",
        ":memory:": "not by a URI",
        "file:mine.sqlite?mode=rwc": "not by a URI",
        "folder/file.sqlite": "There is no store",
        "a\0b": "cannot be opened",
    }.items():
        path = tmp_path / name
        for use in uses:
            with pytest.raises(StoreError, match=word):
                use(path)
    answer = perovdb("barriers", "--store", "")
    assert answer.code == 2
    assert "--store" in answer.err


def test_the_curated_store_is_in_every_answer_once(tmp_path, uses):
    (tmp_path / "link").symlink_to(CURATED)
    shutil.copy(CURATED, tmp_path / "copy")
    for path in (Path(CURATED), tmp_path / "link", tmp_path / "copy"):
        for use in uses:
            with pytest.raises(InputError, match="the curated store"):
                use(path)


# ------------------------------------------------------------------ damage


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_flipped_bytes_give_an_answer_or_a_refusal(sound, tmp_path, data):
    content = bytearray(sound.read_bytes())
    whole = len(content)
    if data.draw(st.booleans(), "cut"):
        content = content[: data.draw(st.integers(1, whole), "length")]
    chance = random.Random(data.draw(st.integers(0, 2**32), "seed"))
    for _ in range(data.draw(st.integers(1, 200), "flips")):
        # Half of them in the header and the schema.
        content[chance.randrange(min(len(content), chance.choice((8192, whole))))] = (
            chance.randrange(256)
        )
    path = tmp_path / "flipped.sqlite"
    for beside in tmp_path.iterdir():
        beside.unlink()
    path.write_bytes(content)
    asked = (
        lambda: library.open_store(path).barriers(species="I"),
        lambda: library.open_store(path).search("lab2026"),
        lambda: check(path),
    )
    for ask in asked:
        with suppress(PerovdbError):
            ask()
    assert path.read_bytes() == content


def _level(child: int, size: int) -> bytes:
    """A page of a table whose every pointer names one child."""
    cells = [child.to_bytes(4, "big") + b"\x01" for _ in range((size - 12) // 7)]
    start = size - 5 * len(cells)
    head = b"\x05\0\0" + len(cells).to_bytes(2, "big") + start.to_bytes(2, "big") + b"\0"
    places = b"".join((start + 5 * i).to_bytes(2, "big") for i in range(len(cells)))
    front = head + child.to_bytes(4, "big") + places
    return front + bytes(start - len(front)) + b"".join(cells)


@pytest.mark.parametrize("levels", [2, 9])
def test_a_table_has_no_more_rows_than_bytes(mine, monkeypatch, levels):
    monkeypatch.setattr(connection, "_SMALL_BYTES", 0)
    with closing(sqlite3.connect(mine)) as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((size,),) = opened.execute("PRAGMA page_size").fetchall()
        ((leaf,),) = opened.execute("SELECT rootpage FROM sqlite_master WHERE name = 'barrier'")
    content = bytearray(mine.read_bytes())
    last = len(content) // size
    for number in range(levels):
        content += _level(last + number if number else leaf, size)
    content[28:32] = (last + levels).to_bytes(4, "big")
    mine.write_bytes(content)
    spoil(mine, f"UPDATE sqlite_master SET rootpage = {last + levels} WHERE name = 'barrier'")
    store = connection.Store(CURATED, str(mine))
    rows = store.read("SELECT note FROM own.barrier NOT INDEXED").tuples()
    count = sum(1 for _ in islice(rows, gate.most_rows(store.connection, store.schemas) - 1000))
    assert count > 30
    with pytest.raises(StoreError, match=r"more rows than it has room for.*store check"):
        list(rows)
    assert check(mine)


BESIDE = {
    "a pipe or a device": os.mkfifo,
    "a folder": os.mkdir,
    "a link": lambda path: os.symlink(CURATED, path),
}


@pytest.mark.parametrize("what", BESIDE)
@pytest.mark.parametrize("ending", ["-journal", "-wal", "-shm"])
def test_what_stands_beside_a_store_is_a_file(mine, uses, tmp_path, what, ending):
    BESIDE[what](Path(f"{mine}{ending}"))
    link = tmp_path / "elsewhere" / "link.sqlite"
    link.parent.mkdir()
    link.symlink_to(mine)
    before, curated = mine.read_bytes(), Path(CURATED).read_bytes()
    for path in (mine, link):
        for use in uses:
            with pytest.raises(StoreError, match=f"mine.sqlite{ending} belongs .*{what}"):
                use(path)
    assert (mine.read_bytes(), Path(CURATED).read_bytes()) == (before, curated)


@pytest.mark.parametrize("ending", ["-wal", "-shm", "-journal"])
def test_a_hard_link_beside_a_store_is_left_alone(mine, tmp_path, ending):
    """SQLite would take the file for one of its own, and overwrite it."""
    thesis = tmp_path / "thesis.dat"
    thesis.write_bytes(b"a year of work" * 1000)
    os.link(thesis, f"{mine}{ending}")
    for use in (library.open_store, migrate):
        with pytest.raises(StoreError, match="another name of some file"):
            use(mine)
    assert thesis.read_bytes() == b"a year of work" * 1000
