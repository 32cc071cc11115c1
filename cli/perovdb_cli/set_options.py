"""Options of input sets that `neb` and `inputs` share: how a code is set, and how it is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from perovdb_cli import options

preset = click.option(
    "--preset",
    default="standard",
    show_default=True,
    metavar="NAME",
    help="Settings: quick, standard, accurate, or a paper's, such as imran2020.",
)

settings = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="A setting in place of the preset's, such as ENCUT=450.",
)

hours = click.option(
    "--hours",
    type=options.Whole("hours"),
    default=24,
    show_default=True,
    metavar="N",
    help="Wall time.",
)


def ranks(text: str) -> Callable[[Any], Any]:
    """MPI ranks, of what the text says."""
    return click.option(
        "--ranks",
        "ranks_per_image",
        type=options.Whole("ranks_per_image"),
        default=8,
        show_default=True,
        metavar="N",
        help=text,
    )
