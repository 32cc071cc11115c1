"""What a campaign is, and where the campaigns are."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import tests.attack


class Finding(Exception):  # noqa: N818 (the name says what it is)
    """What an attack achieved and must not: a sentence."""


@dataclass(frozen=True)
class Campaign:
    """Inputs of one kind.

    Attributes:
        kind: its name, for --only.
        throws: what is thrown, for the table.
        promise: what must hold, for the table.
        attack: throws one input, drawn from a random number generator of its own, in an empty
            folder of its own, which is the current one. Gives back a word for what came of it.
        full, short: how many inputs make up the whole campaign, and the short one of CI.
        words: what may come of an input. Each must come of some input of a full campaign, or it
            does not attack what it says.
        seconds: in which an input must have its answer.
        memory_GB: that a worker may take, as address space.
        prepare: makes what the inputs share, before the first of them.
        starts_processes: whether the attack itself does so, as one that kills them.
    """

    kind: str
    throws: str
    promise: str
    attack: Callable[[Random, Path], str]
    full: int
    short: int
    words: frozenset[str] | set[str] = frozenset({"answered", "refused"})
    seconds: float = 20
    memory_GB: float = 4
    prepare: Callable[[], object] = object
    starts_processes: bool = False

    def draw(self, seed: int, index: int) -> Random:
        """The generator of one input: the same wherever and whenever it is thrown."""
        return Random(f"{seed} {self.kind} {index}")


def campaigns() -> dict[str, Campaign]:
    """Kind -> campaign, of all modules of this package."""
    modules = (module.name for module in pkgutil.iter_modules(tests.attack.__path__))
    found = [
        campaign
        for name in modules
        if not name.startswith(("_", "test_"))
        for campaign in _of_module(name)
    ]
    return {campaign.kind: campaign for campaign in sorted(found, key=lambda one: one.kind)}


def find(kind: str) -> Campaign:
    """The campaign of a kind; one that begins with _ stands in the module of its name."""
    return _of_module(kind)[0] if kind.startswith("_") else campaigns()[kind]


def _of_module(name: str) -> tuple[Campaign, ...]:
    module = importlib.import_module(f"tests.attack.{name}")
    one = (module.CAMPAIGN,) if hasattr(module, "CAMPAIGN") else ()
    return (*one, *getattr(module, "CAMPAIGNS", ()))
