"""What the commands of models share: options, and what becomes of the model."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from perovdb.files.names import FORMATS, format_of, is_file_name
from perovdb.files.new_files import check_new_file
from perovdb_cli import options, render
from perovdb_cli.headings import under

if TYPE_CHECKING:
    from pymatgen.core import Structure

    from perovdb.structures.model import Models

Function = TypeVar("Function", bound=Callable[..., Any])

#: Options that a file, which has its own atoms, has no use for.
_OF_FORMULAS = (
    "phase", "temperature_K", "lattice", "nearest", "orientation", "placement", "seed"
)  # fmt: skip

material = click.argument("material", metavar="FORMULA|FILE")

lattice = click.option(
    "--lattice",
    type=options.Number("lattice"),
    metavar="A",
    help="Pseudo-cubic parameter to scale to.",
)

nearest = click.option(
    "--nearest", is_flag=True, help="Nearest whole numbers of ions where fractions give none."
)


def orders(several: bool) -> tuple[Callable[[Any], Any], ...]:
    """Options of the order of shared sites; `several` where all distinct ones may be asked for."""
    rules = "random, sqs, clustered, layered, columnar, rocksalt"
    more = "; or enumerate for all that are distinct" if several else ""
    return (
        click.option(
            "--order",
            default="random",
            show_default=True,
            metavar="RULE",
            help=f"Of shared sites: {rules}{more}.",
        ),
        click.option(
            "--along",
            type=click.Choice(["a", "b", "c"]),
            default="c",
            show_default=True,
            help="Cell vector of layered and columnar orders.",
        ),
    )


placement = click.option(
    "--placement",
    default="uniform",
    show_default=True,
    metavar="RULE",
    help="Of ions on B: uniform, core, surface or random.",
)


def replacements(required: bool) -> Callable[[Function], Function]:
    """--replace OLD=NEW:N, handed on as old -> new -> number."""
    return click.option(
        "--replace",
        "replaced",
        multiple=True,
        required=required,
        callback=_replacements,
        metavar="OLD=NEW:N",
        help="Put N ions in the places of others; again for more.",
    )


def _replacements(
    ctx: click.Context, option: click.Parameter, texts: Sequence[str]
) -> dict[str, dict[str, int]]:
    replaced: dict[str, dict[str, int]] = {}
    for text in texts:
        old, _, rest = text.partition("=")
        new, _, count = rest.partition(":")
        if not (old and new and count.isdecimal()):
            raise click.BadParameter(f"'{text}' is not OLD=NEW:N.")
        of_old = replaced.setdefault(old, {})
        of_old[new] = of_old.get(new, 0) + int(count)
    return replaced


def named(ctx: click.Context, option: click.Parameter, texts: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE of an option that may be given again.

    Raises:
        click.BadParameter: one is not of this form.
    """
    pairs = [text.partition("=") for text in texts]
    for text, (name, _, value) in zip(texts, pairs, strict=True):
        if not (name and value):
            raise click.BadParameter(f"'{text}' is not NAME=VALUE.")
    return {name: value for name, _, value in pairs}


def crystal(phase: str | None) -> Callable[[Function], Function]:
    """Options of the crystal that a formula gives, handed on as one argument `crystal`; these, and
    other options of formulas alone, are refused where the material is a file.

    Args:
        phase: that is taken by default; None where there is none to be chosen.
    """

    def decorate(function: Function) -> Function:
        @wraps(function)
        def gather(**arguments: Any) -> Any:
            from perovdb.structures.crystals import Crystal

            if "material" in arguments:
                _check_of_formulas(arguments["material"])
            fields = {
                name: arguments.pop(name)
                for name in ("phase", "temperature_K", "lattice")
                if name in arguments
            }
            return function(crystal=Crystal(**fields), **arguments)

        phases = click.option(
            "--phase", default=phase, show_default=True, metavar="NAME", help="Of a formula."
        )
        decorators = [options.temperature, lattice, *[phases] * (phase is not None)]
        return under("Crystal of a formula", *decorators)(gather)  # type: ignore[no-any-return]  # click has it so

    return decorate


