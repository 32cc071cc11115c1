"""perovdb arrhenius FILE"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("file")
@click.option(
    "--levels",
    nargs=2,
    type=options.Number("levels"),
    metavar="START PLATEAU",
    help="Of curves: the values at time zero and after a long time, where they are known.",
)
@click.option(
    "--confidence",
    type=options.Number("confidence"),
    default=0.95,
    show_default=True,
    metavar="P",
    help="Of the interval.",
)
@click.option(
    "--form",
    type=click.Choice(["k", "kT"]),
    help="Fit ln k, or ln(k T) as conductivities of ions want it. Default: kT of the column "
    "conductivity, else k.",
)
@options.picture("Draw the rate constants and their line, and the curves")
@options.formats
def command(
    file: str,
    levels: tuple[float, float] | None,
    confidence: float,
    form: str | None,
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Activation energy from rate constants, or from curves that relax.

    FILE is a CSV table with a column temperature_K or temperature_C, and either rate (and
    rate_su), or conductivity (and conductivity_su), or time and value, such as the width of an
    emission line. Curves are fitted by start to plateau as exp(-k t), k by A exp(-Ea / kT). Any
    unit will do.

    \b
    Example:
      perovdb arrhenius rates.csv
    """
    from perovdb.calculators.kinetics import read_arrhenius

    if picture is not None:
        picture.check()
    fit = read_arrhenius(file, levels, confidence, form)
    if picture is not None:
        from perovdb import plots

        axes = plots.panels(2 if fit.decays else 1, picture.style)
        if fit.decays:
            plots.decays(fit.decays, axes[0])
        picture.save(plots.arrhenius(fit, axes[-1]))
    render.emit(fit, as_json, as_csv)
