"""Rows in CSV for a store of one's own: true ones, of which a cell or the file is then spoiled."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.records import CODE
from tests.attack.run import ROOT

Row = dict[str, str]

_TABLES = ("barrier", "phase", "radius", "band_gap", "optical", "device", "transition")

_NO_NUMBERS = (
    *("0.42 eV", "0,42", "~0.42", "0.3-0.5", "0.42(3)", "nan", "NaN", "-inf", "Infinity", "1e400"),
    *(
        "1e300",
        "-1e300",
        "9" * 400,
        "1_000",
        "1 000",
        "--1",
        "0x10",
        ".",
        "e5",
        "٤٢",
        "½",
        "²",
        "true",
    ),
    *("#N/A", "=1+1", "1\u00a01", "'; DROP TABLE barrier; --", "NULL", "1e", "+-1", "1;2", "[1]"),
)
_NO_WORDS = (
    *("guessed", "READ", "re ad", "read;recalled", "'; DROP TABLE source; --", "nobody2026"),
    *("' OR 1=1 --", "\\", "read\u200b", "ｒｅａｄ", "lab 2026", "x" * 200),
)
_NO_FORMULAS = (
    *("CsPbl3", "cspbi3", "CsPb", "PbXx2", "CsPbI3 eV", "3", "CsPbI1e400", "CsPb(I3"),
    *("()", "Cs0PbI3", "C" * 300, "(" * 50, "CsPbI3;", "$(touch pwned)", "=CsPbI3"),
)
_STRAY = ("\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\x9b2J", "\u202e", "\u2028", "\u200b")


@cache
def _empty_store() -> Path:
    """A store with one source of its own."""
    path = Path(tempfile.mkdtemp()) / "lab.sqlite"
    source = path.with_name("source.csv")
    source.write_text("key,citation,year\nlab2026,Our own band,2026\n")
    perovdb("store", "init", str(path))
    perovdb("store", "add", str(path), str(source))
    return path


@cache
def _true_rows(table: str) -> list[Row]:
    with (ROOT / "data" / "tables" / f"{table}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(row: Row) -> list[str]:
    """Columns of a row that hold numbers, by their units."""
    units = ("_A", "_eV", "_K", "_deg", "_A3", "_nm", "_pct", "_V", "_ns")
    return [name for name in row if name.endswith(units) and row[name]]


# ------------------------------------------------------------------ spoiled for sure


def _number(rng: Random, row: Row) -> bool:
    columns = _numbers(row)
    if columns:
        row[rng.choice(columns)] = rng.choice(_NO_NUMBERS)
    return bool(columns)


def _word(rng: Random, row: Row) -> bool:
    row[rng.choice(("source", "kind", "evidence", "qualifier"))] = rng.choice(_NO_WORDS)
    return True


def _formula(rng: Random, row: Row) -> bool:
    name = next((name for name in ("formula", "host", "species") if name in row), "")
    if name:
        row[name] = rng.choice(_NO_FORMULAS)
    return bool(name)


def _stray(rng: Random, row: Row) -> bool:
    """A sign that moves the cursor or hides text, in any cell."""
    name = rng.choice(list(row))
    at = rng.randrange(len(row[name]) + 1)
    # A line break at an end, and what Unicode calls a space, is no part of the text.
    row[name] = f"{row[name][:at]}x{rng.choice(_STRAY)}x{row[name][at:]}"
    return True


def _empty(rng: Random, row: Row) -> bool:
    row[rng.choice(("id", "source", "kind", "evidence"))] = ""
    return True


def _cell(rng: Random, row: Row) -> bool:
    """A cell that is none, or none of its group, or has another volume."""
    if "alpha_deg" not in row or row["space_group"] != "Pm-3m":
        return False
    change = rng.choice(
        (
            {"volume_A3": str(float(row["volume_A3"]) * rng.choice((0.8, 1.2, 4)))},
            {"b_A": str(float(row["a_A"]) * 1.05)},
            {"alpha_deg": "30", "beta_deg": "30", "gamma_deg": "150"},
            {"gamma_deg": "89"},
            {"space_group_number": rng.choice(("127", "62", "0", "231", "1.5"))},
            {"a_A": "-6.3"},
            {"a_A": "1e300", "b_A": "1e300", "c_A": "1e300", "volume_A3": ""},
        )
    )
    row.update(change)
    return True


def _ends(rng: Random, row: Row) -> bool:
    """The lower end of a range above its upper one."""
    pairs = [
        (name, name.replace("min", "max")) for name in row
        if "_min_" in f"_{name}" and name.replace("min", "max") in row
    ]  # fmt: skip
    if pairs:
        low, high = rng.choice(pairs)
        row[low], row[high] = "9", "2"
    return bool(pairs)


def _taken(rng: Random, row: Row) -> bool:
    row["id"] = row["id"].removeprefix("LAB")
    return True


_SPOILED = (_number, _number, _word, _formula, _stray, _stray, _empty, _cell, _ends, _taken)


def _file(rng: Random, text: str) -> str:
    """A file whose rows do not fit its head."""
    head, _, rest = text.partition("\n")
    names = head.split(",")
    match rng.randrange(6):
        case 0:
            return f"{head}\n{rest.rstrip()},more\n"
        case 1:
            return f"{head}\n{rest.rstrip().rpartition(',')[0]}\n" if '"' not in rest else head
        case 2:
            names[rng.randrange(len(names))] = rng.choice(
                (*CODE[:8], "rowid", "ID", "x", "barrier")
            )
            return ",".join('"' + name.replace('"', '""') + '"' for name in names) + f"\n{rest}"
        case 3:
            return f"{head},{rng.choice(names)}\n{rest.rstrip()},1\n"
        case 4:
            return f'{head}\n{rest}"open'
    return rng.choice((head, "", "\0" + text, "SQLite format 3\0"))


# ------------------------------------------------------------------ thrown


def attack(rng: Random, folder: Path) -> str:
    """A true row of the curated store under another name; in two of three something is wrong."""
    shutil.copy(_empty_store(), "lab.sqlite")
    before = Path("lab.sqlite").read_bytes()
    table = rng.choice(_TABLES)
    row = dict(rng.choice(_true_rows(table)))
    row["id"] = "LAB" + row["id"]
    kind = rng.randrange(6)
    wrong = kind > 1
    if kind in (2, 3, 4):
        while not rng.choice(_SPOILED)(rng, row):
            pass
    written = io.StringIO()
    names = rng.sample(list(row), len(row))
    writer = csv.DictWriter(written, names, lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    text = written.getvalue()
    if kind == 5:
        text = _file(rng, text)
    Path("rows.csv").write_text(text, "utf-8", errors="surrogatepass", newline="")
    answer = perovdb("store", "add", "lab.sqlite", "rows.csv", "--table", table)
    if answer.refused:
        if not wrong:
            raise Finding(f"a true row was refused: {answer.err}")
        if Path("lab.sqlite").read_bytes() != before:
            raise Finding(f"refused, and the store has changed: {answer.err}")
        if "rows.csv" not in answer.err:
            raise Finding(f"the refusal does not say where: {answer.err}")
        return "refused"
    if wrong:
        raise Finding(f"added: {text!r}: {answer.out}")
    _check(table, row)
    return "added"


def _check(table: str, row: Row) -> None:
    """The row is there as it was written.

    Raises:
        Finding: it is not.
    """
    with closing(sqlite3.connect("lab.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(one) for one in connection.execute(f"SELECT * FROM {table}")]
    if len(rows) != 1:
        raise Finding(f"{len(rows)} rows are there")
    for name, cell in row.items():
        found = rows[0][name]
        same = float(cell) == found if isinstance(found, int | float) else cell == (found or "")
        if name not in ("formula", "host") and not same and (cell or name != "qualifier"):
            raise Finding(f"{name}: {cell!r} stands there as {found!r}")


CAMPAIGN = Campaign(
    kind="rows",
    throws="rows in CSV: true ones, wrong cells, cells of no group, ranges, heads, quotes",
    promise="a row enters as it was written, or is refused by its place and nothing is changed",
    attack=attack,
    full=2_000,
    short=50,
    words={"added", "refused"},
    prepare=_empty_store,
)
