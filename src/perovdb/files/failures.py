"""What the system refused, in words: which file, why, and what to do about it."""

from __future__ import annotations

import errno
import os

from perovdb.errors import InputError

#: Why a file cannot be written -> what to do about it.
_REASONS = {
    errno.ENOSPC: ("the disk is full", "Make room there, or name another place."),
    errno.EDQUOT: ("your quota is used up", "Make room there, or name another place."),
    errno.EFBIG: ("it is larger than a file may be there", "Name another place."),
    errno.EROFS: ("the disk is read-only", "Name a place where you may write."),
    errno.EACCES: ("you may not write there", "Name a place where you may write."),
    errno.EPERM: ("you may not write there", "Name a place where you may write."),
    errno.EIO: ("the disk fails", "Look after the disk, or name another place."),
}


def reason_and_mend(error: OSError) -> tuple[str, str]:
    """Why the system refused, without a full stop, and what to do about it."""
    if error.errno in _REASONS:
        return _REASONS[error.errno]
    why = error.strerror or str(error) or type(error).__name__
    return why.rstrip("."), "Name a place where you may write and where there is room."


def cannot_be_written(path: str | os.PathLike[str], error: OSError) -> InputError:
    """The error of a file or folder that the system refused to write."""
    why, mend = reason_and_mend(error)
    return InputError(f"{os.fspath(path)} cannot be written: {why}.", mend)
