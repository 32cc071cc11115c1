"""What every result of perovdb can do: say itself in a line, a card, a table, JSON or a frame.

A result is a public frozen dataclass whose field names carry their units, such as ``gap_eV``. It
inherits from `Answer`; the command line prints what is here and describes nothing a second time:
the card is ``str(answer)``, ``--json`` is `as_dict`, ``--csv`` is `rows`.
"""

from __future__ import annotations

import re
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

from perovdb.answers.tables import html_table, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

__all__ = ["Answer", "answer", "together"]

T = TypeVar("T", bound="Answer")

#: A note that begins with the name of what it is of.
_NAMED = r"[A-Z][\w.()]*: "

#: A notebook shows this many rows of a table.
_MOST_ROWS = 60


class Answer:
    """Base of all results, which are declared ``@answer``: frozen, and two are equal that say the
    same, arrays and all. Those whose defaults are made anew each time, as empty mappings are, are
    declared ``@dataclass(frozen=True, repr=False, eq=False)``.

    A subclass says in `_headline` what its one line holds, and overrides `rows` where its table
    has more than one line, `_lines` where its card is more than a table, and `derived`: names of
    properties that `as_dict` gives beside the fields. Where it is a curve or a map it has a method
    ``plot(ax=None)`` that gives back matplotlib's Axes; a notebook then shows the picture.

    Field types must be names that can be looked up when the program runs, for `from_dict` reads
    them: numbers, texts, arrays, tuples, lists, mappings, other answers, None.
    """

    derived: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        kind, names = type(self), self._names
        named.update(zip(names, values, strict=False))
        for name in names:
            if name not in named and not hasattr(kind, name):
                raise TypeError(f"{kind.__name__} lacks its {name}.")
            self.__dict__[name] = named.pop(name) if name in named else getattr(kind, name)
        if named or len(values) > len(names):
            raise TypeError(f"{kind.__name__} holds {', '.join(names)}, and no more.")
        self.__post_init__()

    def __post_init__(self) -> None:
        """What a subclass does with its fields, or checks of them."""

    def __setattr__(self, name: str, value: object) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot assign to field '{name}'")

    def __delattr__(self, name: str) -> None:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot delete field '{name}'")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._headline()})"

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(repr(self))

    def _headline(self) -> str:
        """The answer in a few words; by default its first plain fields."""
        plain = [(k, v) for k, v in self._scalars().items() if v is not None][:4]
        return ", ".join(f"{key}={_brief(value)}" for key, value in plain)

    def _lines(self) -> list[str]:
        """Lines of the card."""
        return [*table(self._table()), *self._note_lines()]

    def rows(self) -> list[dict[str, Any]]:
        """The answer as rows of plain values, those of a CSV file; by default one row.

        The columns source, kind, evidence and notes stand last, where there are such.
        """
        row = self._scalars()
        for last in ("source", "kind", "evidence"):
            if last in row:
                row[last] = row.pop(last)
        if hasattr(self, "notes"):
            row["notes"] = "; ".join(self._notes())
        return [row]

    def _table(self) -> list[dict[str, Any]]:
        """The rows that people see; by default all columns of `rows` but the notes."""
        return [{k: v for k, v in row.items() if k != "notes"} for row in self.rows()]

    def to_frame(self) -> pd.DataFrame:
        """`rows` as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def as_dict(self) -> dict[str, Any]:
        """All fields, and the properties named in `derived`, as JSON can hold them.

        `@module` and `@class` name the type, as monty's decoder and jobflow want it; NaN is None.
        """
        from perovdb.answers.encoding import encoded

        head = {"@module": type(self).__module__, "@class": type(self).__name__}
        names = (*_fields(type(self)), *self.derived)
        return head | {name: encoded(getattr(self, name)) for name in names}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The answer that `as_dict` gave."""
        from perovdb.answers.encoding import decoded

        return decoded(cls, data)

    def _repr_html_(self) -> str:
        from perovdb.answers.notebook import card

        rows = self._table()
        below = [] if len(rows) <= _MOST_ROWS else [f"{len(rows)} rows in all"]
        return card(repr(self), self, html_table(rows[:_MOST_ROWS]), [*self._notes(), *below])

    def _notes(self) -> list[str]:
        return list(getattr(self, "notes", ()))

    def _note_lines(self) -> list[str]:
        return [f"  note: {note}" for note in self._notes()]

    def _scalars(self) -> dict[str, Any]:
        """Fields that hold one number, word or nothing."""
        values = {name: getattr(self, name) for name in _fields(type(self))}
        return {k: v for k, v in values.items() if isinstance(v, str | int | float | None)}


@dataclass_transform(frozen_default=True)
def answer(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass by the methods of `Answer`; every annotated name is a field.

    A dataclass compiles methods of its own, and loads what that needs: an eighth of a look-up's
    time. Here the module of dataclasses comes in when somebody asks for the fields.
    """
    kinds = get_annotations(cls)
    own = [name for name, kind in kinds.items() if not str(kind).startswith("ClassVar")]
    cls._names = tuple(dict.fromkeys([*cls._names, *own]))
    cls.__dataclass_fields__ = _FieldsWhenAsked()  # type: ignore[attr-defined]  # not of Answer
    return cls


class _FieldsWhenAsked:
    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        from dataclasses import dataclass

        made: Any = dataclass(init=False, repr=False, eq=False)(owner)
        fields: dict[str, Any] = made.__dict__["__dataclass_fields__"]
        return fields


def together(answers: Sequence[Answer]) -> list[str]:
    """Lines of several answers: one table and all notes if each is a row, else card after card.

    A note that begins with a name, as in "CsPbI3: ...", says what it is of, and stands once.
    """
    if len(answers) == 1:
        return answers[0]._lines()
    tables = [answer._table() for answer in answers]
    if any(len(rows) != 1 for rows in tables):
        cards = [["", *answer._lines()] for answer in answers]
        return [line for card in cards for line in card][1:]
    named = hasattr(answers[0], "formula")
    notes = [
        note
        if not named or re.match(_NAMED, note)
        else f"{getattr(answer, 'formula', '')}: {note}"
        for answer in answers
        for note in answer._notes()
    ]
    rows = [row for of_one in tables for row in of_one]
    return [*table(rows), *(f"  note: {note}" for note in dict.fromkeys(notes))]


def _fields(cls: type[Answer]) -> tuple[str, ...]:
    if cls._names:
        return cls._names
    from dataclasses import fields, is_dataclass

    return tuple(field.name for field in fields(cls)) if is_dataclass(cls) else ()


def _brief(value: Any) -> str:
    text = f"{value:.5g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
