"""Filters go to SQLite: they find what a loop over all rows finds, by indexes."""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perovdb
from perovdb.errors import InputError
from perovdb.facts.formulas import formula_key, kept_word
from perovdb.facts.ordered import AT_A_TIME, in_order
from perovdb.facts.select import barriers, devices, read
from perovdb.store import own, queries
from perovdb.store.connection import Rows, Store, current_store, using
from perovdb.store.gate import CURATED
from perovdb.store.index import extend_index

HOSTS = (
    "CsPbI3",
    "CsPbBr3",
    "FAPbI3",
    "Cs0.5FA0.5PbI3",
    "MAPbI3",
    "a film of CsPbI3",
    "Übergitter",
)
SPECIES = ("I", "Br", "Cs", "Cs;FA", "MA")
COLUMNS = "id,host,formula,phase,species,barrier_eV,source,kind,evidence,confidence"


def fill(path: Path, count: int) -> Path:
    """A store with barriers of its own, put in by plain SQL."""
    own.init(path)
    source = path.with_suffix(".source.csv")
    source.write_text("key,citation,year\nlab1,one,2001\nlab2,two,2020\nlab3,three,\n")
    own.add(path, source, "source", kept_word)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            f"INSERT INTO barrier ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)",
            [
                (
                    f"LAB{n}", HOSTS[n % 7], HOSTS[n % 7] if n % 7 < 5 else None,
                    (None, "alpha", "gamma")[n % 3], SPECIES[n % 5], None if n % 11 == 0 else
                    n % 97 / 100, f"lab{n % 3 + 1}", ("computed", "measured")[n % 2],
                    ("read", "recalled", "secondhand")[n % 13 % 3],
                    (None, "low", "high")[n % 4 % 3],
                )
                for n in range(count)
            ],
        )  # fmt: skip
        extend_index(connection, "barrier")
    return path


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("selection") / "mine.sqlite", 700)


@pytest.fixture
def joined(filled: Path) -> Iterator[Store]:
    with closing(Store(CURATED, str(filled))) as store, using(store):
        yield store


RANKS = {
    "evidence": ("read", "secondhand", "recalled"),
    "kind": ("measured", "fitted", "derived", "computed", "convention", "stated"),
}


def by_hand(every: list[dict], species, host, asked) -> list[str]:
    """Names of the rows that a plain loop keeps, in the order that a plain sort gives."""

    def keeps(row: dict) -> bool:
        composition = row["formula"] and perovdb.parse(row["formula"])
        low, high = asked.get("within", {}).get("barrier_eV", (None, None))
        first, last = asked.get("year") or (None, None)
        level = asked.get("evidence") or "recalled"
        share = asked.get("fraction", {}).get("FA")
        return (
            (species is None or species in row["species"].split(";"))
            and (
                host is None
                or host.casefold() in row["host"].casefold()
                or row["formula"] == formula_key(host)
            )
            and (asked.get("source") in (None, row["source"]))
            and (asked.get("kind") in (None, row["kind"]))
            and RANKS["evidence"].index(row["evidence"]) <= RANKS["evidence"].index(level)
            and (first is None or (row["year"] is not None and row["year"] >= first))
            and (last is None or (row["year"] is not None and row["year"] <= last))
            and (
                "within" not in asked
                or (row["barrier_eV"] is not None and low <= row["barrier_eV"] <= high)
            )
            and (asked.get("A") is None or bool(composition and asked["A"] in composition.A))
            and (
                share is None
                or bool(composition and share[0] <= composition.A.get("FA", 0) <= share[1])
            )
        )

    kept = sorted(
        filter(keeps, every),
        key=lambda row: (
            row["evidence"] == "recalled",
            row["kind"] == "computed",
            RANKS["evidence"].index(row["evidence"]),
            RANKS["kind"].index(row["kind"]),
            {"medium": 1, "low": 2}.get(row["confidence"], 0),
            -(row["year"] or 0),
            row["id"],
        ),
    )
    return [row["id"] for row in kept][: asked.get("limit")]


numbers = st.floats(0, 1).map(lambda x: round(x, 2))
spans = st.tuples(numbers, numbers).map(lambda pair: tuple(sorted(pair)))
years = st.tuples(st.none() | st.integers(1990, 2024), st.none() | st.integers(1990, 2024)).filter(
    lambda pair: None in pair or pair[0] <= pair[1]
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(("lab1", "lab3", "eames2015", "nobody")),
        "kind": st.sampled_from(("measured", "computed")),
        "evidence": st.sampled_from(RANKS["evidence"]),
        "year": years,
        "within": spans.map(lambda span: {"barrier_eV": span}),
        "A": st.sampled_from(("Cs", "FA", "MA")),
        "fraction": spans.map(lambda span: {"FA": span}),
        "limit": st.integers(1, 40),
    },
)


def test_filters_find_what_a_loop_over_all_rows_finds(filled):
    with closing(Store(CURATED, str(filled))) as store, using(store):
        sources = {row["key"]: row["year"] for row in store.rows("SELECT key, year FROM source")}
        every = store.rows("SELECT * FROM barrier")
        for row in every:
            row["year"] = sources[row["source"]]

        @settings(max_examples=60)
        @given(
            st.none() | st.sampled_from(("I", "Cs", "FA", "Sn")),
            st.none() | st.sampled_from(("CsPbI3", "PbCsI3", "FAPbI3")),
            filters,
        )
        def same(species, host, asked):
            found = [row["id"] for row in barriers(species, host, **asked)]
            assert found == by_hand(every, species, host, asked)

        same()


