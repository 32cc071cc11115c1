"""Put an input set on disk: the folder is complete or absent."""

import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from perovdb.errors import InputError

EXECUTABLE = ".sh"


def check_target(folder: str | os.PathLike[str]) -> Path:
    """The folder as a path, if a set can be put there.

    Raises:
        InputError: something of that name exists, or the folder around it does not.
    """
    target = Path(folder)
    if os.path.lexists(target):
        raise InputError(f"{target} exists already.", "Name another folder, or remove it first.")
    if not target.absolute().parent.is_dir():
        raise InputError(
            f"The folder {target.absolute().parent} does not exist.", "Make it first."
        )
    return target


def write(
    folder: str | os.PathLike[str], files: Mapping[str, str], *, replace: bool = False
) -> Path:
    """Write files, by their names relative to a new folder.

    They are written to a hidden neighbour that takes the folder's name at the end, so that a
    run that is killed leaves no half of a set under that name. What such a run left is removed.

    Args:
        folder: that holds them afterwards.
        files: name -> content.
        replace: put it in place of a folder that is there.

    Raises:
        InputError: the folder exists already and is not to be replaced, or cannot be written.
    """
    target = Path(folder)
    if not (replace and os.path.lexists(target)):
        check_target(target)
    parent = target.absolute().parent
    parts: list[Path] = []
    try:
        clear(parent)
        parts.append(_part(parent, target.name))
        for name, text in files.items():
            path = parts[0] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if name.endswith(EXECUTABLE):
                path.chmod(path.stat().st_mode | 0o111)
        mask = os.umask(0)
        os.umask(mask)
        parts[0].chmod(0o777 & ~mask)
        if replace and os.path.lexists(target):
            parts.append(_part(parent, target.name))
            _swap(target, parts[0], parts[1])
        else:
            parts[0].rename(target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Name a folder where you may write and where there is room.",
        ) from error
    finally:
        for part in parts:
            shutil.rmtree(part, ignore_errors=True)
    return target


def _swap(target: Path, new: Path, aside: Path) -> None:
    """Put a folder in place of another, which is put aside; as it was if that fails."""
    target.rename(aside / target.name)
    try:
        new.rename(target)
    except OSError:
        (aside / target.name).rename(target)
        raise


def clear(folder: Path) -> None:
    """Remove what processes of this machine that are no more left half written in a folder."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        number = entry.name.partition(_mark())[2].partition(".")[0]
        if not (entry.name.startswith(".") and number.isdigit()) or _runs(int(number)):
            continue
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(entry.path)


def _part(parent: Path, name: str) -> Path:
    """A new hidden folder that tells which process it belongs to."""
    return Path(tempfile.mkdtemp(prefix=f".{name}{_mark()}{os.getpid()}.", dir=parent))


def _mark() -> str:
    """What stands before the number of the process in the names of half written things."""
    return f".perovdb.{platform.node()}."


def _runs(process: int) -> bool:
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def replace_file(path: Path, text: str) -> None:
    """Write a file that may be there already, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    part = path.with_name(f".{path.name}{_mark()}{os.getpid()}.")
    try:
        part.write_text(text, encoding="utf-8")
        if path.name.endswith(EXECUTABLE):
            part.chmod(part.stat().st_mode | 0o111)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Name a folder where you may write."
        ) from error
