"""perovdb defect FORMULA|FILE LABEL..."""

from __future__ import annotations

from typing import Any

import click

from perovdb_cli import models, options
from perovdb_cli.headings import CommandWithHeadings, under

#: What --choose says for all distinct choices.
ENUMERATE = "enumerate"


CHOICE = (
    click.option(
        "--choose",
        default="first",
        show_default=True,
        metavar="RULE",
        help="Which sites: first, random, far, close, surface (of a particle or slab), the number "
        "of a distinct choice; or enumerate for all that are distinct.",
    ),
    click.option(
        "--neutral",
        metavar="RULE",
        help="partner, schottky, or a vacancy such as V_I, to make the cell neutral; cell for "
        "neutral defects. Default: the cell is charged.",
    ),
    click.option(
        "--partner",
        type=click.Choice(["close", "far"]),
        default="close",
        show_default=True,
        help="Where the vacancies that make it neutral are.",
    ),
    click.option(
        "--charge",
        type=options.Whole("charge"),
        metavar="E",
        help="Of the defects together, if not the formal one.",
    ),
    click.option(
        "--orientation",
        metavar="RULE",
        help="Of new molecules, as for 'perovdb build', or roomiest. Default: random; of "
        "interstitials, roomiest.",
    ),
    options.seed,
)


@click.command(cls=CommandWithHeadings)
@models.material
@click.argument("labels", nargs=-1, required=True, metavar="LABEL...")
@under("Defects", *CHOICE)
@models.output_of_several
def command(
    material: str, labels: tuple[str, ...], choose: str, output: models.Output, **how: Any
) -> None:
    """Vacancies, substitutions, antisites, interstitials.

    LABEL: V_I, V_MA:2 (whole molecules), Cd_Pb, Cd_Pb:0.25 (a fraction), the antisite I_Pb, the
    interstitial I_i. All act together. A vacancy leaves the opposite of the ion's charge.

    \b
    Example:
      perovdb defect model.cif V_I:2 --choose far -o vacancies.cif
    """
    from perovdb.structures.adoption import as_structure
    from perovdb.structures.defects.point_defects import defects, distinct_defects
    from perovdb.structures.model import Model, Models

    several = choose == ENUMERATE
    output.check(several)
    if not several:
        number = int(choose) if choose.isdecimal() else choose
        output.emit(defects(material, labels, choose=number, **how))
        return
    structure = as_structure(material)
    every = [
        Model(defects(structure, choice.defects, **how), choice.multiplicity)
        for choice in distinct_defects(structure, labels)
    ]
    output.emit_all(Models(tuple(every), of="choices"))
