"""perovdb xrd FORMULA"""

import click

from perovdb_cli import options, render

TABLE_ABOVE_PCT = 0.1


@click.command()
@click.argument("formula")
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
@options.as_json
@options.as_csv
def command(
    formula: str,
    phase: str | None,
    temperature_K: float,
    wavelength: str,
    two_theta_deg: tuple[float, float],
    above: float | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Powder diffraction peaks.

    Ions scatter with their occupancies, organic cations as free rotors; without thermal motion
    and anomalous dispersion. Intensities are in percent of the strongest peak in the range.
    Lines: CuKa, CuKa1, CuKa2, MoKa, MoKa1, CoKa, CoKa1, AgKa, AgKa1

    \b
    Example:
      perovdb xrd CsPbI3 --phase alpha
    """
    from perovdb.calculators.diffraction import xrd

    try:
        line: str | float = float(wavelength)
    except ValueError:
        line = wavelength
    pattern = xrd(formula, phase, line, two_theta_deg, temperature_K)
    if above is None:
        above = 0.0 if as_json or as_csv else TABLE_ABOVE_PCT
    peaks = [peak for peak in pattern.peaks if peak.intensity >= above]
    answers = [
        {
            "hkl": [list(hkl) for hkl in peak.hkl],
            "multiplicity": peak.multiplicity,
            "d_A": peak.d_A,
            "two_theta_deg": peak.two_theta_deg,
            "q_inv_A": peak.q_inv_A,
            "intensity": peak.intensity,
        }
        for peak in peaks
    ]
    if as_json:
        cell = pattern.cell
        render.emit_json(
            {
                "formula": pattern.formula,
                "phase": pattern.phase,
                "wavelength_A": pattern.wavelength_A,
                "cell": {
                    "origin": cell.origin,
                    "lattice_A": cell.lattice_A.tolist(),
                    "source": cell.source,
                    "kind": cell.kind,
                    "evidence": cell.evidence,
                },
                "peaks": answers,
                "notes": list(cell.notes),
            }
        )
        return
    rows = [
        {
            "hkl": " ".join("(" + " ".join(map(str, hkl)) + ")" for hkl in peak.hkl),
            "multiplicity": peak.multiplicity,
            "d_A": f"{peak.d_A:.4f}",
            "two_theta_deg": f"{peak.two_theta_deg:.3f}",
            "q_inv_A": f"{peak.q_inv_A:.4f}",
            "intensity": f"{peak.intensity:.1f}",
        }
        for peak in peaks
    ]
    if as_csv:
        render.emit_csv(
            [{**answer, "hkl": row["hkl"]} for answer, row in zip(answers, rows, strict=True)]
        )
        return
    click.echo(
        f"{pattern.formula} {pattern.phase}, {pattern.wavelength_name} {pattern.wavelength_A:g} A"
    )
    click.echo(f"{pattern.cell.origin} [{pattern.cell.source}, {pattern.cell.evidence}]")
    render.emit_notes(pattern.cell.notes)
    if not rows:
        low, high = two_theta_deg
        click.echo(f"no peak from {low:g} to {high:g} degrees")
        return
    render.emit_lines(render.table(rows))
