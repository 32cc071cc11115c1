"""New folders of files: complete or absent, and what is replaced is never lost on the way."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from perovdb.errors import InputError
from perovdb.files.failures import cannot_be_written
from perovdb.files.new_files import EXECUTABLE
from perovdb.files.parts import ASIDE, NEW, part_beside, sync, sync_names

_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


def check_new_folder(folder: str | os.PathLike[str]) -> Path:
    """The folder as a path, if it can be made.

    Raises:
        InputError: something of that name exists, or the folder around it does not.
    """
    target = Path(folder)
    if os.path.lexists(target):
        raise _exists(target)
    if not target.absolute().parent.is_dir():
        raise InputError(
            f"The folder {target.absolute().parent} does not exist.", "Make it first."
        )
    return target


def _exists(target: Path) -> InputError:
    return InputError(f"{target} exists already.", "Name another folder, or remove it first.")


def write_new_folder(
    folder: str | os.PathLike[str], files: Mapping[str, str], *, replace: bool = False
) -> Path:
    """Write files, by their names relative to a new folder.

    They are written in a hidden neighbour and take the folder's name at the end, so that a run
    that is killed leaves no half of them under that name.

    Args:
        folder: that holds them afterwards.
        files: name -> content.
        replace: put it in place of a folder that is there, which goes.

    Raises:
        InputError: the folder exists already and is not to be replaced, or cannot be written.
    """
    target = Path(folder)
    if not (replace and os.path.lexists(target)):
        check_new_folder(target)
    try:
        with part_beside(target) as part:
            new = Path(part, NEW)
            _fill(new, files)
            if replace and os.path.lexists(target):
                _swap(target, new, Path(part, ASIDE))
            else:
                new.rename(target)
            sync_names(str(target.absolute().parent))
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR) and not replace:
            raise _exists(target) from error
        raise cannot_be_written(target, error) from error
    return target


def _fill(new: Path, files: Mapping[str, str]) -> None:
    """Make a folder with its files, and bring them to the disk."""
    new.mkdir()
    for name, text in files.items():
        path = inside(new, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as handle:
            handle.write(text)
        if name.endswith(EXECUTABLE):
            path.chmod(path.stat().st_mode | 0o111)
    for path in (*new.rglob("*"), new):
        sync(str(path))


def _swap(target: Path, new: Path, aside: Path) -> None:
    """Put a folder in place of another, at once if the system can.

    Else the other is put aside first; who finds a part whose process was killed in between brings
    it back.

    Raises:
        OSError: it cannot be done, and all is as it was.
    """
    if _exchange(target, new):
        return
    aside.mkdir()
    target.rename(aside / target.name)
    try:
        new.rename(target)
    except OSError:
        (aside / target.name).rename(target)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Exchange the names of two folders at once; False where the system or the disk cannot."""
    import ctypes

    exchange = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    return exchange is not None and not exchange(
        _HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE
    )


def inside(folder: str | os.PathLike[str], name: str) -> Path:
    """The path of a name that stands in a file, links resolved: in a folder and nowhere else.

    Raises:
        InputError: it leads out of the folder, or is the folder itself.
    """
    root = os.path.realpath(folder)
    try:
        path = os.path.realpath(os.path.join(root, name))
    except ValueError:  # a NUL
        path = ""
    if not path.startswith(os.path.join(root, "")):
        raise InputError(
            f"'{name}' is not the name of something in {os.fspath(folder)}.",
            "Mend the file that names it.",
        )
    return Path(path)
