"""perovdb arrhenius FILE"""

from dataclasses import asdict

import click

from perovdb_cli import options, render


@click.command()
@click.argument("file")
@click.option(
    "--ends",
    nargs=2,
    type=float,
    metavar="START PLATEAU",
    help="Of curves: the values at time zero and after a long time, where they are known.",
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    metavar="P",
    help="Of the interval.",
)
@options.picture("Draw the rate constants and their line, and the curves")
@options.as_json
def command(
    file: str,
    ends: tuple[float, float] | None,
    confidence: float,
    picture: options.Picture | None,
    as_json: bool,
) -> None:
    """Activation energy from rate constants, or from curves that relax.

    FILE is a CSV table with a column temperature_K or temperature_C, and either rate (and rate_su)
    or time and value, such as the width of an emission line. Curves are fitted by
    start to plateau as exp(-k t), k by A exp(-Ea / kT). Any unit of time will do.

    \b
    Example:
      perovdb arrhenius rates.csv
    """
    from perovdb.calculators.kinetics import arrhenius_from_curves, fit_arrhenius
    from perovdb.calculators.kinetics.rate_files import read_kinetics

    if picture is not None:
        picture.check()
    measured = read_kinetics(file)
    if measured.curves:
        fit, decays = arrhenius_from_curves(measured.curves, ends)
    elif ends:
        raise click.BadParameter("it is for curves, and these are rates.", param_hint="--ends")
    else:
        fit = fit_arrhenius(measured.temperature_K, measured.rate, measured.rate_su)
        decays = {}
    if picture is not None:
        from perovdb import plots

        axes = plots.panels(2 if decays else 1, picture.style)
        if decays:
            plots.decays(measured.curves, decays, axes[0])
        picture.save(plots.arrhenius(fit, axes[-1]))
    low, high = fit.interval_eV(confidence)
    curves = [{"temperature_K": kelvin, **asdict(decay)} for kelvin, decay in decays.items()]
    if as_json:
        render.emit_json(
            {
                "activation_energy_eV": fit.activation_energy_eV,
                "activation_energy_su_eV": fit.activation_energy_su_eV,
                "confidence": confidence,
                "interval_eV": [low, high],
                "ln_prefactor": fit.ln_prefactor,
                "ln_prefactor_su": fit.ln_prefactor_su,
                "points": len(fit.temperature_K),
                "errors": "given" if fit.known_errors else "from the scatter",
                "curves": curves,
                "notes": list(fit.notes),
            }
        )
        return
    click.echo(
        f"Ea = {fit.activation_energy_eV:.3f} +- {fit.activation_energy_su_eV:.3f} eV, "
        f"{confidence:.0%} interval {low:.3f} to {high:.3f} eV"
    )
    click.echo(
        f"  ln A = {fit.ln_prefactor:.2f} +- {fit.ln_prefactor_su:.2f}, from "
        f"{len(fit.temperature_K)} temperatures"
    )
    render.emit_lines(
        render.table(
            [
                {
                    "temperature_K": curve["temperature_K"],
                    "rate": f"{curve['rate']:.4g}",
                    "rate_su": f"{curve['rate_su']:.2g}",
                    "start": round(curve["start"], 3),
                    "plateau": round(curve["plateau"], 3),
                    "rms": f"{curve['rms']:.2g}",
                    "reached": f"{curve['reached']:.0%}",
                }
                for curve in curves
            ],
            indent="  ",
        )
        or [f"  errors of the rates: {'given' if fit.known_errors else 'from the scatter'}"]
    )
    render.emit_notes(fit.notes)
