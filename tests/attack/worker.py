"""A process that throws inputs one after another, and says of each what came of it.

Started by `run` as ``python -m tests.attack.worker KIND SEED FIRST STOP STEP``. It prints a line
of JSON when an input begins and one when it is done; whoever started it sees by that which input
hangs or kills it.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from tests.attack.campaign import Campaign, Finding, find
from tests.attack.guard import Guard, marked


class TooLong(BaseException):
    """The limit of one input is over. No handler for errors may catch it."""


def throw(campaign: Campaign, seed: int, index: int, guard: Guard) -> tuple[str, str]:
    """Throw one input: what came of it, and what it achieved and must not ("" if nothing).

    The folder of the input stands alone in another: what appears beside it was made outside.
    """
    inputs = Path(tempfile.gettempdir()).parent / "inputs"
    folder = inputs / "here"
    folder.mkdir(parents=True)
    rng = campaign.draw(seed, index)
    seen: list[str] = []
    try:
        with (
            contextlib.chdir(folder),
            _limit(campaign.seconds),
            guard.watching(
                folder, Path(tempfile.gettempdir()), processes=campaign.starts_processes
            ) as seen,
        ):
            word, finding = campaign.attack(rng, folder), ""
    except Finding as found:
        word, finding = "", str(found)
    except TooLong:
        word, finding = "", f"no answer in {campaign.seconds:g} s"
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[-1:]
        places = ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
        word, finding = "", f"{type(error).__name__}: {error} ({places})"
    if seen:
        finding = f"done outside: {seen[0]}"
    elif executed := marked(inputs):
        finding = f"executed: {executed[0]} was made"
    elif beside := [name for name in os.listdir(inputs) if name != folder.name]:
        finding = f"made outside: {beside[0]}"
    elif not finding and word not in campaign.words:
        finding = f"'{word}' is none of {', '.join(sorted(campaign.words))}"
    shutil.rmtree(inputs, ignore_errors=True)
    return word, finding


@contextlib.contextmanager
def _limit(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def prepare(campaign: Campaign) -> Guard:
    """Bind this process: its memory, its folders for temporary files and for inputs, and make what
    the inputs share.

    Campaigns may leave in the first what many inputs share; whoever started the process removes
    both.
    """
    from perovdb.store.connection import CURATED

    most = int(campaign.memory_GB * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    shared = Path(tempfile.mkdtemp(prefix="perovdb-attack-")) / "shared"
    shared.mkdir()
    tempfile.tempdir = os.environ["TMPDIR"] = str(shared)
    os.environ["MPLBACKEND"] = "agg"
    os.environ["COLUMNS"] = "100"
    campaign.prepare()
    return Guard(str(CURATED))


def main() -> None:
    """Throw the inputs that the arguments name."""
    kind, *numbers = sys.argv[1:]
    seed, first, stop, step = map(int, numbers)
    campaign = find(kind)
    guard = prepare(campaign)
    # What attacks print goes nowhere; the lines for the driver go where it listens.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for index in range(first, stop, step):
        print(json.dumps({"begun": index}), file=lines)
        began_s = time.monotonic()
        word, finding = throw(campaign, seed, index, guard)
        took_s = time.monotonic() - began_s
        done = {"done": index, "word": word, "finding": finding, "took_s": took_s}
        print(json.dumps(done), file=lines)


if __name__ == "__main__":
    main()
