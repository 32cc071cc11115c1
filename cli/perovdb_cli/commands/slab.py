"""perovdb slab FORMULA|FILE"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under

SHAPE = (
    click.option(
        "--layers",
        type=options.Whole("layers"),
        default=4,
        show_default=True,
        metavar="N",
        help="Planes that hold B.",
    ),
    click.option(
        "--normal",
        nargs=3,
        type=options.Whole("normal"),
        default=(0, 0, 1),
        show_default="0 0 1",
        metavar="H K L",
        help="Miller indices in the pseudo-cubic axes.",
    ),
    click.option(
        "--termination",
        default="AX",
        show_default=True,
        metavar="PLANE",
        help="The bottom plane: AX or BX2; ABX or X2 on 1 1 0, AX3 or B on 1 1 1.",
    ),
    click.option(
        "--asymmetric", is_flag=True, help="The other plane on top, as the stoichiometry wants it."
    ),
    click.option(
        "--lateral",
        nargs=2,
        type=options.Whole("lateral"),
        default=(1, 1),
        show_default="1 1",
        metavar="N N",
        help="Repeats in the plane.",
    ),
    click.option(
        "--vacuum",
        "vacuum_A",
        type=options.Number("vacuum_A"),
        default=20.0,
        show_default=True,
        metavar="A",
        help="Between the slab and its images.",
    ),
)


@click.command(cls=CommandWithHeadings)
@models.material
@under("Slab", *SHAPE)
@models.crystal("alpha")
@under("Ions of a formula", models.nearest, options.orientation, options.seed)
@models.output
def command(
    material: str,
    layers: int,
    asymmetric: bool,
    normal: tuple[int, int, int],
    termination: str,
    lateral: tuple[int, int],
    vacuum_A: float,
    output: models.Output,
    **of_formula: Any,
) -> None:
    """A slab of whole planes between vacuum.

    Of a formula, or cut from a crystal in a file, molecules whole.

    \b
    Example:
      perovdb slab CsPbBr3 --layers 6 --termination BX2 -o slab.cif
    """
    from perovdb.structures.particles.slabs import Surface, slab

    output.check()
    surface = Surface(normal, termination, not asymmetric, lateral, vacuum_A)
    output.emit(slab(material, layers, surface=surface, **of_formula))
