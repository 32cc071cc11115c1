"""Arguments of public functions: bound to their names, refused where they are of another kind."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import MISSING, Field, fields
from difflib import get_close_matches
from functools import cache, wraps
from math import isfinite
from numbers import Integral, Real
from typing import (
    Annotated,
    Any,
    Literal,
    ParamSpec,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from perovdb.answers import Answer
from perovdb.answers.encoding import decoded
from perovdb.errors import InputError, OutOfRange
from perovdb.ranges import Range, range_of

P = ParamSpec("P")
R = TypeVar("R")

#: What to give for arguments whose kinds alone would not say it; each means one thing everywhere.
_MEANINGS = {
    "size": "2, (2, 2, 2), three rows of three whole numbers, or a distance such as '15 A'",
    "order": "a rule such as 'sqs', or an Order",
    "orientation": "a rule such as 'aligned-110', or an Orientation",
    "lattice": "a length in angstrom, or what `lattice` gives",
    "replace": "what to replace by how many of what, such as {'Pb': {'Cd': 2}}",
    "defects": 'a list of labels such as ["V_I", "Cd_Pb:2"], or of Defects',
    "choose": "a rule such as 'far', or the number of a distinct choice",
    "edge_nm": "a length in nm, or three, one along each axis",
    "cells": "a number of octahedra, or three, one along each axis",
    "crystal": "a Crystal, such as Crystal('gamma', temperature_K=300)",
    "box": "a Box, such as Box(padding_A=10)",
    "placement": "a rule such as 'core', or a Placement",
    "stack": "the planes that meet in a boundary, such as 'AX', or a Stack",
    "where": "the region of an ion, such as {'Cd': 'RP'}",
    "apical": "a halide, or halides with their fractions, such as {'I': 0.5, 'Br': 0.5}",
    "normal": "three Miller indices, such as (1, 1, 0)",
}

_NAMES = {
    int: ("a whole number", "whole numbers"),
    float: ("a finite number", "finite numbers"),
    str: ("a text", "texts"),
    bool: ("True or False", "True or False"),
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six")


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """A function that refuses arguments whose kind is not that of its annotations, and numbers
    that run over on the way: see `bound` and `finite`."""

    @wraps(function)
    def with_check(*args: P.args, **kwargs: P.kwargs) -> R:
        values = bound(function, args, kwargs)
        with finite(function.__name__):
            return function(**values)  # type: ignore[call-arg]  # by name

    return with_check


@contextmanager
def finite(name: str) -> Iterator[None]:
    """Let no number run over, and nothing be divided by zero, in silence.

    Args:
        name: of what is done inside.

    Raises:
        OutOfRange: it happened.
    """
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield
    except ArithmeticError as error:
        raise OutOfRange(
            f"A number on the way of {name} is not finite ({error}).",
            "Give values nearer to real ones.",
        ) from error


def bound(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    subject: str | None = None,
) -> dict[str, Any]:
    """Name -> value of each argument that a call gives, of the kinds that are annotated.

    Whole numbers and floats may be numpy's, a tuple may be any sequence, an array too, and a
    dataclass a mapping of its fields. NaN and infinity are no numbers here, True is none. Numbers,
    those in dataclasses too, lie in the `RANGES` of their names; what they mean in their place is
    for the function to check. An annotation may say in words what it wants:
    ``Annotated[kind, "words"]``. The argument `subject` may be of any kind.

    Raises:
        InputError: an argument is missing, not known, of another kind or outside its range.
    """
    name, signature, kinds = _known(function)
    try:
        call = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise InputError(*_call_that_does_not_fit(name, signature, kwargs, error)) from None
    call.apply_defaults()
    values = call.arguments
    for argument, value in values.items():
        if argument == subject or argument not in kinds:
            continue
        if not _is(value, kinds[argument]):
            fitting = _fitting(kinds[argument], value)
            if fitting is None:
                words = _words(kinds[argument])
                if get_origin(kinds[argument]) is not Annotated:
                    words = _MEANINGS.get(argument, words)
                raise InputError(
                    f"{argument} of {name} cannot be {_shown(value)}.", f"Give {words}."
                )
            values[argument] = fitting
        outside = _outside(values[argument], argument, name)
        if outside is not None:
            field, number, limits = outside
            raise InputError(
                f"{field} of {name} cannot be {_shown(number)}.", f"Give it {limits}."
            )
    return dict(values)


def check_fields(request: Any) -> None:
    """Hold the fields of a frozen dataclass to their annotations and ranges; where a float is
    asked for, a whole number becomes one.

    Raises:
        InputError: a value is not of its kind, is outside its range, or is an empty text.
    """
    for one in fields(request):
        name, value = one.name, getattr(request, one.name)
        kind = get_type_hints(type(request))[name]
        limits = range_of(name, type(request).__name__)
        fits = _is(value, kind) and (value != "" or one.default == "")
        if not fits or _outside(value, name, type(request).__name__) is not None:
            whole = "whole " if int in (kind, *get_args(kind)) else ""
            words = f"a {whole}number {limits}" if limits else _words(kind)
            raise InputError(f"'{name}' cannot be {_shown(value)}.", f"Give {words}.")
        if float in (kind, *get_args(kind)) and isinstance(value, Real):
            object.__setattr__(request, name, float(value))


def _shown(value: Any) -> str:
    """A value as a refusal shows it."""
    try:
        shown = repr(value)
    except ValueError:
        # Python writes out no whole number of more than some thousands of digits.
        return "so large a number"
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def _outside(value: Any, name: str, owner: str) -> tuple[str, Any, Range] | None:
    """Name, number and range of the first number in a value that is outside its range."""
    if isinstance(value, Real) and not isinstance(value, bool | np.bool_):
        limits = range_of(name, owner)
        return (name, value, limits) if limits is not None and value not in limits else None
    inner: list[tuple[Any, str, str]] = []
    if isinstance(value, Mapping):
        inner = [(one, name, owner) for one in value.values()]
    elif isinstance(value, list | tuple) or (isinstance(value, np.ndarray) and value.ndim):
        inner = [(one, name, owner) for one in value] if range_of(name, owner) else []
    elif hasattr(value, "__dataclass_fields__") and not isinstance(value, Answer):
        owner = type(value).__name__
        inner = [(getattr(value, one), one, owner) for one in value.__dataclass_fields__]
    found = (_outside(*one) for one in inner)
    return next((one for one in found if one is not None), None)


@cache
def _known(function: Callable[..., Any]) -> tuple[str, inspect.Signature, dict[str, Any]]:
    """Name, signature and annotated kinds of a function. What may be a Material, or an array of
    any kind, is looked at where it is read; what type checkers alone know is left out too."""
    kinds: dict[str, Any] = {}
    for name, kind in function.__annotations__.items():
        if "Material" in str(kind) or "ArrayLike" in str(kind):
            continue
        holder = types.SimpleNamespace(__annotations__={name: kind})
        with suppress(NameError, TypeError):
            kinds |= get_type_hints(holder, function.__globals__, include_extras=True)
    return function.__name__, inspect.signature(function), kinds


def _call_that_does_not_fit(
    name: str, signature: inspect.Signature, kwargs: Mapping[str, Any], error: TypeError
) -> tuple[str, str]:
    """What is wrong and how to mend it, of a call that `signature.bind` refuses."""
    known = signature.parameters
    takes = f"It takes: {', '.join(known)}."
    for argument in kwargs:
        if argument not in known:
            near = get_close_matches(argument, known, n=1, cutoff=0.6)
            mend = f"Did you mean {near[0]}?" if near else takes
            return f"{name} has no argument '{argument}'.", mend
    if "too many positional" in str(error):
        by_place = [key for key, about in known.items() if about.kind is not about.KEYWORD_ONLY]
        return (
            f"{name} takes {', '.join(by_place)} by place, and all else by name.",
            f"Write such as {list(known)[min(len(by_place), len(known) - 1)]}=...",
        )
    lacking = [
        key
        for key, about in known.items()
        if about.default is about.empty and f"'{key}'" in str(error)
    ]
    return f"{name} needs {', '.join(lacking)}." if lacking else f"{name}: {error}.", takes


def _fitting(kind: Any, value: Any) -> Any:
    """A dataclass out of a mapping of its fields, or a list of such; None if they do not fit."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _fitting(inner[0], value)
    if origin in (Union, types.UnionType):
        return next((one for one in (_fitting(k, value) for k in inner) if one is not None), None)
    if isinstance(value, Mapping) and hasattr(kind, "__dataclass_fields__"):
        unknown = [str(key) for key in value if key not in kind.__dataclass_fields__]
        if len(unknown) == len(value):
            return None
        if unknown:
            raise InputError(
                f"{kind.__name__} has no field '{unknown[0]}'.",
                f"It has: {', '.join(kind.__dataclass_fields__)}.",
            )
        with suppress(TypeError, ValueError):
            return kind.from_dict(value) if hasattr(kind, "from_dict") else decoded(kind, value)
        return None
    if isinstance(origin, type) and issubclass(origin, Sequence) and isinstance(value, list):
        items = [one if _is(one, inner[0]) else _fitting(inner[0], one) for one in value]
        return None if None in items else items
    return None


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of an annotated kind."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return True
    if origin is Annotated:
        return _is(value, inner[0])
    if origin in (Union, types.UnionType):
        return any(_is(value, one) for one in inner)
    if kind is bool:
        return isinstance(value, (bool, np.bool_))
    if kind is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if kind is float:
        # Of a whole number that no float can hold, Python cannot tell.
        with suppress(OverflowError):
            return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)
        return False
    if origin is tuple and inner[1:] != (...,) and kind is not tuple:
        return _is_sequence(value, inner[0]) and len(value) == len(inner)
    if origin is tuple or kind in (tuple, np.ndarray):
        return _is_sequence(value, inner[0] if inner else Any)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, item = inner
        return isinstance(value, Mapping) and all(
            _is(one, key) and _is(other, item) for one, other in value.items()
        )
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _is_sequence(value, inner[0])
    if origin is Literal:
        return value in inner
    if not isinstance(origin or kind, type):
        return True
    if not isinstance(value, origin or kind):
        return False
    hints = _hints(kind, tuple(getattr(kind, "__dataclass_fields__", ())))
    return all(_is(getattr(value, name), hint) for name, hint in hints.items())


