"""perovdb radii ION"""

import click

from perovdb_cli import options, render

SHOWN = (
    "species", "charge", "set", "coordination", "spin", "radius_A", "used", "evidence", "source",
)  # fmt: skip


@click.command()
@click.argument("ion")
@options.formats
def command(ion: str, as_json: bool, as_csv: bool) -> None:
    """Radii of an ion in every set, and which one descriptors take.

    \b
    Example:
      perovdb radii Cs
    """
    from perovdb.calculators.radii import RULE, known_radii

    rows = known_radii(ion)
    shown = [name for name in SHOWN if name != "spin" or any(row["spin"] for row in rows)]
    render.emit_rows(rows, lambda row: {name: row[name] for name in shown}, as_json, as_csv)
    if not (as_json or as_csv):
        render.say(f"used by descriptors: {RULE}")
