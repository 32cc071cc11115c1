"""Sees that nothing is executed and nothing is written outside the folders that are allowed.

Python tells an audit hook of every file that is opened, moved or removed and of every process that
is started, before it happens: what is not allowed is noted and prevented. What other programs do
(shells, killed children) is seen by the marker: whatever is drawn to be executed would make a file
or a folder whose name holds MARKER.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Any

#: Code that is drawn tries to make a file of this name.
MARKER = "pwned"

_PROCESSES = {
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system",
    "pty.spawn", "subprocess.Popen", "socket.connect", "socket.bind", "webbrowser.open",
}  # fmt: skip
#: Programs that platform and matplotlib ask of the machine, once.
_ASKED = ("uname", "fc-list")
#: Events that change files -> which of their arguments are paths.
_CHANGES = {
    "os.chmod": (0,), "os.chown": (0,), "os.link": (0, 1), "os.mkdir": (0,), "os.remove": (0,),
    "os.rename": (0, 1), "os.rmdir": (0,), "os.symlink": (1,), "os.truncate": (0,),
    "os.utime": (0,), "shutil.rmtree": (0,), "sqlite3.connect": (0,), "tempfile.mkstemp": (0,),
    "tempfile.mkdtemp": (0,),
}  # fmt: skip
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Guard:
    """An audit hook, which stays for the life of the process; it looks while `watching`."""

    def __init__(self, *read_only_databases: str) -> None:
        self.databases = read_only_databases
        self.allowed: tuple[str, ...] = ()
        self.processes = False
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    @contextmanager
    def watching(self, *folders: Path, processes: bool = False) -> Iterator[list[str]]:
        """Note what is done outside some folders; processes may be started if that is said."""
        self.allowed = tuple(os.path.realpath(folder) for folder in folders)
        self.processes, self.seen, self.on = processes, [], True
        try:
            yield self.seen
        finally:
            self.on = False

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on:
            return
        if event in _PROCESSES:
            if not self.processes and arguments[0] not in _ASKED:
                self._refuse(f"{event} {arguments!r}")
        elif event == "exec":
            self._look_at_code(arguments)
        elif event == "open":
            path, mode, flags = arguments
            writes = isinstance(flags, int) and flags & _WRITES
            if isinstance(path, str | bytes) and (writes or set(str(mode)) & set("wax+")):
                self._check(event, path)
        elif event in _CHANGES:
            for number in _CHANGES[event]:
                if isinstance(arguments[number], str | bytes):
                    self._check(event, arguments[number])

    def _look_at_code(self, arguments: tuple[Any, ...]) -> None:
        """Whether code that was drawn is run: it names the marker."""
        code = arguments[0]
        if isinstance(code, CodeType) and any(MARKER in word for word in _words(code)):
            self._refuse(f"exec of code in {code.co_filename}")

    def _check(self, event: str, path: str | bytes) -> None:
        name = os.fsdecode(path)
        if event == "sqlite3.connect" and (
            name in ("", ":memory:", *self.databases)
            or "mode=ro" in name
            or name.endswith("/xraydb.sqlite")
        ):
            return
        name = name.removeprefix("file:").partition("?")[0]
        # The last name itself is changed, not what it points to; files that are opened are.
        place = (
            os.path.realpath(name)
            if event in ("open", "sqlite3.connect")
            else os.path.join(
                os.path.realpath(os.path.dirname(name) or "."), os.path.basename(name)
            )
        )
        if (
            place == os.devnull
            or "/matplotlib" in place
            or place.startswith("/proc/self/")
            or "__pycache__" in place
        ):
            return
        if not any(place == folder or place.startswith(folder + "/") for folder in self.allowed):
            self._refuse(f"{event} {place}")

    def _refuse(self, what: str) -> None:
        self.seen.append(what)
        raise PermissionError(f"not allowed under attack: {what}")


def _words(code: CodeType) -> Iterator[str]:
    """Names and texts in code, and in the functions in it."""
    yield from (*code.co_names, *code.co_varnames)
    for one in code.co_consts:
        if isinstance(one, str):
            yield one
        elif isinstance(one, CodeType):
            yield from _words(one)


def marked(*folders: Path) -> list[str]:
    """Files and folders that only code that was drawn can have made."""
    return [
        os.path.join(place, name)
        for folder in folders
        for place, folders_there, files in os.walk(folder)
        for name in (*folders_there, *files)
        if name == MARKER
    ]
