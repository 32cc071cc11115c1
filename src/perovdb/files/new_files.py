"""New files: refused before the work where they cannot be, written whole or not at all."""

import errno
import os
from collections.abc import Callable, Sequence

from perovdb.errors import InputError
from perovdb.files.failures import cannot_be_written
from perovdb.files.parts import NEW, part_beside, sync, sync_names

#: Ending of files that can be run.
EXECUTABLE = ".sh"


def check_new_file(path: str, endings: Sequence[str] = (), *, force: bool = False) -> None:
    """Refuse a file that exists, has another ending, or whose folder is missing.

    Args:
        path: of the file.
        endings: that it may have; any, if there are none.
        force: let a file that exists be written over.

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
    if os.path.lexists(path) and not force:
        raise _exists(path)
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise InputError(
            f"There is no folder for {path}: it cannot be written.", "Make it, or name another."
        )


def write_new_file(path: str, write: Callable[[str], None], *, force: bool = False) -> None:
    """Let `write` fill a file of another name, and give it its own when all is on the disk.

    Of two runs that write one file at a time the first one wins, unless both are forced.

    Args:
        path: of the file.
        write: is given the other name; what it leaves beside that is removed.
        force: write over a file that is there.

    Raises:
        InputError: it exists by now, or cannot be written.
    """
    try:
        with part_beside(path) as part:
            new = os.path.join(part, NEW)
            write(new)
            if path.endswith(EXECUTABLE):
                os.chmod(new, os.stat(new).st_mode | 0o111)
            sync(new)
            if force:
                os.replace(new, path)
            else:
                _name(new, path)
            sync_names(os.path.dirname(os.path.abspath(path)))
    except FileExistsError as error:
        raise _exists(path) from error
    except OSError as error:
        raise cannot_be_written(path, error) from error


def _name(new: str, path: str) -> None:
    """Give a file a name that no other has.

    Raises:
        FileExistsError: there is one.
        OSError: it cannot be done.
    """
    try:
        os.link(new, path)
    except FileExistsError:
        raise
    except OSError:
        # A disk without links, such as a memory stick.
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path) from None
        os.rename(new, path)


def _exists(path: str) -> InputError:
    return InputError(
        f"{path} exists already.",
        "Name another file, or write over it with force=True, --force in a command.",
    )


def write_new_text(path: str | os.PathLike[str], text: str, *, force: bool = False) -> None:
    """A text as a new file, in UTF-8; a shell script may be run.

    Raises:
        InputError: it exists by now and is not to be written over, or cannot be written.
    """

    def write(new: str) -> None:
        with open(new, "x", encoding="utf-8") as handle:
            handle.write(text)

    write_new_file(os.fspath(path), write, force=force)
