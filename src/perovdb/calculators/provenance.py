"""How sure a number is that rests on several values of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perovdb.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    class FromSource(Protocol):
        """A value with the source that it is from, what kind it is and how it was read there."""

        @property
        def source(self) -> str: ...
        @property
        def kind(self) -> str: ...
        @property
        def evidence(self) -> str: ...


#: From the surest to the least sure; what a user gives comes with no word of its own.
EVIDENCE = ("given", "read", "secondhand", "recalled")


class Estimate(Answer):
    """An answer of one row that follows from values of the store, which `_values` names."""

    derived = ("sources", "kind", "evidence")

    def _values(self) -> Sequence[FromSource]:
        raise NotImplementedError

    @property
    def sources(self) -> tuple[str, ...]:
        """Keys of the sources, each once, in the order of the values."""
        return tuple(dict.fromkeys(value.source for value in self._values()))

    @property
    def kind(self) -> str:
        """That of the value, if there is one alone; else "derived"."""
        kinds = [value.kind for value in self._values()]
        return kinds[0] if len(kinds) == 1 else "derived"

    @property
    def evidence(self) -> str:
        """That of the least sure value: a chain is as strong as its weakest link."""
        return max((value.evidence for value in self._values()), key=EVIDENCE.index)

    def rows(self) -> list[dict[str, Any]]:
        """One row, with where it comes from in its last columns."""
        last = {
            "source": " ".join(self.sources),
            "kind": self.kind,
            "evidence": self.evidence,
            "notes": "; ".join(self._notes()),
        }
        return [self._scalars() | last]
