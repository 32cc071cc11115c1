"""Commands on a disk that is full or read-only, or where no file may grow beyond a size."""

from __future__ import annotations

import contextlib
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.file_events import run
from tests.attack.kills import DEEDS, compare, known, prepare, run_deed, state

_PAGE_BYTES = 4096
#: What a command prints is a file here too.
_WORDS_BYTES = 8000
_FULL = ("is full", "disk or your quota")
_READ_ONLY = ("read-only",)
_LIMITED = ("larger than a file may be", "the disk refuses")


def attack(rng: Random, folder: Path) -> str:
    """Without the right to mount a disk it is always the size of files that is limited."""
    number = rng.randrange(len(DEEDS))
    deed, there = DEEDS[number], known(number)
    most = int(10 ** rng.uniform(2, 6))
    kind = rng.choice(("full", "read-only", "limited") if may_mount() else ("limited",))
    said = f"{' '.join(deed.command)}, {kind}, {most} bytes"
    place = folder / "disk"
    with _disk(place, there.folder, kind, most), contextlib.chdir(place):
        limit = max(most, _WORDS_BYTES) if kind == "limited" else None
        ended = run(lambda: _limited(lambda: run_deed(deed), limit), place)
        found = state()
    new = compare(deed, there, found, said)
    if ended.code == 0:
        if found != there.after:
            raise Finding(f"{said}: it says that it is done, and is not")
        return "answered"
    words = {"full": _FULL, "read-only": _READ_ONLY, "limited": _LIMITED}[kind]
    if ended.code == 99 or not any(word in ended.said for word in words):
        raise Finding(f"{said}: {ended.said[-400:]}")
    if new == len(there.after) and not deed.wholes:
        raise Finding(f"{said}: it says that it failed, and is done: {ended.said[-400:]}")
    return "refused"


@contextlib.contextmanager
def _disk(place: Path, copied: Path, kind: str, room_bytes: int) -> Iterator[None]:
    place.mkdir()
    if kind == "limited":
        shutil.copytree(copied, place, dirs_exist_ok=True)
        yield
        return
    files = list(copied.rglob("*"))
    pages = sum(1 + -(-path.stat().st_size // _PAGE_BYTES) for path in files)
    size = pages * _PAGE_BYTES + (room_bytes if kind == "full" else 10**7)
    _mount("-t", "tmpfs", "-o", f"size={size},nr_inodes=10000", "none", str(place))
    try:
        shutil.copytree(copied, place, dirs_exist_ok=True)
        if kind == "read-only":
            _mount("-o", "remount,ro", str(place))
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


@cache
def may_mount() -> bool:
    """Whether a disk can be mounted here: by root, as a rule."""
    place = Path("trial")
    place.mkdir()
    try:
        _mount("-t", "tmpfs", "none", str(place))
        subprocess.run(["umount", "-l", str(place)], check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    finally:
        place.rmdir()
    return True


def _limited(command: Callable[[], None], most: int | None) -> None:
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    command()


CAMPAIGN = Campaign(
    kind="disks",
    throws="full and read-only disks, and files that may not grow, under ten commands",
    promise="the old or the new one, whole; what is told of it is true",
    attack=attack,
    full=300,
    short=10,
    words={"refused", "answered"},
    seconds=60,
    prepare=prepare,
    starts_processes=True,
)
