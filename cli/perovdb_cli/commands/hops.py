"""perovdb hops FORMULA --species ION"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula")
@click.option("--species", required=True, metavar="ION", help="Ion that hops.")
@options.phase
@options.temperature
@options.as_json
@options.as_csv
def command(
    formula: str,
    species: str,
    phase: str | None,
    temperature_K: float,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Symmetry-distinct hops of an ion into a vacancy.

    Hops to the nearest sites of its kind. The multiplicity counts the equivalent hops that leave
    the first site. 'perovdb neb --hop NUMBER' takes the number.

    \b
    Example:
      perovdb hops CsPbI3 --phase alpha --species I
    """
    from perovdb.calculators.average_cell import average_cell
    from perovdb.migration.hops import hops_in_cell
    from perovdb.store import open_store

    cell = average_cell(formula, phase, temperature_K)
    found = hops_in_cell(cell, species, open_store())
    if as_json:
        render.emit_json(
            [
                {
                    "number": number,
                    "species": hop.species,
                    "distance_A": hop.distance_A,
                    "multiplicity": hop.multiplicity,
                    "per_cell": hop.per_cell,
                    "from": list(hop.start),
                    "to": list(hop.end),
                    "phase": cell.phase,
                    "source": cell.source,
                    "kind": cell.kind,
                    "evidence": cell.evidence,
                    "notes": list(cell.notes),
                }
                for number, hop in enumerate(found)
            ]
        )
        return
    rows = [
        {
            "number": number,
            "species": hop.species,
            "distance_A": round(hop.distance_A, 3),
            "multiplicity": hop.multiplicity,
            "per_cell": hop.per_cell,
            "from": " ".join(f"{x:.3f}" for x in hop.start),
            "to": " ".join(f"{x:.3f}" for x in hop.end),
        }
        for number, hop in enumerate(found)
    ]
    if as_csv:
        render.emit_csv(rows)
        return
    click.echo(f"{cell.composition.formula} {cell.phase}: {cell.origin} [{cell.source}]")
    render.emit_notes(cell.notes)
    render.emit_lines(render.table(rows))
