"""Five processes that add rows to one store at the same time, some of which are killed."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.run import ROOT

_WRITERS, _BATCHES, _ROWS = 5, 10, 5

_SOURCE = "key,citation,year\nlab2026,Our own band,2026\n"
_COLUMNS = "id,host,formula,species,barrier_eV,source,kind,evidence\n"

#: A writer: adds batch after batch, and says of each when the command has said that it is done.
_WRITER = """
import sys
from pathlib import Path
from tests.attack.writers import add_batches

add_batches(sys.argv[1])
"""


def add_batches(name: str) -> None:
    """Add all batches of a writer to lab.sqlite in the current folder."""
    for batch in range(_BATCHES):
        rows = [
            f"{name}-{batch}-{row},CsPbI3,CsPbI3,I,0.42,lab2026,computed,read\n"
            for row in range(_ROWS)
        ]
        file = Path(f"{name}.csv")
        file.write_text(_COLUMNS + "".join(rows))
        answer = perovdb("store", "add", "lab.sqlite", file.name, "--table", "barriers")
        word = "done" if answer.code == 0 else f"refused: {answer.err.strip()}"
        sys.__stdout__.write(f"{name}-{batch} {word}\n")
        sys.__stdout__.flush()


def attack(rng: Random, folder: Path) -> str:
    """Half of the rounds lose some writers by SIGKILL."""
    (folder / "source.csv").write_text(_SOURCE)
    for arguments in (("init", "lab.sqlite"), ("add", "lab.sqlite", "source.csv")):
        if perovdb("store", *arguments).refused:
            raise Finding(f"store {' '.join(arguments)} was refused")
    writers = {
        f"w{number}": subprocess.Popen(
            [
                sys.executable,
                "-c",
                f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{_WRITER}",
                f"w{number}",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(_WRITERS)
    }
    killed = rng.sample(sorted(writers), rng.choice((0, 2, 3)))
    said = {}
    for name in killed:
        # When it is at work: the moment is that of the machine, not of the draw.
        said[name] = writers[name].stdout.readline()
        time.sleep(random.uniform(0, 0.05))
        writers[name].send_signal(signal.SIGKILL)
    for name, writer in writers.items():
        # What is left in the buffer of the line that was read comes first.
        out = writer.stdout.read()
        err = writer.communicate()[1]
        if name not in killed and (writer.returncode or err):
            raise Finding(f"a writer ended with {writer.returncode}: {err[-300:]}")
        said[name] = said.get(name, "") + out
    _check(said, killed)
    return "some killed, what was said is there" if killed else "250 of 250 rows there"


def _check(said: dict[str, str], killed: list[str]) -> None:
    """What was said to be done is there, and no half of a batch; the store is sound.

    Raises:
        Finding: as said.
    """
    lines = [line for text in said.values() for line in text.splitlines()]
    if refused := [line for line in lines if "refused" in line]:
        raise Finding(f"{len(refused)} batches were refused, such as {refused[0]}")
    done = {line.split()[0] for line in lines if line.endswith(" done")}
    with closing(sqlite3.connect("lab.sqlite")) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM barrier")]
        found = {
            row[0]
            for row in connection.execute("SELECT row_id FROM search WHERE table_name = 'barrier'")
        }
        damage = connection.execute("PRAGMA integrity_check").fetchall()
    batches = Counter(name.rpartition("-")[0] for name in ids)
    if set(batches.values()) - {_ROWS}:
        raise Finding(f"halves of batches are there: {batches}")
    if lost := done - set(batches):
        raise Finding(
            f"{len(lost)} batches were said to be added and are lost, such as {min(lost)}"
        )
    unsaid = set(batches) - done
    if len(unsaid) > len(killed) or {name.partition("-")[0] for name in unsaid} - set(killed):
        raise Finding(f"batches are there of which nothing was said: {sorted(unsaid)}")
    if not killed and len(ids) != _WRITERS * _BATCHES * _ROWS:
        raise Finding(f"{len(ids)} rows are there")
    if set(ids) != found:
        raise Finding(f"{len(set(ids) ^ found)} rows are not as the search has them")
    if damage != [("ok",)]:
        raise Finding(f"the store is damaged: {damage[0][0]}")
    answer = perovdb("store", "check", "lab.sqlite")
    if answer.refused or "sound" not in answer.out:
        raise Finding(f"store check: {answer.out}{answer.err}")


CAMPAIGN = Campaign(
    kind="writers",
    throws="five processes that add 50 rows each to one store, some of them killed",
    promise="every row that was said to be added is there, whole batches only; the store is sound",
    attack=attack,
    full=24,
    short=1,
    words={"250 of 250 rows there", "some killed, what was said is there"},
    seconds=90,
    starts_processes=True,
)
