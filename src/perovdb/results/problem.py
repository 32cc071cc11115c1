"""What is wrong with a barrier, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What is wrong with a band, and how to mend it.

    Attributes:
        what, mend: in words.
        blocks: the barrier cannot be trusted before it is mended.
    """

    what: str
    mend: str
    blocks: bool = True

    def __str__(self) -> str:
        return f"{self.what} {self.mend}"
