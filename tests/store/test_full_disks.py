"""What is said of a store on a disk that is full or read-only, and that it is true."""

import os
import shutil
import sqlite3
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import perovdb
from perovdb.errors import PerovdbError
from perovdb.facts.formulas import kept_word
from perovdb.store import disk, own, queries

ROWS = 300


def write_rows(path: Path, count: int = ROWS) -> Path:
    row = f"CsPbI3,I,0.4,lab,computed,read,{'x' * 200}"
    lines = [f"LAB{number},{row}" for number in range(count)]
    head = "id,host,species,barrier_eV,source,kind,evidence,note"
    path.write_text("\n".join([head, *lines]) + "\n")
    return path


@pytest.fixture(scope="module")
def mine(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mine")
    path = folder / "mine.sqlite"
    own.init(path)
    (folder / "source.csv").write_text("key,citation\nlab,ours\n")
    own.add(path, folder / "source.csv", "source", kept_word)
    write_rows(folder / "barrier.csv")
    return path


@contextmanager
def small_disk(folder: Path, room_bytes: int, *copied: Path) -> Iterator[Path]:
    """A disk with some files on it and a little room, in whole pages."""
    size = room_bytes + sum(-(-path.stat().st_size // 4096) * 4096 for path in copied)
    place = folder / "disk"
    place.mkdir(exist_ok=True)
    options = f"size={size},mode=755"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        for path in copied:
            shutil.copy(path, place)
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def count(path: Path) -> int:
    with closing(sqlite3.connect(path)) as store:
        return int(store.execute("SELECT count(*) FROM barrier").fetchone()[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_what_is_said_of_a_full_disk_is_true(mine, tmp_path):
    """At some room the rows are committed, and the log cannot be brought into the file."""
    seen = {
        room_bytes: add_with_little_room(mine, tmp_path / str(room_bytes), room_bytes)
        for room_bytes in (0, 8_192, 40_960, 131_072, 262_144, 307_200, 2_000_000)
    }
    assert {*seen.values()} == {(0, False), (ROWS, True), (ROWS, False)}


def add_with_little_room(mine: Path, folder: Path, room_bytes: int) -> tuple[int, bool]:
    """Rows that were added, and whether they are said to stand in the log."""
    folder.mkdir()
    rows = mine.with_name("barrier.csv")
    with (
        small_disk(folder, room_bytes, mine) as place,
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        store, moved = place / mine.name, folder / "moved"
        moved.mkdir()
        said = []
        try:
            with perovdb.using(store):
                queries.facts("barrier")
        except PerovdbError as error:
            said.append(str(error))
        try:
            added = own.add(store, rows, "barrier", kept_word)
        except PerovdbError as error:
            added = 0
            said.append(str(error))
        for path in place.iterdir():
            if not path.name.endswith("-shm"):
                shutil.copy(path, moved)
        log = place / f"{mine.name}-wal"
        split = log.exists() and log.stat().st_size > 0
    assert count(moved / mine.name) == added
    full = f"{store} cannot be used: the disk of {place} is full."
    assert all(text.startswith(full) for text in said)
    assert bool(said) == (added == 0)
    told = any("the rows stand in" in str(one.message) for one in warned)
    assert told == (added == ROWS and split)
    return added, told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_what_is_said_of_a_read_only_disk_is_true(mine, tmp_path):
    rows = mine.with_name("barrier.csv")
    with small_disk(tmp_path, 2_000_000, mine) as place:
        store = place / mine.name
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        with perovdb.using(store):
            assert len(queries.facts("barrier")) > 0
        for use in (
            lambda: own.add(store, rows, "barrier", kept_word),
            lambda: own.init(place / "new.sqlite"),
        ):
            with pytest.raises(
                PerovdbError, match=rf"{place}\S+ cannot be .* read-only"
            ) as caught:
                use()
            assert "barrier.csv" not in str(caught.value)


def test_a_store_that_another_program_holds_is_named(mine, tmp_path, monkeypatch):
    store = tmp_path / mine.name
    shutil.copy(mine, store)
    monkeypatch.setattr(own, "_WAIT_S", 0.05)
    with closing(sqlite3.connect(store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PerovdbError, match=r"another program is at it\. No row was added\."):
            own.add(store, mine.with_name("barrier.csv"), "barrier", kept_word)
    assert count(store) == 0


def test_a_commit_that_failed_after_it_was_done_is_one(mine, tmp_path, monkeypatch):
    """And one that was not is none: the file is read, whatever SQLite says."""
    rows, connect = mine.with_name("barrier.csv"), sqlite3.connect
    for done in (True, False):
        store = tmp_path / f"{done}.sqlite"
        shutil.copy(mine, store)

        class Connection(sqlite3.Connection):
            commits = 0

            def execute(self, sql, *rest, done=done):
                self.commits += sql == "COMMIT"
                if sql == "COMMIT" and self.commits == 2:
                    if done:
                        super().execute(sql)
                    error = sqlite3.OperationalError("disk I/O error")
                    error.sqlite_errorname = "SQLITE_IOERR_FSYNC"
                    raise error
                return super().execute(sql, *rest)

        with monkeypatch.context() as changed:
            changed.setattr(
                sqlite3, "connect", lambda *a, **o: connect(*a, **{"factory": Connection, **o})
            )
            if done:
                assert own.add(store, rows, "barrier", kept_word) == ROWS
            else:
                said = r"the disk refuses \(disk I/O error\)\. No row was added"
                with pytest.raises(PerovdbError, match=said):
                    own.add(store, rows, "barrier", kept_word)
        assert count(store) == ROWS * done


@pytest.mark.parametrize("name", ["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR", None])
def test_other_errors_are_not_the_disk_s(tmp_path, name):
    error = sqlite3.OperationalError("x")
    if name:
        error.sqlite_errorname = name
    assert disk.refused(tmp_path / "a", error) is None


def test_a_full_folder_of_temporary_files_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    monkeypatch.setattr(disk, "_full_or_read_only", lambda at: "full" * (at == str(tmp_path)))
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorname = "SQLITE_FULL"
    assert f"temporary files, {tmp_path}, is full" in str(disk.refused("/x/a.sqlite", error))
