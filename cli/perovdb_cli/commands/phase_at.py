"""perovdb phase-at FORMULA|FILE..."""

import click

from perovdb_cli import options, render


@click.command()
@options.materials
@options.temperature
@options.formats
def command(materials: tuple[str, ...], temperature_K: float, as_json: bool, as_csv: bool) -> None:
    """Phase to be expected at a temperature.

    By known transitions, or what experiments or the tolerance factor can say where none are known.

    \b
    Example:
      perovdb phase-at CsPbI3 --temperature 400
    """
    from perovdb.calculators.phase_at import phase_at

    answers = [phase_at(material, temperature_K) for material in materials]
    render.emit_all(answers, as_json, as_csv)
