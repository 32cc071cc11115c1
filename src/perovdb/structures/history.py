"""What was done to make a structure, step by step, so that it can be done again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.errors import StructureError


def record(
    structure: Structure,
    step: str,
    arguments: Mapping[str, Any],
    text: str,
    *,
    charge: int,
    before: Structure | None = None,
    notes: Sequence[str] = (),
    state: Sequence[str] = (),
) -> Structure:
    """Put a step at the end of a structure's history; the structure itself is given back.

    Args:
        structure: what the step made; its properties are set here.
        step: name of the function that did it, a key of `rebuilding.FIRST` or `CHANGES`.
        arguments: what the function was called with; kept as JSON can hold it, and `rebuild`
            calls it with them again.
        text: what was done, in one line for people.
        charge: net formal charge of the cell after the step, in e.
        before: the structure that the step changed, if it did not start from nothing.
        notes: what a user should know of this step.
        state: what a user should know of the structure as it is now, such as its charge; the
            next step makes it out of date.

    Raises:
        StructureError: the structure before has no history.
    """
    done: dict[str, Any] = {"step": step, "arguments": plain(arguments), "text": text}
    done["notes"] = [*notes, *state]
    if state:
        done["state"] = list(state)
    earlier = [] if before is None else _property(before, "history")
    structure.properties = {"charge": charge, "history": [*earlier, done]}
    return structure


def charge_of(structure: Structure) -> int:
    """Net formal charge of the cell, in e.

    Raises:
        StructureError: the structure does not say it.
    """
    return int(_property(structure, "charge"))


def plain(value: Any) -> Any:
    """A value as JSON can hold it: tuples and arrays are lists, numpy's numbers are Python's."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def notes(structure: Structure) -> list[str]:
    """The notes of all steps, each once; of the state of the structure, the last step's alone."""
    *before, last = _property(structure, "history")
    every = [
        note for step in before for note in step["notes"] if note not in step.get("state", ())
    ]
    return list(dict.fromkeys([*every, *last["notes"]]))


def _property(structure: Structure, name: str) -> Any:
    if name not in (structure.properties or {}):
        raise StructureError(
            f"The structure carries no {name}.",
            "Read it with `read_structure`, or take it in with `adopt`.",
        )
    return structure.properties[name]
