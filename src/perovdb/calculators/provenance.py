"""How sure a number is that rests on several values of the store."""

from collections.abc import Iterable, Sequence
from typing import Protocol

#: From the surest to the least sure; what a user gives comes with no word of its own.
EVIDENCE = ("given", "read", "secondhand", "recalled")


class FromSource(Protocol):
    """A value with the source that it is from and how it was read there."""

    @property
    def source(self) -> str: ...
    @property
    def evidence(self) -> str: ...


class Derived(Protocol):
    """An answer that rests on such values."""

    @property
    def sources(self) -> tuple[str, ...]: ...
    @property
    def kind(self) -> str: ...
    @property
    def evidence(self) -> str: ...
    @property
    def notes(self) -> Sequence[str]: ...


def sources(values: Iterable[FromSource]) -> tuple[str, ...]:
    """Keys of all sources, each once, in the order of the values."""
    return tuple(dict.fromkeys(value.source for value in values))


def least_sure(values: Iterable[FromSource]) -> str:
    """The weakest evidence among some values: a chain is as strong as that."""
    return max((value.evidence for value in values), key=EVIDENCE.index)


def columns(answer: Derived) -> dict[str, str]:
    """The last columns of a row: source, kind, evidence, notes."""
    return {
        "source": " ".join(answer.sources),
        "kind": answer.kind,
        "evidence": answer.evidence,
        "notes": "; ".join(answer.notes),
    }
