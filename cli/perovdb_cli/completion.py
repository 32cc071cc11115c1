"""Values that a shell completes: what the store and the library know, and names of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

from perovdb.errors import PerovdbError
from perovdb.store import queries


class Known(click.types.StringParamType):
    """A text of which some values, or files, are known."""

    def __init__(self, words: Callable[[], Iterable[str]], files: str = "") -> None:
        self.words = words
        #: "file" or "dir" if names of these are meant as well.
        self.files = files

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        try:
            known = {word for word in self.words() if word.startswith(incomplete)}
            words = sorted(word for word in known if word.isprintable())
        except PerovdbError:
            # Without a store that can be read there is nothing to offer, and no place to say so.
            words = []
        # Names of files are offered first, for the script of bash drops what stands before them.
        files = [CompletionItem(incomplete, type=self.files)] if self.files else []
        return files + [CompletionItem(word) for word in words]


def complete_values(command: click.Command) -> None:
    """Let the texts that a command takes be completed, by the names of its parameters."""
    for parameter in command.params:
        if not isinstance(parameter.type, click.types.StringParamType):
            continue
        hint = re.findall("[A-Z]+", parameter.metavar or "")
        words = _BY_NAME.get(parameter.name or "", _nothing)
        if words is _nothing and hint[:1] == ["ION"]:
            words = _ions
        elif words is _nothing and "FORMULA" in hint:
            words = queries.formulas
        files = "file" if {"FILE", "STUDY", "PEAKS"} & {*hint} else "dir" if "DIR" in hint else ""
        if words is not _nothing or files:
            parameter.type = Known(words, files)


def _nothing() -> list[str]:
    return []


def _ions() -> list[str]:
    return [row["species"] for row in queries.ions()]


def _phases() -> list[str]:
    from perovdb.facts.conditions import PHASE_NAMES

    return [*PHASE_NAMES, *queries.values("phase", "phase")]


def _orders() -> list[str]:
    from perovdb.structures.ordering import ENUMERATE, RULES

    return [*RULES, ENUMERATE]


def _orientations() -> list[str]:
    from perovdb.structures.molecules.orientations import ORIENTATIONS

    return list(ORIENTATIONS)


def _choices() -> list[str]:
    from perovdb.structures.defects.choices import RULES
    from perovdb.structures.defects.point_defects import SURFACE
    from perovdb.structures.ordering import ENUMERATE

    return [*RULES, SURFACE, ENUMERATE]


def _placements() -> list[str]:
    from perovdb.structures.particles.dopants import PLACEMENTS

    return list(PLACEMENTS)


def _codes() -> list[str]:
    from perovdb.inputs.sets import CODES

    return list(CODES)


def _properties() -> list[str]:
    from perovdb.facts.properties import names

    return names()


_BY_NAME: dict[str, Callable[[], Iterable[str]]] = {
    "choose": _choices,
    "code": _codes,
    "codes": _codes,
    "evidence": lambda: queries.vocabulary("evidence_level"),
    "formula": queries.formulas,
    "formulas": queries.formulas,
    "host": queries.formulas,
    "ion": _ions,
    "keys": lambda: queries.values("source", "key"),
    "kind": lambda: queries.vocabulary("fact_kind"),
    "name": _properties,
    "order": _orders,
    "orientation": _orientations,
    "phase": _phases,
    "placement": _placements,
    "radius_set": lambda: queries.vocabulary("radius_set"),
    "source": lambda: queries.values("source", "key"),
    "space": queries.formulas,
    "table": queries.fact_tables,
    "wavelength": lambda: queries.values("radiation", "name"),
}
