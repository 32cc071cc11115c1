"""Options that several commands share."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
as_csv = click.option("--csv", "as_csv", is_flag=True, help="Answer in CSV.")


def _number(ctx: click.Context, option: click.Parameter, value: float) -> float:
    if value != value:
        raise click.BadParameter("nan is not a temperature.")
    return value


phase = click.option(
    "--phase",
    metavar="NAME",
    help="alpha, beta, gamma, delta, ... or cubic, tetragonal, orthorhombic. "
    "Default: the perovskite known at the temperature, alpha if its positions are not; alpha for "
    "alloys.",
)

temperature = click.option(
    "--temperature",
    "temperature_K",
    type=click.FloatRange(0, 2000),
    callback=_number,
    default=298,
    show_default=True,
    metavar="K",
    help="Temperature in kelvin, for the choice of cells.",
)


def model(function: Function) -> Function:
    """Options of a supercell: size, seed, orientation of molecules."""
    options = [
        click.option(
            "--size",
            nargs=3,
            type=int,
            metavar="NA NB NC",
            help="Repeats of the phase's cell (gamma holds four formula units). Default: 1 1 1, "
            "for a path 2 2 2.",
        ),
        click.option(
            "--seed",
            type=click.IntRange(0),
            default=0,
            show_default=True,
            metavar="N",
            help="Of random orderings and orientations.",
        ),
        click.option(
            "--orientation",
            default="random",
            show_default=True,
            metavar="RULE",
            help="Of organic cations: random or aligned.",
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function