def _check_of_formulas(material: str) -> None:
    ctx = click.get_current_context()
    for parameter in ctx.command.params if is_file_name(material) else ():
        typed = ctx.get_parameter_source(str(parameter.name)) is not _DEFAULT
        if parameter.name in _OF_FORMULAS and typed:
            raise click.UsageError(
                f"{parameter.opts[-1]} is that of a formula; {material} has its own atoms."
            )


_DEFAULT = click.core.ParameterSource.DEFAULT


@dataclass(frozen=True)
class Output:
    """What is to become of a model.

    Attributes:
        path: the file, or folder of several; without one a POSCAR, or a list, is printed.
        picture: of it.
        view: cell vector that points at the viewer.
        force: write over a file that is there.
        as_json, as_csv: print the answer as such.
    """

    path: str | None
    picture: options.Picture | None
    view: str
    force: bool
    as_json: bool
    as_csv: bool

    def check(self, several: bool = False) -> None:
        """Refuse what cannot be written, before the work is done.

        Raises:
            click.UsageError: several models are to be one file or picture.
            InputError: the name tells no format, it exists, or its folder does not.
        """
        from perovdb.files.new_folders import check_new_folder

        if several and self.picture is not None:
            raise click.UsageError("--plot draws one model: draw it from its file.")
        if self.path is not None and several:
            if os.path.splitext(self.path)[1] in FORMATS:
                raise click.UsageError("Several models go to a new folder: name one after -o.")
            check_new_folder(self.path)
        elif self.path is not None:
            format_of(self.path)
            check_new_file(self.path, force=self.force)
        if self.picture is not None:
            self.picture.check()

    def emit(self, structure: Structure) -> None:
        """Write, draw and print a model."""
        from perovdb.structures.files.writing import as_text, write_structure
        from perovdb.structures.model import Model

        model = Model(structure, file=self.path)
        if self.path is not None:
            write_structure(structure, self.path, force=self.force)
        if self.picture is not None:
            from perovdb.plots import structure as draw

            self.picture.save(draw(structure, axis=self.view, style=self.picture.style))
        if self.path is None and not self.as_json and not self.as_csv:
            render.say(as_text(structure, "poscar"), end="")
            render.emit_notes(model.notes, err=True)
        else:
            render.emit(model, self.as_json, self.as_csv)

    def emit_all(self, models: Models) -> None:
        """Write and list distinct models."""
        if self.path is not None:
            from perovdb.files.new_folders import write_new_folder

            files = models.files()
            write_new_folder(self.path, files)
            models = replace(
                models,
                models=tuple(
                    replace(model, file=os.path.join(self.path, name))
                    for model, name in zip(models, files, strict=True)
                ),
            )
        render.emit(models, self.as_json, self.as_csv)


def _output(metavar: str, text: str) -> Callable[[Function], Function]:
    """Options of what becomes of a model, handed on as one argument `output`."""

    def decorate(function: Function) -> Function:
        @wraps(function)
        def gather(**arguments: Any) -> Any:
            fields = ("path", "picture", "view", "force", "as_json", "as_csv")
            return function(output=Output(*(arguments.pop(name) for name in fields)), **arguments)

        decorators = (
            click.option("-o", "--output", "path", metavar=metavar, help=text),
            options.picture("Draw the model", beside=("-o", "path")),
            click.option(
                "--view",
                type=click.Choice(["a", "b", "c"]),
                default="c",
                show_default=True,
                help="Cell vector that points at you in the picture.",
            ),
            options.formats,
        )
        return under("Output", *decorators)(gather)  # type: ignore[no-any-return]  # click has it so

    return decorate


_FORMATS = "POSCAR, or *.vasp, *.cif, *.xyz, *.inc (CP2K), *.qe, *.json"

output = _output("FILE", f"{_FORMATS}. Default: a POSCAR on stdout.")

output_of_several = _output(
    "FILE|DIR",
    f"{_FORMATS}; a new folder for several. Default: a POSCAR on stdout; of several, a list.",
)
