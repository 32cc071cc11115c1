"""perovdb ligands FILE NAME[:N]..."""

from __future__ import annotations

import click

from perovdb_cli import models
from perovdb_cli.headings import CommandWithHeadings, under


@click.command(cls=CommandWithHeadings)
@click.argument("file", metavar="FILE")
@click.argument("names", nargs=-1, required=True, metavar="NAME[:N]...")
@under(
    "Ligands",
    click.option("--exchange", is_flag=True, help="They come in the places of surface ions."),
)
@models.output
def command(file: str, names: tuple[str, ...], exchange: bool, output: models.Output) -> None:
    """Ligands on the surface of a particle or slab.

    NAME: acetate or methylammonium, on surface vacancies, all or N of them.

    \b
    Example:
      perovdb ligands particle.xyz acetate:4 --exchange -o capped.xyz
    """
    from perovdb.structures.adoption import as_structure
    from perovdb.structures.particles.ligands import ligands

    output.check()
    structure = as_structure(file)
    for text in names:
        name, _, count = text.partition(":")
        if count and not count.isdecimal():
            raise click.BadParameter(f"'{text}' is not NAME or NAME:N.", param_hint="NAME")
        structure = ligands(
            structure, name, count=int(count) if count else None, exchange=exchange
        )
    output.emit(structure)
