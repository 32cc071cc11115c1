"""A store of one's own: all or nothing, every refusal with its place, and whole after any kill."""

import csv
import os
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import perovdb
from perovdb.errors import InputError, StoreError
from perovdb.facts.formulas import kept_word
from perovdb.store import own, queries
from perovdb.store.connection import CURATED, Store
from perovdb.store.migrating import migrate
from perovdb.store.schema import SCHEMA_VERSION

SOURCE = {"key": "lab2026", "citation": "Our own band", "year": "2026"}
BARRIER = {
    "id": "LAB1", "host": "CsPbI3", "formula": "PbCsI3", "species": "I", "barrier_eV": "0.42",
    "source": "lab2026", "kind": "computed", "evidence": "read",
}  # fmt: skip


def write_csv(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def add(path: Path, rows_file: Path, table: str) -> int:
    return own.add(path, rows_file, table, kept_word)


def problems(path: Path) -> list[str]:
    return list(own.check(path, kept_word))


def own_ids(path: Path, table: str = "barrier") -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(f"SELECT id FROM {table} ORDER BY id")]


def edit(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A store that holds one source."""
    path = tmp_path / "mine.sqlite"
    own.init(path)
    add(path, write_csv(tmp_path / "source.csv", SOURCE), "source")
    return path


# ------------------------------------------------------------------ making one


def test_a_new_store_is_empty_and_sound(tmp_path):
    path = tmp_path / "mine.sqlite"
    own.init(path)
    assert os.listdir(tmp_path) == ["mine.sqlite"]
    assert own_ids(path) == []
    assert problems(path) == []


def test_what_is_there_is_never_overwritten(tmp_path):
    path = tmp_path / "mine.sqlite"
    path.write_text("a year of work")
    with pytest.raises(InputError, match="exists already"):
        own.init(path)
    assert path.read_text() == "a year of work"
    link = tmp_path / "link.sqlite"
    link.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="exists already"):
        own.init(link)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for folder in ("nowhere", "file"):
        with pytest.raises(InputError, match="cannot be written"):
            own.init(tmp_path / folder / "mine.sqlite")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_leave_to_write_is_said(tmp_path):
    for mode in (0o500, 0o000):
        tmp_path.chmod(mode)
        try:
            with pytest.raises(InputError, match="cannot be written"):
                own.init(tmp_path / "mine.sqlite")
        finally:
            tmp_path.chmod(0o700)


# ------------------------------------------------------------------ adding rows


def test_rows_stand_beside_the_curated_ones(mine, tmp_path):
    rows = write_csv(tmp_path / "barrier.csv", BARRIER, {**BARRIER, "id": "LAB2"})
    curated = len(queries.facts("barrier"))
    assert add(mine, rows, "barrier") == 2

    with perovdb.using(mine):
        both = queries.facts("barrier")
    assert len(both) == curated + 2
    added = [row for row in both if row["source"] == "lab2026"]
    assert [row["id"] for row in added] == ["LAB1", "LAB2"]
    assert added[0]["barrier_eV"] == 0.42
    assert added[0]["year"] == 2026
    assert added[0]["qualifier"] == "="

    frame = perovdb.open_store(mine).barriers(species="I", source="lab2026")
    assert list(frame["id"]) == ["LAB1", "LAB2"]
    assert problems(mine) == []


def test_rows_that_are_added_later_are_in_the_next_answer(mine, tmp_path):
    for number in range(5):
        row = {**BARRIER, "id": f"LAB{number}"}
        add(mine, write_csv(tmp_path / "barrier.csv", row), "barrier")
        frame = perovdb.open_store(mine).barriers(species="I", source="lab2026")
        assert len(frame) == number + 1


def test_the_columns_may_stand_in_any_order(mine, tmp_path):
    names = list(BARRIER)
    shuffle = random.Random(5)
    for number in range(10):
        shuffle.shuffle(names)
        row = {name: BARRIER[name] for name in names} | {"id": f"LAB{number}"}
        add(mine, write_csv(tmp_path / "barrier.csv", row), "barrier")
    stored = Store(CURATED, str(mine)).rows("SELECT * FROM own.barrier")
    assert len(stored) == 10
    assert len({tuple(row.values())[1:] for row in stored}) == 1


def test_a_file_from_a_spreadsheet_is_read(mine, tmp_path):
    rows = tmp_path / "barrier.csv"
    write_csv(rows, BARRIER)
    text = rows.read_text().replace("\n", "\r\n") + "," * (len(BARRIER) - 1) + "\r\n"
    rows.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert add(mine, rows, "barrier") == 1


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("PbCsI3", "CsPbI3"),
        ("CH3NH3PbI3", "MAPbI3"),
        ("CsPbI₃", "CsPbI3"),
        ("(FAPbI3)0.85(MAPbBr3)0.15", "MA0.15FA0.85PbBr0.45I2.55"),
        ("Cs2PbI2Cl2", "Cs2PbCl2I2"),
        ("Cs8Pb8I23", "CsPbI2.875"),
        ("PbI2", "PbI2"),
    ],
)
def test_formulas_become_canonical(mine, tmp_path, text, formula):
    add(mine, write_csv(tmp_path / "barrier.csv", {**BARRIER, "formula": text}), "barrier")
    (row,) = Store(CURATED, str(mine)).rows("SELECT * FROM own.barrier")
    assert row["formula"] == formula


def test_the_file_alone_holds_all_rows(mine, tmp_path):
    with start(mine, "x", batches=1, size=3) as child:
        assert child.wait() == 0
    copy = tmp_path / "copy.sqlite"
    copy.write_bytes(mine.read_bytes())
    assert own_ids(copy) == ["x-0-0", "x-0-1", "x-0-2"]


# ------------------------------------------------------------------ refusals


def refusal(mine: Path, rows: Path, table: str) -> str:
    """What `add` says to rows that it must refuse, leaving the file as it was."""
    before = mine.read_bytes()
    log = mine.with_name(mine.name + "-wal")
    with pytest.raises(StoreError) as caught:
        add(mine, rows, table)
    assert mine.read_bytes() == before
    assert not log.exists() or log.stat().st_size == 0
    return str(caught.value)


def test_names_of_the_curated_store_are_taken(mine, tmp_path):
    rows = write_csv(tmp_path / "rows.csv", {**BARRIER, "id": "B001"})
    assert "rows.csv:2:1: id: 'B001' stands already" in refusal(mine, rows, "barrier")
    rows = write_csv(tmp_path / "rows.csv", {**SOURCE, "key": "trots2008"})
    assert "rows.csv:2:1: key: 'trots2008' stands already" in refusal(mine, rows, "source")
    ion = {
        "species": "Cs", "name": "caesium", "charge": "1", "formula_order": "900",
        "atoms": "Cs", "source": "lab2026", "kind": "convention", "evidence": "read",
    }  # fmt: skip
    rows = write_csv(tmp_path / "rows.csv", ion)
    assert "rows.csv:2:1: species: 'Cs' stands already" in refusal(mine, rows, "ion")


def test_a_key_of_several_columns_is_taken_too(mine, tmp_path):
    row = {"table_name": "device", "row_id": "DEV006", "conflict_id": "C01"}
    rows = write_csv(tmp_path / "rows.csv", row)
    assert "rows.csv:2:3: conflict_id: 'C01' stands already" in refusal(mine, rows, "conflict_row")


def test_one_bad_row_keeps_all_others_out(mine, tmp_path):
    good = [{**BARRIER, "id": f"LAB{number}"} for number in range(20)]
    rows = write_csv(tmp_path / "rows.csv", *good, {**BARRIER, "id": "LAB7"})
    assert "rows.csv:22:1: id: 'LAB7' stands already" in refusal(mine, rows, "barrier")
    assert own_ids(mine) == []
    write_csv(rows, *good)
    assert add(mine, rows, "barrier") == 20


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("barrier_eV", "12", r"rows\.csv:2:5: barrier_eV: '12\.0' .*BETWEEN 0 AND 10"),
        (
            "kind",
            "guessed",
            r"rows\.csv:2:7: kind: 'guessed' .*: computed, convention",
        ),
        (
            "evidence",
            "seen",
            r"rows\.csv:2:8: evidence: 'seen' .*: read, recalled, secondhand",
        ),
        ("source", "lab2025", r"rows\.csv:2:6: source: 'lab2025' .*near it: lab2026"),
        ("formula", "CsPbl3", r"rows\.csv:2:3: formula: 'CsPbl3'"),
        ("host", "", r"rows\.csv:2:2: host: the cell is empty"),
    ],
)
def test_a_refusal_says_where_and_what_is_allowed(mine, tmp_path, column, cell, message):
    rows = write_csv(tmp_path / "rows.csv", {**BARRIER, column: cell})
    text = refusal(mine, rows, "barrier")
    assert re.match(message, text), text


def test_a_row_is_named_by_the_line_on_which_it_begins(mine, tmp_path):
    noted = {**BARRIER, "note": "one\ntwo\nthree"}
    rows = write_csv(tmp_path / "rows.csv", noted, {**noted, "id": "LAB2", "barrier_eV": "low"})
    assert "rows.csv:5:5: barrier_eV: 'low'" in refusal(mine, rows, "barrier")


def test_a_file_without_rows_or_of_another_kind_is_refused(mine, tmp_path):
    rows = tmp_path / "rows.csv"
    for content, message in (
        (b"", "rows.csv:1: the file is empty"),
        (b"id,host\n", "rows.csv:2: there are no rows"),
        (b"id,host\n,\n", "rows.csv:2: there are no rows"),
        (b"id,host\nx,\xff\n", "cannot be read"),
        (b"SQLite format 3\x00", "rows.csv:1:1: 'SQLite format 3"),
    ):
        rows.write_bytes(content)
        assert message in refusal(mine, rows, "barrier")
    assert "cannot be read" in refusal(mine, tmp_path / "nowhere.csv", "barrier")


def test_a_long_cell_is_refused_at_once(mine, tmp_path):
    rows = write_csv(tmp_path / "rows.csv", {**BARRIER, "barrier_eV": "1" * 130_000 + "x"})
    assert "rows.csv:2:5: barrier_eV: " in refusal(mine, rows, "barrier")


# ------------------------------------------------------------------ any one wrong cell


class Table(NamedTuple):
    """A valid row, and which of its columns have a rule that a cell can break."""

    row: dict[str, str]
    numbers: tuple[str, ...]
    required: tuple[str, ...]
    words: tuple[str, ...]
    out_of_range: dict[str, tuple[str, ...]]


TABLES = {
    "barrier": Table(
        row={
            **BARRIER, "su_eV": "0.03", "min_eV": "", "change_max_pct": "-3.5e1",
            "cited_sources": "lab2026;trots2008", "confidence": "high", "qualifier": "~",
            "method": "NEB, 2x2x2", "note": "",
        },
        numbers=("barrier_eV", "su_eV", "min_eV", "change_max_pct"),
        required=("id", "host", "species", "source", "kind", "evidence"),
        words=("source", "cited_sources", "kind", "evidence", "confidence", "qualifier"),
        out_of_range={
            "barrier_eV": ("-0.1", "10.5", "1e300"), "su_eV": ("0", "-0.03"),
            "min_eV": ("-1", "11"),
        },
    ),
    "radius": Table(
        row={
            "id": "LABR1", "species": "Cs", "charge": "1", "coordination_number": "12",
            "spin": "HS", "host_anion": "I", "radius_set": "community", "radius_A": "1.88",
            "source": "lab2026", "kind": "convention", "evidence": "recalled", "quote": "",
        },
        numbers=("charge", "coordination_number", "radius_A"),
        required=("id", "species", "charge", "radius_set", "radius_A", "source", "kind"),
        words=("species", "spin", "host_anion", "radius_set", "source", "kind", "evidence"),
        out_of_range={
            "charge": ("0", "7", "-5", "1.5"), "coordination_number": ("0", "15", "2.5"),
            "radius_A": ("0", "4.1"),
        },
    ),
    "source": Table(
        row={
            "key": "lab2027", "citation": "Our own band", "year": "2027", "doi": "10.1/lab",
            "doi_evidence": "read", "title": "",
        },
        numbers=("year",),
        required=("key", "citation"),
        words=("doi_evidence",),
        out_of_range={
            "year": ("1899", "20260", "2026.5"), "doi": ("11.1/lab", "10.1", "https://doi.org/1"),
            "key": ("2027lab", "Lab2027", "lab 2027", "lab-2027", "läb", "lab'"),
        },
    ),
}  # fmt: skip
TAKEN = {"barrier": ("B001", "LAB0"), "radius": ("R001",), "source": ("trots2008", "lab2026")}

SQL = (
    "'; DROP TABLE barrier; --",
    "' OR 1=1 --",
    "1); DELETE FROM source; --",
    "NULL",
    "read' UNION SELECT 'x",
    '"kind"',
)
NO_NUMBERS = (
    "0.42 eV", "0,42", "~0.42", "0.3-0.5", "0.42(3)", "nan", "NaN", "-nan", "inf", "-Infinity",
    "1e400", "-1e999", "9" * 400, "1_000", "1 000", "+1", "--1", "0x10", ".", "-", "e5",
    "1e", "1e5.0", "٤٢", "0.4２", "½", "²", "true", "#N/A", "=1+1", "1\u00a01", *SQL,
)  # fmt: skip
NO_FORMULAS = (
    "CsPbl3", "cspbi3", "CsPb", "PbXx2", "Cs2PbI3", "CsPbI3 eV", "CsPbI--3", "Xx", "3",
    "CsPbI1e400", "CsPb(I3", "CsPbI3)", "()", "Cs0PbI3", "C" * 300, "(" * 50, *SQL,
)  # fmt: skip
CONTROL = ("\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\x9b2J")


RULES = (
    "number", "number", "word", "word", "formula", "range", "empty", "control", "long", "taken",
    "twice", "extra", "missing", "lacking", "quote", "doubled", "unknown",
)  # fmt: skip


class Wrong(NamedTuple):
    """A CSV file's text with one thing wrong, and where."""

    table: str
    text: str
    line: int
    column: int | None


def as_csv(lines: list[list[str]]) -> str:
    quoted = [",".join('"' + cell.replace('"', '""') + '"' for cell in cells) for cells in lines]
    return "\n".join(quoted) + "\n"


@lru_cache
def vocabulary() -> set[str]:
    """Every word that some checked column takes."""
    store = Store()
    columns = {
        "evidence_level": "name", "fact_kind": "name", "radius_set": "name", "ion": "species",
        "source": "key",
    }  # fmt: skip
    words = {
        row[column]
        for table, column in columns.items()
        for row in store.rows(f"SELECT {column} FROM {table}")
    }
    return words | {"lab2026", "high", "medium", "low"}


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


no_numbers = st.one_of(
    st.sampled_from(NO_NUMBERS),
    st.floats(0, 10).map(lambda x: f"{x} eV"),
    st.integers(min_value=10**309).map(str),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
        lambda text: not is_number(text)
    ),
)
no_words = st.one_of(
    st.sampled_from((*SQL, "re ad", "READ", "measured;read", "lab 2026", ";", "trots2008;")),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=3).filter(
        lambda text: text not in vocabulary()
    ),
)
no_formulas = st.one_of(st.sampled_from(NO_FORMULAS), st.text("abz0.;'\"-%", min_size=1))
controls = st.tuples(st.sampled_from(CONTROL), st.text("aé1 ")).map("".join)


