"""perovdb gap FORMULA..."""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formulas", nargs=-1, required=True, metavar="FORMULA...")
@click.option(
    "--end",
    "ends",
    multiple=True,
    metavar="FORMULA=EV",
    help="Gap of an end member in place of the store's.",
)
@click.option(
    "--linear-gap", "linear", is_flag=True, help="Take a bowing that nobody stated as 0."
)
@options.temperature
@options.as_json
@options.as_csv
def command(
    formulas: tuple[str, ...],
    ends: tuple[str, ...],
    linear: bool,
    temperature_K: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Band gap; for alloys from end members and bowing.

    End members take the preferred measured gap of their perovskite phase. A bowing that the store
    does not know is said to be unknown. --json gives one object for one formula and a list of them
    for several.

    \b
    Example:
      perovdb gap MAPbBr0.6I2.4
    """
    from perovdb.calculators.gap import gap
    from perovdb.composition import parse

    given = options.pairs(ends, "--end")
    results = [gap(formula, temperature_K, linear, given) for formula in formulas]
    used = {formula for result in results for formula in result.end_members}
    for name in given:
        if parse(name).formula not in used:
            raise click.BadParameter(f"{name} is no end member here.", param_hint="--end")
    if as_json:
        answers = [
            {
                "formula": result.formula,
                "gap_eV": result.gap_eV,
                "pl_nm": result.pl_nm,
                "temperature_K": result.temperature_K,
                "method": result.method,
                "end_members": [
                    {key: value for key, value in end._asdict().items() if key != "competing"}
                    for end in result.end_members.values()
                ],
                "bowings": [found._asdict() for found in result.bowings],
                "unknown": list(result.unknown),
                "sources": result.sources,
                "notes": list(result.notes),
            }
            for result in results
        ]
        render.emit_json(answers[0] if len(answers) == 1 else answers)
        return
    rows = [
        {
            "formula": result.formula,
            "gap_eV": round(result.gap_eV, 3),
            "pl_nm": round(result.pl_nm, 1),
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
