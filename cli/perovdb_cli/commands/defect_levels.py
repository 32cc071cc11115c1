"""perovdb defect-levels FORMULA"""

from __future__ import annotations

import click

from perovdb_cli import options, render


@click.command()
@click.argument("host", metavar="FORMULA")
@click.option(
    "--state",
    "states",
    multiple=True,
    required=True,
    metavar="DEFECT:CHARGE=EV",
    help=options.numbers(
        "E(D, q) - E(bulk) + q E_VBM + correction, A, B and X in their references.", "state_eV"
    ),
)
@click.option(
    "--gap",
    "gap_eV",
    required=True,
    type=options.Number("gap_eV", "defect_levels"),
    metavar="EV",
    help="Of the functional that gave the energies.",
)
@click.option(
    "--compounds",
    "compounds_eV",
    nargs=3,
    type=options.Number("compounds_eV"),
    metavar="ABX3 AX BX2",
    help="Formation energies in eV per formula unit, from the same references.",
)
@click.option("--limit", metavar="PHASES", help="Which corner of the stability: 'BX2 X', ...")
@click.option(
    "--masses",
    nargs=2,
    type=options.Number("masses"),
    metavar="HOLE ELECTRON",
    help="Effective masses: holes and electrons balance too.",
)
@click.option(
    "--temperature",
    "temperature_K",
    type=options.Number("temperature_K", "defect_levels"),
    default=300,
    show_default=True,
    metavar="K",
    help="Temperature in kelvin.",
)
@options.picture("Draw formation energies against the Fermi level")
@options.formats
def command(
    host: str,
    states: tuple[str, ...],
    gap_eV: float,
    compounds_eV: tuple[float, float, float] | None,
    limit: str | None,
    masses: tuple[float, float] | None,
    temperature_K: float,
    picture: options.Picture | None,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Levels, concentrations and Fermi level from energies of defects.

    Energies are those that were computed; A, B and X are units, so that a molecule is one. Without
    --compounds the chemical potentials are those of the references.

    \b
    Example:
      perovdb defect-levels CsPbI3 --state V_Cs:-1=1.1 --state V_I:1=0.1 --gap 1.6
    """
    from perovdb.calculators.defect_energies.levels import defect_levels

    if picture is not None:
        picture.check()
    states_eV = options.pairs(states, "--state", "state_eV")
    answer = defect_levels(host, states_eV, gap_eV, compounds_eV, limit, temperature_K, masses)
    if picture is not None:
        from perovdb import plots

        picture.save(plots.defect_diagram(answer, plots.panels(1, picture.style)[0]))
    render.emit(answer, as_json, as_csv)
