"""Find every number of the tables again in what it was read from.

    python tests/data/find_again.py FOLDER

FOLDER holds, in any depth, what was read: tables of facts (CSV, each with an `id` of ours or with
its formula or ion), and the files that locators name, in folders as `repository/path` for the
locator `repository:path`. A row is found where one record of the same id, one record of the same
formula or ion, or the file that its locator names has all its numbers, in our unit or in that of
the source. What is recalled has no source, and what is worked out from other columns is held by
tests of its own; signs are not compared. Prints how many rows of each table were found, lost (a
number was not there) or unread (nothing in the folder is about them); ends with 1 if one is lost.
"""

import csv
import re
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from perovdb.composition import parse
from perovdb.errors import PerovdbError

TABLES = Path(__file__).parents[2] / "data" / "tables"
KINDS = ("found", "lost", "unread")

#: Columns that follow from others (test_phases.py, test_values.py), or are chosen by rule.
WORKED_OUT = {
    "descriptor_window": {"strict"},
    "formability": {"mu", "t_predicts_perovskite", "tau_predicts_perovskite"},
    "phase": {"volume_A3", "a_pseudocubic_A", "space_group_number", "perovskite", "Z"},
    "radius": {"charge", "coordination_number"},
    "barrier": {"charge_state"},
}
#: Columns of words, names and places.
WORDS = {
    "id",
    "formula",
    "formula_as_stated",
    "host",
    "species",
    "source",
    "cited_sources",
    "note",
}
WORDS |= {"locator", "quote", "quote_2", "hkl", "zone_axis", "statement", "label", "phase_id"}
#: Columns that hold more digits than their source prints, and the decimals that it prints.
PRINTED_DECIMALS = {"t": 2, "tau": 2, "r_B_A": 2}
#: Rows with numbers from another row of their source.
FROM_OTHER_ROWS = {
    "formability F034": "tau is that of the table of Bartel, the rest that of F034 as read",
    "gap_series G051": "the gaps of its ends are those of G019 and G020",
}

#: Where a row or record says what it is about.
SUBJECTS = ("formula", "composition", "material", "ion", "species", "host", "series")
ROOM_K = 298

#: Ending of a column -> what one of the units that sources print is in ours.
UNITS = {
    "A": (0.01, 10),
    "s": (60, 3600, 86400, 1e-3, 1e-6, 1e-9, 1e-12),
    "eV": (1e-3, 1 / 96.485, 1 / 23.0605),
    "pct": (100,),
    "V": (1e-3,),
}
ANY_UNIT = (1e-9, 1e-6, 1e-3, 0.01, 100, 1000, 1e6)

_CELL = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_IN_TEXT = re.compile(
    r"(\d+(?:\.\d+)?)(?:\s*[x\u00d7]\s*10\^?\s*([-\u2212]?\d+)|[eE]([-+]?\d+)|\((\d+)\))?"
)
_FILE = re.compile(r"(?:github:)?([\w.-]+/[\w.-]+):([^\s;,()]+)")


class Fate(NamedTuple):
    """What became of one row: the cells that were not found, none if nothing is about it."""

    table: str
    place: str
    lacking: list[str] | None

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return "unread" if self.lacking is None else "lost" if self.lacking else "found"


