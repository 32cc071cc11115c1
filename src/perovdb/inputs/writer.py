"""Put an input set on disk: the folder is complete or absent."""

import os
import shutil
import tempfile
from collections.abc import Mapping
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


def write(folder: str | os.PathLike[str], files: Mapping[str, str]) -> Path:
    """Write files, by their names relative to a new folder.

    They are written to a hidden neighbour that takes the folder's name at the end, so that a
    run that is killed leaves no half of a set under that name.

    Raises:
        InputError: the folder exists already or cannot be written.
    """
    target = check_target(folder)
    parent = target.absolute().parent
    part = None
    try:
        part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=parent))
        for name, text in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            if name.endswith(EXECUTABLE):
                path.chmod(path.stat().st_mode | 0o111)
        mask = os.umask(0)
        os.umask(mask)
        part.chmod(0o777 & ~mask)
        part.rename(target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror or error}.",
            "Name a folder where you may write and where there is room.",
        ) from error
    finally:
        if part is not None and part.exists():
            shutil.rmtree(part, ignore_errors=True)
    return target