@st.composite
def wrong_files(draw: st.DrawFn) -> Wrong:
    name = draw(st.sampled_from(list(TABLES)))
    table = TABLES[name]
    header = draw(st.permutations(list(table.row)))
    key = "key" if name == "source" else "id"
    rows = [
        [table.row[column] + (str(number) if column == key else "") for column in header]
        for number in range(draw(st.integers(1, 3)))
    ]
    lines = [header, *rows]
    line = draw(st.integers(2, len(lines)))
    cells = lines[line - 1]

    def wrong_cell(column: str, cell: str) -> Wrong:
        cells[header.index(column)] = cell
        return Wrong(name, as_csv(lines), line, header.index(column) + 1)

    def one(choices: Iterable[str]) -> str:
        return draw(st.sampled_from(list(choices)))

    rule = draw(st.sampled_from(RULES))
    if rule == "number":
        return wrong_cell(one(table.numbers), draw(no_numbers))
    if rule == "word":
        return wrong_cell(one(table.words), draw(no_words))
    if rule == "formula" and "formula" in header:
        return wrong_cell("formula", draw(no_formulas))
    if rule == "range":
        column = one(table.out_of_range)
        return wrong_cell(column, one(table.out_of_range[column]))
    if rule == "empty":
        return wrong_cell(one(table.required), "")
    if rule == "control":
        return wrong_cell(one(header), draw(controls))
    if rule == "long":
        return wrong_cell(one(header), "x" * 10_001)
    if rule == "taken":
        return wrong_cell(key, one(TAKEN[name]))
    if rule == "twice" and len(lines) > 2:
        lines[-1][header.index(key)] = lines[1][header.index(key)]
        return Wrong(name, as_csv(lines), len(lines), header.index(key) + 1)
    if rule == "extra":
        cells.append(draw(st.text("ab1")))
        return Wrong(name, as_csv(lines), line, None)
    if rule == "missing":
        cells.pop()
        return Wrong(name, as_csv(lines), line, None)
    if rule == "lacking":
        position = header.index(one(table.required))
        for row in lines:
            row.pop(position)
        return Wrong(name, as_csv(lines), 2, None)
    if rule == "quote":
        text = as_csv(lines[: line - 1]) + draw(st.sampled_from(['"open', '"a"b', 'x,"'])) + "\n"
        return Wrong(name, text, line, None)
    position = draw(st.integers(1, len(header) - 1))
    if rule == "doubled":
        header[position] = header[draw(st.integers(0, position - 1))]
    else:
        no_column = st.sampled_from((*SQL, "", "rowid", "id ", "ID", "barrier", "search", "\x1b"))
        header[position] = draw(no_column)
    return Wrong(name, as_csv(lines), 1, position + 1)


