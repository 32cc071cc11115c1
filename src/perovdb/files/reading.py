"""The one door by which files are read: of a known kind, within its limits, refused in words.

Only plain files are read: a pipe has no end that can be known, a device may have none. Of a file
that grows meanwhile no more is read than its size when it was opened. What is packed is unpacked
up to the limit and no further, whatever it says of itself.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from perovdb.errors import InputError, PerovdbError, ResultError, StoreError

MB = 1_000_000

#: What another program says is cut behind so many characters.
_LONGEST_REASON = 160


class Kind(NamedTuple):
    """What is held of a kind of files.

    Attributes:
        most_bytes: of its contents, unpacked.
        longest_line: characters of a line; None if a line may be as long as the file.
        packed: whether it may be packed, as its ending tells.
        error: that is raised.
        mend: what to do about a file that is too large.
    """

    most_bytes: int
    longest_line: int | None = None
    packed: bool = False
    error: type[PerovdbError] = InputError
    mend: str = "Check that it is the right file."


#: All kinds. Files that are taken in whole need some ten times their size in memory; outputs are
#: read line by line, in memory that does not grow with them.
KINDS = {
    "structure": Kind(50 * MB, None, True, InputError, "Give fewer atoms, in a short format."),
    "molecule": Kind(1 * MB, 10_000, False, InputError, "Give one molecule."),
    "table": Kind(50 * MB, 10_000, False, InputError, "Give fewer lines of numbers."),
    "settings": Kind(1 * MB, None, False, InputError, "Give settings in TOML, or a style."),
    "rows": Kind(4000 * MB, 1 * MB, False, StoreError, "Add the rows in several files."),
    "manifest": Kind(20 * MB, None, False, ResultError, "Copy it from the input set."),
    "weights": Kind(4000 * MB, None, False, InputError, "Take smaller weights."),
    "search": Kind(20 * MB, None, False, ResultError, "Compute it again in another folder."),
    "trajectory": Kind(500 * MB, None, False, ResultError, "Save the last step alone."),
    "report": Kind(200 * MB, 1 * MB, True, ResultError, "Cut old runs from it."),
    "output": Kind(4000 * MB, 1 * MB, True, ResultError, "Cut old runs from it."),
}


class _Bounded(io.RawIOBase):
    """Bytes as they come, refused where they pass the limits of their kind."""

    def __init__(self, inner: BinaryIO, path: str, kind: Kind) -> None:
        self.inner, self.path, self.kind = inner, path, kind
        self.total = self.of_line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self.inner.read(len(buffer))
        buffer[: len(part)] = part
        self.total += len(part)
        if self.total > self.kind.most_bytes:
            raise _too_large(self.path, self.kind)
        if self.kind.longest_line is not None:
            last = part.rfind(b"\n")
            self.of_line = len(part) - last - 1 + (self.of_line if last < 0 else 0)
            if self.of_line > self.kind.longest_line:
                raise self.kind.error(
                    f"{self.path} has a line of more than {self.kind.longest_line} characters.",
                    "Check that it is a text file, and the right one.",
                )
        return len(part)


class _Packed(io.RawIOBase):
    """A packed file, refused where it is longer than what it holds: made of empty parts."""

    def __init__(self, inner: BinaryIO, path: str, kind: Kind) -> None:
        self.inner, self.path, self.kind = inner, path, kind
        self.total = 0
        #: What was unpacked of it.
        self.contents: _Bounded | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self.inner.read(len(buffer))
        buffer[: len(part)] = part
        self.total += len(part)
        held = self.contents.total if self.contents else 0
        if self.total > MB + 2 * held:
            raise self.kind.error(
                f"{self.path} is packed in many parts that hold next to nothing.",
                "Unpack it, and pack it in one.",
            )
        return len(part)


class _AsOpened(io.RawIOBase):
    """A plain file up to the size that it had when it was opened."""

    def __init__(self, handle: BinaryIO) -> None:
        self.handle, self.left = handle, os.fstat(handle.fileno()).st_size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part = self.handle.read(min(len(buffer), self.left))
        buffer[: len(part)] = part
        self.left -= len(part)
        return len(part)

    def close(self) -> None:
        self.handle.close()
        super().close()


@contextmanager
def opened(path: str | os.PathLike[str], kind: str, unpack: bool = True) -> Iterator[BinaryIO]:
    """The contents of a file, to be read from beginning to end.

    Args:
        path: of the file.
        kind: a key of KINDS.
        unpack: what is packed; else it comes as it stands.

    Raises:
        PerovdbError: of its kind: there is no such file, it is none, it cannot be read, or it
            passes a limit.
    """
    name, of_kind = os.fspath(path), KINDS[kind]
    with _in_words(name, of_kind), _plain(name, of_kind) as plain:
        if unpack:
            yield _unpacked(plain, name, of_kind)
        else:
            yield plain


@contextmanager
def lines_of(
    path: str | os.PathLike[str], kind: str, errors: str = "strict"
) -> Iterator[io.TextIOWrapper]:
    """The lines of a text in UTF-8, one after the other.

    Args:
        path, kind: as for `opened`.
        errors: what becomes of bytes that are not UTF-8, as for `open`.

    Raises:
        PerovdbError: as `opened`, or it is not UTF-8.
    """
    with opened(path, kind) as handle:
        yield io.TextIOWrapper(handle, encoding="utf-8-sig", errors=errors)


def read_bytes(path: str | os.PathLike[str], kind: str) -> bytes:
    """All bytes of a file as they stand, packed or not.

    Raises:
        PerovdbError: as `opened`.
    """
    with opened(path, kind, unpack=False) as handle:
        return handle.read()


def unpacked(content: bytes, path: str, kind: str) -> bytes:
    """What `read_bytes` gave, unpacked if the name of the file says that it is packed.

    Raises:
        PerovdbError: as `opened`.
    """
    of_kind = KINDS[kind]
    with _in_words(path, of_kind):
        return _unpacked(io.BytesIO(content), path, of_kind).read()


def read_text(path: str | os.PathLike[str], kind: str) -> str:
    """All of a text in UTF-8.

    Raises:
        PerovdbError: as `opened`, or it is not UTF-8.
    """
    with lines_of(path, kind) as handle:
        return handle.read()


def digest_of(path: str | os.PathLike[str], kind: str) -> str:
    """SHA-256 of a file as it stands.

    Raises:
        PerovdbError: as `opened`.
    """
    with opened(path, kind, unpack=False) as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()  # type: ignore[arg-type]


def reason(error: BaseException) -> str:
    """What another program's error says, in one line."""
    line = " ".join((str(error) or type(error).__name__).split()).rstrip(".")
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 3].rstrip() + "..."


