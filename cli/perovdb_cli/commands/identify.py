"""perovdb identify PEAKS"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from perovdb_cli import options, render

if TYPE_CHECKING:
    from perovdb.calculators.diffraction.identification.identify import Candidate, Identification


@click.command()
@click.argument("peaks", required=False, metavar="[PEAKS.csv]")
@click.option(
    "--peak",
    "two_theta_deg",
    multiple=True,
    type=float,
    metavar="DEG",
    help="A measured 2theta, instead of a file; again for each.",
)
@click.option(
    "--d",
    "d_A",
    multiple=True,
    type=float,
    metavar="A",
    help="A measured spacing, instead of a file; again for each.",
)
@click.option(
    "--wavelength",
    default="CuKa1",
    show_default=True,
    metavar="LINE|A",
    help="An X-ray line, or a wavelength in angstrom.",
)
@click.option(
    "--tolerance",
    "tolerance_deg",
    type=float,
    default=0.15,
    show_default=True,
    metavar="DEG",
    help="How far a peak may be from an expected one.",
)
@click.option(
    "--zero-shift",
    "zero_shift_deg",
    type=float,
    default=0.3,
    show_default=True,
    metavar="DEG",
    help="Largest common shift that may be fitted, 0 for none.",
)
@click.option(
    "--two-theta",
    "scanned_deg",
    nargs=2,
    type=float,
    metavar="LOW HIGH",
    help="Range of the scan, in which expected peaks are missed. Default: from 10 degrees with "
    "copper, or the lowest peak, to the highest.",
)
@click.option(
    "--top", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="Phases."
)
@options.as_json
@options.as_csv
def command(
    peaks: str | None,
    two_theta_deg: tuple[float, ...],
    d_A: tuple[float, ...],
    wavelength: str,
    as_json: bool,
    as_csv: bool,
    **asked: Any,
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
    from perovdb.calculators.diffraction.identification.identify import identify
    from perovdb.errors import MissingData

    given: dict[str, Any]
    if sum(map(bool, (peaks, two_theta_deg, d_A))) != 1:
        raise click.UsageError("Give the measured peaks: a file, --peak or --d.")
    if peaks:
        from perovdb.files.columns import read_peaks

        given = read_peaks(peaks)._asdict()
    else:
        given = {"two_theta_deg": two_theta_deg or None, "d_A": d_A or None}
    try:
        line: str | float = float(wavelength)
    except ValueError:
        line = wavelength
    found = identify(**given, wavelength=line, **asked)
    if not found.candidates:
        raise MissingData(
            f"None of the {found.n_phases} phases of the store explains any of these peaks.",
            "Check the wavelength, or give a larger --tolerance.",
        )
    if as_json:
        render.emit_json(_answer(found))
        return
    rows = [_row(candidate) for candidate in found.candidates]
    if as_csv:
        render.emit_csv(rows)
        render.emit_notes(found.notes, err=True)
        return
    low, high = found.scanned_deg
    click.echo(
        f"{len(found.two_theta_deg)} peaks, scan from {low:.2f} to {high:.2f} degrees at "
        f"{found.wavelength_A:g} A, against {found.n_phases} phases"
    )
    digits = {"score": 3, "explained": 3, "seen": 3, "zero_shift_deg": 3, "rms_deg": 3}
    render.emit_lines(
        render.table(
            [{n: f"{v:.{digits[n]}f}" if n in digits else v for n, v in r.items()} for r in rows]
        )
    )
    best = found.candidates[0]
    if best.unmatched_deg:
        angles = " ".join(f"{angle:.2f}" for angle in best.unmatched_deg)
        click.echo(f"not explained by {best.formula} {best.phase}: {angles}")
    if best.missing:
        angles = " ".join(f"{peak.two_theta_deg:.2f}" for peak in best.missing)
        click.echo(f"expected of {best.formula} {best.phase}, not measured: {angles}")
    render.emit_notes(found.notes)


def _row(candidate: Candidate) -> dict[str, Any]:
    return {
        "score": candidate.score,
        "formula": candidate.formula,
        "phase": candidate.phase,
        "id": candidate.id,
        "explained": candidate.explained,
        "seen": candidate.seen,
        "matched": len(candidate.matched),
        "missing": len(candidate.missing),
        "zero_shift_deg": candidate.zero_shift_deg,
        "rms_deg": candidate.rms_deg,
        "basis": "positions only" if candidate.positions_only else "intensities",
        "source": candidate.source,
        "kind": candidate.kind,
        "evidence": candidate.evidence,
    }


def _answer(found: Identification) -> dict[str, Any]:
    """The keys that other programs rely on."""
    intensity = found.intensity or (None,) * len(found.two_theta_deg)
    return {
        "peaks": [
            {"two_theta_deg": angle, "intensity": strength}
            for angle, strength in zip(found.two_theta_deg, intensity, strict=True)
        ],
        "wavelength_A": found.wavelength_A,
        "scanned_deg": list(found.scanned_deg),
        "tolerance_deg": found.tolerance_deg,
        "n_phases": found.n_phases,
        "candidates": [
            {
                "formula": candidate.formula,
                "phase": candidate.phase,
                "id": candidate.id,
                "score": candidate.score,
                "explained": candidate.explained,
                "seen": candidate.seen,
                "matched": [
                    {**match._asdict(), "hkl": list(match.hkl)} for match in candidate.matched
                ],
                "missing": [
                    {**missing._asdict(), "hkl": list(missing.hkl)}
                    for missing in candidate.missing
                ],
                "unmatched_deg": list(candidate.unmatched_deg),
                "zero_shift_deg": candidate.zero_shift_deg,
                "rms_deg": candidate.rms_deg,
                "agreement": candidate.agreement,
                "positions_only": candidate.positions_only,
                "source": candidate.source,
                "kind": candidate.kind,
                "evidence": candidate.evidence,
            }
            for candidate in found.candidates
        ],
        "notes": list(found.notes),
    }
