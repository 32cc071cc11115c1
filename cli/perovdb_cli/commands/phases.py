"""perovdb phases FORMULA"""

import click

from perovdb_cli import options, render
from perovdb_cli.answers import phase_answer, phase_table


@click.command()
@click.argument("formula")
@click.option(
    "--at",
    "at_K",
    type=click.FloatRange(0, 2000),
    callback=options.a_number,
    metavar="K",
    help="Also say which phase is to be expected at this temperature.",
)
@options.as_json
@options.as_csv
def command(formula: str, at_K: float | None, as_json: bool, as_csv: bool) -> None:
    """Phases of a compound: cells, space groups, temperatures.

    With --at the answer in JSON is {phases, at}: the phase by known transitions, or what the
    tolerance factor can say where none are known.

    \b
    Example:
      perovdb phases CsPbI3
    """
    from perovdb.errors import MissingData
    from perovdb.facts.formulas import composition_of, formula_key
    from perovdb.store import queries

    if as_csv and at_K is not None:
        raise click.UsageError("--at has no answer in CSV: take --json.")
    key = formula_key(formula)
    rows = queries.phases(key)
    expected = None
    if at_K is not None and composition_of(key):
        from perovdb.calculators.phase_at import phase_at

        expected = phase_at(key, at_K)
    if not rows and expected is None:
        composition = composition_of(key)
        members = list(composition.end_members()) if composition else []
        raise MissingData(
            f"The store has no phase of {key}.",
            f"It is an alloy: 'perovdb lattice' mixes its end members {', '.join(members)}."
            if len(members) > 1 and composition and composition.is_perovskite
            else f"See 'perovdb show {key}' for what it has."
            if not composition or not composition.is_perovskite
            else "Tolerance factors do without one: 'perovdb tolerance'.",
        )
    if as_json:
        answers = [phase_answer(row) for row in rows]
        render.emit_json({"phases": answers, "at": expected.as_dict()} if expected else answers)
    elif as_csv:
        render.emit_csv(rows)
    else:
        if rows:
            render.emit_lines(render.table(phase_table(rows)))
        if expected:
            click.echo(str(expected))
