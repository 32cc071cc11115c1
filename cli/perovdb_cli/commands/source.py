"""perovdb source KEY..."""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--bibtex", "as_bibtex", is_flag=True, help="Answer in BibTeX.")
@options.formats
def command(keys: tuple[str, ...], as_bibtex: bool, as_json: bool, as_csv: bool) -> None:
    """Where a value comes from.

    \b
    Example:
      perovdb source trots2008
    """
    from perovdb.facts.bibtex import bibtex, in_words
    from perovdb.store import queries

    rows = queries.sources(keys)
    if as_json or as_csv:
        render.emit_rows(rows, as_json=as_json, as_csv=as_csv)
    else:
        render.say(bibtex(keys) if as_bibtex else in_words(rows), end="")