def _plain(path: str, kind: Kind) -> BinaryIO:
    """A plain file, opened; a pipe is not waited for and a device not touched."""
    if "\0" in path:
        raise kind.error(f"{path!r} is not the name of a file.", "Name a file.")
    _check_plain(path, os.stat(path).st_mode, kind)
    # What stands there may have become another thing since.
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    handle = _AsOpened(open(number, "rb"))  # noqa: SIM115 (it is closed with what is given back)
    try:
        _check_plain(path, os.fstat(number).st_mode, kind)
        if handle.left > kind.most_bytes:
            raise _too_large(path, kind, handle.left)
    except BaseException:
        handle.close()
        raise
    return io.BufferedReader(handle)


def _check_plain(path: str, mode: int, kind: Kind) -> None:
    if stat.S_ISDIR(mode):
        raise kind.error(f"{path} is a folder.", "Name a file.")
    if not stat.S_ISREG(mode):
        what = "a pipe" if stat.S_ISFIFO(mode) else "a device"
        raise kind.error(
            f"{path} is {what}, not a file.", "Write what comes from it to a file first."
        )


def _unpacked(plain: BinaryIO, path: str, kind: Kind) -> BinaryIO:
    """The contents of a file whose name may end as that of a packed one, within the limits."""
    ending = os.path.splitext(path)[1].lower() if kind.packed else ""
    reader: Any = {
        ".gz": lambda packed: gzip.GzipFile(fileobj=packed, mode="rb"),
        ".bz2": bz2.BZ2File,
        ".xz": lzma.LZMAFile,
    }.get(ending)
    if reader is None:
        return io.BufferedReader(_Bounded(plain, path, kind))
    packed = _Packed(plain, path, kind)
    packed.contents = _Bounded(reader(io.BufferedReader(packed)), path, kind)
    return io.BufferedReader(packed.contents)


def _too_large(path: str, kind: Kind, size: int | None = None) -> PerovdbError:
    most = f"{kind.most_bytes / MB:.0f} MB"
    if size is None:
        return kind.error(f"{path} holds more than {most}.", kind.mend)
    return kind.error(f"{path} has {size / MB:.0f} MB, more than {most}.", kind.mend)


@contextmanager
def _in_words(path: str, kind: Kind) -> Iterator[None]:
    """Errors of the system and of what unpacks, as those of the kind."""
    try:
        yield
    except FileNotFoundError as error:
        raise kind.error(
            f"{path} cannot be read: there is no file of this name.",
            "Check its name and its folder.",
        ) from error
    except UnicodeDecodeError as error:
        raise kind.error(
            f"{path} cannot be read: it is not a text in UTF-8.", "Save it as one."
        ) from error
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise kind.error(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or reason(error)}.",
            "Name a file that you may read, and that is whole.",
        ) from error
