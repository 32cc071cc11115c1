"""perovdb barrier DIR... | FORMULA|FILE --species ION --engine NAME | STUDY -o DIR"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perovdb.errors import InputError
from perovdb.files.names import is_file_name
from perovdb_cli import options, render
from perovdb_cli.headings import CommandWithHeadings, under
from perovdb_cli.local_options import check, engine, output, stopped, watched
from perovdb_cli.migration_options import hosted

if TYPE_CHECKING:
    from perovdb.results.barrier import Barriers

COMPUTE = (
    click.option("--species", metavar="ION", help="Ion that hops: computes its barrier here."),
    click.option(
        "--hop",
        type=options.Whole("hop"),
        default=0,
        show_default=True,
        metavar="NUMBER",
        help="As 'perovdb hops' numbers them.",
    ),
    click.option(
        "--end",
        metavar="FILE",
        help="Instead of an ion: the hop from the source, a file, to this one.",
    ),
    engine,
    check,
    output,
)

STUDY = (
    click.option(
        "--workers",
        type=options.Whole("workers"),
        default=1,
        show_default=True,
        metavar="N",
        help="Processes that compute a study side by side.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Instead: a Dask scheduler, whose workers see the folder of the study.",
    ),
)

HOST = (
    options.phase,
    hosted,
    click.option(
        "--vacancies",
        type=options.Whole("vacancies"),
        default=1,
        show_default=True,
        metavar="N",
        help="Of this ion in the cell, those beyond the first far from the hop.",
    ),
    click.option(
        "--neutral",
        metavar="RULE",
        help="partner, or a vacancy such as V_Cs, to make the cell neutral. Default: charged.",
    ),
)


@click.command(cls=CommandWithHeadings)
@click.argument("sources", nargs=-1, required=True, metavar="DIR...|FORMULA|FILE|STUDY")
@under("Compute here", *COMPUTE)
@under("Host", *HOST)
@under("Study", *STUDY)
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
@click.pass_context
def command(
    ctx: click.Context,
    /,
    sources: tuple[str, ...],
    engine: str,
    check: str | None,
    output: str | None,
    workers: int,
    scheduler: str | None,
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
    **hop: Any,
) -> None:
    """Barrier of a finished band, or of a hop that is computed here.

    Reads folders in which VASP, CP2K, Quantum ESPRESSO or ASE ran a band, and says whether the
    barrier can be trusted. Of several folders it gives mean and spread, too. The barrier is that
    of the highest image, as the codes print it; the curve through the images may rise above it.

    With --species it computes the barrier on this machine: by 7net-0, by chgnet, which is fast and
    low, or by any calculator of ASE. The ends are relaxed in the cell as it is; a saddle is
    searched for and shown to lead to both ends, or the answer says what fails. A run that was
    stopped goes on when the command is given again. A study (*.toml), as for 'perovdb neb' with
    engine in place of code, makes a folder of many, and a table.

    \b
    Example:
      perovdb barrier band

    \b
    With an engine, which comes with pip install 'perovdb[local]':
      perovdb barrier CsPbI3 --species I --size 2x1x1 --engine chgnet
    """

    from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ
    from perovdb.results.barrier import Barriers
    from perovdb.results.reading import read_barrier, read_barriers

    if (source is not None or unconverged) and not to_save:
        raise click.UsageError("--source and --unconverged go with --save.")
    if picture is not None:
        picture.check()
    if sources[0].endswith(".toml"):
        _refuse_beside_study(ctx, sources, output)
        series = _study(sources[0], str(output), workers, scheduler)
        _finish(series, True, picture, to_save, source, unconverged, as_json, as_csv)
        return
    asked = _asked(ctx, sources, temperature_K, hop)
    folders: tuple[str, ...] = sources
    beside: tuple[Any, ...] = ()
    if asked is not None:
        from perovdb.local.barriers import barrier

        with stopped(), watched() as progress:
            found = barrier(
                asked.path(), engine=engine, check=check, folder=output, progress=progress
            )
        folders, beside = (str(found.folder),), found.beside
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
        series = Barriers((replace(read_barrier(folders[0], **how), beside=beside),))
    several = len(folders) > 1
    _finish(series, several, picture, to_save, source, unconverged, as_json, as_csv)


def _finish(
    series: Barriers,
    several: bool,
    picture: options.Picture | None,
    to_save: bool,
    source: str | None,
    unconverged: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Save, draw and print barriers."""
    from perovdb.errors import ResultError
    from perovdb.results.save import save_barriers

    if to_save:
        saved = save_barriers(series.barriers, source=source, force=unconverged)
        series = replace(series, barriers=saved)
    if picture is not None and series.barriers:
        from perovdb.plots import profiles

        picture.save(profiles(series.barriers, style=picture.style))
    render.emit(series if several else series.barriers[0], as_json, as_csv)
    if series.unreadable:
        raise ResultError(
            f"{len(series.unreadable)} of {len(series.unreadable) + len(series.barriers)} "
            "folders cannot be read.",
            "Each says why.",
        )


