"""What a setting may be: its sign, its magnitude, its choices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from perovdb.errors import InputError
from perovdb.inputs.presets import read_table


def within_limits(code: str, key: str, name: str, value: Any) -> Any:
    """The value, a choice as the code spells it.

    Args:
        code: "vasp", "cp2k" or "qe".
        key: name of the setting in the code.
        name: as the user calls it.
        value: of the setting's type.

    Raises:
        InputError: the value is none that a band can be run with.
    """
    limit = limit_of(code, key)
    if "one_of" in limit:
        choices = limit["one_of"]
        same = [choice for choice in choices if str(choice).lower() == str(value).lower()]
        if not same:
            raise InputError(
                f"{name} cannot be {value!r}.", f"Choose one of: {', '.join(map(str, choices))}."
            )
        return same[0]
    if not _inside(value, limit):
        raise InputError(f"{name} cannot be {value!r}.", f"Give {_in_words(limit)}.")
    return value


def limit_of(code: str, key: str) -> Mapping[str, Any]:
    """The limits of a setting, empty if it has none."""
    table = _limits()
    own = table[code].get(key) or table["any"].get(key)
    if own is None and code == "vasp":
        choices = incar_parameters().get(key, {}).get("values")
        own = {"one_of": choices} if choices else None
    return own or {}


@cache
def incar_parameters() -> dict[str, Any]:
    """Tags of VASP with their types and, of some, their values, as pymatgen lists them."""
    text = (files("pymatgen.io.vasp") / "incar_parameters.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _limits() -> dict[str, Any]:
    return read_table("limits.toml")


def _inside(value: Any, limit: Mapping[str, Any]) -> bool:
    if limit.get("zero") and value == 0:
        return True
    return not (
        ("least" in limit and value < limit["least"])
        or ("above" in limit and value <= limit["above"])
        or ("most" in limit and value > limit["most"])
        or ("below" in limit and value >= limit["below"])
    )


def _in_words(limit: Mapping[str, Any]) -> str:
    low = f"from {limit['least']:g}" if "least" in limit else f"above {limit['above']:g}"
    high = f"to {limit['most']:g}" if "most" in limit else f"to below {limit['below']:g}"
    return f"a number {low} {high}" + (", or 0 for the family's" if limit.get("zero") else "")
