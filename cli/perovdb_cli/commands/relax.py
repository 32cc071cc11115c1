"""perovdb relax FORMULA|FILE --engine NAME"""

from __future__ import annotations

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under
from perovdb_cli.local_options import engine, stopped


@click.command(cls=CommandWithHeadings)
@models.material
@under(
    "Relaxation",
    engine,
    click.option("--cell", is_flag=True, help="Let the cell relax too."),
    click.option(
        "--fmax",
        "fmax_eV_A",
        type=options.Number("fmax_eV_A"),
        default=0.01,
        show_default=True,
        metavar="EV/A",
        help="Largest force on an atom that may be left.",
    ),
)
@models.output
def command(
    material: str, engine: str, cell: bool, fmax_eV_A: float, output: models.Output
) -> None:
    """A structure at rest, by an engine on this machine.

    The structure that is written knows by which engine, to which force and at which energy. A
    calculator of one's own is named by its module and what makes it:

    \b
    Example:
      perovdb relax model.cif --engine ase.calculators.lj:LennardJones -o rest.cif

    \b
    With an engine by name, which comes with pip install 'perovdb[local]':
      perovdb relax CsPbI3 --engine chgnet --cell -o rest.cif
    """
    from perovdb.local.relaxing import relax

    output.check()
    with stopped():
        output.emit(relax(material, engine, cell, fmax_eV_A))
