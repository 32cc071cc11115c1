"""perovdb build FORMULA"""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under

CELL = (
    click.option(
        "--phase",
        metavar="NAME|GLAZER",
        help="As 'perovdb phases' lists them: alpha, gamma, cubic, ...; or a Glazer symbol such "
        "as a-b+a-, for ideal octahedra, tilted. Default: the perovskite known at the "
        "temperature, alpha if its positions are not; alpha for alloys.",
    ),
    click.option(
        "--angle",
        "angles_deg",
        type=options.Number("angles_deg"),
        multiple=True,
        metavar="DEG",
        help="Of the tilt; again for each axis. Default: estimated from t.",
    ),
    options.temperature,
    models.lattice,
    options.size(default="1", show_default=True),
)

IONS = (
    models.replacements(required=False),
    *models.orders(several=True),
    models.nearest,
    options.seed,
)

MOLECULES = (
    options.orientation_rule("crystal"),
    click.option(
        "--pointing",
        type=click.Choice(["long", "dipole"]),
        default="long",
        show_default=True,
        help="What of a cation is oriented.",
    ),
    click.option(
        "--molecule",
        "molecules",
        multiple=True,
        callback=models.named,
        metavar="ION=FILE|SMILES",
        help="Geometry of a cation that the store lacks, from an XYZ file or a SMILES string.",
    ),
)


@click.command(cls=CommandWithHeadings)
@click.argument("formula")
@under("Cell", *CELL)
@under("Ions", *IONS)
@under("Molecules", *MOLECULES)
@models.output_of_several
def command(
    formula: str,
    phase: str | None,
    angles_deg: tuple[float, ...],
    temperature_K: float,
    lattice: float | None,
    size: Any,
    replaced: dict[str, dict[str, int]],
    order: str,
    along: str,
    nearest: bool,
    seed: int,
    orientation: str,
    pointing: str,
    molecules: dict[str, str],
    output: models.Output,
) -> None:
    """A model of a formula: phase or tilts, supercell, order, molecules.

    Shared sites are filled in exact numbers. What was done travels in the file, and other commands
    build on it: supercell, defect, slab, particle, dope, ligands.

    \b
    Example:
      perovdb build CsPbBr3 --phase cubic --size 2 --replace Pb=Cd:2 --order enumerate -o cd
    """
    from perovdb.structures.builder import build, distinct_models
    from perovdb.structures.hosts import Tilt
    from perovdb.structures.molecules.orientations import Orientation
    from perovdb.structures.ordering import ENUMERATE, Order

    if angles_deg and phase is None:
        raise click.UsageError("--angle is that of a tilt: name one, as in --phase a-b+a-.")
    several = order == ENUMERATE
    output.check(several)
    cell: dict[str, Any] = {
        "phase": phase if phase is None or not angles_deg else Tilt(phase, angles_deg),
        "size": size,
        "temperature_K": temperature_K,
        "lattice": lattice,
        "orientation": Orientation(orientation, pointing=pointing, molecules=molecules),
        "replace": replaced or None,
        "nearest": nearest,
        "seed": seed,
    }
    if several:
        output.emit_all(distinct_models(formula, **cell))
    else:
        ordered = Order(order, axis="abc".index(along))
        output.emit(build(formula, order=ordered, **cell))
