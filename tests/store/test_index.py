"""The full-text index: every fact by its words, the curated ones and one's own together."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from perovdb.facts.formulas import kept_word
from perovdb.store import own, queries
from perovdb.store.connection import CURATED, Store, using
from perovdb.store.migrating import migrate
from perovdb.store.schema import SCHEMA_VERSION

ROWS = """id,host,formula,species,barrier_eV,method,note,source,kind,evidence
LAB1,CsPbI3,PbCsI3,I,0.42,NEB,zirconia crucible,lab2026,computed,read
LAB2,CsPbBr3,CsPbBr3,Br,0.31,NEB,"platinum crucible, hot",lab2026,computed,read
"""


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Store]:
    """The curated store with one's own that holds a source and two barriers."""
    path = tmp_path / "mine.sqlite"
    own.init(path)
    for table, text in (
        ("source", "key,citation\nlab2026,Quillfeather on crucibles\n"),
        ("barrier", ROWS),
    ):
        rows = tmp_path / f"{table}.csv"
        rows.write_text(text)
        own.add(path, rows, table, kept_word)
    store = Store(CURATED, str(path))
    with using(store):
        yield store


def test_the_index_has_each_fact_once(store):
    indexed = store.rows("SELECT table_name, count(*) AS n FROM search GROUP BY table_name")
    found = {row["table_name"]: row["n"] for row in indexed}
    for table in ("barrier", "phase", "band_gap", "radius", "source", "conflict", "ion"):
        assert found[table] == store.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"]
    assert not {"meta", "column_meaning", "conflict_row", "evidence_level"} & set(found)


def test_each_fact_is_found_by_the_words_of_its_quote(store):
    for row in store.rows("SELECT id, quote FROM barrier WHERE quote IS NOT NULL LIMIT 20"):
        phrase = '"' + row["quote"].replace('"', '""') + '"'
        found = {(hit["table"], hit["id"]) for hit in queries.search(phrase, 1000)}
        assert ("barrier", row["id"]) in found


def test_a_hit_says_what_it_is_and_where_it_comes_from(joined):
    (hit,) = queries.search("zirconia", 10)
    assert (hit["table"], hit["id"], hit["formula"]) == ("barrier", "LAB1", "CsPbI3")
    assert (hit["source"], hit["kind"], hit["evidence"]) == ("lab2026", "computed", "read")
    assert "zirconia crucible" in hit["excerpt"]


def test_curated_rows_and_ones_own_come_together(joined):
    hits = queries.search("formula:CsPbI3", 10_000)
    there = {hit["id"] for hit in hits if hit["table"] == "barrier"}
    wanted = queries.facts("barrier", {"formula": "CsPbI3"})
    assert there == {row["id"] for row in wanted}
    assert "LAB1" in there
    assert len(there) > 1


def test_as_many_hits_come_as_are_asked_for(joined):
    everything = queries.search("crucible* OR CsPbI3", 10_000)
    assert len(everything) > 10
    for limit in (0, 1, 3, 10):
        assert len(queries.search("crucible* OR CsPbI3", limit)) == limit


def test_a_source_is_found_by_its_citation(joined):
    (hit,) = queries.search("quillfeather", 10)
    assert (hit["table"], hit["id"]) == ("source", "lab2026")


def test_a_row_stands_in_the_index_once_however_often_rows_are_added(joined, tmp_path):
    rows = tmp_path / "barrier.csv"
    for number in range(3):
        rows.write_text(ROWS.replace("LAB", f"MORE{number}-").replace("zirconia", "tantalum"))
        own.add(Path(joined.own), rows, "barrier", lambda _, text: text)
    assert len(queries.search("zirconia", 10)) == 1
    assert len(queries.search("tantalum", 10)) == 3


def test_without_ones_own_store_its_rows_are_not_found(store):
    assert queries.search("zirconia AND quillfeather", 10) == []


SPOILT = {
    "another quote": "UPDATE search_content SET c3 = replace(c3, 'zirconia', 'a lie')",
    "another source": "UPDATE search_content SET c4 = 'nobody' WHERE id = 2",
    "an entry less": "DELETE FROM search WHERE row_id = 'LAB1'",
    "an entry twice": "INSERT INTO search SELECT * FROM search WHERE row_id = 'LAB1'",
    "an entry of no row": "INSERT INTO search VALUES ('barrier', 'LAB9', '', 'x', '', '', '')",
    "words that lead elsewhere": "UPDATE search_content SET id = id + 10 WHERE id = 2",
    "no words": "DELETE FROM search_data WHERE id > 10",
    "nothing within": "DELETE FROM search_data",
    "no form": "DELETE FROM search_config",
    "another form": "UPDATE search_config SET v = 99",
    "what is none": "UPDATE search_data SET block = x'00ff00ff' WHERE id = 10",
}


@pytest.mark.parametrize("name", SPOILT)
def test_an_index_that_misquotes_is_told_and_written_anew(joined, name):
    path = Path(joined.own)
    with closing(sqlite3.connect(path)) as spoiling, spoiling:
        assert spoiling.execute(SPOILT[name]).rowcount != 0
    told = list(own.check(path, kept_word))
    assert any("perovdb store migrate" in line for line in told)
    assert all("perovdb store migrate" in line for line in told if "'perovdb search'" in line)
    assert migrate(path) == (SCHEMA_VERSION, False)
    assert list(own.check(path, kept_word)) == []
    before = path.read_bytes()
    assert migrate(path) == (SCHEMA_VERSION, True)
    assert path.read_bytes() == before
    with using(str(path)):
        (hit,) = queries.search("zirconia", 10)
    assert (hit["id"], hit["source"]) == ("LAB1", "lab2026")
