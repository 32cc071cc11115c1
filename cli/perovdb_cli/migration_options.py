"""In which atoms ions hop: options that `hops` and `neb` share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options

if TYPE_CHECKING:
    from pymatgen.core import Structure

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
            type=float,
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


def host(
    source: str, species: str, asked: dict[str, Any], atoms: bool = False
) -> Structure | None:
    """The atoms that hops are looked for in: of a file, or of a model of a formula.

    Args:
        source: formula or file.
        species: ion that hops.
        asked: the options of `hosted`, phase, temperature_K and sample.
        atoms: a model is wanted in any case.

    Returns:
        the structure; None for a formula whose average cell will do.
    """
    from perovdb.migration.requests import HopRequest, host_of

    file, formula = (source, None) if is_file_name(source) else (None, source)
    request = HopRequest(species=species, file=file, formula=formula, **asked)
    return host_of(request) if atoms or request.in_atoms else None
