"""perovdb show FORMULA|FILE"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("material", metavar="FORMULA|FILE")
@options.temperature
@click.option("--all", "everything", is_flag=True, help="Every phase, conflicts, notes, sources.")
@options.formats
def command(
    material: str, temperature_K: float, everything: bool, as_json: bool, as_csv: bool
) -> None:
    """Everything known about a composition.

    The short card fits on one screen; --all and --json tell everything, --csv the values.

    \b
    Example:
      perovdb show Cs0.5FA0.5PbI3
    """
    from perovdb.calculators.card import show

    card = show(material, temperature_K)
    render.emit(card, as_json, as_csv, text=card.whole if everything else card.__str__)
