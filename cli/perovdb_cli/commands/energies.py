"""perovdb energies DIR..."""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...")
@click.option(
    "--reaction",
    metavar="EQUATION",
    help="Of folders by their names, as in 'CsPbI3 + CsPbBr3 -> 2 mixed'.",
)
@options.formats
def command(folders: tuple[str, ...], reaction: str | None, as_json: bool, as_csv: bool) -> None:
    """Energies of finished runs, and of reactions between their cells.

    Reads folders in which VASP, CP2K or Quantum ESPRESSO ran, or trees of them: total energy,
    largest force, pressure, gap. What did not come to its end is refused, and so are reactions
    between cells of different settings.

    \b
    Example:
      perovdb energies runs
    """
    from perovdb.errors import ResultError
    from perovdb.results.energies import read_energies

    energies = read_energies(folders)
    answer = energies.reaction(reaction) if reaction else energies
    render.emit(answer, as_json, as_csv)
    if energies.unreadable:
        raise ResultError(f"{len(energies.unreadable)} folders cannot be read.", "Each says why.")
