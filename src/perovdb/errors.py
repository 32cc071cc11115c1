"""The errors that perovdb raises, and the exit code that each gives at the command line.

    PerovdbError
    ├── FormulaError      2   the text is not a formula that can be placed on A, B and X
    ├── UnknownSpecies    2   an ion that the registry does not know, or that is not there
    ├── InputError        2   an argument that cannot be used: a size, a file, a folder
    ├── MissingData       1   the question is right, but the store has no value for it
    ├── OutOfRange        1   outside the range in which a formula holds
    ├── StructureError    1   a structure or path that cannot be made as asked
    ├── ResultError       1   an output folder that cannot be read
    └── StoreError        1   a store, or a table for it, that is damaged or out of date

Each message says what is wrong and where, then how to mend it. `FormulaWarning` tells how a
formula was read that is not exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class PerovdbError(Exception):
    """What is wrong (and where), and how to mend it; both must be said."""

    exit_code = 1

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what, mend)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"


class FormulaWarning(UserWarning):
    """A formula that is not exact was read, and how."""


class FormulaError(PerovdbError):
    """The text is not a formula that can be placed on the sites A, B and X."""

    exit_code = 2


class UnknownSpecies(PerovdbError):  # noqa: N818 (the name says what it is)
    """An ion that the registry does not know, or that the material does not hold."""

    exit_code = 2


class InputError(PerovdbError):
    """An argument that cannot be used: a size, a preset, a file, a folder."""

    exit_code = 2


class MissingData(PerovdbError):  # noqa: N818 (the name says what it is)
    """The question is right, but the store has no value for it."""


class OutOfRange(PerovdbError):  # noqa: N818 (the name says what it is)
    """Outside the range in which a formula holds."""


class StructureError(PerovdbError):
    """A structure or a path that cannot be made as asked."""


class ResultError(PerovdbError):
    """An output folder that cannot be read."""


class StoreError(PerovdbError):
    """A store, or a table for it, that is damaged or out of date."""


def check_choice(value: str, choices: Iterable[str], what: str) -> None:
    """Refuse a word that is none of some choices, in the words "'value' is what."

    Raises:
        InputError: it is none of them.
    """
    if value not in choices:
        raise InputError(f"'{value}' is {what}.", f"Choose one of: {', '.join(choices)}.")
