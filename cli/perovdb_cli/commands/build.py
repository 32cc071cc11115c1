"""perovdb build FORMULA|FILE"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from perovdb_cli import model_options, options, render
from perovdb_cli.headings import CommandWithHeadings, under

if TYPE_CHECKING:
    from perovdb_cli.model_type import Model


#: More models than this are listed only as far as the first few, unless they are written.
MOST_LISTED = 200
FIRST_LISTED = 20

_UNBRACKETED = str.maketrans("", "", "()")


@click.command(cls=CommandWithHeadings)
@click.argument("source", metavar="FORMULA|FILE")
@under("Cell", *model_options.CELL)
@under("Ions and molecules", *model_options.IONS)
@under("Defects", *model_options.DEFECTS)
@under("Layered phases", *model_options.LAYERS)
@under("Particles and slabs", *model_options.SHAPE)
@under("Output", *model_options.OUTPUT)
@click.pass_context
def command(
    ctx: click.Context, /, source: str, picture: options.Picture | None, **asked: Any
) -> None:
    """Atomic models: alloys, molecules, defects, layers, particles.

    Shared sites are filled in exact numbers. A file (POSCAR, CIF, XYZ, ...) is built on in place
    of a formula. A vacancy leaves the opposite of the ion's charge on the cell. What was done
    travels in the file.

    \b
    Example:
      perovdb build CsPbBr3 --phase cubic --size 2 2 2 --replace Pb=Cd:2 --order enumerate -o cd
    """
    from perovdb_cli.models import check_options, models, way_of

    way = way_of(source, asked)
    typed = click.core.ParameterSource.DEFAULT
    given = [name for name in asked if ctx.get_parameter_source(name) is not typed]
    flags = {parameter.name: parameter.opts[-1] for parameter in ctx.command.params}
    check_options(way, given, {str(name): flag for name, flag in flags.items()})
    several = asked["order"] == "enumerate"
    if several and picture is not None:
        raise click.UsageError("--plot draws one model: build it from its file.")
    _check_output(asked, several)
    if picture is not None:
        picture.check()
    made = models(source, way, asked)
    if several:
        _emit_several(made, asked["output"], asked["as_json"])
    else:
        _emit_one(made[0], picture, asked)


def _check_output(asked: dict[str, Any], several: bool) -> None:
    from perovdb.files.names import FORMATS, format_of
    from perovdb.inputs.writer import check_target

    if asked["output"] is not None:
        if several and os.path.splitext(asked["output"])[1] in FORMATS:
            raise click.UsageError("Several models go to a new folder: name one after -o.")
        _ = check_target(asked["output"]) if several else format_of(asked["output"])


def _emit_one(model: Model, picture: options.Picture | None, asked: dict[str, Any]) -> None:
    from perovdb.structures import history
    from perovdb.structures.files.writing import as_text, write_structure
    from perovdb.structures.units import closest_contact, ion_formula

    structure, output = model.structure, asked["output"]
    if output is not None:
        write_structure(structure, output)
    if picture is not None:
        from perovdb.plots import structure as draw

        picture.save(draw(structure, axis=asked["view"], style=picture.style))
    notes = history.notes(structure)
    summary = {
        "file": output,
        "formula": ion_formula(structure),
        "n_atoms": len(structure),
        "charge": structure.properties["charge"],
        "lattice_A": [round(length, 6) for length in structure.lattice.abc],
        "angles_deg": [round(angle, 6) for angle in structure.lattice.angles],
        "closest_contact_A": round(closest_contact(structure), 6),
        "history": structure.properties["history"],
        "notes": notes,
    }
    if asked["as_json"]:
        if output is None:
            summary["poscar"] = as_text(structure, "poscar")
        render.emit_json(summary)
    elif output:
        click.echo(
            f"{output}: {summary['formula']}, {len(structure)} atoms, "
            f"charge {summary['charge']:+d}, closest contact "
            f"{summary['closest_contact_A']:.2f} A"
        )
        for step in structure.properties["history"]:
            click.echo(f"  {step['text']}")
        render.emit_notes(notes)
    else:
        click.echo(as_text(structure, "poscar"), nl=False)
        render.emit_notes(notes, err=True)


def _emit_several(made: list[Model], output: str | None, as_json: bool) -> None:
    from perovdb.inputs.writer import write
    from perovdb.structures import history
    from perovdb.structures.files.writing import as_text
    from perovdb.structures.units import closest_contact, ion_formula

    digits = len(str(len(made)))
    names = [
        # Brackets would have to be quoted in a shell.
        f"{ion_formula(model.structure).translate(_UNBRACKETED)}-{number:0{digits}d}.vasp"
        for number, model in enumerate(made, 1)
    ]
    if output is not None:
        texts = [as_text(model.structure, "poscar") for model in made]
        write(output, dict(zip(names, texts, strict=True)))
    rows = [
        {
            "file": f"{output.rstrip('/')}/{name}" if output is not None else None,
            "multiplicity": model.multiplicity,
            "formula": ion_formula(model.structure),
            "n_atoms": len(model.structure),
            "charge": model.structure.properties["charge"],
            "closest_contact_A": round(closest_contact(model.structure), 6),
        }
        for name, model in zip(names, made, strict=True)
    ]
    total = sum(model.multiplicity or 1 for model in made)
    every = [history.notes(model.structure) for model in made]
    # Each file keeps its own; here stand those of all.
    notes = [note for note in every[0] if all(note in others for others in every)]
    if as_json:
        render.emit_json({"structures": rows, "orderings": total, "notes": notes})
        return
    shown = [row | {"closest_contact_A": round(row["closest_contact_A"], 2)} for row in rows]
    listed = shown if output is not None or len(made) <= MOST_LISTED else shown[:FIRST_LISTED]
    render.emit_lines(render.table(listed))
    if len(listed) < len(made):
        click.echo(f"  ... the first {len(listed)}; write all of them with -o DIR")
    of_what = "choices" if made[0].of_defects else "orderings"
    click.echo(f"  {len(made)} distinct of {total} {of_what}")
    render.emit_notes(notes)
