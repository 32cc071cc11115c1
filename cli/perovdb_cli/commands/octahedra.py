"""perovdb octahedra FORMULA|FILE"""

import click

from perovdb.answers import Answer
from perovdb_cli import options, render


@click.command()
@click.argument("material", metavar="FORMULA|FILE")
@click.option(
    "--with", "after", metavar="FILE", help="Compare with this structure of the same B sites."
)
@options.phase
@options.temperature
@options.formats
def command(
    material: str,
    after: str | None,
    phase: str | None,
    temperature_K: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Octahedra: bonds, angles, off-centring, tilts; what changed.

    Tilts are turns about the pseudo-cubic axes; the Glazer system is a guess from how neighbours
    turn. With a second file the changes of each octahedron are listed, nearest to what is missing
    there first. Delta is the distortion of the bond lengths, var the variance of the angles,
    elong the quadratic elongation, off how far B is from the middle of its X; --csv writes them
    out.

    \b
    Example:
      perovdb octahedra CsPbI3 --phase gamma
    """
    from perovdb.structures.octahedra.measuring import octahedra

    if after is None:
        answer: Answer = octahedra(material, phase=phase, temperature_K=temperature_K)
    else:
        answer = octahedra(material, after, phase=phase, temperature_K=temperature_K)
    render.emit(answer, as_json, as_csv)