@pytest.fixture
def filled(mine: Path, tmp_path: Path) -> Path:
    """A store with a source and a barrier of its own."""
    add(mine, write_csv(tmp_path / "barrier.csv", {**BARRIER, "id": "LAB0"}), "barrier")
    return mine


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_that_are_made_wrong_below_are_right(filled, tmp_path, table):
    assert add(filled, write_csv(tmp_path / "rows.csv", TABLES[table].row), table) == 1


@settings(
    max_examples=1000,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(wrong=wrong_files())
def test_any_one_wrong_cell_is_refused_by_its_place(filled, tmp_path, wrong):
    path = tmp_path / "copy.sqlite"
    path.write_bytes(filled.read_bytes())
    rows = tmp_path / "rows.csv"
    rows.write_text(wrong.text, encoding="utf-8", newline="")
    place = f"rows.csv:{wrong.line}:" + (f"{wrong.column}: " if wrong.column else " ")
    text = refusal(path, rows, wrong.table)
    assert text.startswith(place)
    assert not set(text) & set("\x00\x07\x1b\x7f\x85\x9b")


# ------------------------------------------------------------------ other processes

# Adds batches until it is killed, or as many as the third argument says.
CHILD = """
import itertools, sys
from pathlib import Path
from perovdb.facts.formulas import kept_word
from perovdb.store import Store, own
from perovdb.store.connection import CURATED

path, name, batches, size = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = Store(CURATED, str(path))
rows = path.with_name(name + ".csv")

def extend_index(*arguments, extend_index=own.extend_index, **more):
    print("writing", flush=True)
    extend_index(*arguments, **more)

own.extend_index = extend_index
print("ready", flush=True)
for batch in range(batches) if batches else itertools.count():
    lines = ["id,host,formula,species,barrier_eV,source,kind,evidence"]
    lines += [
        f"{name}-{batch}-{i},CsPbI3,PbCsI3,I,0.42,lab2026,computed,read" for i in range(size)
    ]
    rows.write_text("\\n".join(lines))
    print("begin", batch, flush=True)
    own.add(path, rows, "barrier", kept_word)
    print("done", batch, flush=True)
"""


def start(path: Path, name: str, batches: int, size: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(path), name, str(batches), str(size)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def whole_batches(path: Path, size: int) -> set[str]:
    """The batches in a store, each of which must be there with all of its rows."""
    count = Counter(name.rpartition("-")[0] for name in own_ids(path))
    assert set(count.values()) <= {size}
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT row_id FROM search WHERE table_name = 'barrier'")
        assert sorted(row[0] for row in found) == own_ids(path)
    return set(count)


def test_a_kill_at_any_moment_loses_no_row_and_halves_no_batch(tmp_path):
    size, kills, kills_a_store = 200, 50, 5
    chance = random.Random(20)
    took_s = 0.1
    last_words: Counter[str] = Counter()
    acknowledged: set[str] = set()
    for kill in range(kills):
        path = tmp_path / f"mine{kill // kills_a_store}.sqlite"
        if kill % kills_a_store == 0:
            own.init(path)
            add(path, write_csv(tmp_path / "source.csv", SOURCE), "source")
            acknowledged = set()
        name = f"k{kill}"
        with start(path, name, batches=0, size=size) as child:
            assert child.stdout.readline() == "ready\n"
            began = time.monotonic()
            lines = []
            if kill == 0:
                lines = [child.stdout.readline() for _ in range(3)]
                took_s = time.monotonic() - began
            # Every other kill comes at any time, the rest while the transaction is open.
            if kill % 2:
                while lines[-1:] != ["writing\n"]:
                    lines.append(child.stdout.readline())
                time.sleep(chance.uniform(0, took_s / 4))
            else:
                time.sleep(chance.uniform(0, 2 * took_s))
            child.kill()
            said, errors = child.communicate()
        assert errors == ""
        # The kill may cut the last word short.
        lines += [line for line in said.splitlines(keepends=True) if line.endswith("\n")]
        last_words[(lines or ["ready"])[-1].split()[0]] += 1
        acknowledged |= {f"{name}-{line.split()[1]}" for line in lines if line.startswith("done")}

        there = whole_batches(path, size)
        assert acknowledged <= there
        # A kill between the end of the transaction and the word "done" leaves a batch unsaid.
        assert len(there - acknowledged) <= kill % kills_a_store + 1
        assert problems(path) == []
    assert last_words["begin"] > 2
    assert last_words["writing"] > 2


def test_two_writers_wait_for_each_other(mine):
    with start(mine, "a", batches=10, size=20) as one, start(mine, "b", 10, 20) as other:
        said = [child.communicate() for child in (one, other)]
    assert [errors for _, errors in said] == ["", ""]
    assert whole_batches(mine, 20) == {f"{name}-{i}" for name in "ab" for i in range(10)}
    assert problems(mine) == []


def test_a_reader_goes_on_while_another_process_writes(mine):
    store = Store(CURATED, str(mine))
    seen = []
    with start(mine, "a", batches=10, size=20) as child:
        while child.poll() is None:
            seen.append(store.rows("SELECT count(*) AS n FROM own.barrier")[0]["n"])
        assert child.returncode == 0
    assert seen == sorted(seen)
    assert all(count % 20 == 0 for count in seen)


# ------------------------------------------------------------------ other files, other versions


def text_file(path: Path) -> None:
    path.write_text("id,host\nLAB1,CsPbI3\n" * 100)


def empty_file(path: Path) -> None:
    path.touch()


def other_database(path: Path) -> None:
    edit(path, "CREATE TABLE barrier (id)", "PRAGMA user_version = 2")


@pytest.mark.parametrize("make", [text_file, empty_file, other_database])
def test_a_file_that_is_no_store_is_left_alone(tmp_path, make):
    path = tmp_path / "mine.sqlite"
    make(path)
    before = path.read_bytes()
    rows = write_csv(tmp_path / "barrier.csv", BARRIER)
    for use in (
        lambda: Store(CURATED, str(path)),
        lambda: perovdb.open_store(path),
        lambda: own.add(path, rows, "barrier", lambda _, text: text),
        lambda: problems(path),
        lambda: migrate(path),
    ):
        with pytest.raises(StoreError, match=r"is not a (perovdb store|database).*init FILE"):
            use()
    assert path.read_bytes() == before


def test_a_store_that_is_not_there_is_not_made(tmp_path):
    path = tmp_path / "mine.sqlite"
    for use in (
        lambda: own.add(path, tmp_path / "barrier.csv", "barrier", lambda _, text: text),
        lambda: problems(path),
        lambda: migrate(path),
    ):
        with pytest.raises(StoreError, match="There is no store at"):
            use()
    assert os.listdir(tmp_path) == []


def as_version(path: Path, version: int) -> Path:
    """Make a store one of an older perovdb: 3 knew no oxidation states, 2 had indexes on formulas
    only, 1 no index at all."""
    with closing(sqlite3.connect(path)) as connection:
        indexes = [
            name
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            )
            if version == 1 or (version == 2 and name.endswith("_source"))
        ]
    edit(
        path,
        *(f"DROP INDEX {name}" for name in indexes),
        "ALTER TABLE ion DROP COLUMN spacer",
        "ALTER TABLE ion DROP COLUMN also_on_b",
        "DROP TABLE ion_charge",
        f"UPDATE meta SET value = '{version}' WHERE key = 'schema_version'",
        f"PRAGMA user_version = {version}",
        *(["DROP TABLE search"] if version == 1 else []),
    )
    return path


@pytest.fixture
def old(filled: Path) -> Path:
    return as_version(filled, 1)


def test_an_older_store_is_refused_until_it_is_migrated(old, perovdb, tmp_path):
    rows = write_csv(tmp_path / "barrier.csv", BARRIER)
    for arguments in (
        ("barriers", "--store", str(old)),
        ("store", "add", str(old), str(rows)),
        ("store", "check", str(old)),
    ):
        answer = perovdb(*arguments)
        assert answer.code == 1
        assert f"{old} has schema version 1, this perovdb reads {SCHEMA_VERSION}" in answer.err
        assert f"Run: perovdb store migrate {old}" in answer.err

    assert (
        perovdb("store", "migrate", str(old)).out
        == f"{old}: schema version 1 -> {SCHEMA_VERSION}\n"
    )
    assert own_ids(old) == ["LAB0"]
    assert problems(old) == []
    assert "nothing to do" in perovdb("store", "migrate", str(old)).out
    assert perovdb("store", "add", str(old), str(rows)).code == 0
    assert own_ids(old) == ["LAB0", "LAB1"]


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_migrated_store_is_as_a_new_one(filled, tmp_path, version):
    old = as_version(filled, version)
    assert migrate(old).version == version
    new = tmp_path / "new.sqlite"
    own.init(new)
    told = []
    for path in (old, new):
        with closing(sqlite3.connect(path)) as connection:
            told.append(
                (
                    set(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")),
                    connection.execute("SELECT * FROM meta").fetchall(),
                    connection.execute("PRAGMA user_version").fetchall(),
                )
            )
    assert told[0] == told[1]
    with perovdb.using(old):
        hits = queries.search("lab2026 OR (band AND own)", 5)
    assert {(hit["table"], hit["id"]) for hit in hits} == {
        ("barrier", "LAB0"),
        ("source", "lab2026"),
    }


def test_a_store_of_a_newer_perovdb_says_to_update(filled, tmp_path):
    edit(filled, "PRAGMA user_version = 99")
    before = filled.read_bytes()
    rows = write_csv(tmp_path / "barrier.csv", BARRIER)
    for use in (
        lambda: Store(CURATED, str(filled)),
        lambda: own.add(filled, rows, "barrier", lambda _, text: text),
        lambda: problems(filled),
        lambda: migrate(filled),
    ):
        with pytest.raises(StoreError, match=r"schema version 99.*Update perovdb\."):
            use()
    assert filled.read_bytes() == before


# ------------------------------------------------------------------ checking


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE barrier SET source = 'nobody1999'", "source: 'nobody1999' is not in 'source'"),
        ("UPDATE barrier SET kind = 'guessed'", "kind: 'guessed' is not in 'fact_kind'"),
        ("UPDATE barrier SET formula = 'CsPbl3'", "formula: 'CsPbl3'"),
        ("UPDATE barrier SET formula = 'PbCsI3'", "formula: it is written 'CsPbI3'"),
        ("UPDATE barrier SET id = 'B001'", "the curated store has a row of this name"),
        ("DELETE FROM source", "source: 'lab2026' is not in 'source'"),
    ],
)
def test_a_row_that_another_program_spoilt_is_found(filled, statement, message):
    edit(filled, statement)
    told = problems(filled)
    (problem,) = (problem for problem in told if "perovdb search" not in problem)
    assert problem.startswith("barrier ")
    assert message in problem
    # The full-text index still says what the row said before.
    assert len(told) > 1


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_file_is_told_and_never_a_crash(mine, tmp_path, seed):
    many = [{**BARRIER, "id": f"LAB{number}"} for number in range(300)]
    add(mine, write_csv(tmp_path / "barrier.csv", *many), "barrier")
    chance = random.Random(seed)
    content = bytearray(mine.read_bytes())
    if seed % 2:
        content = content[: chance.randrange(1, len(content))]
    else:
        at = chance.randrange(len(content) - 4096)
        content[at : at + 4096] = chance.randbytes(4096)
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(content)
    rows = write_csv(tmp_path / "barrier.csv", {**BARRIER, "id": "MORE"})
    with suppress(StoreError):
        problems(damaged)
    with suppress(StoreError):
        add(damaged, rows, "barrier")
    with suppress(StoreError):
        migrate(damaged)


