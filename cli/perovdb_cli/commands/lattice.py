"""perovdb lattice FORMULA|FILE..."""

import click

from perovdb_cli import options, render


@click.command()
@options.materials
@options.temperature
@click.option(
    "--bowing",
    "bowings",
    multiple=True,
    metavar="ION-ION=A",
    help=options.numbers(
        "Bowing of the lattice parameter, such as Br-I=0.02; none by default.", "bowing_A"
    ),
)
@options.formats
def command(
    materials: tuple[str, ...],
    temperature_K: float,
    bowings: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
) -> None:
    """Pseudo-cubic lattice parameter; Vegard's rule for alloys.

    Perovskite cells measured within 15 K of the temperature, or for a range that holds it, are
    used; else one between two cells of a phase, or moved by its expansion. An ion that makes no
    perovskite is estimated, with an uncertainty; the notes say how, and what was passed over.

    \b
    Example:
      perovdb lattice FAPbI3 --temperature 330
    """
    from perovdb.calculators.mixing import lattice

    bowing_A = options.pairs(bowings, "--bowing", "bowing_A")
    results = [lattice(material, temperature_K, bowing_A) for material in materials]
    render.emit_all(results, as_json, as_csv)
