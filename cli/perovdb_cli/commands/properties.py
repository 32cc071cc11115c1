"""perovdb properties [FORMULA]"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula", required=False)
@click.option("--name", metavar="NAME", help="Such as band_gap_eV, pl_peak_nm, plqy_pct.")
@click.option("--form", metavar="TEXT", help="Form of the sample: QD, NC, film, ...")
@options.filters
@options.formats
def command(
    formula: str | None,
    name: str | None,
    form: str | None,
    filters: options.Filters,
    as_json: bool,
    as_csv: bool,
) -> None:
    """What was measured or computed of materials.

    One number or statement a row, with its conditions and source. Filters compose; without a
    formula they run over all materials.

    \b
    Example:
      perovdb properties --name pl_peak_nm --A FA --fraction Cs 0.1 0.6
    """
    from perovdb.errors import MissingData
    from perovdb.facts.conditions import value_text
    from perovdb.facts.properties import QUANTITIES, names_near, read_properties

    rows = render.ahead(read_properties(formula, name, form, **filters))
    if rows is None:
        raise MissingData(
            "The store has no such property" + (f" of {formula}." if formula else "."),
            "Leave out a filter, or look for words with 'perovdb search'.",
        )

    def shown(row: render.Row) -> render.Row:
        return {
            "formula": row["formula"],
            "name": row["name"],
            "value": value_text(row) or row["statement"],
            "meaning": row["meaning"],
            "sample": " ".join(str(row[k]) for k in ("form", "sample") if row[k]),
            "treatment": row["treatment"],
            "phase": row["phase"],
            "T_K": row["temperature_K"],
            "kind": row["kind"],
            "evidence": row["evidence"],
            "source": row["source"],
        }

    render.emit_rows(rows, shown, as_json, as_csv, spare=("meaning", "kind", "treatment"))
    own = {quantity for quantity, *_ in QUANTITIES}
    near = names_near(name) if name is not None and name not in own else []
    if near:
        render.emit_notes([f"other names near it: {', '.join(near[:30])}"], err=True)