@cache
def _hints(kind: Any, fields: Sequence[str]) -> dict[str, Any]:
    """The kinds of the fields of a dataclass that does not check them itself."""
    if not fields or hasattr(kind, "from_dict"):
        return {}
    every = get_type_hints(kind, include_extras=True)
    return {name: every[name] for name in fields}


def _is_sequence(value: Any, of: Any) -> bool:
    listed = isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes))
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return False
    return listed and all(_is(one, of) for one in value)


def _words(kind: Any, many: bool = False) -> str:
    """An annotated kind as a person says it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return str(inner[1])
    if origin in (Union, types.UnionType):
        some = [_words(one, many) for one in inner if one is not type(None)]
        return " or ".join(dict.fromkeys(some))
    if kind in _NAMES:
        return _NAMES[kind][many]
    if origin is tuple and inner[1:] != (...,):
        return f"{_NUMBERS[len(inner)]} {_words(inner[0], many=True)}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        whole = "mappings" if many else "a mapping"
        return f"{whole} of {_words(inner[0], many=True)} to {_words(inner[1], many=True)}"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"{'lists' if many else 'a list'} of {_words(inner[0], many=True)}"
    if kind is np.ndarray:
        return "an array"
    name = getattr(origin or kind, "__name__", "value")
    return f"{name}s" if many else f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


class Options:
    """Base of frozen dataclasses that hold the name of a `rule` and its options."""

    def as_dict(self) -> dict[str, Any]:
        """The rule, and the options that are not the usual ones, as JSON can hold them."""
        every = fields(self)  # type: ignore[arg-type]  # of dataclasses
        return {
            one.name: value
            for one in every
            if (value := getattr(self, one.name)) != _usual(one) or one.name == "rule"
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The options that `as_dict` gave.

        Raises:
            InputError: one of them is no option, or is refused.
        """
        names = [one.name for one in fields(cls)]  # type: ignore[arg-type]  # of dataclasses
        strange = [name for name in data if name not in names and name[:1] != "@"]
        if strange:
            raise InputError(
                f"An {cls.__name__.lower()} has no option {', '.join(strange)}.",
                f"Give some of {', '.join(names)}.",
            )
        return cls(**{name: data[name] for name in names if name in data})

    @classmethod
    def of(cls, rule: str | Self | Mapping[str, Any]) -> Self:
        """The same, or out of a rule, or of what `as_dict` gave; InputError if it is none."""
        if isinstance(rule, cls):
            return rule
        return cls.from_dict(rule if isinstance(rule, Mapping) else {"rule": rule})


def _usual(option: Field[Any]) -> Any:
    return option.default if option.default_factory is MISSING else option.default_factory()