@pytest.mark.parametrize(
    ("question", "index"),
    [
        (lambda: barriers("Cs"), "barrier_species"),
        (lambda: barriers(host="CsPbI3"), "barrier_host"),
        (lambda: barriers(host="CsPbI3"), "barrier_formula"),
        (lambda: barriers(source="lab1"), "barrier_source"),
        (lambda: barriers(year=(2001, 2001)), "barrier_source"),
        (lambda: barriers(A="FA"), "barrier_formula"),
        (lambda: barriers(within={"barrier_eV": (0.2, 0.3)}), "barrier_barrier_eV"),
        (lambda: read("phase", {"phase": "alpha"}), "phase_phase"),
        (lambda: read("band_gap", formula="CsPbI3"), "band_gap_formula"),
        (lambda: devices(min_pce_pct=20), "device_pce"),
    ],
)
def test_a_filter_goes_by_its_index_in_each_file(joined, monkeypatch, question, index):
    asked = []

    def remember(self: Store, query: str, parameters: tuple = (), read=Store.read) -> Rows:
        asked.append((query, parameters))
        return read(self, query, parameters)

    monkeypatch.setattr(Store, "read", remember)
    list(question())
    query, parameters = asked[-1]
    plan = [row[3] for row in joined.connection.execute(f"EXPLAIN QUERY PLAN {query}", parameters)]
    assert sum(f"USING INDEX {index} " in step for step in plan) == len(joined.schemas)
    assert not [step for step in plan if step in ("SCAN f", "SCAN s")]


def test_as_many_rows_as_are_asked_for_are_the_best(joined):
    every = [row["id"] for row in barriers()]
    for limit in (1, 7, len(every), len(every) + 1):
        assert [row["id"] for row in barriers(limit=limit)] == every[:limit]
    with pytest.raises(InputError, match="Give a number from 1"):
        barriers(limit=0)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"within": {"host": (0, 1)}}, "'host' is no number of barrier.*barrier_eV"),
        ({"within": {"rowid": (0, 1)}}, "'rowid' is no number"),
        ({"within": {"barrier_eV": (float("nan"), 1)}}, "nan is no limit"),
    ],
)
def test_a_range_is_of_a_column_of_numbers(joined, asked, message):
    with pytest.raises(InputError, match=message):
        barriers(**asked)


def test_a_filter_on_what_a_table_does_not_have_is_said(joined):
    with pytest.raises(InputError, match="'formula' is no column of kinetics"):
        read("kinetics", formula="CsPbI3")


def test_rows_come_without_being_held(joined, monkeypatch):
    fetched = []

    def counted(self: Store, *arguments, batches=Store._batches):
        for batch in batches(self, *arguments):
            fetched.append(len(batch))
            yield batch

    monkeypatch.setattr(Store, "_batches", counted)
    monkeypatch.setattr("perovdb.store.connection._BATCH", 10)
    rows = iter(current_store().read("SELECT id FROM barrier"))
    for _ in range(25):
        next(rows)
    assert sum(fetched) == 30


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 9))
def test_any_number_of_rows_is_sorted_as_a_few_are(keys, at_a_time):
    rows = [{"key": key, "number": number} for number, key in enumerate(keys)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perovdb.facts.ordered.AT_A_TIME", at_a_time)
        found = list(in_order(rows, lambda row: row["key"]))
    assert found == sorted(rows, key=lambda row: row["key"])
    assert AT_A_TIME > 1000


# ------------------------------------------------------------------ work


class Counting(sqlite3.Connection):
    """Counts what SQLite does, in its instructions."""

    work = 0

    def set_progress_handler(self, *_: object) -> None:
        def count() -> None:
            Counting.work += 1

        super().set_progress_handler(count, 10)


def work_of(monkeypatch: pytest.MonkeyPatch, do) -> int:
    connect = sqlite3.connect
    with monkeypatch.context() as patch:
        patch.setattr(
            sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "factory": Counting})
        )
        Counting.work = 0
        do()
    return Counting.work


def one_row(path: Path) -> Path:
    rows = path.with_suffix(".one.csv")
    values = ("ONE", "CsPbI3", "CsPbI3", "", "I", "0.4", "lab1", "computed", "read", "")
    with rows.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS.split(","), values])
    return rows


def test_what_adding_a_row_takes_does_not_grow_with_the_store(tmp_path, monkeypatch):
    # Small files are looked at whole when they are opened.
    monkeypatch.setattr("perovdb.store.connection._SMALL_BYTES", 0)
    took = []
    for count in (1_000, 20_000):
        path = fill(tmp_path / f"{count}.sqlite", count)
        rows = one_row(path)
        took.append(work_of(monkeypatch, partial(own.add, path, rows, "barrier", kept_word)))
        with closing(sqlite3.connect(path)) as connection:
            found = connection.execute("SELECT count(*) FROM search WHERE row_id = 'ONE'")
            assert found.fetchone() == (1,)
    assert 0 < took[1] < 1.3 * took[0]


def test_a_look_up_does_not_grow_with_the_store(tmp_path, monkeypatch):
    monkeypatch.setattr("perovdb.store.connection._SMALL_BYTES", 0)
    took = []
    for count in (1_000, 20_000):
        path = fill(tmp_path / f"{count}.sqlite", count)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE barrier SET formula = 'CsPbCl3' WHERE id = 'LAB3'")

        def ask(path: Path = path) -> None:
            with closing(Store(CURATED, str(path))) as store, using(store):
                assert len(queries.facts("barrier", {"formula": "CsPbCl3"})) >= 1

        took.append(work_of(monkeypatch, ask))
    assert 0 < took[1] < 1.3 * took[0]
