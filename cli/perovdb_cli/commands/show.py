"""perovdb show FORMULA"""

from typing import Any

import click

from perovdb_cli import options, render
from perovdb_cli.answers import (
    gap_answer,
    lattice_answer,
    phase_answer,
    phase_table,
    tolerance_answer,
)


@click.command()
@click.argument("formula")
@options.temperature
@options.as_json
def command(formula: str, temperature_K: float, as_json: bool) -> None:
    """Everything known about a composition.

    \b
    Example:
      perovdb show Cs0.5FA0.5PbI3
    """
    from perovdb.calculators.mixing import lattice
    from perovdb.calculators.tolerance import tolerance
    from perovdb.composition import parse
    from perovdb.errors import MissingData, OutOfRange
    from perovdb.store import open_store, queries

    store = open_store()
    composition = parse(formula)
    notes = []
    try:
        factors = tolerance_answer(tolerance(composition))
    except (MissingData, OutOfRange) as error:
        factors = None
        notes.append(str(error))
    try:
        cell = lattice_answer(lattice(composition, temperature_K))
        notes += cell["notes"]
    except MissingData as error:
        cell = None
        notes.append(str(error))
    phases = queries.phases(store, composition.formula)
    gaps = [gap_answer(row) for row in queries.band_gaps(store, composition.formula)]
    radii = list(factors["radii"].values()) if factors else []
    keys = [part["source"] for part in (*radii, *phases, *gaps)]
    keys += cell["sources"] if cell else []
    answer = {
        "formula": composition.formula,
        "occupancies": {site: dict(ions) for site, ions in composition.sites.items()},
        "charge": composition.charge,
        "tolerance": factors,
        "phases": [phase_answer(row) for row in phases],
        "lattice": cell,
        "properties": gaps,
        "sources": {row["key"]: row["citation"] for row in queries.sources(store, sorted(keys))},
        "notes": notes,
    }
    if as_json:
        render.emit_json(answer)
    else:
        render.emit_lines(_text(answer, phases))


def _text(answer: dict[str, Any], phases: list[dict[str, Any]]) -> list[str]:
    charge = f"{answer['charge']:+g}" if answer["charge"] else "0"
    lines = [answer["formula"]]
    for site, ions in answer["occupancies"].items():
        lines.append(f"  {site}  " + ", ".join(f"{ion} {x:g}" for ion, x in ions.items()))
    lines.append(f"  charge {charge}")
    if answer["tolerance"]:
        lines += ["", *_tolerance_lines(answer["tolerance"])]
    if answer["lattice"]:
        lines += ["", *_lattice_lines(answer["lattice"])]
    if phases:
        lines += ["", "phases", *render.table(phase_table(phases), indent="  ")]
    if answer["properties"]:
        gaps = [_gap_row(gap) for gap in answer["properties"]]
        lines += ["", "band gaps", *render.table(gaps, indent="  ")]
    if not phases and not answer["properties"]:
        lines += ["", "no phases and no band gaps of this very composition in the store"]
    if answer["notes"]:
        lines += ["", "notes", *(f"  {note}" for note in answer["notes"])]
    sources = [f"  {key}: {citation}" for key, citation in answer["sources"].items()]
    return [*lines, "", "sources", *sources]


def _tolerance_lines(factors: dict[str, Any]) -> list[str]:
    radii = [
        f"  r({ion}) = {used['radius_A']:.2f} A, {used['coordination']}, {used['set']} "
        f"({used['evidence']})"
        for ion, used in factors["radii"].items()
    ]
    values = f"t = {factors['t']:.3f}  mu = {factors['mu']:.3f}  tau = {factors['tau']:.2f}"
    return [f"tolerance  {values}", *radii]


def _lattice_lines(cell: dict[str, Any]) -> list[str]:
    members = [
        f"  {member['fraction']:g} {member['formula']} {member['phase']} "
        f"{member['a_pseudocubic_A']:.4f} A, {member['evidence']}, {member['source']}; "
        f"{member['n_values']} value(s), {member['min_A']:.4f} to {member['max_A']:.4f}"
        for member in cell["end_members"]
    ]
    return [
        f"lattice  a = {cell['a_pseudocubic_A']:.4f} A pseudo-cubic at "
        f"{cell['temperature_K']:g} K; {cell['method']}",
        *members,
    ]


def _gap_row(gap: dict[str, Any]) -> dict[str, Any]:
    value = gap["value"]
    return {
        "eV": f"{value:g}" if value is not None else f"{gap['min']:g}-{gap['max']:g}",
        "quantity": gap["quantity"],
        "phase": gap["phase"],
        "T_K": gap["temperature_K"],
        "sample": gap["sample"],
        "kind": gap["kind"],
        "evidence": gap["evidence"],
        "source": gap["source"],
    }
