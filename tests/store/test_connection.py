"""Opening a store: read-only, and only what is a store of this schema."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import perovdb.store.connection as connection
from perovdb.errors import StoreError
from perovdb.store.connection import CURATED, Store


def test_a_store_cannot_be_written(store):
    with pytest.raises(StoreError, match="may not write it"):
        store.rows("DELETE FROM phase")


def test_other_files_are_refused(tmp_path):
    with pytest.raises(StoreError, match="There is no store"):
        Store(str(tmp_path / "nothing.sqlite"))
    text = tmp_path / "text.sqlite"
    text.write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(StoreError, match="is not a perovdb store"):
        Store(str(text))
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as database:
        database.execute("CREATE TABLE t (a)")
    with pytest.raises(StoreError, match="is not a perovdb store"):
        Store(str(other))


def test_a_store_of_another_schema_is_refused(tmp_path):
    old = tmp_path / "old.sqlite"
    shutil.copy(CURATED, old)
    with closing(sqlite3.connect(old)) as database:
        database.execute("PRAGMA user_version = 1")
    with pytest.raises(StoreError, match=r"schema version 1, this perovdb reads 6.*Reinstall"):
        Store(str(old))
    with closing(sqlite3.connect(old)) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"schema version 99.*Update perovdb"):
        Store(str(old))


def test_a_file_that_another_program_made_is_refused(tmp_path):
    other = tmp_path / "other.sqlite"
    shutil.copy(CURATED, other)
    with closing(sqlite3.connect(other)) as database:
        database.execute("PRAGMA application_id = 7")
    with pytest.raises(StoreError, match="is not a perovdb store"):
        Store(str(other))


def test_names_that_look_like_a_uri_are_plain_names(tmp_path):
    odd = tmp_path / "a?mode=rwc#%20.sqlite"
    shutil.copy(CURATED, odd)
    assert Store(str(odd)).rows("SELECT 1 AS one") == [{"one": 1}]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the library in the layout of an editable install."""
    root = Path(connection.__file__).parents[3]
    shutil.copytree(root / "data", tmp_path / "data")
    shutil.copytree(root / "src", tmp_path / "src")
    later = os.stat(tmp_path / "data").st_mtime + 10
    os.utime(tmp_path / "src" / "perovdb" / "perovdb.sqlite", (later, later))
    return tmp_path


def ask(checkout: Path) -> subprocess.CompletedProcess[str]:
    code = "import perovdb; print(perovdb.lattice('CsPbI3').a_pseudocubic_A)"
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(checkout / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(
    not (Path(connection.__file__).parents[3] / "data").is_dir(), reason="not a checkout"
)
def test_an_editable_install_notices_an_edited_table(checkout):
    assert ask(checkout).stdout == "6.187\n"

    table = checkout / "data" / "tables" / "phase.csv"
    table.write_text(table.read_text().replace("6.1870", "6.1869"))
    later = os.stat(checkout / "src" / "perovdb" / "perovdb.sqlite").st_mtime + 10
    os.utime(table, (later, later))
    stale = ask(checkout)
    assert stale.returncode != 0
    assert "edited after the store was built" in stale.stderr

    rebuilt = subprocess.run(
        [sys.executable, "-m", "perovdb.store.build"],
        env={**os.environ, "PYTHONPATH": str(checkout / "src")},
        check=True,
        capture_output=True,
    )
    assert rebuilt.returncode == 0
    assert ask(checkout).stdout == "6.1869\n"


@pytest.mark.skipif(
    not (Path(connection.__file__).parents[3] / "data").is_dir(), reason="not a checkout"
)
def test_a_touched_table_with_the_same_content_is_not_stale(checkout):
    table = checkout / "data" / "tables" / "phase.csv"
    later = os.stat(checkout / "src" / "perovdb" / "perovdb.sqlite").st_mtime + 10
    os.utime(table, (later, later))
    assert ask(checkout).stdout == "6.187\n"
