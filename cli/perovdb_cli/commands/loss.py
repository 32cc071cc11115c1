"""perovdb loss VOC"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("voc_V", metavar="VOC", type=options.Number("voc_V"))
@click.option(
    "--gap", "gap_eV", type=options.Number("gap_eV", "cell"), metavar="EV", help="Of the absorber."
)
@click.option(
    "--jsc",
    "jsc_mA_cm2",
    type=options.Number("jsc_mA_cm2"),
    metavar="MA_CM2",
    help="Measured current; else all light above the gap.",
)
@click.option(
    "--plqy",
    type=options.Number("plqy"),
    metavar="PART",
    help="Of the cell: tells bulk from surface.",
)
@click.option(
    "--voc-rad",
    "voc_rad_V",
    type=options.Number("voc_rad_V"),
    metavar="V",
    help="Radiative limit, as from an EQE; else that of a step at the gap.",
)
@options.cell_temperature
@options.sun
@options.formats
def command(
    voc_v: float,
    gap_eV: float | None,
    jsc_mA_cm2: float | None,
    plqy: float | None,
    voc_rad_V: float | None,
    temperature_K: float,
    sun: str | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Where the open-circuit voltage of a solar cell is lost.

    dV_R to light that must leave, dV_BNR by luminescence that is quenched in the bulk, dV_SR at
    surfaces; gap = V_OC + dV_R + dV_BNR + dV_SR.

    \b
    Example:
      perovdb loss 1.19 --gap 1.65 --jsc 16.42 --plqy 0.10
    """
    from perovdb.calculators.photovoltaics.losses import loss

    answer = loss(voc_v, gap_eV, jsc_mA_cm2, plqy, voc_rad_V, temperature_K, sun)
    render.emit(answer, as_json, as_csv)
