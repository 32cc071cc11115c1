"""Every number of the tables is found again in what it was read from, where that is at hand."""

import os
import random

import pytest
from tests.data import find_again


@pytest.mark.skipif("PEROVDB_READ" not in os.environ, reason="PEROVDB_READ names no folder")
def test_every_number_is_found_again_and_nearly_every_wrong_digit_is_noticed():
    """Notes that were read hold other numbers too, so that some wrong ones stand there."""
    read = find_again.Read(find_again.Path(os.environ["PEROVDB_READ"]))
    every = find_again.tables(find_again.TABLES)
    fates = list(find_again.find_all(every, read))
    assert [fate for fate in fates if fate.lacking] == []
    assert sum(fate.kind == "found" for fate in fates) > 2000
    rng = random.Random(1)
    wrong = {table: [spoiled(table, row, rng) for row in rows] for table, rows in every.items()}
    noticed = [
        after.kind != "found"
        for fate, after in zip(fates, find_again.find_all(wrong, read), strict=True)
        if fate.kind == "found"
    ]
    untouched = sum(
        row == before and row.get("evidence") != "recalled"
        for table, rows in wrong.items()
        for row, before in zip(rows, every[table], strict=True)
    )
    assert sum(noticed) > 0.93 * (len(noticed) - untouched)


def spoiled(table, row, rng):
    """A row with one digit of a number changed, if a source must have one."""
    cells = [(column, cell) for column, cell in find_again.to_find(table, row) if float(cell)]
    if not cells or row.get("evidence") == "recalled":
        return row
    column, cell = rng.choice(cells)
    at = rng.choice([k for k, sign in enumerate(cell) if sign.isdigit() and "e" not in cell[:k]])
    digit = str((int(cell[at]) + rng.randint(1, 9)) % 10)
    return row | {column: cell[:at] + digit + cell[at + 1 :]}


ROW = {"id": "X1", "formula": "MAPbI3", "source": "a", "locator": "", "evidence": "read"}


@pytest.mark.parametrize(
    ("table", "cells", "text"),
    [
        ("phase", {"a_A": "6.3285", "a_su_A": "0.0004"}, "6.3285(4)"),
        ("transition", {"temperature_K": "327.55"}, "54.4 C"),
        ("kinetics", {"time_min_s": "1200"}, "20 min"),
        ("gap_series", {"c0_eV": "1.58", "c1_eV": "0.396", "c2_eV": "0.324"},
         "E(x) = 1.58(1-x) + 2.3x - 0.324x(1-x)"),
        ("other_property", {"value": "0.000157"}, "1.57 x 10-4 per K"),
        ("optical", {"plqy_pct": "90"}, "a yield of 0.9"),
    ],
)  # fmt: skip
def test_a_number_is_found_in_the_unit_of_its_source_and_a_wrong_digit_is_not(
    tmp_path, table, cells, text
):
    """In a record of the same id, of the same compound, and in the file that is named."""
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "a.csv").write_text(f'id,what\nX1,"{text}"\n')
    (tmp_path / "compound").mkdir()
    (tmp_path / "compound" / "a.csv").write_text(f'composition,what\nCH3NH3PbI3,"{text}"\n')
    (tmp_path / "file" / "who" / "what" / "data").mkdir(parents=True)
    (tmp_path / "file" / "who" / "what" / "data" / "a.txt").write_text(text)
    row = ROW | cells | {"locator": "github:who/what:data/a.txt, line 1"}
    column = list(cells)[-1]
    last = str((int(cells[column][-1]) + 3) % 10)
    for kind in ("id", "compound", "file"):
        read = find_again.Read(tmp_path / kind)
        (fate,) = find_again.find_all({table: [row]}, read)
        assert (fate.kind, fate.lacking) == ("found", [])
        wrong = row | {column: cells[column][:-1] + last}
        (fate,) = find_again.find_all({table: [wrong]}, read)
        assert fate.kind != "found"
        if kind != "compound":
            assert any(column in lacking for lacking in fate.lacking)


def test_a_row_that_nothing_is_about_is_said_to_be_unread(tmp_path):
    (tmp_path / "a.csv").write_text("id,value\nX2,5\n")
    read = find_again.Read(tmp_path)
    rows = [ROW | {"value_eV": "5"}, ROW | {"value_eV": "5", "evidence": "recalled"}]
    assert [fate.kind for fate in find_again.find_all({"band_gap": rows}, read)] == ["unread"]
    nothing_to_find = ROW | {"note": "5", "value_eV": ""}
    assert [f.kind for f in find_again.find_all({"band_gap": [nothing_to_find]}, read)] == [
        "found"
    ]
