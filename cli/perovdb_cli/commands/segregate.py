"""perovdb segregate FORMULA"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula", metavar="FORMULA")
@click.option(
    "--intensity",
    "intensity_mW_cm2",
    type=options.Number("intensity_mW_cm2"),
    metavar="MW_CM2",
    help="Of the light: the density of pairs too.",
)
@click.option(
    "--wavelength-nm",
    type=options.Number("wavelength_nm"),
    default=405,
    show_default=True,
    metavar="NM",
    help="Of the light.",
)
@click.option(
    "--thickness",
    "thickness_nm",
    type=options.Number("thickness_nm"),
    default=300,
    show_default=True,
    metavar="NM",
    help="Of the film.",
)
@click.option(
    "--lifetime",
    "lifetime_ns",
    type=options.Number("lifetime_ns"),
    default=100,
    show_default=True,
    metavar="NS",
    help="Of the carriers.",
)
@click.option(
    "--l",
    "L_eV",
    multiple=True,
    type=options.Number("L_eV"),
    metavar="EV",
    help="L0 of mixing per formula unit; again for L1. Default: all that the store has.",
)
@click.option(
    "--temperature",
    "temperature_K",
    type=options.Number("temperature_K", "segregation"),
    default=298,
    show_default=True,
    metavar="K",
    help="Temperature in kelvin.",
)
@options.formats
def command(
    formula: str,
    intensity_mW_cm2: float | None,
    wavelength_nm: float,
    thickness_nm: float,
    lifetime_ns: float,
    L_eV: tuple[float, ...],
    temperature_K: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Halide segregation under light: thresholds of two models.

    One row for each stored gap curve and energy of mixing: they are orders apart, and so is what
    films show. Intervals are over an uncertainty of 0.02 in x.

    \b
    Example:
      perovdb segregate MAPbBr1.5I1.5 --intensity 20
    """
    from perovdb.calculators.light.segregation import segregation

    answer = segregation(
        formula, intensity_mW_cm2, wavelength_nm, thickness_nm, lifetime_ns, L_eV or None,
        temperature_K,
    )  # fmt: skip
    render.emit(answer, as_json, as_csv)
