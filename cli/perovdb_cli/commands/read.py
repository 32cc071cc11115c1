"""perovdb read FILE"""

from __future__ import annotations

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under


@click.command(cls=CommandWithHeadings)
@click.argument("file", metavar="FILE")
@under(
    "File",
    click.option(
        "--charge",
        type=options.Whole("charge"),
        metavar="E",
        help="Of the cell, where the file does not say.",
    ),
    click.option(
        "--unknown",
        type=click.Choice(["refuse", "keep"]),
        default="refuse",
        show_default=True,
        help="What to do with molecules that the store does not know.",
    ),
)
@models.output
def command(file: str, charge: int | None, unknown: str, output: models.Output) -> None:
    """A structure file with its ions and molecules; in another format.

    A file of perovdb (POSCAR, CIF, XYZ, ...) brings its history; in one of other hands ions are
    told by the elements and molecules by bond lengths.

    \b
    Example:
      perovdb read CONTCAR --charge 1 -o relaxed.cif
    """
    from perovdb.structures.files.reading import read_structure

    output.check()
    output.emit(read_structure(file, unknown=unknown, charge=charge))
