"""perovdb rate BARRIER..."""

import click

from perovdb_cli import options, render


@click.command()
@click.argument(
    "barriers", nargs=-1, required=True, type=options.Number("barrier_eV"), metavar="BARRIER_EV..."
)
@options.temperature
@click.option(
    "--distance",
    "distance_A",
    type=options.Number("distance_A"),
    metavar="A",
    help="Length of a hop: diffusion coefficients too. 'perovdb hops' lists it.",
)
@click.option(
    "--neighbours",
    type=options.Whole("neighbours"),
    default=6,
    show_default=True,
    metavar="N",
    help="Ways that lead from a site: 6 for A and B of the cubic phase, 8 for X.",
)
@click.option(
    "--vacant",
    type=options.Number("vacant"),
    default=1,
    show_default=True,
    metavar="SHARE",
    help="Share of the ion's sites that are vacant.",
)
@click.option(
    "--diameter",
    "diameter_nm",
    type=options.Number("diameter_nm"),
    metavar="NM",
    help="Of a particle: the time that exchange takes in it.",
)
@click.option(
    "--exchanged",
    type=options.Number("exchanged"),
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Share of the particle that is exchanged by then.",
)
@click.option(
    "--correlation",
    type=options.Number("correlation"),
    metavar="F",
    help="Of the ions. Default: 0.653 of 6 ways, 0.689 of 8.",
)
@options.attempts
@options.formats
def command(
    barriers: tuple[float, ...],
    temperature_K: float,
    distance_A: float | None,
    neighbours: int,
    vacant: float,
    diameter_nm: float | None,
    exchanged: float,
    correlation: float | None,
    attempts_Hz: float | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Hop rate, diffusion and exchange time over a barrier.

    The time is that of diffusion alone, in a sphere whose surface is held at the new composition.
    Ligands, solvents and the supply of vacancies come on top of it.

    \b
    Example:
      perovdb rate 0.35 0.63 --distance 6.29 --vacant 0.01 --diameter 14.7
    """
    from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ, hop_rate

    attempts_Hz = ATTEMPT_FREQUENCY_HZ if attempts_Hz is None else attempts_Hz
    rates = [
        hop_rate(
            barrier, temperature_K, distance_A, neighbours, vacant, diameter_nm, exchanged,
            attempts_Hz, correlation,
        )
        for barrier in barriers
    ]  # fmt: skip
    render.emit_all(rates, as_json, as_csv)
