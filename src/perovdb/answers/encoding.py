"""Values as JSON can hold them, and back by the type hints of a dataclass.

numpy is not imported here: an array is told by its ``tolist``.
"""

from __future__ import annotations

import os
import types
import warnings
from collections.abc import Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def encoded(value: Any) -> Any:
    """A value as JSON can hold it.

    Objects give their ``as_dict``; dataclasses and named tuples their fields; tuples, sets and
    arrays are lists, data frames lists of rows, paths texts, numpy's numbers Python's. NaN is
    None; infinity is a text.
    """
    if isinstance(value, float):
        # numpy's float64 is a float too.
        return float(value) if abs(value) < float("inf") else _not_finite(value)
    if value is None or isinstance(value, str | int):
        return value
    if hasattr(value, "as_dict"):
        with warnings.catch_warnings():
            # pymatgen's, of every charged cell whose ions carry no oxidation states.
            warnings.filterwarnings("ignore", "Structure charge")
            return value.as_dict()
    if isinstance(value, Mapping):
        return {str(key): encoded(one) for key, one in value.items()}
    if hasattr(value, "_asdict"):
        return {key: encoded(one) for key, one in value._asdict().items()}
    if hasattr(value, "__dataclass_fields__"):
        return {field.name: encoded(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "tolist"):
        return encoded(value.tolist())
    if hasattr(value, "iterrows"):
        return encoded(value.to_dict("records"))
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Sequence | Set):
        return [encoded(one) for one in value]
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")


def _not_finite(value: float) -> str | None:
    return None if value != value else str(float(value))


def decoded(kind: type[T], data: Any) -> T:
    """A dataclass or named tuple of the values that `encoded` gave; what is no field is left.

    A named tuple may be a list, as JSON has it where monty takes a dataclass apart by itself.
    """
    hints = _hints(kind)
    if isinstance(data, list | tuple):
        data = dict(zip(hints, data, strict=True))
    values = {name: _decoded(hints[name], data[name]) for name in hints if name in data}
    return kind(**values)


def _hints(kind: Any) -> dict[str, Any]:
    names = [one.name for one in fields(kind)] if is_dataclass(kind) else kind._fields
    every = get_type_hints(kind)
    return {name: every[name] for name in names}


def _decoded(hint: Any, value: Any) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _of_union(inner, value)
    if hint in (float, complex):
        return float("nan") if value is None else hint(value)
    if value is None or hint in (Any, object, str, int, bool) or origin is Literal:
        return value
    if origin is None:
        return _of_class(hint, value)
    if origin is tuple:
        kinds = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return tuple(_decoded(one, item) for one, item in zip(kinds, value, strict=True))
    if issubclass(origin, Mapping):
        key_kind, item_kind = inner
        return {
            int(key) if key_kind is int else float(key) if key_kind is float else key: _decoded(
                item_kind, item
            )
            for key, item in value.items()
        }
    if hasattr(origin, "tolist"):
        return _of_class(origin, value)
    items = [_decoded(inner[0], item) for item in value]
    return frozenset(items) if issubclass(origin, Set) else items


def _of_union(kinds: tuple[Any, ...], value: Any) -> Any:
    """By the kind whose values look like this one: tagged objects by their tag, else in order."""
    if value is None and type(None) in kinds:
        return None
    if isinstance(value, Mapping) and "@class" in value:
        name = value["@class"]
        tagged = [kind for kind in kinds if getattr(kind, "__name__", "") == name]
        if tagged:
            return _decoded(tagged[0], value)
    plain = {str: str, bool: bool, int: int, float: int | float}
    for kind in kinds:
        if kind in plain and isinstance(value, plain[kind]):
            return value
    others = [kind for kind in kinds if kind is not type(None) and kind not in plain]
    return _decoded(others[0], value) if others else value


def _of_class(kind: Any, value: Any) -> Any:
    if isinstance(value, kind):
        return value
    if isinstance(value, Mapping) and value.get("@module") in ("numpy", "pathlib"):
        # As monty's encoder writes arrays and paths, which does not ask for `as_dict`.
        value = value["data"] if "data" in value else value["string"]
    if hasattr(kind, "from_dict"):
        return kind.from_dict(value)
    if hasattr(kind, "__dataclass_fields__") or hasattr(kind, "_fields"):
        return decoded(kind, value)
    if hasattr(kind, "tolist"):
        import numpy as np

        array = np.array(value)
        # Missing numbers were NaN.
        return array.astype(float) if array.dtype == object else array
    return kind(value)
