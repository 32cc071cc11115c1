"""The full-text index: every fact by its words, the curated ones and one's own together."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from perovdb.facts.formulas import kept_word
from perovdb.store import own, queries
from perovdb.store.connection import CURATED, Store, using

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
