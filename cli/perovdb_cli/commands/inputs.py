"""perovdb inputs FORMULA|FILE... --task TASK --code CODE -o DIR"""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import Any

import click

from perovdb_cli import options, render, set_options
from perovdb_cli.headings import CommandWithHeadings, under

CALCULATION = (
    click.option(
        "--task",
        required=True,
        type=click.Choice(["static", "relax", "band"]),
        help="static: energy and forces as it stands; relax: until the forces vanish; a band is "
        "written by 'perovdb neb'.",
    ),
    click.option("--code", required=True, metavar="CODE", help="vasp, cp2k or qe."),
    click.option(
        "--level",
        default="PBE",
        show_default=True,
        metavar="NAME",
        help="PBE, PBE+SOC, HSE06 or HSE06+SOC, as far as the code has them.",
    ),
    click.option(
        "--cell",
        type=click.Choice(["fixed", "free"]),
        default="fixed",
        show_default=True,
        help="Of a relaxation.",
    ),
    set_options.preset,
    set_options.settings,
)

ELECTRONS = (
    click.option(
        "--charge",
        type=options.Whole("charge"),
        metavar="E",
        help="Of the cell. Default: the formal charge of its ions.",
    ),
    click.option(
        "--multiplicity",
        type=options.Whole("multiplicity"),
        metavar="N",
        help="2 S + 1. Default: 1, or 2 of an odd number of electrons.",
    ),
    click.option(
        "--charged-slab",
        default="",
        metavar="REASON",
        help="Why a slab may carry a charge; it is refused without.",
    ),
)

RUN = (
    click.option(
        "--scheduler",
        default="slurm",
        show_default=True,
        metavar="NAME",
        help="slurm, pbs or bash.",
    ),
    set_options.ranks("MPI ranks."),
    set_options.hours,
)

OUTPUT = (
    click.option(
        "-o",
        "--output",
        required=True,
        metavar="DIR",
        help="New folder: the set, or of several sources a folder for each.",
    ),
    options.as_json,
)


@click.command(cls=CommandWithHeadings)
@click.argument("sources", nargs=-1, required=True, metavar="FORMULA|FILE...")
@under("Calculation", *CALCULATION)
@under("Electrons", *ELECTRONS)
@under("Host", options.phase, options.temperature)
@under("Run", *RUN)
@under("Output", *OUTPUT)
def command(
    sources: tuple[str, ...],
    task: str,
    code: str,
    level: str,
    cell: str,
    preset: str,
    settings: tuple[str, ...],
    charge: int | None,
    multiplicity: int | None,
    charged_slab: str,
    phase: str | None,
    temperature_K: float,
    scheduler: str,
    ranks_per_image: int,
    hours: int,
    output: str,
    as_json: bool,
) -> None:
    """Input sets of single points and relaxations, for the same codes.

    Boundary conditions follow the model: of a slab the dipole across its vacuum is corrected, a
    particle is isolated. A set holds the inputs, job.sh, a pre-flight report and manifest.json,
    which says where each setting comes from. Several sources make a tree with contents.csv and
    array.sh. 'perovdb energies' reads back what ran.

    \b
    Example:
      perovdb inputs CsPbBr3 --phase gamma --task relax --cell free --code vasp -o r
    """
    if task == "band":
        raise click.UsageError("A band is written by 'perovdb neb'.")
    from perovdb.inputs.job import Electrons, Resources
    from perovdb.inputs.manifest import read_manifest
    from perovdb.inputs.schedulers import SCHEDULERS
    from perovdb.inputs.series import write_series
    from perovdb.inputs.sets import write_inputs
    from perovdb.inputs.settings import parse_setting

    calculation: dict[str, Any] = {
        "code": code,
        "task": task,
        "preset": preset,
        "settings": dict(parse_setting(text) for text in settings),
        "electrons": Electrons(level, charge, multiplicity, charged_slab),
        "cell": cell,
        "resources": Resources(scheduler, ranks_per_image=ranks_per_image, hours=hours),
    }
    models = {source: _model(source, phase, temperature_K) for source in dict.fromkeys(sources)}
    submit = SCHEDULERS[scheduler].submit
    if len(models) > 1:
        series = write_series(output, _named(models), **calculation)
        render.emit(series, as_json)
        if not as_json:
            render.say(f"  next: cd {shlex.quote(output)} && {submit} array.sh")
        return
    folder = write_inputs(output, models[sources[0]], **calculation)
    manifest = read_manifest(folder)
    if manifest is None:
        raise RuntimeError("a set without manifest")
    if as_json:
        render.emit_json({"folder": output, **manifest.as_dict()})
        return
    render.say(f"{output}: {manifest}")
    render.say(f"  next: cd {shlex.quote(output)} && {submit} job.sh")


def _model(source: str, phase: str | None, temperature_K: float) -> Any:
    """A structure of a file, or of a formula."""
    from perovdb.files.names import is_file_name
    from perovdb.structures.adoption import as_structure
    from perovdb.structures.builder import build

    if is_file_name(source):
        return as_structure(source)
    return build(source, phase=phase, temperature_K=temperature_K)


def _named(models: dict[str, Any]) -> dict[str, Any]:
    """The models by names of folders: of files their names without endings, numbered if two are
    the same."""
    named: dict[str, Any] = {}
    for source, model in models.items():
        stem = PurePath(source).stem if PurePath(source).suffix else PurePath(source).name
        safe = "".join(sign if sign.isalnum() or sign in "_.-" else "_" for sign in stem)
        name, number = safe or "set", 2
        while name in named:
            name, number = f"{safe}_{number}", number + 1
        named[name] = model
    return named
