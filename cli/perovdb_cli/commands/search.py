"""perovdb search TEXT"""

import click

from perovdb_cli import options, render

SHOWN = ("table", "id", "formula", "evidence", "source", "excerpt")


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option(
    "--limit",
    type=options.Whole("limit", "search"),
    default=20,
    show_default=True,
    metavar="N",
    help="Rows to show.",
)
@options.formats
def command(text: tuple[str, ...], limit: int, as_json: bool, as_csv: bool) -> None:
    """Facts, notes and citations that hold all these words.

    \b
    Example:
      perovdb search DDABr
    """
    from perovdb.errors import MissingData
    from perovdb.facts.search import search

    words = " ".join(text)
    rows = search(words, limit)
    if not rows:
        raise MissingData(f"Nothing in the store holds '{words}'.", "Try fewer or shorter words.")
    render.emit_rows(rows, lambda row: {name: row[name] for name in SHOWN}, as_json, as_csv, 90)
