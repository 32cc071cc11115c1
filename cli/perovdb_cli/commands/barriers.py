"""perovdb barriers"""

import click

from perovdb_cli import options, render
from perovdb_cli.answers import value_text


@click.command()
@click.option("--species", metavar="ION", help="Ion that moves: I, Br, MA, FA, Cs, ...")
@click.option("--host", metavar="TEXT", help="Formula of the host, or words in its name.")
@options.filters
@options.as_json
@options.as_csv
def command(
    species: str | None,
    host: str | None,
    filters: options.Filters,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Barriers of migration and exchange, with method.

    \b
    Example:
      perovdb barriers --species MA --host MAPbI3
    """
    from perovdb.errors import MissingData
    from perovdb.facts.store import barriers
    from perovdb.store import queries

    rows = barriers(species, host, **filters)
    if not rows:
        moving = ", ".join(sorted(queries.moving_species()))
        raise MissingData(
            "The store has no such barrier.", f"Leave out a filter; moving species: {moving}."
        )
    render.emit_rows(rows, _shown, as_json, as_csv)


def _shown(row: render.Row) -> render.Row:
    numbers = {"value": row["barrier_eV"], "min": row["min_eV"], "max": row["max_eV"]}
    told = value_text({**numbers, "uncertainty": row["su_eV"], "qualifier": row["qualifier"]})
    return {
        "host": render.short(row["host"], 30),
        "phase": render.short(row["phase"], 16),
        "species": row["species"],
        "mechanism": render.short(row["mechanism"], 28),
        "charge": row["charge_state"],
        "eV": told or render.short(row["statement"], 40),
        "method": render.short(row["method"], 40),
        "kind": row["kind"],
        "evidence": row["evidence"],
        "source": row["source"],
    }
