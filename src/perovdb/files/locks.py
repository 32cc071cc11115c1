"""Locks that end with the process that holds them, however it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from perovdb.errors import InputError
from perovdb.files.failures import cannot_be_written

try:
    import fcntl
except ImportError:  # Windows: nothing is locked, and so nothing is taken for left over.
    fcntl = None  # type: ignore[assignment]

#: Of a folder that is held: its name there.
_LOCK = ".perovdb-lock"
#: Longest time to wait for another run, and time between two looks.
_WAIT_S, _LOOK_S = 60.0, 0.02


def take(lock: int) -> bool | None:
    """Lock an open file at once: whether that was done; None where there are no such locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def is_at(lock: int, path: str) -> bool:
    """Whether an open file is the one of this name: another may have removed it."""
    try:
        return os.path.samestat(os.fstat(lock), os.lstat(path))
    except FileNotFoundError:
        return False


@contextmanager
def held(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Hold a folder against other runs, which wait; for short.

    Raises:
        InputError: another run holds it for a minute, or it cannot be written.
    """
    path = os.path.join(folder, _LOCK)
    lock = _open_held(path)
    try:
        yield
    finally:
        # While it is held: whoever waits for it finds that it is gone, and makes a new one.
        with suppress(OSError):
            os.unlink(path)
        os.close(lock)


def _open_held(path: str) -> int:
    end = time.monotonic() + _WAIT_S
    while True:
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        except OSError as error:
            raise cannot_be_written(path, error) from error
        taken = take(lock)
        if taken is None or (taken and is_at(lock, path)):
            return lock
        os.close(lock)
        if time.monotonic() > end:
            raise InputError(
                f"Another run of perovdb writes in {os.path.dirname(path)}.",
                "Wait until it is done, and run this again.",
            )
        time.sleep(_LOOK_S)
