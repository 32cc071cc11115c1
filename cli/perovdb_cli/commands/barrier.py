"""perovdb barrier DIR..."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from perovdb_cli import options, render


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option(
    "--images",
    type=options.Whole("images", "read_barrier"),
    metavar="N",
    help="Images in a step, ends included: for an ASE trajectory that does not tell it.",
)
@options.temperature
@options.attempts
@click.option(
    "--neighbours",
    type=options.Whole("neighbours"),
    metavar="N",
    help="Ways that lead from a site, for diffusion. Default: as manifest.json tells.",
)
@click.option(
    "--distance",
    "distance_A",
    type=options.Number("distance_A"),
    metavar="A",
    help="Length of the hop, for diffusion. Default: as manifest.json tells.",
)
@options.picture("Draw the profiles")
@click.option("--save", "to_save", is_flag=True, help="Put the barriers into your own store.")
@click.option(
    "--source",
    metavar="KEY",
    help="Source that saved rows name; made if it is not there. Default: from manifest.json.",
)
@click.option(
    "--unconverged", is_flag=True, help="Save what is not converged too; its row says so."
)
@options.formats
def command(
    folders: tuple[str, ...],
    images: int | None,
    temperature_K: float,
    attempts_Hz: float | None,
    neighbours: int | None,
    distance_A: float | None,
    picture: options.Picture | None,
    to_save: bool,
    source: str | None,
    unconverged: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Barrier and profile of a finished band.

    Reads folders in which VASP, CP2K, Quantum ESPRESSO or ASE ran a band, and says whether the
    barrier can be trusted. Of several folders it gives mean and spread, too. The barrier is that
    of the highest image, as the codes print it; the curve through the images may rise above it.

    \b
    Example:
      perovdb barrier band
    """

    from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ
    from perovdb.errors import ResultError
    from perovdb.results.barrier import Barriers
    from perovdb.results.reading import read_barrier, read_barriers
    from perovdb.results.save import save_barriers

    if (source is not None or unconverged) and not to_save:
        raise click.UsageError("--source and --unconverged go with --save.")
    if picture is not None:
        picture.check()
    how: dict[str, Any] = {
        "images": images,
        "temperature_K": temperature_K,
        "attempt_frequency_Hz": ATTEMPT_FREQUENCY_HZ if attempts_Hz is None else attempts_Hz,
        "neighbours": neighbours,
        "distance_A": distance_A,
    }
    if len(folders) > 1:
        series = read_barriers(folders, **how)
    else:
        series = Barriers((read_barrier(folders[0], **how),))
    if to_save:
        saved = save_barriers(series.barriers, source=source, force=unconverged)
        series = replace(series, barriers=saved)
    if picture is not None and series.barriers:
        from perovdb.plots import profiles

        picture.save(profiles(series.barriers, style=picture.style))
    render.emit(series if len(folders) > 1 else series.barriers[0], as_json, as_csv)
    if series.unreadable:
        raise ResultError(
            f"{len(series.unreadable)} of {len(set(folders))} folders cannot be read.",
            "Each says why.",
        )
