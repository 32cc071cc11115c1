"""perovdb particle FORMULA|FILE --edge NM"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under


def _along_axes(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:
    """One number, or three with commas."""
    if text is None:
        return None
    kind: Any = options.Whole("cells") if option.name == "cells" else options.Number("edge_nm")
    numbers = [kind.convert(word, option, ctx) for word in text.split(",")]
    if len(numbers) not in (1, 3):
        raise click.BadParameter(f"'{text}' is not one number, or three with commas.")
    return numbers if len(numbers) > 1 else numbers[0]


SHAPE = (
    click.option(
        "--edge",
        "edge_nm",
        callback=_along_axes,
        metavar="NM",
        help=options.numbers("Between the outermost planes; 3,3,6 for a box.", "edge_nm"),
    ),
    click.option(
        "--cells",
        callback=_along_axes,
        metavar="N",
        help=options.numbers("Instead: octahedra in a row; 5,5,10 for a box.", "cells"),
    ),
    click.option(
        "--shape",
        default="cube",
        show_default=True,
        metavar="SHAPE",
        help="cube, sphere, or energies of facets, as 100=1,110=1.1.",
    ),
    click.option("--termination", metavar="PLANE", help="AX or BX2. Default: what fits best."),
    click.option(
        "--balance",
        default="surface A",
        show_default=True,
        metavar="RULE",
        help="How it becomes neutral: surface A, surface X, ligands or none.",
    ),
    click.option(
        "--padding",
        "padding_A",
        type=options.Number("padding_A"),
        default=10.0,
        show_default=True,
        metavar="A",
        help="Vacuum on each side.",
    ),
)


@click.command(cls=CommandWithHeadings)
@models.material
@under("Particle", *SHAPE)
@models.crystal("alpha")
@under("Ions of a formula", models.placement, models.nearest, options.orientation, options.seed)
@models.output
def command(
    material: str,
    shape: str,
    termination: str | None,
    padding_A: float,
    placement: str,
    nearest: bool,
    output: models.Output,
    **how: Any,
) -> None:
    """A nanocrystal, neutral by a rule.

    Of a formula, or cut from a crystal in a file, molecules whole.

    \b
    Example:
      perovdb particle CsCd0.25Pb0.75Br3 --edge 3 --placement core -o dot.xyz
    """
    from perovdb.structures.particles.boxes import Box
    from perovdb.structures.particles.dopants import Placement
    from perovdb.structures.particles.nanocrystals import Shape, particle

    output.check()
    kind = (
        options.pairs(tuple(shape.split(",")), "--shape", "facet_energy")
        if "=" in shape
        else shape
    )
    structure = particle(
        material,
        shape=Shape(kind, termination),
        placement=Placement(placement, nearest=nearest),
        box=Box(padding_A),
        **how,
    )
    output.emit(structure)
