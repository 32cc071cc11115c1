"""perovdb lattice FORMULA..."""

import click

from perovdb_cli import options, render
from perovdb_cli.answers import lattice_answer


@click.command()
@click.argument("formulas", nargs=-1, required=True, metavar="FORMULA...")
@options.temperature
@click.option(
    "--bowing",
    "bowings",
    multiple=True,
    metavar="ION-ION=A",
    help="Bowing of the lattice parameter, such as Br-I=0.02; none by default.",
)
@options.as_json
@options.as_csv
def command(
    formulas: tuple[str, ...],
    temperature_K: float,
    bowings: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
) -> None:
    """Pseudo-cubic lattice parameter; Vegard's rule for alloys.

    Only perovskite cells measured within 15 K of the temperature, or for a range that holds it,
    are used; the notes say which one and what was passed over. --json gives one object for one
    formula and a list of them for several.

    \b
    Example:
      perovdb lattice Cs0.5FA0.5PbI3 --temperature 298
    """
    from perovdb.calculators.mixing import lattice

    given = options.pairs(bowings, "--bowing")
    results = [lattice(formula, temperature_K, given) for formula in formulas]
    if as_json:
        answers = [lattice_answer(result) for result in results]
        render.emit_json(answers[0] if len(answers) == 1 else answers)
        return
    rows = [
        {
            "formula": result.formula,
            "a_pseudocubic_A": round(result.a_pseudocubic_A, 4),
            "temperature_K": result.temperature_K,
            "method": result.method,
            "sources": " ".join(result.sources),
        }
        for result in results
    ]
    if as_csv:
        render.emit_csv(rows)
        return
    render.emit_lines(render.table(rows))
    for note in dict.fromkeys(note for result in results for note in result.notes):
        click.echo(f"  {note}")
