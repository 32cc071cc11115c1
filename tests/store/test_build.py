"""Building a store: the same bytes each time, and no row that breaks a rule."""

import re
import shutil
from pathlib import Path

import pytest

from perovdb.errors import StoreError
from perovdb.store import queries
from perovdb.store.build import build
from perovdb.store.connection import Store

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_two_builds_are_byte_identical(data, tmp_path):
    build(data, tmp_path / "one.sqlite")
    build(data, tmp_path / "two.sqlite")
    assert (tmp_path / "one.sqlite").read_bytes() == (tmp_path / "two.sqlite").read_bytes()


def test_another_number_gives_another_digest(data, tmp_path):
    build(data, tmp_path / "one.sqlite")
    edit(data / "tables" / "radius.csv", "2.53", "2.54")
    build(data, tmp_path / "two.sqlite")
    digests = [
        Store(str(tmp_path / name)).rows("SELECT value FROM meta WHERE key = 'digest'")
        for name in ("one.sqlite", "two.sqlite")
    ]
    assert digests[0] != digests[1]


BAD = [
    # file, text, what it becomes, what the message must say
    ("tables/radius.csv", ",2.53,", ",2.53 A,", r"radius.csv:\d+:9: radius_A: '2.53 A'"),
    ("tables/radius.csv", ",2.53,", ",nan,", r"radius.csv:\d+:9: radius_A: 'nan'"),
    ("tables/radius.csv", ",2.53,", ",253,", r"radius.csv:\d+:9: radius_A: .*BETWEEN 0.1 AND 4"),
    ("tables/radius.csv", ",2.53,", ",1_0,", r"radius.csv:\d+:9: radius_A"),
    (
        "tables/radius.csv",
        ",kieslich2014,,",
        ",nobody1999,,",
        r"radius.csv:\d+:11: source: 'nobody1999' is not in 'source'",
    ),
    ("tables/radius.csv", "id,species", "id,kind_of_ion", r"radius.csv:1: the header"),
    ("tables/radius.csv", "R026,Cs,1", "R026,Cs", r"radius.csv:\d+: \d+ cells for \d+ columns"),
    (
        "tables/phase.csv",
        "L002,CsPbI3",
        "L001,CsPbI3",
        r"phase.csv:3:1: id: 'L001' stands",
    ),
    ("tables/phase.csv", ",read,high", ",certain,high", "'certain' is not in 'evidence_level'"),
    ("tables/phase.csv", "L001,CsPbI3", "L001,", r"phase.csv:2:2: formula: the cell is empty"),
    ("columns.csv", "radius,radius_A", "radius,radius_B", "no column radius.radius_B"),
    ("sources.toml", "[bokdam2016]", "[bokdam2016", "sources.toml"),
    ("sources.toml", 'citation = "Trots', 'citatoin = "Trots', r"sources.toml: \[trots2008\]"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), BAD)
def test_a_bad_row_is_refused_by_name_and_nothing_is_written(
    data, tmp_path, file, old, new, message
):
    target = tmp_path / "store.sqlite"
    target.write_bytes(b"what was there before")
    edit(data / file, old, new)
    with pytest.raises(StoreError, match=message):
        build(data, target)
    assert target.read_bytes() == b"what was there before"
    assert not list(tmp_path.glob("*.part*"))


def test_a_table_without_a_schema_is_refused(data, tmp_path):
    (data / "tables" / "ghost.csv").write_text("id\n1\n")
    with pytest.raises(StoreError, match="'ghost' is no table"):
        build(data, tmp_path / "store.sqlite")


def test_a_column_without_a_meaning_is_refused(data, tmp_path):
    path = data / "columns.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith("meta,key")]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(StoreError, match=r"no meaning is given for meta\.key"):
        build(data, tmp_path / "store.sqlite")


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("sources.toml", "x = 1", "'x' is not a table"),
        ("columns.csv", "a,b", "columns.csv:1: the header is not the columns of the table"),
        ("schema.sql", "CREATE TABEL x", "schema.sql"),
        ("tables/meta.csv", "key,value", "'meta' is no table of facts"),
        ("tables/ion_alias.csv", "alias,species\nCs,MA", "'Cs' is an ion itself"),
    ],
)
def test_a_damaged_file_is_refused_by_name(data, tmp_path, file, text, message):
    (data / file).write_text(text)
    with pytest.raises(StoreError, match=message):
        build(data, tmp_path / "new.sqlite")
    assert not (tmp_path / "new.sqlite").exists()


def test_a_missing_folder_of_tables_is_no_empty_store(data, tmp_path):
    shutil.rmtree(data / "tables")
    with pytest.raises(StoreError, match="tables is not there"):
        build(data, tmp_path / "new.sqlite")


def test_columns_of_provenance_are_typed_once_and_stand_in_every_table_of_facts(store):
    shared = re.search(
        r"CREATE TABLE provenance \(\n(.*?)\n\);", (DATA / "schema.sql").read_text(), re.DOTALL
    )
    names = [line.split()[0] for line in shared.group(1).splitlines()]
    assert names[0] == "source"
    assert names[-1] == "note"
    tables = {name: queries.columns(name) for name in queries.fact_tables()}
    assert "provenance" not in tables
    whole = [name for name, columns in tables.items() if "qualifier" in columns]
    assert len(whole) == 20
    for name in whole:
        start = tables[name].index("source")
        assert tables[name][start : start + len(names)] == names
