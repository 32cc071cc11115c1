"""Attacks that achieve what they must not, by which the driver itself is tested."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from random import Random
from unittest.mock import patch

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.guard import MARKER


def _found() -> None:
    raise Finding("a wrong answer")


def _failed() -> None:
    raise KeyError("a traceback")


def _hung() -> None:
    """Inside C, where no alarm of Python is heard."""
    sum(range(10**12))


def _waited() -> None:
    # An alarm that is an Exception would end here.
    with contextlib.suppress(Exception):
        threading.Event().wait()


def _died() -> None:
    os.abort()


def _ate() -> None:
    bytearray(2**40)


def _ran() -> None:
    os.system(f"touch {MARKER}")


def _started() -> None:
    subprocess.run(["true"], check=False)


def _evaluated() -> None:
    eval(f"[{MARKER} for {MARKER} in ()]")


def _wrote() -> None:
    Path("..", "outside").write_text("")


def _removed() -> None:
    os.remove("/tmp/no such file, and none that may be removed")


def _left() -> None:
    """As a program would, of which Python knows nothing."""
    Path(MARKER).mkdir()


def _answered(answer: Callable[[], object]) -> None:
    """A command that does something else instead."""
    with patch("perovdb_cli.main.main", answer):
        perovdb("show", "--json")


def _warned() -> None:
    _answered(lambda: warnings.warn("said raw", stacklevel=1))


def _cleared() -> None:
    _answered(lambda: sys.stdout.write("\x1b[2J"))


def _said_nothing() -> None:
    _answered(lambda: sys.exit(1))


def _said_nan() -> None:
    _answered(lambda: sys.stdout.write('{"t": NaN}'))


#: What is done -> words of the finding.
FAULTS = {
    _found: "a wrong answer",
    _failed: "KeyError",
    _hung: "and no end",
    _waited: "no answer",
    _died: "died",
    _ate: "MemoryError",
    _ran: "os.system",
    _started: "subprocess.Popen",
    _evaluated: "exec",
    _wrote: "outside",
    _removed: "os.remove",
    _left: "executed",
    _warned: "said raw",
    _cleared: "printed raw",
    _said_nothing: "without an error",
    _said_nan: "NaN stands in JSON",
}


class _Number(Random):
    """Draws nothing: it is the number of the input."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _Faulty(Campaign):
    def draw(self, seed: int, index: int) -> Random:
        return _Number(index)


def attack(rng: Random, folder: Path) -> str:
    """Each fault once, and behind each an input that is in order."""
    assert isinstance(rng, _Number)
    fault, in_order = divmod(rng.number, 2)
    if not in_order:
        list(FAULTS)[fault]()
    return "answered"


CAMPAIGN = _Faulty(
    kind="_faulty",
    throws="faults",
    promise="each is found",
    attack=attack,
    full=2 * len(FAULTS),
    short=2 * len(FAULTS),
    words={"answered"},
    seconds=1,
)
