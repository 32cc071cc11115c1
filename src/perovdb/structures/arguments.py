"""Arguments that are not of the kind that a public function says: refused before any work."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from functools import cache, wraps
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from perovdb.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")

_NAMES = {int: "a whole number", float: "a finite number", str: "a text", bool: "True or False"}


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """A function that refuses arguments whose kind is not that of its annotations.

    Whole numbers and floats may be numpy's, a tuple may be any sequence, an array too. NaN and
    infinity are no numbers here, True is none. What the values mean is for the function to check.

    Raises:
        InputError: an argument is of another kind.
    """

    @cache
    def known() -> tuple[inspect.Signature, dict[str, Any]]:
        return inspect.signature(function), get_type_hints(function)

    @wraps(function)
    def with_check(*args: P.args, **kwargs: P.kwargs) -> R:
        signature, kinds = known()
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in kinds and not _is(value, kinds[name]):
                wanted = _words(kinds[name])
                shown = repr(value)
                shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
                raise InputError(
                    f"{name} of {function.__name__} cannot be {shown}.", f"Give {wanted}."
                )
        return function(*args, **kwargs)

    return with_check


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of an annotated kind."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return True
    if origin in (Union, types.UnionType):
        return any(_is(value, one) for one in inner)
    if kind is bool:
        return isinstance(value, (bool, np.bool_))
    if kind is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    if kind is float:
        real = isinstance(value, Real) and not isinstance(value, bool)
        return real and bool(np.isfinite(float(value)))
    if origin is tuple or kind in (tuple, np.ndarray):
        return _is_sequence(value, inner[0] if inner else Any)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, held = inner
        return isinstance(value, Mapping) and all(
            _is(one, key) and _is(other, held) for one, other in value.items()
        )
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return _is_sequence(value, inner[0])
    return isinstance(value, origin or kind)


def _is_sequence(value: Any, of: Any) -> bool:
    listed = isinstance(value, (Sequence, np.ndarray)) and not isinstance(value, (str, bytes))
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return False
    return listed and all(_is(one, of) for one in value)


def _words(kind: Any) -> str:
    """An annotated kind in words."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(one) for one in inner))
    if kind in _NAMES:
        return _NAMES[kind]
    if kind is type(None):
        return "None"
    if origin is tuple:
        return f"{len(inner)} times {_words(inner[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"a mapping from {_words(inner[0])} to {_words(inner[1])}"
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return f"a list of {_words(inner[0])}"
    if kind is np.ndarray:
        return "an array"
    return f"a {getattr(origin or kind, '__name__', 'value')}"
