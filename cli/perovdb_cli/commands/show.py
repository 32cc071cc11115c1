"""perovdb show FORMULA"""

from typing import Any

import click

from perovdb_cli import options, render
from perovdb_cli.answers import (
    lattice_answer,
    phase_answer,
    phase_table,
    tolerance_answer,
    value_text,
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
    from perovdb.composition.registry import load_registry
    from perovdb.errors import MissingData, OutOfRange
    from perovdb.facts.properties import properties
    from perovdb.facts.select import select
    from perovdb.store import queries

    composition = parse(formula)
    notes = []
    if composition.charge and not composition.vacancies:
        ions = load_registry().ions
        counted = ", ".join(f"{ion} {ions[ion].charge:+d}" for ion in composition.species)
        notes.append(f"the charge counts {counted}; the compound may hold others of them")
    try:
        factors = tolerance_answer(tolerance(composition))
    except (MissingData, OutOfRange) as error:
        factors = None
        notes.append(str(error))
    try:
        cell = lattice_answer(lattice(composition, temperature_K))
        notes += cell["notes"]
    except (MissingData, OutOfRange) as error:
        cell = None
        notes.append(str(error))
    phases = queries.phases(composition.formula)
    found = properties(formula=composition.formula)
    more = {
        table: select(table, formula=composition.formula)
        for table in ("transition", "barrier", "device", "formability")
    }
    radii = list(factors["radii"].values()) if factors else []
    others = [row for rows in more.values() for row in rows]
    keys = [part["source"] for part in (*radii, *phases, *found, *others)]
    told = [("phase", row["id"]) for row in phases] + [(row["table"], row["id"]) for row in found]
    told += [(table, row["id"]) for table, rows in more.items() for row in rows]
    keys += cell["sources"] if cell else []
    answer = {
        "formula": composition.formula,
        "occupancies": {site: dict(ions) for site, ions in composition.sites.items()},
        "charge": composition.charge,
        "tolerance": factors,
        "phases": [phase_answer(row) for row in phases],
        "lattice": cell,
        "properties": found,
        "sources": {row["key"]: row["citation"] for row in queries.sources(sorted(keys))},
        **{f"{table}s": rows for table, rows in more.items() if table != "formability"},
        "formability": more["formability"],
        "conflicts": queries.conflicts_of(told),
        "stoichiometry": composition.stoichiometry,
        "layers": composition.layers,
        "vacancies": composition.vacancies,
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
    if answer["vacancies"]:
        lines.append(
            "  empty  " + ", ".join(f"{site} {x:.4g}" for site, x in answer["vacancies"].items())
        )
    if answer["stoichiometry"] != "ABX3":
        layered = f", as layered phases with n = {answer['layers']}" if answer["layers"] else ""
        lines.append(f"  {answer['stoichiometry']}{layered}")
    lines.append(f"  charge {charge}")
    if answer["tolerance"]:
        lines += ["", *_tolerance_lines(answer["tolerance"])]
    if answer["lattice"]:
        lines += ["", *_lattice_lines(answer["lattice"])]
    if phases:
        lines += ["", "phases", *render.table(phase_table(phases), indent="  ")]
    if answer["properties"]:
        lines += ["", *_property_lines(answer["formula"], answer["properties"])]
    more = {name: len(answer[name]) for name in ("transitions", "barriers", "devices")}
    if any(more.values()):
        counts = ", ".join(f"{count} {name}" for name, count in more.items() if count)
        lines += ["", f"also in the store (--json shows them): {counts}"]
    lines += [
        f"experiment says: {row['label']} ({row['evidence']}, {row['source']})"
        for row in answer["formability"]
    ]
    if not phases and not answer["properties"]:
        lines += ["", "no phases and no properties of this very composition in the store"]
    if answer["conflicts"]:
        told = [
            f"  {render.short(row['statement'], 220)} [{', '.join(row['rows'])}]"
            for row in answer["conflicts"]
        ]
        lines += ["", "conflicts between sources, or within one", *told]
    if answer["notes"]:
        lines += ["", "notes", *(f"  {note}" for note in answer["notes"])]
    sources = [
        f"  {key}: {render.short(citation, 110)}" for key, citation in answer["sources"].items()
    ]
    return [*lines, "", "sources", *sources]


#: Properties whose values are of different processes: no one of them stands for the others.
NOT_ONE_THING = ("defect_energy_eV",)


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


def _property_lines(formula: str, rows: list[dict[str, Any]]) -> list[str]:
    """One line a quantity: its preferred value, and the range of all."""
    from perovdb.errors import MissingData
    from perovdb.facts.preferred import choose

    by_name: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    shown, words = [], 0
    for name, of_name in by_name.items():
        try:
            best = choose(formula, name, of_name)
        except MissingData:
            words += len(of_name)
            continue
        if name in NOT_ONE_THING:
            continue
        first = best.competing[0]
        shown.append(
            {
                "property": render.short(name, 50),
                "value": value_text(first),
                "T_K": best.temperature_K,
                "phase": best.phase,
                "range": f"{best.min:g}-{best.max:g}" if best.n_values > 1 else "",
                "values": best.n_values,
                "sources": best.n_sources,
                "kind": best.kind,
                "evidence": best.evidence,
                "source": best.source,
            }
        )
    told = f"; {words} in words" if words else ""
    return [
        f"properties, the preferred value of each: 'perovdb properties {formula}' lists all{told}",
        *render.table(shown, indent="  "),
    ]
