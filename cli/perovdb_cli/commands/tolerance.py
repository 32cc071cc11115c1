"""perovdb tolerance FORMULA|FILE..."""

import click

from perovdb_cli import options, render


@click.command()
@options.materials
@click.option(
    "--radius-set", metavar="NAME", help="Radius set that comes first where it has the ion."
)
@click.option(
    "--radius",
    "radii",
    multiple=True,
    metavar="ION=A",
    help=options.numbers("Radius in place of the store's.", "radius_A"),
)
@options.formats
def command(
    materials: tuple[str, ...],
    radius_set: str | None,
    radii: tuple[str, ...],
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

    radii_A = options.pairs(radii, "--radius", "radius_A")
    results = [tolerance(material, radius_set, radii_A) for material in materials]
    for name in radii_A:
        ion = load_registry().ion(name).species
        if not any(ion in result.radii for result in results):
            raise click.BadParameter(f"{name} is in none of them.", param_hint="--radius")
    render.emit_all(results, as_json, as_csv)
