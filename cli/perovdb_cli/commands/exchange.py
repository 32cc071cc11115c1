"""perovdb exchange FORMULA FORMULA"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import options, render


@click.command()
@click.argument("first", metavar="FORMULA")
@click.argument("second", metavar="FORMULA")
@click.option(
    "--edge",
    "edge_nm",
    nargs=2,
    required=True,
    type=options.Number("edge_nm"),
    metavar="NM NM",
    help="Mean edges of the dots of both.",
)
@click.option(
    "--barrier",
    "barrier_eV",
    multiple=True,
    type=options.Number("barrier_eV", "exchange"),
    metavar="EV",
    help="Of hops inside; given twice, of the ion of each end in its own lattice.",
)
@click.option(
    "--vacant",
    type=options.Number("vacant"),
    metavar="SHARE",
    help="Share of A sites that are vacant, for the barrier.",
)
@click.option(
    "--mixed-barrier",
    "mixed_barrier_eV",
    type=options.Number("mixed_barrier_eV"),
    metavar="EV",
    help="Of hops in the 1:1 mixture.",
)
@click.option(
    "--diffusion",
    "diffusion_cm2_s",
    type=options.Number("diffusion_cm2_s"),
    metavar="CM2_S",
    help="Diffusion coefficient, in place of a barrier.",
)
@click.option(
    "--rule",
    type=click.Choice(["nernst-planck", "darken"]),
    default="nernst-planck",
    show_default=True,
    help="Of two ions the slower rules, or the faster.",
)
@click.option(
    "--surface-rate",
    "surface_nm_s",
    type=options.Number("surface_nm_s"),
    metavar="NM_S",
    help="Of the surface at 298.15 K.  [default: it keeps up]",
)
@click.option(
    "--surface",
    "surface_eV",
    type=options.Number("surface_eV"),
    metavar="EV",
    help="Energy of activation of the surface.",
)
@click.option(
    "--free-ions",
    type=options.Number("free_ions"),
    default=0,
    metavar="SHARE",
    help="Ions in solution, per A site of the dots.",
)
@click.option(
    "--share",
    type=options.Number("share", "exchange"),
    default=0.5,
    show_default=True,
    metavar="SHARE",
    help="Of all A sites, those of the second.",
)
@click.option(
    "--spread",
    type=options.Number("spread"),
    default=0,
    metavar="SHARE",
    help="Standard deviation of the edges over their mean.",
)
@click.option(
    "--temperature",
    "temperatures_K",
    multiple=True,
    type=options.Number("temperature_K", "exchange"),
    metavar="K",
    help="Again and again for more.  [default: 298]",
)
@click.option(
    "--peaks",
    "peaks_nm",
    nargs=2,
    type=options.Number("peaks_nm"),
    metavar="NM NM",
    help="Emission of dots of both ends.  [default: stored]",
)
@click.option(
    "--mixed-peak",
    "mixed_nm",
    type=options.Number("mixed_nm"),
    metavar="NM",
    help="Emission of the 1:1 mixture.",
)
@click.option(
    "--line",
    "line_nm",
    type=options.Number("line_nm"),
    metavar="NM",
    help="FWHM of the 1:1 mixture when all is done.",
)
@click.option(
    "--mean-composition",
    is_flag=True,
    help="Dots emit as their mean composition, not from their low gaps.",
)
@click.option(
    "--as-perovskite", is_flag=True, help="Go on where an end is known as no perovskite."
)
@options.attempts
@options.picture("Draw compositions, spectra, peaks and widths of the first temperature")
@options.formats
def command(
    first: str,
    second: str,
    edge_nm: tuple[float, float],
    barrier_eV: tuple[float, ...],
    surface_eV: float | None,
    temperatures_K: tuple[float, ...],
    mean_composition: bool,
    attempts_Hz: float | None,
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
    **given: Any,
) -> None:
    """Exchange of A ions between two kinds of dots, and their light.

    x is the fraction of the ion of the second formula. The surface and the vacancies are free
    parameters: the notes say what the model can and cannot explain.

    \b
    Example:
      perovdb exchange CsPbI3 FAPbI3 --edge 12.5 16.2 --barrier 0.66 --vacant 1e-3
    """
    from perovdb.calculators.exchange import exchange
    from perovdb.calculators.kinetics import ATTEMPT_FREQUENCY_HZ

    if picture is not None:
        picture.check()
    runs = [
        exchange(
            (first, second),
            edge_nm,
            barrier_eV or None,
            temperature_K=kelvin,
            surface_eV=surface_eV or 0.0,
            thermal=not mean_composition,
            attempt_frequency_Hz=attempts_Hz or ATTEMPT_FREQUENCY_HZ,
            **given,
        )
        for kelvin in temperatures_K or (298.0,)
    ]
    if picture is not None:
        from perovdb import plots

        picture.save(plots.exchange(runs[0], style=picture.style))
    render.emit_all(runs, as_json, as_csv)