def _refuse_beside_study(ctx: click.Context, sources: tuple[str, ...], output: str | None) -> None:
    """A study says what to compute; the folder alone is given beside it."""
    if len(sources) > 1:
        raise click.UsageError("A study is computed alone.")
    if output is None:
        raise click.UsageError("A study needs a folder: -o DIR.")
    default = click.core.ParameterSource.DEFAULT
    for option in ctx.command.params:
        heading = getattr(option, "perovdb_heading", "")
        given = ctx.get_parameter_source(option.name or "") is not default
        if heading in ("Compute here", "Host") and given and option.name != "output":
            raise click.UsageError(
                f"'{option.opts[-1]}' belongs into the study: leave it out here."
            )


def _study(path: str, folder: str, workers: int, scheduler: str | None) -> Barriers:
    from perovdb.local.studies import barriers_of, read_local_study

    study = read_local_study(path)
    with (
        stopped(),
        click.progressbar(
            length=len(study), file=sys.stderr, label="barriers", hidden=not sys.stderr.isatty()
        ) as bar,
    ):
        return barriers_of(
            folder,
            study,
            workers=workers,
            scheduler=scheduler,
            done=lambda where, error: bar.update(1),
        )


def _asked(
    ctx: click.Context, sources: tuple[str, ...], temperature_K: float, hop: dict[str, Any]
) -> Any:
    """The hop to compute; None where folders are to be read.

    Raises:
        click.UsageError: options of the one stand with the other, or it is not said which.
    """
    from perovdb.migration.requests import HopRequest

    default = click.core.ParameterSource.DEFAULT
    given = {
        option.opts[-1]
        for option in ctx.command.params
        if option.name in (*hop, "engine", "check", "output")
        and ctx.get_parameter_source(option.name) is not default
    }
    if hop["species"] is None and hop["end"] is None:
        if given:
            raise click.UsageError(f"'{min(given)}' is of a hop to compute: name its --species.")
        if len(sources) == 1 and not Path(sources[0]).exists():
            raise InputError(
                f"There is no folder {sources[0]}.",
                "Name the folder in which a band ran; to compute a barrier here, name the ion "
                "that hops: --species.",
            )
        return None
    if len(sources) > 1:
        raise click.UsageError("One hop is computed at a time: name one formula or file.")
    if ctx.get_parameter_source("images") is not default:
        raise click.UsageError("'--images' is of a folder to read: leave it out.")
    chosen: dict[str, Any] = {name: value for name, value in hop.items() if value is not None}
    chosen["file" if is_file_name(sources[0]) else "formula"] = sources[0]
    if "formula" in chosen:
        chosen["temperature_K"] = temperature_K
    return HopRequest(**chosen)
