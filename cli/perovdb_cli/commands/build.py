"""perovdb build FORMULA"""

import click

from perovdb_cli import options, render


@click.command()
@click.argument("formula")
@options.phase
@options.temperature
@options.model
@click.option("--vacancy", metavar="ION", help="Leave one such ion, or molecule, out.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="POSCAR, or *.vasp, *.cif, *.xyz; default: a POSCAR on stdout.",
)
@options.as_json
def command(
    formula: str,
    phase: str | None,
    temperature_K: float,
    size: tuple[int, int, int] | None,
    seed: int,
    orientation: str,
    vacancy: str | None,
    output: str | None,
    as_json: bool,
) -> None:
    """Atomic model: supercell, ordering, molecules, a vacancy.

    Shared sites are filled in exact numbers, shuffled by the seed. A vacancy leaves the opposite
    of the ion's charge on the cell.

    \b
    Example:
      perovdb build CsPbI3 --phase alpha --size 2 2 2 --vacancy I -o POSCAR
    """
    from perovdb.structures.builder import build
    from perovdb.structures.files import as_text, format_of, write_structure
    from perovdb.structures.units import closest_contact, ion_formula

    if output is not None:
        format_of(output)
    structure = build(formula, phase, size or (1, 1, 1), seed, orientation, vacancy, temperature_K)
    if output is not None:
        write_structure(structure, output)
    notes = structure.properties["history"][0]["notes"]
    summary = {
        "file": output,
        "formula": ion_formula(structure),
        "n_atoms": len(structure),
        "charge": structure.properties["charge"],
        "lattice_A": [round(length, 6) for length in structure.lattice.abc],
        "angles_deg": [round(angle, 6) for angle in structure.lattice.angles],
        "closest_contact_A": closest_contact(structure),
        "history": structure.properties["history"],
        "notes": notes,
    }
    if as_json:
        if output is None:
            summary["poscar"] = as_text(structure, "poscar")
        render.emit_json(summary)
    elif output:
        click.echo(
            f"{output}: {summary['formula']}, {len(structure)} atoms, "
            f"charge {summary['charge']:+d}, closest contact "
            f"{summary['closest_contact_A']:.2f} A"
        )
        click.echo(f"  {structure.properties['history'][0]['cell']}")
        render.emit_notes(notes)
    else:
        click.echo(as_text(structure, "poscar"), nl=False)
        render.emit_notes(notes, err=True)
