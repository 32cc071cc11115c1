"""perovdb supercell FORMULA|FILE --size SIZE"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under


@click.command(cls=CommandWithHeadings)
@models.material
@under(
    "Supercell",
    options.size(required=True),
    click.option("--diagonal", is_flag=True, help="Of a distance: repeat along the vectors only."),
)
@models.output
def command(material: str, size: Any, diagonal: bool, output: models.Output) -> None:
    """A larger cell of a structure; molecules stay whole.

    \b
    Example:
      perovdb supercell model.cif --size 15A -o large.cif
    """
    from perovdb.structures.supercells import supercell

    output.check()
    output.emit(supercell(material, size, shape="diagonal" if diagonal else "any"))
