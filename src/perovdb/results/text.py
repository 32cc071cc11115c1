"""Text of output files: read whole or by line, refused where it is no text or a number is none."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from perovdb.errors import ResultError
from perovdb.files.reading import lines_of

#: Numbers as Fortran prints them, which may stand without a blank between them.
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eEdD][-+]?\d+)?")


def lines(path: Path, kind: str = "output") -> Iterator[str]:
    """The lines of a file, also of one that is packed.

    Args:
        path: of the file.
        kind: of `files.reading`.

    Raises:
        ResultError: it cannot be read, or is no text.
    """
    with lines_of(path, kind, errors="replace") as handle:
        for line in handle:
            if "\0" in line:
                raise ResultError(
                    f"{path} holds bytes that are no text.",
                    "Copy it again from where the code ran.",
                )
            yield line.rstrip("\n")


def every_line(path: Path) -> list[str]:
    """The lines of a file that is not too long to be held.

    Raises:
        ResultError: as `lines`, or it is too long.
    """
    return list(lines(path, "report"))


def whole(path: Path) -> str:
    """A file as one text.

    Raises:
        ResultError: as `every_line`.
    """
    return "\n".join(every_line(path)) + "\n"


def head(path: Path, length: int = 4000) -> str:
    """The first characters of a file, to tell what it is; "" if it cannot be read."""
    try:
        with lines_of(path, "output", errors="replace") as handle:
            return handle.read(length)
    except ResultError:
        return ""


def number(word: str, where: str) -> float:
    """A finite number.

    Raises:
        ResultError: it is none, such as NaN or the stars of a number that did not fit.
    """
    text = word.strip()
    value = math.nan
    if NUMBER.fullmatch(text):
        value = float(text.replace("d", "e").replace("D", "e"))
    if not math.isfinite(value):
        raise ResultError(
            f"{where}: '{text[:30]}' is not a number.",
            "The calculation failed there, or the file is damaged: run it again.",
        )
    return value


def numbers(line: str, count: int, where: str) -> list[float]:
    """The numbers of a line, of which there must be as many as `count`.

    Raises:
        ResultError: there are others, or a word that is no number.
    """
    rest = NUMBER.sub(" ", line).split()
    words = NUMBER.findall(line)
    if rest or len(words) != count:
        raise ResultError(
            f"{where}: '{line.strip()[:60]}' is not a line of {count} numbers.",
            "The file is cut or damaged, or a number did not fit: copy it again.",
        )
    return [number(word, where) for word in words]


def only(paths: Sequence[Path], what: str, folder: Path, mend: str) -> Path:
    """The one file of a kind.

    Raises:
        ResultError: there is none, or there are several.
    """
    if len(paths) == 1:
        return paths[0]
    names = ", ".join(path.name for path in paths[:4])
    how_many = f"{len(paths)} ({names})" if paths else "no"
    raise ResultError(f"{folder} holds {how_many} {what}.", mend)
