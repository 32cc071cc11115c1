"""What is typed after the options of `perovdb build`, as arguments of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from perovdb_cli import options


def replacements(texts: Sequence[str]) -> dict[str, dict[str, int]]:
    """OLD=NEW:N of an option that may be given again, as old -> new -> number.

    Raises:
        click.BadParameter: one is not of this form.
    """
    found: dict[str, dict[str, int]] = {}
    for text in texts:
        old, _, rest = text.partition("=")
        new, _, count = rest.partition(":")
        if not (old and new and count.isdecimal()):
            raise click.BadParameter(f"'{text}' is not OLD=NEW:N.", param_hint="--replace")
        of_old = found.setdefault(old, {})
        of_old[new] = of_old.get(new, 0) + int(count)
    return found


def named(text: str, option: str) -> tuple[str, str]:
    """NAME=VALUE of an option.

    Raises:
        click.BadParameter: it is not of this form.
    """
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise click.BadParameter(f"'{text}' is not NAME=VALUE.", param_hint=option)
    return name, value


def size(asked: Mapping[str, Any]) -> Any:
    """Three repeats, a matrix, or None.

    Raises:
        click.UsageError: it is said in two ways.
    """
    ways = [name for name in ("size", "matrix", "min_image") if asked[name] is not None]
    if len(ways) > 1:
        raise click.UsageError("--size, --matrix and --min-image are three ways to say one thing.")
    if asked["matrix"] is not None:
        numbers = list(asked["matrix"])
        return [numbers[0:3], numbers[3:6], numbers[6:9]]
    return asked["size"]


def of_layers(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What layered models of every kind take."""
    common = ("size", "a_A", "order", "seed", "orientation", "temperature_K")
    return given(asked, *common, "apical", "interlayer_A")


def given(asked: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Arguments that were given, for functions that have defaults of their own."""
    return {name: asked[name] for name in names if asked[name] is not None}


def edge(asked: Mapping[str, Any]) -> Any:
    """One edge of a particle in nm, or three."""
    edges = asked["particle"]
    return edges if len(edges) > 1 else edges[0]


def shape(asked: Mapping[str, Any]) -> Any:
    """The name of a shape, or facet -> energy.

    Raises:
        click.BadParameter: an energy is no number.
    """
    text = asked["shape"]
    return options.pairs(tuple(text.split(",")), "--shape") if "=" in text else text
