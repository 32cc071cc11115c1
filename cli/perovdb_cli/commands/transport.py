"""perovdb transport FORMULA|FILE --species ION --barrier EV..."""

from __future__ import annotations

from typing import Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render
from perovdb_cli.migration_options import hosted


@click.command()
@click.argument("material", metavar="FORMULA|FILE")
@click.option("--species", required=True, metavar="ION", help="Ion that hops.")
@click.option(
    "--barrier",
    "barriers",
    multiple=True,
    required=True,
    metavar="EV",
    help="Of a hop, in the order of 'perovdb hops'; once for each, or once for all. Two as in "
    "0.35/0.42 if the ends differ: from the start, from the end.",
)
@click.option(
    "--at",
    "at_K",
    multiple=True,
    type=options.Number("temperature_K"),
    metavar="K",
    help="Temperature of the walk; again for another. Default: that of the cell.",
)
@click.option(
    "--vacant",
    type=options.Number("vacant", "transport"),
    default=1e-3,
    show_default=True,
    metavar="SHARE",
    help="Share of the ion's sites that are vacant.",
)
@click.option("--no-tracer", is_flag=True, help="Leave out the correlation of the ions.")
@options.phase
@options.temperature
@hosted
@options.attempts
@options.picture("Draw D against the temperature")
@options.formats
def command(
    material: str,
    species: str,
    barriers: tuple[str, ...],
    at_K: tuple[float, ...],
    vacant: float,
    no_tracer: bool,
    attempts_Hz: float | None,
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
    **host: Any,
) -> None:
    """Diffusion of an ion through a crystal, from the barriers of its hops.

    The walk of a vacancy over all hops is solved exactly, and so is that of an ion which it
    carries: D of both, the correlation factor between them, the effective barrier, and how much
    easier one direction is than another.

    \b
    Example:
      perovdb transport CsPbI3 --phase alpha --species I --barrier 0.35
    """
    from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ
    from perovdb.migration.requests import HopRequest
    from perovdb.migration.transport.answer import transport

    if picture is not None:
        picture.check()
    pairs = [_barrier(text) for text in barriers]
    file, formula = (material, None) if is_file_name(material) else (None, material)
    request = HopRequest(species, formula, file, **host)
    hops = request.hops(request.host())
    if len(pairs) == 1:
        pairs *= len(hops)
    answer = transport(
        hops,
        pairs,
        list(at_K) or host["temperature_K"],
        vacant=vacant,
        attempt_frequency_Hz=ATTEMPT_FREQUENCY_HZ if attempts_Hz is None else attempts_Hz,
        tracer=not no_tracer,
    )
    if picture is not None:
        from perovdb.plots.kinetics import diffusion

        picture.save(diffusion(answer, style=picture.style))
    render.emit(answer, as_json, as_csv)


def _barrier(text: str) -> float | tuple[float, float]:
    """A barrier, or two: "0.35/0.42"."""
    kind = options.Number("barrier_eV")
    parts = [kind.convert(part, None, None) for part in text.split("/")]
    if len(parts) > 2:
        raise click.BadParameter(f"'{text}' is no barrier: write 0.35 or 0.35/0.42.")
    return parts[0] if len(parts) == 1 else (parts[0], parts[1])
