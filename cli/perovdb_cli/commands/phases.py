"""perovdb phases FORMULA"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula")
@options.formats
def command(formula: str, as_json: bool, as_csv: bool) -> None:
    """Phases of a compound: cells, space groups, temperatures.

    Which one to expect at a temperature, 'perovdb phase-at' says.

    \b
    Example:
      perovdb phases CsPbI3
    """
    from perovdb.facts.conditions import phase_columns
    from perovdb.facts.select import phases

    spare = ("perovskite", "a_pseudocubic_A")
    render.emit_rows(phases(formula), phase_columns, as_json, as_csv, spare=spare)
