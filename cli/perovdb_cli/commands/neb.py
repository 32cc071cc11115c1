"""perovdb neb FORMULA --species ION --code CODE -o DIR"""

import json
import shlex

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula")
@click.option("--species", required=True, metavar="ION", help="Ion that hops.")
@click.option(
    "--hop", default=0, show_default=True, metavar="NUMBER", help="As 'perovdb hops' numbers them."
)
@options.phase
@options.temperature
@options.model
@click.option(
    "--images", default=5, show_default=True, metavar="N", help="Images between the endpoints."
)
@click.option("--code", required=True, metavar="CODE", help="vasp or cp2k.")
@click.option(
    "--preset",
    default="standard",
    show_default=True,
    metavar="NAME",
    help="Settings: standard, or quick to test the chain.",
)
@click.option(
    "--build",
    "build",
    default="plain",
    show_default=True,
    metavar="NAME",
    help="Of VASP only: plain, or vtst for a climbing image.",
)
@click.option(
    "--ranks", default=8, show_default=True, metavar="N", help="MPI ranks for one image."
)
@click.option("--hours", default=24, show_default=True, metavar="N", help="Wall time to ask for.")
@click.option("-o", "--output", required=True, metavar="DIR", help="New folder for the set.")
@options.as_json
def command(
    formula: str,
    species: str,
    hop: int,
    phase: str | None,
    temperature_K: float,
    size: tuple[int, int, int] | None,
    seed: int,
    orientation: str,
    images: int,
    code: str,
    preset: str,
    build: str,
    ranks: int,
    hours: int,
    output: str,
    as_json: bool,
) -> None:
    """NEB-ready input set of a hop for VASP or CP2K.

    An ion hops into a vacancy of its own kind. The set holds every image, the inputs, job.sh for
    SLURM and manifest.json, which says where each setting comes from. It is written whole or not
    at all.

    \b
    Example:
      perovdb neb CsPbI3 --phase alpha --species I --size 2 2 2 --code vasp -o v
    """
    from perovdb.inputs.neb import neb_files
    from perovdb.inputs.writer import check_target, write
    from perovdb.migration.paths import path

    check_target(output)
    found = path(
        formula,
        species,
        phase,
        size or (2, 2, 2),
        images,
        hop,
        seed,
        orientation,
        temperature_K,
    )
    files = neb_files(found, code, preset, ranks, hours, build)
    write(output, files)
    notes = json.loads(files["manifest.json"])["notes"]
    summary = {
        "folder": output,
        "code": code,
        "preset": preset,
        "formula": found.formula,
        "phase": found.phase,
        "species": found.hop.species,
        "distance_A": found.hop.distance_A,
        "images": len(found.images),
        "atoms": len(found.images[0]),
        "charge": found.charge,
        "spacing_A": found.spacing_A,
        "unevenness": found.unevenness,
        "closest_contact_A": found.closest_contact_A,
        "files": sorted(files),
        "notes": notes,
    }
    if as_json:
        render.emit_json(summary)
        return
    click.echo(
        f"{output}: {found.formula} {found.phase}, {found.hop.species} hop of "
        f"{found.hop.distance_A:.3f} A, {code} {preset}"
    )
    click.echo(
        f"  {len(found.images)} images of {len(found.images[0])} atoms, charge "
        f"{found.charge:+d}, spacing {found.spacing_A:.3f} A, closest contact "
        f"{found.closest_contact_A:.2f} A"
    )
    render.emit_notes(notes)
    click.echo(f"  next: cd {shlex.quote(output)} && sbatch job.sh")
