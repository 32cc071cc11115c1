"""perovdb neb FORMULA|FILE|STUDY... --species ION --code CODE -o DIR"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from perovdb.files.names import is_file_name
from perovdb_cli import options, render, set_options
from perovdb_cli.headings import CommandWithHeadings, under
from perovdb_cli.migration_options import hosted

if TYPE_CHECKING:
    from perovdb.inputs.manifest import Manifest
    from perovdb.inputs.set_requests import SetRequest

#: How the file of a study ends.
STUDY = ".toml"

HOP = (
    click.option(
        "--species", multiple=True, metavar="ION", help="Ion that hops; again for another."
    ),
    click.option(
        "--hop",
        multiple=True,
        type=options.Whole("hop"),
        show_default="0",
        metavar="NUMBER",
        help="As 'perovdb hops' numbers them; again for another.",
    ),
    click.option(
        "--sample",
        type=options.Whole("sample"),
        metavar="N",
        help="The hops that 'perovdb hops --sample N' draws; all of them, or those of --hop.",
    ),
    click.option(
        "--vacancies",
        multiple=True,
        type=options.Whole("vacancies"),
        default=(1,),
        show_default="1",
        metavar="N",
        help="Of this ion in the cell, those beyond the first far from the hop; again for "
        "another number.",
    ),
    click.option(
        "--end",
        metavar="FILE",
        help="Instead of a hop: the path from the source, a file, to this one, such as two "
        "relaxed ends.",
    ),
    click.option(
        "--neutral",
        metavar="RULE",
        help="partner, or a vacancy such as V_Cs, to make the cell neutral. Default: charged.",
    ),
)

AGAIN = (
    click.option(
        "--again",
        metavar="DIR",
        help="Instead of all else: the images of a set anew, between its ends as job.sh has "
        "relaxed them. job.sh does it by itself where perovdb is at hand.",
    ),
)

PATH = (
    click.option(
        "--from",
        "found",
        metavar="DIR",
        help="Instead of a source: the ends and the saddle of a barrier that was computed here.",
    ),
    click.option(
        "--images",
        type=options.Whole("images"),
        default=5,
        show_default=True,
        metavar="N",
        help="Images between the endpoints.",
    ),
    click.option(
        "--spacing",
        "spacing_A",
        type=options.Number("spacing_A"),
        metavar="A",
        help="Instead: the longest step of an atom from image to image.",
    ),
    click.option(
        "--path",
        "method",
        default="rigid",
        show_default=True,
        metavar="METHOD",
        help="Of molecules: rigid, idpp, or both for a set of each.",
    ),
)

CODE = (
    click.option(
        "--code",
        multiple=True,
        metavar="CODE",
        help="vasp, cp2k or qe (Quantum ESPRESSO); again for another.",
    ),
    set_options.preset,
    set_options.settings,
    click.option(
        "--build",
        default="plain",
        show_default=True,
        metavar="NAME",
        help="Of VASP only: plain, or vtst for a climbing image.",
    ),
    click.option(
        "--relax-in-band", is_flag=True, help="Relax the ends in the band, not before it."
    ),
)

RUN = (
    click.option(
        "--scheduler",
        multiple=True,
        default=("slurm",),
        show_default="slurm",
        metavar="NAME",
        help="slurm, pbs or bash; again for another.",
    ),
    set_options.ranks("MPI ranks for one image."),
    click.option(
        "--cores",
        type=options.Whole("cores"),
        metavar="N",
        help="Instead: ranks of the whole band.",
    ),
    set_options.hours,
)

OUTPUT = (
    click.option("-o", "--output", metavar="DIR", help="Folder for the set or sets."),
    click.option(
        "--force",
        is_flag=True,
        help="Replace sets that were asked for otherwise, with all results in them.",
    ),
    options.as_json,
)


@click.command(cls=CommandWithHeadings)
@click.argument("sources", nargs=-1, metavar="[FORMULA|FILE|STUDY...]")
@under("Hop", *HOP)
@under("Host", options.phase, options.temperature, hosted)
@under("Path", *PATH)
@under("After the ends are relaxed", *AGAIN)
@under("Code", *CODE)
@under("Run", *RUN)
@under("Output", *OUTPUT)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    sources: tuple[str, ...],
    found: str | None,
    again: str | None,
    output: str | None,
    force: bool,
    as_json: bool,
    **choices: Any,
) -> None:
    """NEB-ready input sets of hops for VASP, CP2K and Quantum ESPRESSO.

    An ion hops into a vacancy. A set holds every image, the inputs, job.sh, a pre-flight report
    and manifest.json, which says where each setting comes from. It is written whole or not at all.

    Two files without --species are the ends of a band, such as two relaxed structures: their atoms
    are matched, and the hop is found.

    Several sources, ions, hops, vacancies, codes or schedulers, or a study (*.toml), make a tree
    of sets with contents.csv; a tree that was begun is gone on with. How your machine runs the
    codes is read from perovdb.toml.

    \b
    Example:
      perovdb neb CsPbI3 --phase alpha --species I --size 2 --code vasp -o v
    """
    from perovdb.inputs.set_requests import both_ways

    if again is not None:
        _again(ctx, again, as_json)
        return
    if output is None:
        raise click.UsageError("Missing option '-o' / '--output'.")
    if len(sources) == 2 and all(map(is_file_name, sources)) and not choices["species"]:
        # Two files are the two ends of a band, unless an ion is named that hops in each.
        if choices["end"]:
            raise click.UsageError("Three ends make no band: leave '--end' out.")
        start, choices["end"] = sources
        sources = (start,)
    if (found is None) != bool(sources):
        raise click.UsageError(
            "Name what hops in it: a formula, a file or a study; or --from DIR."
        )
    if found is not None:
        _through_saddle(ctx, found, output, force, as_json, choices)
        return
    study = both_ways(_study(ctx, sources, choices))
    single = len(study) == 1 and not sources[0].endswith(STUDY)
    if single:
        _one(study[0], output, force, as_json)
    else:
        _tree(study, output, force, as_json)


def _again(ctx: click.Context, folder: str, as_json: bool) -> None:
    from perovdb.inputs.remaking import remake_images

    default = click.core.ParameterSource.DEFAULT
    for option in ctx.command.params:
        name = option.name or ""
        if name not in ("again", "as_json") and ctx.get_parameter_source(name) is not default:
            given = option.opts[-1] if isinstance(option, click.Option) else "a source"
            raise click.UsageError(f"'{given}' does not go with '--again': leave it out.")
    manifest = remake_images(folder)
    if as_json:
        render.emit_json({"folder": folder, **manifest.as_dict()})
        return
    render.say(f"{folder}: {manifest}")


def _study(
    ctx: click.Context, sources: Sequence[str], chosen: Mapping[str, Any]
) -> list[SetRequest]:
    from perovdb.inputs.set_requests import read_study, requests
    from perovdb.inputs.settings import parse_setting

    if any(source.endswith(STUDY) for source in sources):
        if len(sources) > 1:
            raise click.UsageError("A study is the only source of its tree.")
        default = click.core.ParameterSource.DEFAULT
        for option in ctx.command.params:
            name = option.name or ""
            if name in chosen and ctx.get_parameter_source(name) is not default:
                flag = option.opts[-1]
                raise click.UsageError(f"'{flag}' belongs into the study: leave it out here.")
        return read_study(sources[0])
    needed = ("code",) if chosen["end"] else ("species", "code")
    missing = [f"'--{name}'" for name in needed if not chosen[name]]
    if missing:
        raise click.UsageError(f"Missing option {', '.join(missing)}.")
    choices = {name: value for name, value in chosen.items() if value != ()}
    choices["relax_first"] = not choices.pop("relax_in_band")
    choices["settings"] = dict(parse_setting(text) for text in chosen["settings"])
    every = []
    for source in dict.fromkeys(sources):
        every += requests({**choices, ("file" if is_file_name(source) else "formula"): source})
    return every


#: Choices of `neb` that a path through a saddle leaves open.
_OF_SADDLE = (
    *("images", "code", "preset", "settings", "build", "relax_in_band"),
    *("scheduler", "ranks_per_image", "cores", "hours"),
)


def _through_saddle(
    ctx: click.Context,
    found: str,
    output: str,
    force: bool,
    as_json: bool,
    chosen: Mapping[str, Any],
) -> None:
    from perovdb.inputs.job import Resources
    from perovdb.inputs.manifest import read_manifest
    from perovdb.inputs.sets import write_inputs
    from perovdb.inputs.settings import parse_setting
    from perovdb.results.saddle_path import path_through_saddle

    default = click.core.ParameterSource.DEFAULT
    for option in ctx.command.params:
        name = option.name or ""
        given = name in chosen and ctx.get_parameter_source(name) is not default
        if force or (given and name not in _OF_SADDLE):
            flag = "--force" if force else option.opts[-1]
            raise click.UsageError(f"'{flag}' does not go with '--from': leave it out.")
    if len(chosen["code"]) != 1 or len(chosen["scheduler"]) != 1:
        raise click.UsageError("'--from' makes one set: name one --code, and one --scheduler.")
    resources = Resources(
        chosen["scheduler"][0],
        chosen["ranks_per_image"],
        chosen["cores"],
        chosen["hours"],
        chosen["build"],
    )
    folder = write_inputs(
        output,
        path_through_saddle(found, chosen["images"]),
        code=chosen["code"][0],
        preset=chosen["preset"],
        settings=dict(parse_setting(text) for text in chosen["settings"]),
        relax_first=not chosen["relax_in_band"],
        resources=resources,
    )
    manifest = read_manifest(folder)
    assert manifest is not None
    _written(manifest, output, resources.scheduler, as_json)


def _one(request: SetRequest, output: str, force: bool, as_json: bool) -> None:
    from perovdb.inputs.studies import write_set

    manifest = write_set(output, request, force=force)
    _written(manifest, output, request.resources.scheduler, as_json)


def _written(manifest: Manifest, output: str, scheduler: str, as_json: bool) -> None:
    """Say what was written."""
    from perovdb.inputs.schedulers import SCHEDULERS

    if as_json:
        render.emit_json({"folder": output, **manifest.as_dict()})
        return
    submit = SCHEDULERS[scheduler].submit
    render.say(f"{output}: {manifest}")
    render.say(f"  next: cd {shlex.quote(output)} && {submit} job.sh")


def _tree(requests: Sequence[SetRequest], output: str, force: bool, as_json: bool) -> None:
    from perovdb.inputs.studies import write_study

    with click.progressbar(
        length=len(requests), file=sys.stderr, label="sets", hidden=not sys.stderr.isatty()
    ) as bar:
        study = write_study(output, requests, force=force, progress=lambda one: bar.update(1))
    render.emit(study, as_json)
    for problem in study.problems():
        render.say(f"perovdb: error: {problem}", err=True)
    if study.problems():
        sys.exit(1)
