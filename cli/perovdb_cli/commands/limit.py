"""perovdb limit GAP|FORMULA..."""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("absorbers", nargs=-1, required=True, metavar="GAP|FORMULA...")
@options.cell_temperature
@options.sun
@click.option("--both-faces", is_flag=True, help="The cell shines from its back too.")
@options.formats
def command(
    absorbers: tuple[str, ...],
    temperature_K: float,
    sun: str | None,
    both_faces: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """What a solar cell with one gap can reach (Shockley-Queisser).

    GAP in eV; of a FORMULA its gap as 'perovdb gap' tells it, with the limit at its uncertainty.

    \b
    Example:
      perovdb limit 1.55
    """
    from perovdb.calculators.photovoltaics.limits import limit

    faces = 2 if both_faces else 1
    answers = [limit(absorber, temperature_K, sun, faces) for absorber in absorbers]
    render.emit_all(answers, as_json, as_csv)
