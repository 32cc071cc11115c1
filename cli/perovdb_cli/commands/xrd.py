"""perovdb xrd FORMULA|FILE..."""

from __future__ import annotations

from typing import Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render


@click.command()
@click.argument("materials", nargs=-1, required=True, metavar="FORMULA[:PHASE]|FILE...")
@options.phase
@options.temperature
@options.wavelength
@click.option(
    "--two-theta",
    "two_theta_deg",
    nargs=2,
    type=options.Number("two_theta_deg"),
    default=(5.0, 90.0),
    show_default=True,
    metavar="LOW HIGH",
    help="Range of angles in degrees.",
)
@click.option(
    "--above",
    type=options.Number("above"),
    metavar="PERCENT",
    help="List peaks from this share of the strongest on. Default: 0.1 in the table; all in JSON "
    "and CSV.",
)
@click.option("--no-dispersion", is_flag=True, help="Leave f' and f'' out.")
@click.option(
    "--b-iso",
    "b_iso",
    multiple=True,
    metavar="B|ION=B",
    help=options.numbers("Isotropic displacement B in A^2, of all ions or each.", "b_iso_A2"),
)
@click.option("--curve", "table", metavar="FILE", help="Write the curves: *.csv, a new file.")
@options.picture("Draw the curves", beside=("--curve", "table"))
@click.option("--stacked", is_flag=True, help="Draw each pattern above the last.")
@click.option(
    "--measured",
    metavar="FILE",
    help="A measured curve beside the first, scaled to it by least squares with a constant "
    "offset: two numbers a line, the first on the axis of --x-axis.",
)
@click.option(
    "--size-nm",
    type=options.Number("size_nm"),
    metavar="NM",
    help="Size of the grains (Scherrer, K 0.9).",
)
@click.option(
    "--fwhm",
    "fwhm_deg",
    type=options.Number("fwhm_deg"),
    metavar="DEG",
    help="Width of lines by the instrument. Default: 0.1; none with --size-nm.",
)
@click.option(
    "--zero-shift",
    "zero_shift_deg",
    type=options.Number("zero_shift_deg"),
    metavar="DEG",
    help="Added to 2theta of a curve.",
)
@click.option(
    "--x-axis",
    type=click.Choice(["two_theta", "q", "d"]),
    help="Of a curve: degrees, 1/angstrom or angstrom. Default: two_theta.",
)
@options.formats
def command(
    materials: tuple[str, ...],
    phase: str | None,
    above: float | None,
    no_dispersion: bool,
    b_iso: tuple[str, ...],
    table: str | None,
    picture: options.Picture | None,
    force: bool,
    stacked: bool,
    measured: str | None,
    size_nm: float | None,
    fwhm_deg: float | None,
    zero_shift_deg: float | None,
    x_axis: str | None,
    as_json: bool,
    as_csv: bool,
    **of_all: Any,
) -> None:
    """Powder diffraction peaks.

    Of a formula, ions scatter with their occupancies and anomalous dispersion, organic cations as
    free rotors. Of a file (CIF, POSCAR, ...), atoms scatter as they stand. Intensities are in
    percent of the strongest peak in the range. Lines: CuKa, CuKa1, CuKa2, CuKa12 (the doublet),
    CuKb1, and those of Mo, Co, Fe, Cr and Ag.

    \b
    Example:
      perovdb xrd CsPbI3 --phase alpha
      perovdb xrd CsPbI3:gamma CsPbBr3:gamma model.cif --plot patterns.pdf --stacked
    """
    from perovdb.calculators.diffraction import Instrument, diffractogram, xrd
    from perovdb.files.new_files import check_new_file

    of_curve = {
        "--x-axis": x_axis,
        "--size-nm": size_nm,
        "--fwhm": fwhm_deg,
        "--zero-shift": zero_shift_deg,
        "--measured": measured,
    }
    idle = [name for name, value in of_curve.items() if value is not None]
    if idle and table is None and picture is None:
        raise click.UsageError(f"{idle[0]} is that of a curve; give --curve or --plot.")
    if stacked and picture is None:
        raise click.UsageError("--stacked is that of a picture; give --plot.")
    if table is not None:
        check_new_file(table, (".csv",), force=force)
    if picture is not None:
        picture.check()
    of_all |= {"dispersion": not no_dispersion, "b_iso_A2": _b_iso(b_iso)}
    patterns = []
    for material in materials:
        name, _, own = (material, "", "") if is_file_name(material) else material.partition(":")
        patterns.append(xrd(name, own or phase, **of_all))
    notes: tuple[str, ...] = ()
    if table is not None or picture is not None:
        instrument = Instrument(fwhm_deg=fwhm_deg, zero_shift_deg=zero_shift_deg or 0.0)
        curves = diffractogram(
            patterns,
            measured,
            x_axis=x_axis or "two_theta",
            size_nm=size_nm,
            instrument=instrument,
        )
        notes = curves.notes
        if table is not None:
            curves.write_csv(table, force=force)
        if picture is not None:
            from perovdb import plots

            picture.save(plots.curves(curves, stacked=stacked, style=picture.style))
    if above is not None:
        patterns = [pattern.above(above) for pattern in patterns]
    if as_json or as_csv:
        render.emit_all(patterns, as_json, as_csv)
        render.emit_notes(notes, err=True)
        return
    for pattern in patterns:
        render.emit(pattern)
    render.emit_notes(notes)
    for file in filter(None, (table, picture and picture.path)):
        render.say(f"  written: {file}")


def _b_iso(texts: tuple[str, ...]) -> float | dict[str, float]:
    """One number for all ions, or one for each."""
    if len(texts) == 1 and "=" not in texts[0]:
        return options.pair(f"B={texts[0]}", "--b-iso", "b_iso_A2")[1]
    return options.pairs(texts, "--b-iso", "b_iso_A2") or 0.0
