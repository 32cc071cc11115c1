"""A store of one's own with many barriers, beside plain sqlite3 on the same file.

python benchmarks/stores.py [ROWS ...]: CPU time and most memory of each task, and the ratio to
what sqlite3 alone takes for it, run in turn. Default: 100,000 rows; 1,000,000 take 2 GB of disk.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from startup import PEROVDB

from perovdb.composition import parse
from perovdb.store import own

COLUMNS = (
    "id", "host", "formula", "phase", "species", "mechanism", "barrier_eV", "method", "sample",
    "source", "kind", "evidence",
)  # fmt: skip
HOSTS = [
    parse(f"Cs{x / 1000:g}FA{1 - x / 1000:.3f}Pb{halide}3").formula
    for x in range(1, 1000)
    for halide in ("Cl", "Br", "I")
]
HOST = HOSTS[1234]

IMPORTS = "import csv, sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
WRITE = "csv.writer(sys.stdout).writerows(db.execute("
#: Task -> arguments of perovdb, and the same in Python with sqlite3; None stands for the store.
TASKS = {
    "add one row": (
        ["store", "add", None, "one.csv", "--table", "barrier"],
        "db.execute(\"INSERT INTO barrier (id, host, species, barrier_eV, source, kind, evidence)"
        " VALUES ('plain', 'x', 'I', 0.4, 'bench', 'computed', 'read')\"); db.commit()",
    ),
    "one composition": (
        ["barriers", "--host", HOST, "--species", "Cs", "--csv", "--store", None],
        f"{WRITE}\"SELECT * FROM barrier WHERE formula = '{HOST}' AND species = 'Cs'\"))",
    ),
    "a range, 10 rows": (
        ["barriers", "--within", "barrier_eV", "0.5", "0.6", "--limit", "10", "--csv", "--store",
         None],
        f'{WRITE}"SELECT * FROM barrier WHERE barrier_eV BETWEEN 0.5 AND 0.6 ORDER BY id '
        'LIMIT 10"))',
    ),
    "show": (
        ["show", HOST, "--store", None],
        f"{WRITE}\"SELECT * FROM barrier WHERE formula = '{HOST}'\"))",
    ),
    "search": (
        ["search", "sample", "77", "--store", None],
        f"{WRITE}\"SELECT * FROM search WHERE search MATCH 'sample 77' ORDER BY rank LIMIT 20\"))",
    ),
    "all rows, CSV": (
        ["barriers", "--csv", "--store", None],
        f'{WRITE}"SELECT * FROM barrier"))',
    ),
    "all rows, JSON": (
        ["barriers", "--json", "--store", None],
        "import json; db.row_factory = sqlite3.Row; "
        "[print(json.dumps(dict(row))) for row in db.execute('SELECT * FROM barrier')]",
    ),
    "all rows, table": (["barriers", "--store", None], f'{WRITE}"SELECT * FROM barrier"))'),
    "check": (
        ["store", "check", None],
        "print(db.execute('PRAGMA integrity_check').fetchall())",
    ),
    "data frame": (
        "import perovdb; print(len(perovdb.open_store(sys.argv[1]).barriers()))",
        "import pandas; print(len(pandas.read_sql('SELECT * FROM barrier ORDER BY id', db)))",
    ),
}  # fmt: skip


def rows_of(count: int) -> Iterator[list[str]]:
    """Rows, one by one: a list would count as memory of the children."""
    for n in range(count):
        yield [
            f"N{n}", HOSTS[n % len(HOSTS)], HOSTS[n % len(HOSTS)], ("alpha", "gamma")[n % 2],
            ("I", "Br", "Cs", "Cs;FA")[n % 4], "vacancy", f"{0.1 + n % 997 / 1000:g}", "NEB, PBE",
            f"sample {n} of a benchmark", "bench", ("computed", "measured")[n % 3 == 0], "read",
        ]  # fmt: skip


def spent(command: list[str]) -> tuple[float, float]:
    """CPU seconds and most memory in MB of a command."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(count: int) -> None:
    """Fill a store, and print a line for each task."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        store = Path("own.sqlite")
        own.init(store)
        for name, lines in (
            ("source", [["key", "citation"], ["bench", "invented"]]),
            ("barrier", chain([COLUMNS], rows_of(count))),
            ("one", [COLUMNS, ["ONE", *next(rows_of(1))[1:]]]),
        ):
            with open(f"{name}.csv", "w", newline="") as file:
                csv.writer(file).writerows(lines)
        spent([PEROVDB, "store", "add", str(store), "source.csv"])
        plain = Path("plain.sqlite")
        plain.write_bytes(store.read_bytes())
        fill = (
            f"{IMPORTS}rows = csv.reader(open('barrier.csv')); names = next(rows); "
            "db.executemany(f\"INSERT INTO barrier ({','.join(names)}) "
            "VALUES ({','.join('?' * len(names))})\", rows); db.commit()"
        )
        print(f"{count:,} rows", flush=True)
        tell(
            "add all rows",
            [PEROVDB, "store", "add", str(store), "barrier.csv"],
            [sys.executable, "-c", fill, str(plain)],
        )
        for task, (ours, theirs) in TASKS.items():
            command = (
                [sys.executable, "-c", f"import sys; {ours}", str(store)]
                if isinstance(ours, str)
                else [PEROVDB, *(str(store) if word is None else word for word in ours)]
            )
            # What sqlite3 alone writes does not belong into a store.
            place = plain if task.startswith("add") else store
            tell(task, command, [sys.executable, "-c", IMPORTS + theirs, str(place)])
        print(f"file: {store.stat().st_size / 1e6:.0f} MB, plain {plain.stat().st_size / 1e6:.0f}")


def tell(task: str, ours: list[str], theirs: list[str]) -> None:
    """Print what a task takes."""
    began = time.monotonic()
    (own_s, own_MB), (plain_s, plain_MB) = spent(ours), spent(theirs)
    print(
        f"{task:18s} {own_s:7.2f} s {own_MB:6.0f} MB   sqlite3 {plain_s:6.2f} s {plain_MB:5.0f} MB"
        f"   {own_s / plain_s:5.1f} x   ({time.monotonic() - began:.0f} s)",
        flush=True,
    )


if __name__ == "__main__":
    for number in map(int, sys.argv[1:] or ["100000"]):
        measure(number)
