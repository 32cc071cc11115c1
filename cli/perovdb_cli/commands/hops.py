"""perovdb hops FORMULA|FILE --species ION"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render
from perovdb_cli.migration_options import host, hosted

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovdb.migration.hops import Hop


@click.command()
@click.argument("source", metavar="FORMULA|FILE")
@click.option("--species", required=True, metavar="ION", help="Ion that hops.")
@options.phase
@options.temperature
@hosted
@click.option(
    "--bottleneck", is_flag=True, help="The narrowest part of each hop and its free radius."
)
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Draw N hops over all environments, with their weights, by the seed.",
)
@options.as_json
@options.as_csv
def command(
    source: str,
    species: str,
    bottleneck: bool,
    sample: int | None,
    as_json: bool,
    as_csv: bool,
    **asked: Any,
) -> None:
    """Symmetry-distinct hops of an ion into a vacancy.

    Hops to the nearest sites of its kind, in the average cell of a formula; in the atoms of a
    file, or of a model of the formula (2 2 2 cells by default) if --order, --into, --reach,
    --sample or --bottleneck asks for one. The multiplicity counts the equivalent hops that leave
    the first site, "leads" in how many dimensions a hop carries an ion alone. 'perovdb neb --hop
    NUMBER' takes the number, with the same options.

    \b
    Example:
      perovdb hops CsPbI3 --phase alpha --species I
    """
    from perovdb.migration.percolation import percolation
    from perovdb.migration.sampling import sample_hops
    from perovdb.migration.structure_hops import hops_in_structure

    into, reach_A = asked["into"], asked["reach_A"]
    structure = host(source, species, {**asked, "sample": sample}, atoms=bottleneck)
    weights: Sequence[float] = ()
    if structure is None:
        found, head, extra = _of_the_average_cell(source, species, asked)
    else:
        from perovdb.structures import history
        from perovdb.structures.units import ion_formula

        last = structure.properties["history"][-1]["text"]
        notes = [*history.notes(structure), *_of_a_model(source, asked, sample)]
        head, extra = f"{ion_formula(structure)}: {last}", {"notes": notes}
        if sample is None:
            found = hops_in_structure(structure, species, into=into, reach_A=reach_A)
        else:
            drawn = sample_hops(
                structure, species, sample, asked["seed"], into=into, reach_A=reach_A
            )
            found, weights = [one.hop for one in drawn], [one.weight for one in drawn]
    network = None if weights else percolation(found)
    rows = [_row(number, hop) for number, hop in enumerate(found)]
    for row, dimension in zip(rows, network.alone if network else (), strict=False):
        row["leads"] = dimension
    for row, weight in zip(rows, weights, strict=False):
        row["weight"] = weight
    if bottleneck and structure is not None:
        for row, hop in zip(rows, found, strict=True):
            row |= _narrowest(structure, hop)
    if as_json:
        render.emit_json([row | extra for row in rows])
        return
    if as_csv:
        render.emit_csv([_shown(row, 9) for row in rows])
        return
    click.echo(head)
    render.emit_notes(extra["notes"])
    render.emit_lines(render.table([_shown(row, 3) for row in rows]))
    if network is not None and len(found) > 1:
        click.echo(f"  together they lead in {network.dimension} dimension(s)")


def _of_a_model(source: str, asked: dict[str, Any], sample: int | None) -> list[str]:
    """A note where 'perovdb neb' would number the hops of the average cell."""
    chosen = (asked["order"], asked["into"], asked["reach_A"], sample)
    if is_file_name(source) or any(value is not None for value in chosen):
        return []
    return ["the numbers are those of a model: 'perovdb neb --order random' takes them"]


def _of_the_average_cell(
    formula: str, species: str, asked: dict[str, Any]
) -> tuple[list[Hop], str, dict[str, Any]]:
    from perovdb.calculators.average_cell import average_cell
    from perovdb.migration.hops import hops_in_cell

    cell = average_cell(formula, asked["phase"], asked["temperature_K"])
    extra = {
        "phase": cell.phase,
        "source": cell.source,
        "kind": cell.kind,
        "evidence": cell.evidence,
        "notes": list(cell.notes),
    }
    head = f"{cell.composition.formula} {cell.phase}: {cell.origin} [{cell.source}]"
    return hops_in_cell(cell, species), head, extra


def _row(number: int, hop: Hop) -> dict[str, Any]:
    row: dict[str, Any] = {"number": number, "species": hop.species}
    if hop.into != hop.species:
        row["into"] = hop.into
    row |= {
        "distance_A": hop.distance_A,
        "multiplicity": hop.multiplicity,
        "per_cell": hop.per_cell,
        "from": list(hop.start),
        "to": list(hop.end),
    }
    if hop.direction:
        row["direction"] = hop.direction
    if hop.environment:
        row["environment"] = hop.environment
    return row


def _narrowest(structure: Structure, hop: Hop) -> dict[str, Any]:
    from perovdb.migration.bottleneck import bottleneck

    found = bottleneck(structure, hop)
    return {
        "window": " ".join(found.window_ions),
        "window_radius_A": found.window_radius_A,
        "straight_radius_A": found.straight_radius_A,
        "mover_radius_A": found.mover_radius_A,
    }


def _shown(row: dict[str, Any], digits: int) -> dict[str, Any]:
    """A row of a table: places as text, lengths rounded."""
    shown: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            shown[name] = " ".join(f"{x:.{digits}f}" for x in value)
        else:
            shown[name] = round(value, digits) if isinstance(value, float) else value
    return shown
