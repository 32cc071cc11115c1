"""perovdb rate BARRIER..."""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("barriers", nargs=-1, required=True, type=float, metavar="BARRIER_EV...")
@options.temperature
@click.option(
    "--distance",
    "distance_A",
    type=float,
    metavar="A",
    help="Length of a hop: diffusion coefficients too. 'perovdb hops' lists it.",
)
@click.option(
    "--neighbours",
    type=click.IntRange(1),
    default=6,
    show_default=True,
    metavar="N",
    help="Ways that lead from a site: 6 for A and B of the cubic phase, 8 for X.",
)
@click.option(
    "--vacant",
    type=click.FloatRange(0, 1, min_open=True),
    default=1,
    show_default=True,
    metavar="SHARE",
    help="Share of the ion's sites that are vacant.",
)
@click.option(
    "--diameter",
    "diameter_nm",
    type=float,
    metavar="NM",
    help="Of a particle: the time that exchange takes in it.",
)
@click.option(
    "--fraction",
    type=float,
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Share of the particle that is exchanged by then.",
)
@options.attempts
@options.as_json
@options.as_csv
def command(
    barriers: tuple[float, ...],
    temperature_K: float,
    distance_A: float | None,
    neighbours: int,
    vacant: float,
    diameter_nm: float | None,
    fraction: float,
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
    from perovdb.calculators.kinetics import (
        ATTEMPT_FREQUENCY_HZ,
        diffusion_coefficient,
        exchange_time_s,
        hop_rate,
    )

    if diameter_nm is not None and distance_A is None:
        raise click.UsageError("--diameter needs --distance, the length of a hop.")
    attempts_Hz = ATTEMPT_FREQUENCY_HZ if attempts_Hz is None else attempts_Hz
    rows = []
    for barrier in barriers:
        rate = float(hop_rate(barrier, temperature_K, attempts_Hz))
        row = {"barrier_eV": barrier, "temperature_K": temperature_K, "hop_rate_Hz": rate}
        if distance_A is not None:
            of_vacancy = float(diffusion_coefficient(rate, distance_A, neighbours))
            row["vacancy_diffusion_cm2_s"] = of_vacancy
            row["ion_diffusion_cm2_s"] = vacant * of_vacancy
        if diameter_nm is not None:
            diffusion = row["ion_diffusion_cm2_s"]
            row["exchange_time_s"] = exchange_time_s(diameter_nm, diffusion, fraction)
        rows.append(row)
    render.emit_rows(rows, _shown, as_json, as_csv)


def _shown(row: render.Row) -> render.Row:
    shown = {
        name: value if name in ("barrier_eV", "temperature_K") else f"{value:.3g}"
        for name, value in row.items()
    }
    if "exchange_time_s" in row:
        shown["that is"] = _in_words(row["exchange_time_s"])
    return shown


def _in_words(seconds: float) -> str:
    """A time in the unit that people would say it in."""
    for unit, length in (("years", 3.15576e7), ("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
