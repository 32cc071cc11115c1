"""perovdb gap FORMULA|FILE..."""

import click

from perovdb_cli import options, render


@click.command()
@options.materials
@options.temperature
@click.option(
    "--end-gap",
    "end_gaps",
    multiple=True,
    metavar="FORMULA=EV",
    help=options.numbers("Gap of an end member in place of the store's.", "gap_eV"),
)
@click.option(
    "--linear-gap", "linear", is_flag=True, help="Take a bowing that nobody stated as 0."
)
@options.formats
def command(
    materials: tuple[str, ...],
    temperature_K: float,
    end_gaps: tuple[str, ...],
    linear: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Band gap; for alloys from end members and bowing.

    End members take the preferred measured gap of their perovskite phase. A bowing that the store
    does not know is said to be unknown.

    \b
    Example:
      perovdb gap MAPbBr0.6I2.4
    """
    from perovdb.calculators.gap import gap
    from perovdb.composition import parse

    gaps_eV = options.pairs(end_gaps, "--end-gap", "gap_eV")
    results = [gap(material, temperature_K, gaps_eV, linear) for material in materials]
    for formula in gaps_eV:
        if not any(parse(formula).formula in result.end_members for result in results):
            raise click.BadParameter(f"{formula} is no end member here.", param_hint="--end-gap")
    render.emit_all(results, as_json, as_csv)
