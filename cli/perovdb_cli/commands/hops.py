"""perovdb hops FORMULA|FILE --species ION"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render
from perovdb_cli.migration_options import hosted


@click.command()
@click.argument("material", metavar="FORMULA|FILE")
@click.option("--species", required=True, metavar="ION", help="Ion that hops.")
@options.phase
@options.temperature
@hosted
@click.option(
    "--bottleneck", is_flag=True, help="The narrowest part of each hop and its free radius."
)
@click.option(
    "--sample",
    type=options.Whole("sample"),
    metavar="N",
    help="Draw N hops over all environments, with their weights, by the seed.",
)
@options.formats
def command(
    material: str,
    species: str,
    bottleneck: bool,
    sample: int | None,
    as_json: bool,
    as_csv: bool,
    **host: Any,
) -> None:
    """Symmetry-distinct hops of an ion into a vacancy.

    Hops to the nearest sites of its kind, in the average cell of a formula; in the atoms of a
    file, or of a model of the formula (2 2 2 cells by default) if --order, --into, --reach,
    --sample or --bottleneck asks for one. The multiplicity counts the equivalent hops that leave
    the first site, "leads" in how many dimensions a hop carries an ion alone. 'perovdb neb --hop
    NUMBER' takes the number, with the same options.

    \b
    Example:
      perovdb hops CsPbI3 --phase alpha --species I
    """
    from perovdb.migration.bottleneck import bottlenecks
    from perovdb.migration.requests import HopRequest

    file, formula = (material, None) if is_file_name(material) else (None, material)
    request = HopRequest(species, formula, file, sample=sample, **host)
    if not bottleneck:
        render.emit(request.hops(request.host()), as_json, as_csv)
        return
    structure = request.structure()
    answer = bottlenecks(structure, request.hops(structure))
    if not request.in_atoms:
        # 'perovdb neb' would number the hops of the average cell.
        note = "the numbers are those of a model: 'perovdb neb --order random' takes them"
        answer = replace(answer, notes=(*answer.notes, note))
    render.emit(answer, as_json, as_csv)
