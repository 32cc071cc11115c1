"""SQL of one's own: it reads, streams, and ends."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovdb.errors import InputError, PerovdbError, StoreError
from perovdb.facts.search import LONGEST_WORD, MOST_WORDS, search
from perovdb.store import sql
from perovdb.store.connection import Record, Store

ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT count(*) FROM ({ENDLESS})",
        f"SELECT x FROM ({ENDLESS}) WHERE x < 0",
        f"SELECT sum(x) FROM ({ENDLESS}) GROUP BY x % 7",
        "SELECT count(*) FROM phase a, phase b, phase c, phase d, phase e",
    ],
)
def test_what_has_no_end_is_ended(query):
    with pytest.raises(StoreError, match=r"ended after 0\.1 s.*--seconds"):
        list(sql.ask(query, seconds=0.1))
    assert list(sql.ask("SELECT 1 AS one")) == [{"one": 1}]


def test_rows_come_one_by_one_and_have_a_limit():
    assert list(islice(sql.ask(ENDLESS), 3)) == [{"x": 1}, {"x": 2}, {"x": 3}]
    assert list(sql.ask(ENDLESS, rows=2)) == [{"x": 1}, {"x": 2}]
    rows = sql.ask(ENDLESS)
    assert len(list(islice(rows, sql.ROWS))) == sql.ROWS
    with pytest.raises(StoreError, match=r"more rows than these 10,000.*--limit"):
        next(rows)
    assert len(list(sql.ask(f"{ENDLESS} LIMIT {sql.ROWS}"))) == sql.ROWS


@pytest.mark.parametrize(
    "text",
    [
        "zeroblob(1000000000)",
        "(SELECT group_concat(a.note || b.note) FROM phase a, phase b)",
        "replace(hex(zeroblob(49999)), '0', 'xxxxxxxxxx')",
    ],
)
def test_a_text_has_a_longest_length(text):
    with pytest.raises(InputError, match=r"too big.*100,000 bytes"):
        list(sql.ask(f"SELECT {text}"))


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM phase",
        "UPDATE phase SET note = 1",
        "CREATE TEMP TABLE t (a)",
        "ATTACH ':memory:' AS x",
        "DETACH main",
        "PRAGMA writable_schema = ON",
        "PRAGMA hard_heap_limit = 1",
        "SELECT load_extension('x')",
        "SELECT printf('%.*c', 1000000000, 'x')",
        "SELECT format('%.*c', 1000000000, 'x')",
        "VACUUM INTO '/tmp/x'",
        "BEGIN",
        "INSERT INTO search (search) VALUES ('rebuild')",
        "SELECT 1; SELECT 2",
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT 'x' AS '" + "x" * 200_000 + "'",
        "SELECT '\ud800'",
        "SELECT 1 \0",
    ],
)
def test_what_is_no_question_is_refused(query):
    with pytest.raises(InputError, match=r"^SQL: "):
        list(sql.ask(query))


@given(st.lists(st.sampled_from(["a", "A", "a_2", "a_3", "a_2_2", ""]), max_size=12))
def test_columns_of_one_name_are_told_apart(names):
    apart = sql._apart(names)
    assert len(set(apart)) == len(apart) == len(names)
    for new, name in zip(apart, names, strict=True):
        assert new.startswith(name)
        assert new == name or names.count(name) > 1


def test_two_thousand_columns_of_one_name(perovdb):
    query = "SELECT " + ", ".join(["1 AS a"] * 2000)
    began = time.process_time()
    answer = perovdb("store", "sql", query, "--json")
    (row,) = json.loads(answer.out)
    assert (len(row), list(row)[-1]) == (2000, "a_2000")
    assert time.process_time() - began < 30
    (row,) = csv.DictReader(io.StringIO(perovdb("store", "sql", query, "--csv").out))
    assert len(row) == 2000


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_what_is_streamed_is_one_answer(perovdb, count):
    query = f"{ENDLESS} LIMIT {count}"
    assert json.loads(perovdb("store", "sql", query, "--json").out) == [
        {"x": x + 1} for x in range(count)
    ]
    lines = perovdb("store", "sql", query, "--csv").out.split()
    assert lines == (["x"] if count else []) + [str(x + 1) for x in range(count)]


def test_what_came_before_the_end_is_printed_whole(perovdb):
    for options in (("--seconds", "0.3", "--limit", "1000000000"), ()):
        answer = perovdb("store", "sql", ENDLESS, "--json", *options)
        assert answer.code == 1
        rows = json.loads(answer.out)
        assert [row["x"] for row in rows] == list(range(1, len(rows) + 1))
        assert "--seconds" in answer.err or "--limit" in answer.err


def test_memory_is_flat():
    query = ENDLESS.replace("SELECT x FROM", "SELECT hex(zeroblob(45000)) AS x FROM")
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (300_000_000,) * 2); "
        f"sys.argv = ['perovdb', 'store', 'sql', {query!r}, '--csv', '--limit', '2000']; "
        "from perovdb_cli.main import main; main()"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (len(run.stdout), run.stderr, run.returncode) == (2 + 2000 * 90_001, b"", 0)


def test_an_interrupt_ends_a_question_that_prints_nothing():
    query = f"SELECT count(*) FROM ({ENDLESS})"
    with subprocess.Popen(
        [sys.executable, "-m", "perovdb", "store", "sql", query], stderr=subprocess.PIPE
    ) as child:
        time.sleep(2)
        child.send_signal(2)
        assert child.stderr.read().strip() == b"perovdb: error: interrupted."
    assert child.returncode == 130


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT hex(zeroblob(40000)) AS x FROM ({ENDLESS}) ORDER BY random()",
        f"SELECT hex(zeroblob(40000)) || x AS y FROM ({ENDLESS}) GROUP BY y ORDER BY count(*)",
        "SELECT a.quote FROM barrier a, barrier b, barrier c, barrier d ORDER BY b.quote || d.id",
    ],
)
def test_what_is_sorted_without_end_fills_neither_disk_nor_memory(query):
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000,) * 2); "
        "from perovdb.store import sql; sql._MEMORY_BYTES = 30_000_000; "
        f"print(*sql.ask({query!r}, 60))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert run.stderr.splitlines()[-1].count("takes more than 30 MB of memory") == 1


@pytest.mark.parametrize(
    "call",
    [
        "trim({long}, replace({long}, '0', '1') || '0')",
        "rtrim({long}, replace({long}, '0', '1') || x)",
        "instr({long}, substr({long}, 40000) || '1')",
        "{long} LIKE '%0%0%0%0%0%0%0%0%0%0%0%0%1'",
    ],
)
def test_a_function_of_long_texts_is_ended_in_time(call):
    call = call.format(long="hex(zeroblob(49900))")
    began = time.process_time()
    with pytest.raises(StoreError, match="ended after"):
        list(sql.ask(f"SELECT sum({call}) FROM ({ENDLESS})", seconds=0.1))
    assert time.process_time() - began < 30


@given(st.text("ab \n\xe9", max_size=6), st.text("ab \n\xe9", max_size=3))
def test_what_is_trimmed_is_what_sqlite_trims(text, characters):
    with closing(sqlite3.connect(":memory:")) as plain:
        for name, strip in sql.TRIMMING.items():
            ((wanted,),) = plain.execute(f"SELECT {name}(?, ?)", (text, characters))
            assert strip(text, characters) == wanted
            assert strip(None, characters) is strip(text, None) is None


def test_the_full_text_index_can_be_asked():
    (row,) = sql.ask("SELECT count(*) AS n FROM search WHERE search MATCH 'iodide'")
    assert row["n"] > 10


# ------------------------------------------------------------------ searches


def test_a_search_does_not_grow_with_words_that_come_again(monkeypatch):
    asked = []
    rows = Store.rows

    def seen(self: Store, query: str, values: tuple[object, ...] = ()) -> list[Record]:
        asked.extend(values if "MATCH" in query else ())
        return rows(self, query, values)

    monkeypatch.setattr(Store, "rows", seen)
    search("iodide Iodide IODIDE " * 5000)
    assert asked[0].casefold().count("iodide") == 1


@pytest.mark.parametrize(
    "text",
    [
        " ".join(f"w{i}" for i in range(MOST_WORDS + 1)),
        "a" * (LONGEST_WORD + 1),
        "-".join("a" * 200),
    ],
)
def test_a_search_that_is_too_long_is_refused(text):
    with pytest.raises(InputError, match="at most 32 words of at most 100 characters"):
        search(text)


@given(
    st.lists(
        st.one_of(
            st.sampled_from(
                ["NEAR", "AND", "OR", "NOT", "(", "a*", '"', "words:x", "^", "-", "{a b}"]
            ),
            st.text(max_size=8),
        ),
        max_size=8,
    ).map(" ".join)
)
def test_any_text_is_searched_for_or_refused(text):
    try:
        search(text)
    except PerovdbError as refused:
        assert str(refused)  # noqa: PT017
