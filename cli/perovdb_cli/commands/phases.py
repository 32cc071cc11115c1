"""perovdb phases FORMULA"""

import click

from perovdb_cli import options, render
from perovdb_cli.answers import phase_answer, phase_table


@click.command()
@click.argument("formula")
@options.as_json
@options.as_csv
def command(formula: str, as_json: bool, as_csv: bool) -> None:
    """Phases of a compound: cells, space groups, temperatures.

    \b
    Example:
      perovdb phases CsPbI3
    """
    from perovdb.composition import parse
    from perovdb.errors import MissingData
    from perovdb.store import open_store, queries

    composition = parse(formula)
    rows = queries.phases(open_store(), composition.formula)
    if not rows:
        members = list(composition.end_members())
        raise MissingData(
            f"The store has no phase of {composition.formula}.",
            f"It is an alloy: 'perovdb lattice' mixes its end members {', '.join(members)}."
            if len(members) > 1
            else "Tolerance factors do without one: 'perovdb tolerance'.",
        )
    if as_json:
        render.emit_json([phase_answer(row) for row in rows])
    elif as_csv:
        render.emit_csv(rows)
    else:
        render.emit_lines(render.table(phase_table(rows)))
