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
    help=options.numbers("Gap of an end member in place of the model's.", "gap_eV"),
)
@options.formats
def command(
    materials: tuple[str, ...],
    temperature_K: float,
    end_gaps: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
) -> None:
    """Band gap, measured or from a model fitted to measured gaps.

    What was measured of the very composition comes first, with what the model gives beside it.
    Bowings of Sn and Pb belong to a halide; what no gap was measured for is told with how far it
    may be off, and an answer less sure than 0.25 eV is refused.

    \b
    Example:
      perovdb gap Cs0.17FA0.83PbBr1.2I1.8
      perovdb gap MA0.3FA0.7PbI3 --temperature 330
    """
    from perovdb.calculators.gap import gap
    from perovdb.composition import as_composition, parse

    gaps_eV = options.pairs(end_gaps, "--end-gap", "gap_eV")
    results = [gap(material, temperature_K, gaps_eV) for material in materials]
    for formula in gaps_eV:
        if not any(parse(formula).formula in as_composition(m).end_members() for m in materials):
            raise click.BadParameter(f"{formula} is no end member here.", param_hint="--end-gap")
    render.emit_all(results, as_json, as_csv)
