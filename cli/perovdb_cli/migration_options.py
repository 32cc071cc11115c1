"""In which atoms ions hop: options that `hops` and `neb` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from perovdb_cli import options

Function = TypeVar("Function", bound=Callable[..., Any])


def hosted(function: Function) -> Function:
    """Options of the atoms that an ion hops in: supercell, order, the vacancy of another ion."""
    of_atoms: list[Callable[[Any], Any]] = [
        click.option(
            "--into",
            metavar="ION",
            help="Ion whose vacancy it moves into, such as Br for I; by default its own kind.",
        ),
        click.option(
            "--reach",
            "reach_A",
            type=options.Number("reach_A"),
            metavar="A",
            help="Longest hop, beyond the first shell.",
        ),
        click.option(
            "--order",
            metavar="RULE",
            help="Hops of a model whose shared sites are ordered (random, sqs, ...), instead of "
            "those of the average cell.",
        ),
    ]
    for option in reversed(of_atoms):
        function = option(function)
    return options.model(function)
