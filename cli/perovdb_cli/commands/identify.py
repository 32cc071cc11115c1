"""perovdb identify PEAKS"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import options, render


@click.command()
@click.argument("file", required=False, metavar="[PEAKS.csv]")
@click.option(
    "--peak",
    "angles",
    multiple=True,
    type=options.Number("two_theta_deg"),
    metavar="DEG",
    help="A measured 2theta, instead of a file; again for each.",
)
@click.option(
    "--d",
    "d_A",
    multiple=True,
    type=options.Number("d_A"),
    metavar="A",
    help="A measured spacing, instead of a file; again for each.",
)
@options.wavelength
@click.option(
    "--tolerance",
    "tolerance_deg",
    type=options.Number("tolerance_deg"),
    default=0.15,
    show_default=True,
    metavar="DEG",
    help="How far a peak may be from an expected one.",
)
@click.option(
    "--zero-shift",
    "zero_shift_deg",
    type=options.Number("zero_shift_deg", "identify"),
    default=0.3,
    show_default=True,
    metavar="DEG",
    help="Largest common shift that may be fitted, 0 for none.",
)
@click.option(
    "--two-theta",
    "two_theta_deg",
    nargs=2,
    type=options.Number("two_theta_deg"),
    metavar="LOW HIGH",
    help="Range of the scan, in which expected peaks are missed. Default: from 10 degrees with "
    "copper, or the lowest peak, to the highest.",
)
@click.option(
    "--limit",
    type=options.Whole("limit"),
    default=10,
    show_default=True,
    metavar="N",
    help="Phases.",
)
@options.formats
def command(
    file: str | None,
    angles: tuple[float, ...],
    d_A: tuple[float, ...],
    as_json: bool,
    as_csv: bool,
    **question: Any,
) -> None:
    """Phases of the store that explain measured powder peaks.

    PEAKS.csv has the columns two_theta_deg (or d_A) and, if known, intensity. The score is the
    share of the measured intensity at peaks of a phase, times the share of its strong peaks that
    were measured. Phases are tried one by one: for a mixture ask again with the peaks that the
    first leaves over. Intensities are weights alone, since preferred orientation changes them;
    alloys are not in the store. Where the store has a cell without atoms, positions count alone.

    \b
    Example:
      perovdb identify --peak 14.07 --peak 19.95 --peak 24.49 --peak 28.36 --peak 31.79
    """
    from perovdb.calculators.diffraction.identification import identify

    if sum(map(bool, (file, angles, d_A))) != 1:
        raise click.UsageError("Give the measured peaks: a file, --peak or --d.")
    render.emit(identify(file or angles or None, d_A=d_A or None, **question), as_json, as_csv)
