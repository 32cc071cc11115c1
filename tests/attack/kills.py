"""Commands that are killed, or meet an error of the disk, at any change that they make to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.file_events import DISK_ERRORS, Fault, run

#: Relative path -> what it holds: bytes, or the rows of a store.
State = dict[str, object]

_HOP = ("neb", "CsPbI3", "--phase", "alpha", "--species", "I", "--code", "qe")
_ENUMERATED = "build CsPbBr3 --phase cubic --size 2 --replace Pb=Cd:2 --order enumerate -o cd"
_SOURCE = "key,citation\nlab,ours\n"
_BARRIERS = "id,host,species,barrier_eV,source,kind,evidence\n" + "".join(
    f"L{number},CsPbI3,I,0.4,lab,computed,read\n" for number in range(50)
)


@dataclass(frozen=True)
class Deed:
    """A command, and what it changes.

    Attributes:
        command: its words.
        before: makes what is there before, in the current folder.
        wholes: folders of which all files are of one state; other files are so one by one.
        repeats: whether the next run of the same words answers.
    """

    command: tuple[str, ...]
    before: Callable[[], object] = lambda: None
    wholes: tuple[str, ...] = ()
    repeats: bool = True


def _old(*names: str) -> Callable[[], None]:
    def make() -> None:
        for name in names:
            Path(name).write_text("old", "utf-8")

    return make


def _old_set() -> None:
    perovdb(*_HOP, "--images", "2", "-o", "v")
    Path("v", "OUTCAR").write_text("weeks of work", "utf-8")


def _old_tree() -> None:
    perovdb(*_HOP, "--images", "1", "--scheduler", "bash", "--scheduler", "pbs", "-o", "t")


def _old_store() -> None:
    Path("source.csv").write_text(_SOURCE, "utf-8")
    Path("barrier.csv").write_text(_BARRIERS, "utf-8")
    perovdb("store", "init", "lab.sqlite")
    perovdb("store", "add", "lab.sqlite", "source.csv")


_LISTS = ("contents.csv", "folders.txt", "array.sh")
_TREE = "t/qe-standard-{0}/CsPbI3-alpha/I-hop0-{1}vac-rigid-images-1"
DEEDS = (
    Deed(("build", "CsPbI3", "--phase", "alpha", "-o", "m.cif"), repeats=False),
    Deed(("build", "CsPbI3", "--phase", "alpha", "-o", "m.cif", "--force"), _old("m.cif")),
    Deed(("screen", "Cs,FA | Pb | I", "-o", "s.csv", "--force"), _old("s.csv")),
    Deed(
        ("xrd", "CsPbI3", "--phase", "alpha", "--plot", "p.svg", "--curve", "c.csv", "--force"),
        _old("p.svg", "c.csv"),
    ),
    Deed(tuple(_ENUMERATED.split()), wholes=("cd",), repeats=False),
    Deed((*_HOP, "--images", "1", "-o", "v"), wholes=("v",), repeats=False),
    Deed((*_HOP, "--images", "1", "-o", "v", "--force"), _old_set, ("v",)),
    Deed(
        (*_HOP, "--images", "1", "--vacancies", "1", "--vacancies", "2", "--scheduler", "bash",
         "-o", "t"),
        _old_tree,
        tuple(_TREE.format(name, count) for name in ("bash", "pbs") for count in (1, 2)),
    ),
    Deed(("store", "init", "new.sqlite"), repeats=False),
    Deed(("store", "add", "lab.sqlite", "barrier.csv"), _old_store, repeats=False),
)  # fmt: skip


def state() -> State:
    """What the current folder shows."""
    found: State = {}
    for place, folders, files in os.walk("."):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = os.path.relpath(os.path.join(place, name))
            if name.endswith(".sqlite"):
                found[path] = _rows(path)
            elif not name.startswith(".") and not name.endswith(("-wal", "-shm")):
                # Which of the runs wrote a set is not the same after a kill.
                found[path] = Path(path).read_bytes().replace(b",written,", b",kept,")
    return found


def _rows(path: str) -> object:
    # A full or read-only disk has no room for what SQLite puts beside a store.
    moved = shutil.copy(path, tempfile.mkdtemp())
    if os.path.exists(f"{path}-wal"):
        shutil.copy(f"{path}-wal", f"{moved}-wal")
    with closing(sqlite3.connect(moved)) as store:
        if store.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            return "damaged"
        return [
            store.execute(f"SELECT * FROM {table}").fetchall() for table in ("barrier", "source")
        ]


@dataclass(frozen=True)
class Known:
    """Of a deed: the folder from which it starts, both states, and the changes that it makes."""

    folder: Path
    before: State
    after: State
    changes: int


@cache
def known(number: int) -> Known:
    """What is known of a deed."""
    deed = DEEDS[number]
    folder = Path(tempfile.mkdtemp())
    trial = Path(tempfile.mkdtemp())
    with contextlib.chdir(folder):
        deed.before()
        before = state()
    shutil.copytree(folder, trial, dirs_exist_ok=True)
    with contextlib.chdir(trial):
        ended = run(lambda: run_deed(deed), trial)
        if ended.code:
            raise Finding(f"{' '.join(deed.command)}: {ended.said}")
        return Known(folder, before, state(), ended.changes)


def run_deed(deed: Deed) -> None:
    """Run its command, and end with its exit code."""
    answer = perovdb(*deed.command)
    os.write(1, (answer.out + answer.err).encode())
    raise SystemExit(answer.code)


def prepare() -> None:
    """Paths and files of sets are made once; what is told of the disk is the same."""
    from perovdb.inputs import studies
    from perovdb.migration.requests import HopRequest

    make, fill = HopRequest.path, studies.input_files
    paths: dict[object, object] = {}
    files: dict[str, object] = {}

    def path(hop, *rest):  # type: ignore[no-untyped-def]
        if hop not in paths:
            paths[hop] = make(hop, *rest)
        return paths[hop]

    def filled(chain, **how):  # type: ignore[no-untyped-def]
        key = f"{id(chain)} {sorted(how.items(), key=str)}"
        if key not in files:
            files[key] = fill(chain, **how)
        return dict(files[key])

    HopRequest.path = path  # type: ignore[method-assign]
    studies.input_files = filled
    for number, deed in enumerate(DEEDS):
        with contextlib.chdir(tempfile.mkdtemp()):
            deed.before()
            perovdb(*deed.command)
        known(number)


def attack(rng: Random, folder: Path) -> str:
    """A third of the runs is not killed but refused by the disk; every third is run again."""
    number = rng.randrange(len(DEEDS))
    deed, there = DEEDS[number], known(number)
    shutil.copytree(there.folder, folder, dirs_exist_ok=True)
    error = rng.choice(DISK_ERRORS) if rng.random() < 1 / 3 else None
    fault = Fault(rng.randint(1, there.changes), error)
    ended = run(lambda: run_deed(deed), folder, fault)
    found = state()
    said = f"{' '.join(deed.command)}, {fault}"
    if ended.code == 99 or ("perovdb" not in ended.said and ended.code):
        raise Finding(f"{said}: {ended.said[-300:]}")
    new = compare(deed, there, found, said)
    if ended.code == 0 and found != there.after:
        raise Finding(f"{said}: it says that it is done, and is not")
    if ended.code and new == len(there.after) and not deed.wholes and there.before:
        raise Finding(f"{said}: it says that it failed, and is done: {ended.said[-300:]}")
    if rng.random() < 1 / 3:
        _again(deed, there, said)
    return "killed" if ended.killed else "refused" if ended.code else "answered"


def compare(deed: Deed, there: Known, found: State, said: str) -> int:
    """How much of what was to come is there; each whole is the old one or the new one."""
    names = {*there.before, *there.after, *found}
    if any(b",failed," in held for held in found.values() if isinstance(held, bytes)):
        # The lists of a tree name what is there of it, and say what failed.
        names = {name for name in names if os.path.basename(name) not in _LISTS}
    wholes: dict[str, list[str]] = {}
    for name in names:
        inside = [whole for whole in deed.wholes if name.startswith(whole + os.sep)]
        wholes.setdefault(inside[0] if inside else name, []).append(name)
    new = 0
    for whole, parts in wholes.items():
        old, come, has = (
            {name: one[name] for name in parts if name in one}
            for one in (there.before, there.after, found)
        )
        if has not in (old, come):
            lost = sorted({*old} - {*has})
            raise Finding(f"{said}: {whole} is neither the old nor the new one; lost: {lost}")
        new += len(come) if has == come else 0
    return new


def _again(deed: Deed, there: Known, said: str) -> None:
    """The next run completes it, and leaves no remains."""
    answer = perovdb(*deed.command)
    if answer.refused and deed.repeats:
        raise Finding(f"{said}: the next run: {answer.err}")
    if state() != there.after:
        raise Finding(f"{said}: the next run does not complete it: {answer.err}")
    left = [str(path) for path in Path().rglob(".*")]
    if left and not answer.refused:
        raise Finding(f"{said}: remains after the next run: {left[:3]}")


CAMPAIGN = Campaign(
    kind="kills",
    throws="kills and errors of the disk at any change of a file, in ten commands",
    promise="the old or the new one, whole; the next run completes it and leaves no remains",
    attack=attack,
    full=1_300,
    short=20,
    words={"killed", "refused", "answered"},
    seconds=60,
    prepare=prepare,
    starts_processes=True,
)
