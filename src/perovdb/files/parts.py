"""What is being written: in a hidden folder beside what is to come, held by its process.

Nobody else can put a link in the way: the folder is new, has a random name, and is its owner's
alone. What a killed process left is known by its lock, which nobody holds any more: whoever writes
there next clears it, and brings back what was put aside (see `new_folders`).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from perovdb.files.locks import is_at, take

_PREFIX = ".perovdb-part-"
_LOCK = "lock"
#: What is to come, and the folder of what stood in its place, by its name.
NEW, ASIDE = "new", "old"

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


@contextmanager
def part_beside(path: str | os.PathLike[str]) -> Iterator[str]:
    """A folder beside a file or folder that is to come; gone at the end, with what is left in it.

    Raises:
        OSError: it cannot be made.
    """
    parent = os.path.dirname(os.path.abspath(path))
    clear(parent)
    part, lock = _make(parent)
    try:
        yield part
    finally:
        _remove(part)
        os.close(lock)


def clear(folder: str | os.PathLike[str]) -> None:
    """Clear what processes that are no more left half written in a folder."""
    try:
        with os.scandir(folder) as entries:
            left = [entry.path for entry in entries if entry.name.startswith(_PREFIX)]
    except OSError:
        return
    for part in left:
        with suppress(OSError):
            _clear(part)


def _make(parent: str) -> tuple[str, int]:
    """A new part, and its lock, which is held."""
    while True:
        part = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
        path = os.path.join(part, _LOCK)
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600)
        except FileNotFoundError:  # Another run took it for left over.
            continue
        except OSError:
            os.rmdir(part)
            raise
        if take(lock) is not False and is_at(lock, path):
            return part, lock
        os.close(lock)


def _clear(part: str) -> None:
    """Clear a part if nobody holds it.

    Raises:
        OSError: it is another's.
    """
    about = os.lstat(part)
    if not os.path.isdir(part) or os.path.islink(part) or _is_foreign(about.st_uid):
        return
    path = os.path.join(part, _LOCK)
    try:
        lock = os.open(path, os.O_RDWR | _NOFOLLOW)
    except FileNotFoundError:
        # Just made, or left before it was locked. Its maker takes another if it goes.
        os.rmdir(part)
        return
    try:
        if take(lock) and is_at(lock, path) and _bring_back(part):
            _remove(part)
    finally:
        os.close(lock)


def _is_foreign(user: int) -> bool:
    return hasattr(os, "geteuid") and user != os.geteuid()


def _bring_back(part: str) -> bool:
    """Give what was put aside its name again if nothing took its place; False if it must stay.

    Where what is new has left the part it stands in that place, and the old one may go.
    """
    aside, parent = os.path.join(part, ASIDE), os.path.dirname(part)
    if os.path.islink(aside) or not os.path.isdir(aside):
        return True
    if os.path.lexists(os.path.join(part, NEW)):
        for name in os.listdir(aside):
            if os.path.lexists(os.path.join(parent, name)):
                return False
            os.rename(os.path.join(aside, name), os.path.join(parent, name))
    return True


def _remove(part: str) -> None:
    """Remove a part that is held: its lock last, so that it is known as one until then."""
    with suppress(OSError), os.scandir(part) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.name != _LOCK:
                with suppress(OSError):
                    os.unlink(entry.path)
    with suppress(OSError):
        if os.listdir(part) == [_LOCK]:
            os.unlink(os.path.join(part, _LOCK))
    with suppress(OSError):
        os.rmdir(part)


def sync_names(folder: str) -> None:
    """Bring the names in a folder to the disk, as far as it lets: what has one is there."""
    with suppress(OSError):
        sync(folder)


def sync(path: str) -> None:
    """Bring a file or folder to the disk, so that it outlives a loss of power.

    Raises:
        OSError: the disk refuses.
    """
    if os.path.isdir(path):
        if os.name != "posix":
            return
        handle = os.open(path, os.O_RDONLY)
    else:
        handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
