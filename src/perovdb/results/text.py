"""Text of output files: read whole or by line, refused where it is no text or a number is none."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from perovdb.errors import ResultError

#: Numbers as Fortran prints them, which may stand without a blank between them.
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eEdD][-+]?\d+)?")

#: Files that are read whole are no longer than this.
_LONGEST_MB = 512


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise ResultError(
            f"{path} cannot be read: {error}.", "Copy it again from where the code ran."
        ) from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def lines(path: Path) -> Iterator[str]:
    """The lines of a file, also of one that is packed with gzip.

    Raises:
        ResultError: it cannot be read, or is no text.
    """
    with _refused(path), _open(path) as handle:
        for line in handle:
            if "\0" in line:
                raise ResultError(
                    f"{path} holds bytes that are no text.",
                    "Copy it again from where the code ran.",
                )
            yield line.rstrip("\n")


def whole(path: Path) -> str:
    """A file as one text.

    Raises:
        ResultError: it cannot be read, is no text, or is too long.
    """
    with _refused(path):
        if path.stat().st_size > _LONGEST_MB * 2**20:
            raise ResultError(f"{path} is too long to be read.", "Cut old runs from it.")
    return "\n".join(lines(path)) + "\n"


def head(path: Path, length: int = 4000) -> str:
    """The first characters of a file, to tell what it is; "" if it cannot be read."""
    try:
        with _open(path) as handle:
            return handle.read(length)
    except (OSError, EOFError, zlib.error):
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
