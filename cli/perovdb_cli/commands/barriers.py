"""perovdb barriers"""

import click

from perovdb_cli import options, render


@click.command()
@click.option("--species", metavar="ION", help="Ion that moves: I, Br, MA, FA, Cs, ...")
@click.option("--host", metavar="TEXT", help="Formula of the host, or words in its name.")
@options.filters
@options.formats
def command(
    species: str | None, host: str | None, filters: options.Filters, as_json: bool, as_csv: bool
) -> None:
    """Barriers of migration and exchange, with method.

    \b
    Example:
      perovdb barriers --species MA --host MAPbI3
    """
    from perovdb.errors import MissingData
    from perovdb.facts.conditions import value_text
    from perovdb.facts.select import barriers
    from perovdb.store import queries

    rows = render.ahead(barriers(species, host, **filters))
    if rows is None:
        moving = ", ".join(sorted(queries.moving_species()))
        raise MissingData(
            "The store has no such barrier.", f"Leave out a filter; moving species: {moving}."
        )

    def shown(row: render.Row) -> render.Row:
        numbers = {"value": row["barrier_eV"], "min": row["min_eV"], "max": row["max_eV"]}
        text = value_text({**row, **numbers, "uncertainty": row["su_eV"]})
        return {
            "host": row["host"],
            "phase": row["phase"],
            "species": row["species"],
            "mechanism": row["mechanism"],
            "charge": row["charge_state"],
            "eV": text or row["statement"],
            "method": row["method"],
            "kind": row["kind"],
            "evidence": row["evidence"],
            "source": row["source"],
        }

    render.emit_rows(rows, shown, as_json, as_csv, spare=("charge", "kind", "method"))
