"""perovdb identify PEAKS"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import options, render


@click.command()
@click.argument("file", required=False, metavar="[CURVE|PEAKS.csv]")
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
@click.option(
    "--wavelength",
    metavar="LINE|A",
    help=options.numbers(
        "An X-ray line, or a wavelength in angstrom. Default: CuKa1 of peaks; of a curve that of "
        "its file, else both K-alpha lines of copper.",
        "wavelength",
    ),
)
@click.option("--ions", metavar="ION,...", help="Phases of these ions alone.")
@click.option("--without", metavar="ION,...", help="No phases that hold one of these.")
@options.temperature
@click.option(
    "--any-temperature", is_flag=True, help="Phases of all temperatures, not only near that one."
)
@click.option(
    "--substrate",
    "substrates",
    multiple=True,
    metavar="FILE",
    help="A crystal that a film lies on, such as the CIF of SnO2 for FTO; again for another.",
)
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
@options.picture("Draw the curve, its fit, the phases and what is left")
@options.formats
def command(
    file: str | None,
    angles: tuple[float, ...],
    d_A: tuple[float, ...],
    ions: str | None,
    without: str | None,
    temperature_K: float,
    any_temperature: bool,
    substrates: tuple[str, ...],
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
    **question: Any,
) -> None:
    """Phases of the store that explain a measured curve or powder peaks.

    A CURVE (.xy, .xye, .csv, .xrdml) is taken apart into a few phases at once, with one shift,
    their cells, widths and preferred orientation. PEAKS.csv has the columns two_theta_deg (or
    d_A) and, if known, intensity; of peaks each phase is tried alone. Phases that are known only
    far from --temperature are left out; alloys are not in the store.

    \b
    Example:
      perovdb identify --peak 14.07 --peak 19.95 --peak 24.49 --peak 28.36 --peak 31.79
    """
    from perovdb.calculators.diffraction.identification import Which, identify

    if sum(map(bool, (file, angles, d_A))) != 1:
        raise click.UsageError("Give the measured peaks: a file, --peak or --d.")
    if picture is not None:
        if not file:
            raise click.UsageError("--plot draws a measured curve; give its file.")
        picture.check()
    which = Which(
        _names(ions), _names(without), None if any_temperature else temperature_K, substrates
    )
    measured = file or (list(angles) if angles else None)
    answer = identify(measured, d_A=d_A or None, which=which, **question)
    if picture is not None:
        from perovdb import plots

        if answer.curve is None:
            raise click.UsageError(f"--plot draws a measured curve, and {file} holds peaks.")
        picture.save(plots.fitted_curve(answer.curve, style=picture.style))
    render.emit(answer, as_json, as_csv)
    if picture is not None and not (as_json or as_csv):
        render.say(f"  written: {picture.path}")


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())
