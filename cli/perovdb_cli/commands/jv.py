"""perovdb jv [JSC VOC FF PCE]"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("figures", nargs=-1, metavar="[JSC VOC FF PCE]")
@options.formats
def command(figures: tuple[str, ...], as_json: bool, as_csv: bool) -> None:
    """Whether printed figures of a solar cell go together.

    JSC in mA/cm2, VOC in V, FF in per cent or as a part, PCE in per cent, with all the digits that
    are printed. Without figures: all cells of the store.

    \b
    Example:
      perovdb jv 16.42 1.19 77 15.05
    """
    from perovdb.calculators.photovoltaics.jv_records import FIGURES, jv, stored_jv
    from perovdb.errors import InputError

    if figures and len(figures) != len(FIGURES):
        raise InputError(
            f"{len(figures)} figures are not four.", "Give JSC VOC FF PCE, or none at all."
        )
    render.emit_all([jv(*figures)] if figures else stored_jv(), as_json, as_csv)
