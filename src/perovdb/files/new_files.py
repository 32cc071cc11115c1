"""New files: refused before the work where they cannot be, written whole or not at all."""

import os
from collections.abc import Callable, Sequence

from perovdb.errors import InputError


def check_new_file(path: str, endings: Sequence[str] = (), *, replace: bool = False) -> None:
    """Refuse a file that exists, has another ending, or whose folder is missing.

    Args:
        path: of the file.
        endings: that it may have; any, if there are none.
        replace: let a file that exists be written anew.

    Raises:
        InputError: one of these.
    """
    if endings and os.path.splitext(path)[1].lower() not in endings:
        raise InputError(
            f"The name '{path}' does not tell what to write.",
            f"End it in {' or '.join(endings)}.",
        )
    if os.path.isdir(path):
        raise InputError(f"{path} is a folder.", "Name a file.")
    if os.path.lexists(path) and not replace:
        raise InputError(f"{path} exists already.", "Name another file, or remove it first.")
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise InputError(
            f"There is no folder for {path}: it cannot be written.", "Make it, or name another."
        )


def write_new_file(path: str, write: Callable[[str], None]) -> None:
    """Let `write` fill a file beside it, and give it its name when that is done.

    Raises:
        InputError: it cannot be written.
    """
    part = f"{path}.part{os.getpid()}"
    try:
        try:
            write(part)
            os.replace(part, path)
        finally:
            if os.path.exists(part):
                os.remove(part)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}.", "Name a place where you may write."
        ) from error


def write_new_text(path: str, text: str) -> None:
    """A text as a new file, in UTF-8.

    Raises:
        InputError: it cannot be written.
    """

    def write(part: str) -> None:
        with open(part, "w", encoding="utf-8") as handle:
            handle.write(text)

    write_new_file(path, write)
