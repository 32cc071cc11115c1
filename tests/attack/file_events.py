"""Runs something in a forked process that meets a fault at its n-th change of the disk.

Python tells an audit hook of every file that is opened, moved, linked or removed, before that
happens; fsync and each statement of SQLite are told of beside that. A fault is a kill, or an error
of the system, as of a disk that is full.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Events of one path, and of two.
_CHANGES = {
    "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink",
    "os.truncate", "sqlite3.connect",
}  # fmt: skip
#: Events without a path that stand for a change: a lock, and what has no event of its own.
_BARE = {"fcntl.flock", "ctypes.dlopen"}
#: What a full or read-only disk does not hinder, or cannot.
_EASY = {"os.remove", "os.rmdir", "fcntl.flock", "ctypes.dlopen"}


@dataclass(frozen=True)
class Fault:
    """What happens at a change of the disk.

    Attributes:
        at: number of the change, from 1.
        error: of the system, such as errno.ENOSPC, for this and all later changes; None: a kill.
    """

    at: int
    error: int | None = None


class Ended(NamedTuple):
    """How a run ended: its exit code, None if it was killed, what it said, the changes it made."""

    code: int | None
    said: str
    changes: int

    @property
    def killed(self) -> bool:
        return self.code is None


def run(command: Callable[[], object], folder: Path, fault: Fault | None = None) -> Ended:
    """Run a command in a process of its own; changes of the disk in a folder count.

    Exit codes are those of SystemExit; 99 stands for any other exception.
    """
    reading, writing = os.pipe()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if not child:
            _child(command, folder, fault, said.fileno(), writing)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            changes = pipe.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        text = said.read()
    if code == -signal.SIGKILL:
        return Ended(None, text, fault.at if fault else 0)
    return Ended(code, text, int(changes or 0))


def _child(
    command: Callable[[], object], folder: Path, fault: Fault | None, said: int, pipe: int
) -> None:
    code, watch = 99, _Watch(folder, fault)
    try:
        os.dup2(said, 1)
        os.dup2(said, 2)
        # Nobody else's buffers: pytest puts its own streams in their place.
        sys.stdout, sys.stderr = (
            open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            for number in (1, 2)
        )
        watch.begin()
        try:
            command()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
        except BaseException:
            traceback.print_exc()
    finally:
        watch.on = False
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(pipe, str(watch.changes).encode())
        os._exit(code)


class _Watch:
    """Counts the changes of the disk in a folder, and brings the fault about."""

    def __init__(self, folder: Path, fault: Fault | None) -> None:
        self.folder = os.path.realpath(folder)
        self.fault = fault
        self.changes = 0
        self.on = False

    def begin(self) -> None:
        sync, connect = os.fsync, sqlite3.connect

        def counted_sync(handle: int) -> None:
            self._change("os.fsync")
            sync(handle)

        def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **options)
            connection.set_trace_callback(lambda statement: self._change("sqlite3"))
            return connection

        os.fsync = counted_sync
        sqlite3.connect = traced  # type: ignore[assignment]
        sys.addaudithook(self._hook)
        self.on = True

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and self._here(path):
                self._change(event)
        elif event in _BARE or (event in _CHANGES and self._here(arguments[0])):
            self._change(event)

    def _here(self, path: Any) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        name = os.fsdecode(path).removeprefix("file:")
        # A relative name is one of a folder that is held open, as shutil.rmtree has them.
        return not os.path.isabs(name) or os.path.realpath(name).startswith(self.folder)

    def _change(self, event: str) -> None:
        if not self.on:
            return
        self.changes += 1
        if self.fault is None or self.changes < self.fault.at:
            return
        if self.fault.error is None:
            os.kill(os.getpid(), signal.SIGKILL)
        # An error in the callback of SQLite's statements would be lost.
        elif event not in _EASY and event != "sqlite3":
            raise OSError(self.fault.error, os.strerror(self.fault.error))


#: Errors of a disk that is full, read-only, failing, or another's.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES)
