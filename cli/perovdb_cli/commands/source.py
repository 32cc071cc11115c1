"""perovdb source KEY..."""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.option("--bibtex", "as_bibtex", is_flag=True, help="Answer in BibTeX.")
@options.as_json
@options.as_csv
def command(keys: tuple[str, ...], as_bibtex: bool, as_json: bool, as_csv: bool) -> None:
    """Where a value comes from.

    \b
    Example:
      perovdb source trots2008
    """
    from perovdb.store import queries

    if as_bibtex:
        from perovdb.facts.bibtex import bibtex

        click.echo(bibtex(keys), nl=False)
        return
    rows = queries.sources(keys)
    if as_json:
        render.emit_json([{k: v for k, v in row.items() if v is not None} for row in rows])
    elif as_csv:
        render.emit_csv(rows)
    else:
        for row in rows:
            click.echo(f"{row['key']}: {row['citation']}")
            if row["doi"]:
                recalled = "" if row["doi_evidence"] == "read" else " (recalled, to be checked)"
                click.echo(f"  https://doi.org/{row['doi']}{recalled}")
            if row["note"]:
                click.echo(f"  {row['note']}")
