"""perovdb xrd FORMULA|FILE"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render

if TYPE_CHECKING:
    import numpy as np

    from perovdb.calculators.diffraction import Pattern

TABLE_ABOVE_PCT = 0.1


@click.command()
@click.argument("formula", metavar="FORMULA|FILE")
@options.phase
@options.temperature
@click.option(
    "--wavelength",
    default="CuKa1",
    show_default=True,
    metavar="LINE|A",
    help="An X-ray line, or a wavelength in angstrom.",
)
@click.option(
    "--two-theta",
    "two_theta_deg",
    nargs=2,
    type=float,
    default=(5.0, 90.0),
    show_default=True,
    metavar="LOW HIGH",
    help="Range of angles in degrees.",
)
@click.option(
    "--above",
    type=click.FloatRange(0, 100),
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
    help="Isotropic displacement B in A^2, of all ions or of each.",
)
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="FORMULA[:PHASE]|FILE",
    help="Another pattern beside the first; again for more. --phase is that of the first alone.",
)
@click.option("--curve", "table", metavar="FILE", help="Write the curve: *.csv, a new file.")
@options.picture("Draw the curves")
@click.option("--stacked", is_flag=True, help="Draw each pattern above the last.")
@click.option(
    "--measured",
    metavar="FILE",
    help="A measured curve beside the first, scaled to it by least squares with a constant "
    "offset: two numbers a line, the first on the axis of --axis.",
)
@click.option("--size-nm", type=float, metavar="NM", help="Size of the grains (Scherrer, K 0.9).")
@click.option(
    "--fwhm",
    "fwhm_deg",
    type=float,
    metavar="DEG",
    help="Width of lines by the instrument. Default: 0.1; none with --size-nm.",
)
@click.option(
    "--zero-shift", "zero_shift_deg", type=float, metavar="DEG", help="Added to 2theta of a curve."
)
@click.option(
    "--axis",
    type=click.Choice(["two_theta", "q", "d"]),
    help="Of a curve: degrees, 1/angstrom or angstrom. Default: two_theta.",
)
@options.as_json
@options.as_csv
def command(
    formula: str,
    phase: str | None,
    above: float | None,
    others: tuple[str, ...],
    table: str | None,
    picture: options.Picture | None,
    stacked: bool,
    measured: str | None,
    as_json: bool,
    as_csv: bool,
    **asked: Any,
) -> None:
    """Powder diffraction peaks.

    Of a formula, ions scatter with their occupancies and anomalous dispersion, organic cations as
    free rotors. Of a file (CIF, POSCAR, ...), atoms scatter as they stand. Intensities are in
    percent of the strongest peak in the range. Lines: CuKa, CuKa1, CuKa2, CuKa12 (the doublet),
    MoKa, MoKa1, CoKa, CoKa1, AgKa, AgKa1.

    \b
    Example:
      perovdb xrd CsPbI3 --phase alpha
    """
    shape = {name: asked.pop(name) for name in ("axis", "size_nm", "fwhm_deg", "zero_shift_deg")}
    _check(shape, table, picture, measured)
    if stacked and picture is None:
        raise click.UsageError("--stacked is that of a picture; give --plot.")
    if others and any("=" in text for text in asked["b_iso"]):
        raise click.UsageError("--b-iso ION=B is that of one pattern; with --with give one B.")
    asked["b_iso_A2"] = _b_iso(asked.pop("b_iso"))
    patterns = [_pattern(formula, phase, **asked)]
    for other in others:
        name, _, of_phase = (other, "", "") if is_file_name(other) else other.partition(":")
        patterns.append(_pattern(name, of_phase or None, **asked))
    notes = _draw(patterns, shape, table, picture, stacked, measured)
    above = above if above is not None else 0.0 if as_json or as_csv else TABLE_ABOVE_PCT
    if as_json:
        answer = _answer(patterns[0], above)
        if others:
            answer["with"] = [_answer(pattern, above) for pattern in patterns[1:]]
        answer["notes"] += notes
        render.emit_json(answer)
    elif as_csv:
        render.emit_csv(
            [
                {**({"pattern": n, "name": pattern.name} if others else {}), **row, "hkl": hkl}
                for n, pattern in enumerate(patterns, 1)
                for row, hkl in zip(
                    _answer(pattern, above)["peaks"], _indices(pattern, above), strict=True
                )
            ]
        )
        render.emit_notes(notes, err=True)
    else:
        for pattern in patterns:
            _show(pattern, above)
        render.emit_notes(notes)
        for file in filter(None, (table, picture and picture.path)):
            click.echo(f"  written: {file}")


def _check(
    shape: dict[str, Any],
    table: str | None,
    picture: options.Picture | None,
    measured: str | None,
) -> None:
    """Refuse files that cannot be written, and options that would do nothing."""
    from perovdb.files.new_files import check_new_file

    if table is None and picture is None:
        idle = [
            f"--{name.removesuffix('_deg').replace('_', '-')}"
            for name in shape
            if shape[name] is not None
        ]
        idle += ["--measured"] if measured else []
        if idle:
            raise click.UsageError(f"{idle[0]} is that of a curve; give --curve or --plot.")
    if table is not None:
        check_new_file(table, (".csv",))
    if picture is not None:
        picture.check()


def _pattern(
    name: str, phase: str | None, temperature_K: float, no_dispersion: bool, **asked: Any
) -> Pattern:
    from perovdb.calculators.diffraction import xrd, xrd_structure

    with suppress(ValueError):
        asked["wavelength"] = float(asked["wavelength"])
    if not is_file_name(name):
        return xrd(name, phase, temperature_K=temperature_K, dispersion=not no_dispersion, **asked)
    if phase is not None:
        raise click.UsageError(f"--phase is that of a formula; {name} is a file.")
    from perovdb.errors import InputError
    from perovdb.files.crystals import read_crystal

    crystal = read_crystal(name)
    if not all(crystal.structure.lattice.pbc):
        raise InputError(f"{name} has no cell.", "Give a crystal with its three vectors.")
    return xrd_structure(
        crystal.structure,
        dispersion=not no_dispersion,
        origin=f"atoms of {name}",
        notes=crystal.notes,
        **asked,
    )


def _draw(
    patterns: list[Pattern],
    shape: dict[str, Any],
    table: str | None,
    picture: options.Picture | None,
    stacked: bool,
    measured: str | None,
) -> tuple[str, ...]:
    """Write the curves that were asked for; notes on them."""
    if table is None and picture is None:
        return ()
    from perovdb.calculators.diffraction import diffractogram

    chosen = {name: value for name, value in shape.items() if value is not None}
    chosen["x_axis"] = chosen.pop("axis", "two_theta")
    drawn = diffractogram(patterns, measured, **chosen)
    if table is not None:
        _write_table(table, drawn.columns())
    if picture is not None:
        from perovdb.plots import curves

        picture.save(curves(drawn, stacked=stacked, style=picture.style))
    return drawn.notes


def _write_table(path: str, columns: dict[str, np.ndarray]) -> None:
    import csv
    from io import StringIO

    from perovdb.files.new_files import write_new_text

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(
        [f"{value:.8g}" for value in row] for row in zip(*columns.values(), strict=True)
    )
    write_new_text(path, text.getvalue())


def _answer(pattern: Pattern, above: float) -> dict[str, Any]:
    """The keys that other programs rely on."""
    doublet = len({peak.wavelength_A for peak in pattern.peaks}) > 1
    cell = pattern.cell
    return {
        "formula": pattern.formula,
        "phase": pattern.phase or None,
        "wavelength_A": pattern.wavelength_A,
        "dispersion": pattern.dispersion,
        "cell": {
            "origin": cell.origin,
            "lattice_A": cell.lattice_A.tolist(),
            "source": cell.source,
            "kind": cell.kind,
            "evidence": cell.evidence,
        },
        "peaks": [
            {
                "hkl": [list(hkl) for hkl in peak.hkl],
                "multiplicity": peak.multiplicity,
                "d_A": peak.d_A,
                "two_theta_deg": peak.two_theta_deg,
                "q_inv_A": peak.q_inv_A,
                "intensity": peak.intensity,
                **({"wavelength_A": peak.wavelength_A} if doublet else {}),
            }
            for peak in pattern.peaks
            if peak.intensity >= above
        ],
        "notes": list(cell.notes),
    }


def _indices(pattern: Pattern, above: float) -> list[str]:
    """The families of each listed peak, for people."""
    return [
        " ".join("(" + " ".join(map(str, hkl)) + ")" for hkl in peak.hkl)
        for peak in pattern.peaks
        if peak.intensity >= above
    ]


def _show(pattern: Pattern, above: float) -> None:
    click.echo(f"{pattern.name}, {pattern.wavelength_name} {pattern.wavelength_A:g} A")
    cell = pattern.cell
    click.echo(cell.origin + (f" [{cell.source}, {cell.evidence}]" if cell.source else ""))
    render.emit_notes(cell.notes)
    digits = {"d_A": ".4f", "two_theta_deg": ".3f", "q_inv_A": ".4f", "intensity": ".1f"}
    digits["wavelength_A"] = ".5f"
    rows = [
        {name: format(row[name], digits.get(name, "")) for name in row if name != "hkl"}
        for row in _answer(pattern, above)["peaks"]
    ]
    if not rows:
        click.echo("no peak from {:g} to {:g} degrees".format(*pattern.two_theta_deg))
        return
    indices = [{"hkl": hkl} for hkl in _indices(pattern, above)]
    render.emit_lines(render.table([a | b for a, b in zip(indices, rows, strict=True)]))


def _b_iso(texts: tuple[str, ...]) -> float | dict[str, float]:
    """One number for all ions, or one for each."""
    if len(texts) == 1 and "=" not in texts[0]:
        return options.pair(f"B={texts[0]}", "--b-iso")[1]
    return dict(options.pair(text, "--b-iso") for text in texts) or 0.0