@cache
def subject(text: str) -> str:
    """A formula as perovdb writes it, so that the order of its parts does not count."""
    text = text.partition(" (")[0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(text).formula
    except PerovdbError:
        return text


def numbers_in(text: str) -> frozenset[float]:
    """The numbers of a text; 6.3285(4) is 6.3285 and 0.0004, 2 x 10^-6 is 2 and 0.000002."""
    found = set()
    for digits, power, exponent, last in _IN_TEXT.findall(text):
        value = float(digits)
        found.add(value)
        if power or exponent:
            found.add(value * 10.0 ** int((power or exponent).replace("\u2212", "-")))
        if last:
            found.add(int(last) * 10.0 ** -len(digits.partition(".")[2]))
    return frozenset(found)


class Read:
    """What was read: rows by their id, those without one by their subject, files by their name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.of_id: dict[str, list[frozenset[float]]] = defaultdict(list)
        self.of_subject: dict[str, list[frozenset[float]]] = defaultdict(list)
        for path in sorted(folder.rglob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                for row in csv.DictReader(file):
                    cells = {name: cell for name, cell in row.items() if name and cell}
                    record = numbers_in(" | ".join(map(str, cells.values())))
                    if "id" in cells:
                        self.of_id[cells["id"]].append(record)
                    else:
                        for about in {cells[name] for name in SUBJECTS if name in cells}:
                            self.of_subject[subject(about)].append(record)

    def of(self, row: dict[str, str]) -> Iterator[frozenset[float]]:
        """The records of a row's id, and the file that its locator names."""
        yield from self.of_id.get(row.get("id") or row.get("phase_id", ""), ())
        for repository, path in _FILE.findall(row.get("locator", "")):
            file = self.folder / repository / path
            if file.is_file():
                yield numbers_in(file.read_text(encoding="utf-8", errors="replace"))


def to_find(table: str, row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Columns and cells that a source must have."""
    if row.get("source") == "perovdb" or row.get("basis") in ("symmetry", "derived"):
        return
    for column, cell in row.items():
        if column in WORDS or column in WORKED_OUT.get(table, ()):
            continue
        if cell and _CELL.fullmatch(cell):
            room = column.startswith("temperature") and float(cell) == ROOM_K
            if not room:
                yield column, cell


def is_in(column: str, cell: str, row: dict[str, str], numbers: frozenset[float]) -> bool:
    """Whether a number stands among others, in our unit or that of the source."""
    value = abs(float(cell))
    if column in PRINTED_DECIMALS:
        half = 0.505 * 10.0 ** -PRINTED_DECIMALS[column]
        return any(abs(number - value) <= half for number in numbers)
    unit = column.rsplit("_", 1)[-1]
    same = [*numbers]
    if unit == "K":
        same += [number + 273.15 for number in numbers]
    if column == "c1_eV":
        # E = E1 (1 - x) + E2 x - b x (1 - x) has c1 = E2 - E1 - b.
        end = abs(sum(float(row[name]) for name in ("c0_eV", "c1_eV", "c2_eV")))
        same += [value for number in numbers if abs(number - end) < 1e-6]
    if any(abs(number - value) <= 1e-9 * value for number in same):
        return True
    # What was converted is rounded as it was written here.
    decimals = len(cell.partition(".")[2])
    units = ANY_UNIT if "value" in column else UNITS.get(unit, ())
    converted = [number * factor for number in numbers for factor in units]
    converted += [number + 273 for number in numbers] if unit == "K" else []
    return any(
        abs(number - value) <= 1e-9 * value or (decimals and round(number, decimals) == value)
        for number in converted
    )


def missing(table: str, row: dict[str, str], record: frozenset[float]) -> list[str]:
    """The cells of a row that a record lacks."""
    return [
        f"{column} {cell}"
        for column, cell in to_find(table, row)
        if not is_in(column, cell, row, record)
    ]


def lacking(table: str, row: dict[str, str], about: list[str], read: Read) -> list[str] | None:
    """The cells that no record has; none if nothing in the folder is about the row.

    Of the records of the same formula those are about it that have at least half of its numbers.
    """
    count = len(list(to_find(table, row)))
    if count == 0 or place(table, row) in FROM_OTHER_ROWS:
        return []
    own = [missing(table, row, record) for record in read.of(row)]
    alike = [
        missing(table, row, record)
        for text in about
        for record in read.of_subject.get(subject(text), ())
    ]
    near = [cells for cells in alike if 2 * len(cells) <= count]
    return min([*own, *near], key=len, default=None)


def place(table: str, row: dict[str, str]) -> str:
    """How a row is called: its table and id."""
    return f"{table} {row.get('id') or row.get('phase_id') or row.get('name')}"


def tables(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Table -> rows of its CSV file, of those tables that hold facts of others."""
    found = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        if rows and ("locator" in rows[0] or path.stem == "phase_site"):
            found[path.stem] = rows
    return found


def find_all(every: dict[str, list[dict[str, str]]], read: Read) -> Iterator[Fate]:
    """What becomes of every row that is not recalled."""
    formulas = {row["id"]: row["formula"] for row in every.get("phase", ())}
    for table, rows in every.items():
        for row in rows:
            if row.get("evidence") != "recalled":
                about = [row[name] for name in SUBJECTS if row.get(name)]
                about += [formulas[row["phase_id"]]] if "phase_id" in row else []
                yield Fate(table, place(table, row), lacking(table, row, about, read))


def main(folder: Path) -> int:
    """Search all rows; print what became of them."""
    fates = list(find_all(tables(TABLES), Read(folder)))
    count = Counter((fate.table, fate.kind) for fate in fates)
    print(f"{'table':20}", *(f"{kind:>8}" for kind in KINDS))
    for table in dict.fromkeys(fate.table for fate in fates):
        print(f"{table:20}", *(f"{count[table, kind]:8}" for kind in KINDS))
    lost = [fate for fate in fates if fate.lacking]
    for fate in lost:
        print(f"{fate.place}: {', '.join(fate.lacking or ())}")
    return 1 if lost else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
