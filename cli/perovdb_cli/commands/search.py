"""perovdb search TEXT"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Rows to show.",
)
@options.as_json
@options.as_csv
def command(text: tuple[str, ...], limit: int, as_json: bool, as_csv: bool) -> None:
    """Facts, notes and citations that hold all these words.

    \b
    Example:
      perovdb search DDABr
    """
    from perovdb.errors import MissingData
    from perovdb.facts.search import search

    rows = search(" ".join(text), limit)
    if not rows:
        raise MissingData(
            f"Nothing in the store holds '{' '.join(text)}'.", "Try fewer or shorter words."
        )
    render.emit_rows(rows, _shown, as_json, as_csv)


def _shown(row: render.Row) -> render.Row:
    columns = ("table", "id", "formula", "evidence", "source")
    return {**{k: row[k] for k in columns}, "excerpt": render.short(row["excerpt"], 90)}