def test_a_spoilt_page_of_a_table_is_found(filled):
    with closing(sqlite3.connect(filled)) as connection:
        ((page,),) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'barrier'"
        ).fetchall()
        ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    content = bytearray(filled.read_bytes())
    content[(page - 1) * size : page * size] = random.Random(1).randbytes(size)
    filled.write_bytes(content)
    try:
        told = problems(filled)
    except StoreError as error:
        told = [str(error)]
    assert any("damaged" in problem or "malformed" in problem for problem in told)


def test_spaces_round_a_cell_are_no_part_of_it(mine, tmp_path):
    spaced = {**BARRIER, "id": " LAB1 ", "barrier_eV": " 0.42 ", "phase": "tetragonal "}
    assert add(mine, write_csv(tmp_path / "rows.csv", spaced), "barrier") == 1
    (row,) = Store(CURATED, str(mine)).rows("SELECT * FROM own.barrier")
    assert (row["id"], row["barrier_eV"], row["phase"]) == ("LAB1", 0.42, "beta")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"barrier_eV": ""}, r"rows\.csv:2:5: barrier_eV: the row has no number"),
        ({"species": "Iodine"}, r"rows\.csv:2:4: species: 'Iodine' is not an ion"),
    ],
)
def test_a_barrier_that_says_nothing_is_refused(mine, tmp_path, change, message):
    rows = write_csv(tmp_path / "rows.csv", {**BARRIER, **change})
    assert re.match(message, refusal(mine, rows, "barrier"))


