"""What to say when a disk, another program or the system refused a store: the file is sound."""

from __future__ import annotations

import os
import tempfile

from perovdb.errors import StoreError

#: Room that SQLite needs beside a store to open it: the index of its log, and a page.
_ROOM_BYTES = 64 * 1024

_AGAIN = "Then run this again."

#: What SQLite says, without its details, if nothing else can be found out.
_WHY = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk refuses",
    "SQLITE_CANTOPEN": "it, or a file beside it, cannot be opened",
    "SQLITE_READONLY": "you may not write it",
    "SQLITE_PERM": "you may not open it",
    "SQLITE_BUSY": "another program is at it",
    "SQLITE_LOCKED": "another program is at it",
    "SQLITE_PROTOCOL": "another program is at it",
    "SQLITE_NOLFS": "it is too large for this disk",
    "SQLITE_NOMEM": "there is too little memory",
}


def refused(path: str | os.PathLike[str], error: object) -> StoreError | None:
    """The error of a store that is sound as far as anybody knows, but cannot be used; None if
    something else is wrong.

    Args:
        path: of the store.
        error: of SQLite.
    """
    name = _WHY.get("_".join(str(getattr(error, "sqlite_errorname", "")).split("_")[:2]))
    if name is None:
        return None
    for folder, what in _folders(path):
        why = _full_or_read_only(folder)
        if why == "full":
            return StoreError(
                f"{path} cannot be used: the disk of {what} is full.", f"Make room there. {_AGAIN}"
            )
        if why == "read-only":
            return StoreError(
                f"{path} cannot be written: the disk of {what} is read-only.",
                "Copy the store to a place where you may write.",
            )
    if "another program" in name:
        return StoreError(f"{path} cannot be used: {name}.", f"Wait until it is done. {_AGAIN}")
    if "may not" in name or "cannot be opened" in name:
        return StoreError(
            f"{path} cannot be used: {name}.",
            "Ask for leave to write it and in its folder, or copy the store to a place of yours.",
        )
    if "full" in name:
        return StoreError(
            f"{path} cannot be written: the disk or your quota is full.", f"Make room. {_AGAIN}"
        )
    return StoreError(f"{path} cannot be used: {name} ({error}).", f"Look after it. {_AGAIN}")


def _folders(path: str | os.PathLike[str]) -> list[tuple[str, str]]:
    """Folders in which SQLite writes, and what they are called."""

    own = os.path.dirname(os.path.abspath(path))
    temporary = os.environ.get("SQLITE_TMPDIR") or tempfile.gettempdir()
    return [(own, own), (temporary, f"temporary files, {temporary},")]


def _full_or_read_only(folder: str) -> str:
    try:
        disk = os.statvfs(folder)
    except (OSError, AttributeError):
        return ""
    if disk.f_bavail * disk.f_frsize < _ROOM_BYTES:
        return "full"
    return "read-only" if disk.f_flag & getattr(os, "ST_RDONLY", 0) else ""
