"""perovdb devices [FORMULA]"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula", required=False)
@click.option(
    "--min-pce",
    "min_pce_pct",
    type=options.Number("min_pce_pct"),
    metavar="PERCENT",
    help="Least efficiency.",
)
@click.option("--certified", is_flag=True, help="Only those that the source calls certified.")
@options.filters
@options.formats
def command(
    formula: str | None,
    min_pce_pct: float | None,
    certified: bool,
    filters: options.Filters,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Solar cells and LEDs, best first.

    \b
    Example:
      perovdb devices --min-pce 16
    """
    from perovdb.errors import MissingData
    from perovdb.facts.select import devices

    rows = render.ahead(devices(formula, min_pce_pct, certified, **filters))
    if rows is None:
        raise MissingData("The store has no such device.", "Leave out a filter.")
    render.emit_rows(rows, _shown, as_json, as_csv, spare=("cites", "certified"))


def _shown(row: render.Row) -> render.Row:
    return {
        "label": row["label"],
        "absorber": row["formula"] or row["formula_as_stated"],
        "PCE_pct": row["pce_pct"],
        "Jsc_mA_cm2": row["jsc_mA_cm2"],
        "Voc_V": row["voc_V"],
        "FF_pct": row["ff_pct"],
        "certified": row["certified"],
        "evidence": row["evidence"],
        "source": row["source"],
        "cites": row["cited_sources"],
    }