@pytest.mark.parametrize(("separator", "name"), [(";", "';'"), ("\t", "tabs")])
def test_another_separator_is_named(mine, tmp_path, separator, name):
    rows = tmp_path / "rows.csv"
    rows.write_text(f"id{separator}host\nA{separator}B\n")
    assert f"rows.csv:1: the columns are separated by {name}" in refusal(mine, rows, "barrier")


def test_the_curated_store_is_not_one_s_own(tmp_path):
    rows = write_csv(tmp_path / "rows.csv", BARRIER)
    with pytest.raises(InputError, match="is the curated store"):
        own.add(Path(CURATED), rows, "barrier", lambda _, text: text)
    with pytest.raises(InputError, match="is the curated store"):
        problems(Path(CURATED))


def test_ions_of_one_s_own_can_be_used(mine, tmp_path):
    ion = {
        "species": "Qq", "name": "an ion", "site": "A", "charge": "1", "formula_order": "901",
        "atoms": "Qq", "source": "lab2026", "kind": "convention", "evidence": "read",
    }  # fmt: skip
    add(mine, write_csv(tmp_path / "rows.csv", ion), "ion")
    row = {**BARRIER, "formula": "QqPbI3", "species": "Qq"}
    assert add(mine, write_csv(tmp_path / "rows.csv", row), "barrier") == 1
    assert problems(mine) == []


