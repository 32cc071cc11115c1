"""perovdb tolerance FORMULA..."""

import click

from perovdb_cli import options, render
from perovdb_cli.answers import tolerance_answer


@click.command()
@click.argument("formulas", nargs=-1, required=True, metavar="FORMULA...")
@click.option(
    "--set", "radius_set", metavar="NAME", help="Radius set that comes first where it has the ion."
)
@click.option(
    "--radius", "given", multiple=True, metavar="ION=A", help="Radius in place of the store's."
)
@options.as_json
@options.as_csv
def command(
    formulas: tuple[str, ...],
    radius_set: str | None,
    given: tuple[str, ...],
    as_json: bool,
    as_csv: bool,
) -> None:
    """Tolerance factors t, mu and tau.

    A mixed site takes the fraction-weighted mean radius; P is the probability of a perovskite by
    Bartel's calibration of tau. --json tells the set, the coordination and the source of each
    radius, t of each end member, and which published windows are met.

    \b
    Example:
      perovdb tolerance CsPbI3 Cs0.5FA0.5PbI3
    """
    from perovdb.calculators.tolerance import tolerance
    from perovdb.composition.registry import load_registry

    radii_A = options.pairs(given, "--radius")
    results = [tolerance(formula, radius_set, radii_A) for formula in formulas]
    registry = load_registry()
    used = {ion for result in results for ion in result.radii}
    for name in radii_A:
        if registry.ion(name).species not in used:
            raise click.BadParameter(f"{name} is in none of them.", param_hint="--radius")
    if as_json:
        render.emit_json([tolerance_answer(result) for result in results])
        return
    rows = [
        {
            "formula": result.formula,
            "t": result.t if as_csv else f"{result.t:.3f}",
            "mu": result.mu if as_csv else f"{result.mu:.3f}",
            "tau": result.tau if as_csv else f"{result.tau:.2f}",
            "P": result.probability if as_csv else f"{result.probability:.2f}",
            "radii_A": ", ".join(
                f"{used.species} {used.radius_A:g} {used.coordination} {used.set}"
                for used in result.radii.values()
            ),
        }
        for result in results
    ]
    if as_csv:
        render.emit_csv(rows)
    else:
        render.emit_lines(render.table(rows))
        for result in results:
            for note in result.notes:
                click.echo(f"  {result.formula}: {note}")
