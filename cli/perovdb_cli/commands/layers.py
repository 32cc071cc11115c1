"""perovdb layers FORMULA [N...]"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under

STACK = (
    click.option(
        "--boundary",
        type=click.Choice(["AX", "BX2", "AX+BX2", "conservative"]),
        help="Antiphase boundaries between two blocks, by the planes that meet there.",
    ),
    click.option("--apical", metavar="ION", help="Halide on the faces of the slabs."),
    click.option(
        "--interlayer",
        "interlayer_A",
        type=options.Number("interlayer_A"),
        metavar="A",
        help="From B to B across.",
    ),
    click.option(
        "--region",
        "where",
        multiple=True,
        callback=models.named,
        metavar="ION=REGION",
        help="All of an ion in one region: RP, perovskite, boundary, inside.",
    ),
    options.size(default="1", show_default=True),
)


@click.command(cls=CommandWithHeadings)
@click.argument("formula")
@click.argument("layers", nargs=-1, type=options.Whole("layers"), metavar="[N]...")
@under("Stack", *STACK)
@models.crystal(None)
@under("Ions", *models.orders(several=False), options.orientation, options.seed)
@models.output
def command(
    formula: str,
    layers: tuple[int, ...],
    boundary: str | None,
    interlayer_A: float | None,
    size: Any,
    order: str,
    along: str,
    output: models.Output,
    **how: Any,
) -> None:
    """Ruddlesden-Popper phases, stacks of slabs, antiphase boundaries.

    One number N is a Ruddlesden-Popper phase with slabs of N layers; several are perovskite with
    slabs of so many layers each; with --boundary, two blocks between antiphase boundaries.

    \b
    Example:
      perovdb layers CsPbBr3 4 1 -o stack.cif
    """
    from perovdb.structures.layered.layers import Stack
    from perovdb.structures.layered.layers import layers as layered
    from perovdb.structures.ordering import Order

    output.check()
    structure = layered(
        formula,
        layers[0] if len(layers) == 1 else layers or None,
        size,
        stack=Stack(boundary, interlayer_A=interlayer_A),
        order=Order(order, axis="abc".index(along)),
        **how,
    )
    output.emit(structure)
