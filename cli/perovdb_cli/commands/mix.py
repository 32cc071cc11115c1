"""perovdb mix FORMULA FORMULA"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("first", metavar="FORMULA")
@click.argument("second", metavar="FORMULA")
@click.option(
    "--temperature",
    "temperatures_K",
    multiple=True,
    type=options.Number("temperature_K", "mixing"),
    metavar="K",
    help="Again and again for more.  [default: 298]",
)
@click.option(
    "--tc", "tc_K", type=options.Number("tc_K"), metavar="K", help="A critical temperature."
)
@click.option(
    "--l",
    "L_eV",
    multiple=True,
    type=options.Number("L_eV"),
    metavar="EV",
    help="L0 per formula unit; given again, L1, ...",
)
@click.option(
    "--gap",
    nargs=2,
    type=options.Number("gap", "mixing"),
    metavar="X1 X2",
    help="Compositions that stand beside each other at the first temperature.",
)
@options.picture("Draw the phase diagram")
@options.formats
def command(
    first: str,
    second: str,
    temperatures_K: tuple[float, ...],
    tc_K: float | None,
    L_eV: tuple[float, ...],
    gap: tuple[float, float] | None,
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Whether two perovskites mix: miscibility gap, spinodal, critical point.

    x is the fraction of the second. Energies are per formula unit. Without --tc, --l or --gap, all
    that the store has of the pair is answered, measured first.

    \b
    Example:
      perovdb mix MAPbI3 MAPbBr3 --tc 343 --temperature 300
    """
    from perovdb.calculators.mixing_energy.mixing import mixing, stored_mixing

    if picture is not None:
        picture.check()
    kelvin = temperatures_K or (298.0,)
    asked = L_eV or tc_K is not None or gap is not None
    answers = [] if asked else stored_mixing((first, second), kelvin)
    answers = answers or [mixing((first, second), L_eV or None, tc_K, gap, kelvin)]
    if picture is not None:
        from perovdb import plots

        picture.save(plots.miscibility(answers, plots.panels(1, picture.style)[0]))
    render.emit_all(answers, as_json, as_csv)
