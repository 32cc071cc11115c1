"""perovdb sclc [FILE]"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("file", required=False)
@click.option(
    "--thickness",
    "thickness_nm",
    required=True,
    type=options.Number("thickness_nm"),
    metavar="NM",
    help="Of the film.",
)
@click.option(
    "--epsilon",
    required=True,
    type=options.Number("epsilon"),
    metavar="NUMBER",
    help="Relative permittivity of the film.",
)
@click.option(
    "--vtfl",
    "vtfl_V",
    type=options.Number("vtfl_V"),
    metavar="V",
    help="Where traps are full; else from FILE.",
)
@options.cell_temperature
@options.formats
def command(
    file: str | None,
    thickness_nm: float,
    epsilon: float,
    vtfl_V: float | None,
    temperature_K: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Trap density and mobility from a space-charge-limited current.

    FILE is a CSV table with the columns voltage_V and current_mA_cm2: a scan in the dark. Mobility
    is told of a part of it that goes as V2.

    \b
    Example:
      perovdb sclc --vtfl 1.0 --thickness 300 --epsilon 25
    """
    from perovdb.calculators.photovoltaics.space_charge import sclc

    answer = sclc(thickness_nm, epsilon, vtfl_V, file, temperature_K)
    render.emit(answer, as_json, as_csv)