def test_a_perovskite_of_one_s_own_gets_its_pseudo_cubic_parameter(mine, tmp_path):
    row = {
        "id": "LAB1", "formula": "KPbI3", "phase": "alpha", "perovskite": "1", "a_A": "6.2",
        "b_A": "6.2", "c_A": "6.2", "alpha_deg": "90", "beta_deg": "90", "gamma_deg": "90",
        "volume_A3": "238.328", "Z": "1", "temperature_K": "298", "temperature_basis": "room",
        "source": "lab2026", "kind": "computed", "evidence": "read",
    }  # fmt: skip
    add(mine, write_csv(tmp_path / "rows.csv", row), "phase")
    with perovdb.using(mine):
        found = perovdb.lattice("KPbI3")
    assert found.a_pseudocubic_A == pytest.approx(6.2, abs=1e-4)


def test_ions_that_share_a_site_of_one_s_own_stand_on_it_together(mine, tmp_path):
    phase = {
        "id": "LAB1", "formula": "CsPbI1.2Br1.5", "phase": "alpha", "perovskite": "1",
        "space_group": "Pm-3m", "a_A": "6.1", "b_A": "6.1", "c_A": "6.1", "alpha_deg": "90",
        "beta_deg": "90", "gamma_deg": "90", "volume_A3": "226.981", "Z": "1",
        "temperature_K": "298", "temperature_basis": "room", "source": "lab2026",
        "kind": "computed", "evidence": "read",
    }  # fmt: skip
    add(mine, write_csv(tmp_path / "rows.csv", phase), "phase")
    sites = [("A", "Cs", 0, 1), ("B", "Pb", 0.5, 1), ("X", "I", 0.5, 0.4), ("X", "Br", 0.5, 0.5)]
    rows = [
        {
            "phase_id": "LAB1", "label": ion, "site": role, "species": ion, "x": str(x),
            "y": str(x), "z": "0" if role == "X" else str(x), "occupancy": str(occupancy),
            "basis": "refined",
        }
        for role, ion, x, occupancy in sites
    ]  # fmt: skip
    add(mine, write_csv(tmp_path / "rows.csv", *rows), "phase_site")
    with perovdb.using(mine):
        cell = perovdb.average_cell("CsPbBr1.5I1.2")
    assert (cell.template, cell.notes) == ("CsPbBr1.5I1.2", ())
    assert sorted(cell.roles) == ["A", "B", "X", "X", "X"]
    assert dict(cell.occupants[cell.roles.index("X")]) == {"I": 0.4, "Br": 0.5}


def test_words_that_answers_rest_on_are_read(mine, tmp_path):
    series = {
        "id": "LAB1", "series": "x", "site": "X", "end_1": "CsPbI3", "end_2": "banana",
        "quantity": "bowing b", "bowing_eV": "0.1", "temperature_basis": "unknown",
        "source": "lab2026", "kind": "measured", "evidence": "read",
    }  # fmt: skip
    rows = write_csv(tmp_path / "rows.csv", series)
    assert "rows.csv:2:5: end_2: 'banana'" in refusal(mine, rows, "gap_series")
    link = {"conflict_id": "C01", "table_name": "sqlite_master", "row_id": "x"}
    rows = write_csv(tmp_path / "rows.csv", link)
    assert "rows.csv:2:2: table_name: " in refusal(mine, rows, "conflict_row")
    alias = {"alias": "Cs", "species": "MA"}
    rows = write_csv(tmp_path / "rows.csv", alias)
    assert "'Cs' is an ion itself" in refusal(mine, rows, "ion_alias")
