"""perovdb radii ION"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("ion")
@options.as_json
@options.as_csv
def command(ion: str, as_json: bool, as_csv: bool) -> None:
    """Radii of an ion in every set, and which one descriptors take.

    \b
    Example:
      perovdb radii Cs
    """
    from perovdb.calculators.radii import RULE, choose_radius
    from perovdb.composition.registry import load_registry
    from perovdb.errors import MissingData
    from perovdb.store import queries

    known = load_registry().ion(ion)
    rows = queries.radii(known.species)
    try:
        used = choose_radius(rows, known)["id"]
    except MissingData:
        used = None
    answers = [
        {
            "species": row["species"],
            "charge": row["charge"],
            "set": row["radius_set"],
            "coordination": row["coordination"] or "effective",
            "spin": row["spin"],
            "host_anion": row["host_anion"],
            "radius_A": row["radius_A"],
            "used": row["id"] == used,
            "source": row["source"],
            "kind": row["kind"],
            "evidence": row["evidence"],
            "note": row["note"],
        }
        for row in rows
    ]
    if as_json:
        render.emit_json([{**row, "rule": RULE if row["used"] else None} for row in answers])
    elif as_csv:
        render.emit_csv(answers)
    else:
        shown = ("species", "charge", "set", "coordination", "radius_A", "used", "evidence")
        render.emit_lines(
            render.table([{key: row[key] for key in (*shown, "source")} for row in answers])
        )
        click.echo(f"used by descriptors: {RULE}")
