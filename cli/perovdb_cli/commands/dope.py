"""perovdb dope FILE --replace OLD=NEW:N"""

from __future__ import annotations

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under


@click.command(cls=CommandWithHeadings)
@click.argument("file", metavar="FILE")
@under("Dopants", models.replacements(required=True), models.placement, options.seed)
@models.output
def command(
    file: str,
    replaced: dict[str, dict[str, int]],
    placement: str,
    seed: int,
    output: models.Output,
) -> None:
    """Dopants on B of a particle or slab, where a rule puts them.

    \b
    Example:
      perovdb dope particle.xyz --replace Pb=Cd:12 --placement surface -o doped.xyz
    """
    from perovdb.structures.adoption import as_structure
    from perovdb.structures.particles.dopants import dope

    output.check()
    structure = as_structure(file)
    for old, news in replaced.items():
        for new, count in news.items():
            structure = dope(structure, old, new, count=count, placement=placement, seed=seed)
    output.emit(structure)
