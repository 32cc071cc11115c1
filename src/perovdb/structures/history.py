"""Steps: what was done to make a structure, written down so that it can be done again.

Whatever makes or changes a structure is a `step`. The function does the physics and gives back an
`Outcome`; the decorator binds and checks its arguments, keeps them in the history, sets the charge
and knows the function by its name, so that `rebuild` calls it again.
"""

from __future__ import annotations

import inspect
import os
import pkgutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from typing import Any, Concatenate, ParamSpec, overload

import numpy as np
from pymatgen.core import Structure

import perovdb.structures
from perovdb.composition import Material
from perovdb.errors import InputError, StructureError
from perovdb.structures.arguments import bound, finite

P = ParamSpec("P")

# pymatgen warns whenever a charge is read, or written to a file, that is not the sum of oxidation
# states. Structures of perovdb carry formal charges of ions, and no oxidation states of atoms.
warnings.filterwarnings(
    "ignore",
    r"Structure charge \(.*\) is set to be not equal to the sum of oxidation states \(0\.0\)",
)

#: Steps by name, as far as their modules are loaded.
_STEPS: dict[str, Callable[..., Structure]] = {}


@dataclass(frozen=True)
class Outcome:
    """What a step made.

    Attributes:
        structure: its properties are set by the decorator.
        text: what was done, in one line for people.
        charge: net formal charge of the cell after the step, in e.
        notes: what a user should know of this step.
        state: what a user should know of the structure as it is now, such as its charge; the next
            step makes it out of date.
        arguments: what the history keeps in place of the user's, such as the matrix that a
            distance led to.
        history: steps that come with the structure, as in a file of perovdb, in place of this one.
    """

    structure: Structure
    text: str
    charge: int
    notes: Sequence[str] = ()
    state: Sequence[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    history: Sequence[Mapping[str, Any]] = ()


@overload
def step(
    function: Callable[Concatenate[Structure, P], Outcome],
) -> Callable[Concatenate[Material, P], Structure]: ...
@overload
def step(function: Callable[P, Outcome]) -> Callable[P, Structure]: ...
def step(function: Callable[..., Outcome]) -> Callable[..., Structure]:
    """A function that makes or changes a structure, with its history.

    If its first parameter is a Structure it may be called with any `Material`, which is taken in
    by `adoption.as_structure`; if that is a `Material`, a formula is left as it is. The step
    stands behind the history of that structure, or is the first one of its own.

    Raises:
        InputError: an argument is missing, not known or of another kind.
        and what the function raises.
    """

    signature = inspect.signature(function)
    subject, *others = signature.parameters.values()

    @wraps(function)
    def stepped(*args: Any, **kwargs: Any) -> Structure:
        from perovdb.structures.adoption import as_structure, is_formula

        values = bound(function, args, kwargs, subject.name)
        before: Structure | None = None
        if subject.annotation == "Structure" or (
            subject.annotation == "Material" and not is_formula(values[subject.name])
        ):
            before = values[subject.name] = as_structure(values[subject.name])
        with finite(function.__name__):
            outcome = function(**values)
        if before is not None:
            del values[subject.name]
        return recorded(function.__name__, values, outcome, before)

    kind = "Material" if subject.annotation == "Structure" else subject.annotation
    vars(stepped)["__signature__"] = signature.replace(
        parameters=[subject.replace(annotation=kind), *others], return_annotation="Structure"
    )
    _STEPS[function.__name__] = stepped
    return stepped


def recorded(
    name: str, arguments: Mapping[str, Any], outcome: Outcome, before: Structure | None = None
) -> Structure:
    """What a step made, with its charge and its history behind that of the structure before."""
    if outcome.history:
        return with_history(outcome.structure, outcome.charge, outcome.history)
    every = dict(arguments) | dict(outcome.arguments)
    entry: dict[str, Any] = {
        "step": name,
        "arguments": {key: plain(value) for key, value in every.items() if value is not None},
        "text": outcome.text,
        "notes": [*outcome.notes, *outcome.state],
    }
    entry["atoms"] = atoms_of(outcome.structure)
    if outcome.state:
        entry["state"] = list(outcome.state)
    earlier = [] if before is None else history_of(before)
    return with_history(outcome.structure, outcome.charge, [*earlier, entry])


def rebuild(history: Sequence[Mapping[str, Any]]) -> Structure:
    """The structure that a history tells of, made step by step.

    Args:
        history: as in `structure.properties["history"]`; the same store gives the same structure.

    Raises:
        InputError: the history does not begin with a way to make a structure, or holds a step or
            an argument that is not known.
        and what the steps raise.
    """
    whole = isinstance(history, Sequence) and not isinstance(history, str)
    if not whole or not history or not all(isinstance(entry, Mapping) for entry in history):
        raise InputError(
            "This is no history.", 'Give structure.properties["history"] of a structure.'
        )
    structure: Structure | None = None
    for number, entry in enumerate(history, 1):
        name, arguments = entry.get("step"), entry.get("arguments")
        where = f"Step {number} of the history, '{name}',"
        function = steps().get(str(name))
        if function is None:
            raise InputError(f"{where} is not known.", f"Known are: {', '.join(sorted(steps()))}.")
        subject = next(iter(inspect.signature(function).parameters))
        if not isinstance(arguments, Mapping) or (structure is None) != (subject in arguments):
            raise InputError(
                f"{where} has no structure to change, or there is one and it makes another.",
                "Take the whole history from a structure of perovdb.",
            )
        before = {} if structure is None else {subject: structure}
        try:
            structure = function(**before, **arguments)
        except (TypeError, InputError) as error:
            raise InputError(
                f"{where} cannot be done: {error}", "Was it written by another version of perovdb?"
            ) from error
    assert structure is not None
    return structure


def steps() -> Mapping[str, Callable[..., Structure]]:
    """All steps by name; the modules of `perovdb.structures` are loaded for it."""
    for module in pkgutil.walk_packages(perovdb.structures.__path__, "perovdb.structures."):
        import_module(module.name)
    return _STEPS


def with_history(
    structure: Structure, charge: int, history: Sequence[Mapping[str, Any]]
) -> Structure:
    """The structure itself, with its charge and the steps that made it."""
    structure.properties = {"charge": charge, "history": list(history)}
    return with_charge(structure, charge)


def atoms_of(structure: Structure) -> str:
    """Elements and numbers of the atoms, by which an edited structure is told from its history."""
    return str(structure.composition.formula)


def with_charge(structure: Structure, charge: int) -> Structure:
    """The structure itself, with its charge where perovdb and where other programs look for it.

    pymatgen's own charge stands in its files and goes into NELECT.
    """
    structure.properties["charge"] = charge
    structure.set_charge(charge)
    return structure


def charge_of(structure: Structure) -> int:
    """Net formal charge of the cell, in e.

    Raises:
        StructureError: the structure does not say it, or says two.
    """
    charge = int(_property(structure, "charge"))
    own = pymatgen_charge(structure)
    if own is not None and own != charge:
        raise StructureError(
            f"The structure has a charge of {charge:+d} by properties and {own:+g} by its own.",
            'Make structure.properties["charge"] and structure.set_charge(...) agree.',
        )
    return charge


def pymatgen_charge(structure: Structure) -> float | None:
    """The charge that pymatgen keeps, in e; None where nobody has set one."""
    return None if structure._charge is None else float(structure._charge)


def history_of(structure: Structure) -> list[dict[str, Any]]:
    """The steps that made a structure.

    Raises:
        StructureError: the structure has none.
    """
    return list(_property(structure, "history"))


def plain(value: Any) -> Any:
    """A value as a history holds it: what JSON can say; of a dataclass its fields, of a structure
    its atoms."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if hasattr(value, "formula"):
        return str(value.formula)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "as_dict"):
        return plain(value.as_dict())
    if hasattr(value, "__dataclass_fields__"):
        fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
        return {name: plain(one) for name, one in fields.items() if one is not None}
    return value


def notes(structure: Structure) -> list[str]:
    """The notes of all steps, each once; of the state of the structure, the last step's alone."""
    *before, last = history_of(structure)
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
