"""Everything known of a composition on one card: what the store holds and what follows."""

from collections.abc import Iterable
from typing import Any

from perovdb.answers import Answer, answer
from perovdb.answers.tables import line_width, short, table
from perovdb.calculators.mixing import Lattice, perovskite_lattice
from perovdb.calculators.tolerance import Tolerance, tolerance
from perovdb.composition import Composition, Material, as_composition
from perovdb.errors import MissingData, OutOfRange
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, phase_columns
from perovdb.facts.preferred import Preferred, choose
from perovdb.facts.properties import properties
from perovdb.facts.select import select
from perovdb.store import current_store, queries, using
from perovdb.store.connection import Record

#: Properties whose values are of different processes: no one of them stands for the others.
NOT_ONE_THING = ("defect_energy_eV",)

#: The short card leaves room for a prompt on a screen of 80 x 24.
LINES = 22
_WIDTH = 80
_MOST_PHASES = 4


@answer
class Card(Answer):
    """What is known of a composition. `str` gives the answer on one screen, `whole` the rest.

    Attributes:
        formula, stoichiometry, layers, charge: as of a `Composition`.
        occupancies: site -> ion -> fraction.
        vacancies: site -> fraction of it that is empty.
        temperature_K: that the lattice is for.
        tolerance, lattice: None where a note says why.
        preferred: of each property with numbers the preferred one; its competitors are among
            `properties`.
        phases, properties, transitions, barriers, devices, formability: rows of the store.
        conflicts: between the sources of these rows, or within one.
        sources: key -> citation, of everything here.
        notes: what a user should know of the values above.
    """

    formula: str
    stoichiometry: str
    layers: int | None
    charge: float
    occupancies: dict[str, dict[str, float]]
    vacancies: dict[str, float]
    temperature_K: float
    tolerance: Tolerance | None
    lattice: Lattice | None
    preferred: tuple[Preferred, ...]
    phases: tuple[Record, ...]
    properties: tuple[Record, ...]
    transitions: tuple[Record, ...]
    barriers: tuple[Record, ...]
    devices: tuple[Record, ...]
    formability: tuple[Record, ...]
    conflicts: tuple[Record, ...]
    sources: dict[str, str]
    notes: tuple[str, ...]

    def rows(self) -> list[dict[str, Any]]:
        """One row a quantity: tolerance factors, the lattice parameter, preferred properties."""
        names = (
            "quantity", "value", "uncertainty", "min", "max", "n_values", "n_sources", "phase",
            "temperature_K", "source", "kind", "evidence", "notes",
        )  # fmt: skip
        known: list[dict[str, Any]] = []
        if self.tolerance:
            (row,) = self.tolerance.rows()
            known += [
                {**row, "quantity": name, "value": row[name]}
                for name in ("t", "mu", "tau", "probability")
            ]
        if self.lattice:
            (row,) = self.lattice.rows()
            name = "a_pseudocubic_A"
            known.append({**row, "quantity": f"{name} of the lattice", "value": row[name]})
        known += [row for best in self.preferred for row in best.rows()]
        return [{name: row.get(name) for name in names} for row in known]

    def _lines(self) -> list[str]:
        """The short card: what fits on one screen, and how much more there is."""
        width = min(line_width() or _WIDTH, 100)
        lines = [*self._head_lines(), *self._short_results()]
        per_phase = list({row["phase"]: row for row in reversed(self.phases)}.values())[::-1]
        if per_phase:
            lines += ["phases, the preferred cell of each"]
            lines += table([_cell(row) for row in per_phase[:_MOST_PHASES]], "  ", width)
        room = max(LINES - len(lines) - 4, 0)
        if self.preferred and room:
            names = ("property", "value", "T_K", "phase", "range", "kind", "evidence", "source")
            columns = [best.columns() for best in self.preferred[:room]]
            lines += ["properties, the preferred value of each"]
            lines += table([{n: row[n] for n in names} for row in columns], "  ", width)
        if not self.phases and not self.properties:
            lines += ["no phases and no properties of this very composition in the store"]
        more = wrapped(self._more(len(per_phase), room), width)
        room = LINES - len(lines) - len(more)
        noted = [f"  note: {note}" for note in self.notes[: max(room, 0)]]
        return [
            line if len(line) <= width else f"{line[: width - 1]}…" for line in lines + noted
        ] + more

    def _head_lines(self) -> list[str]:
        charge = f"{self.charge:+g}" if self.charge else "0"
        layered = f", as layered phases with n = {self.layers}" if self.layers else ""
        sites = "   ".join(
            f"{site}  " + ", ".join(f"{ion} {x:g}" for ion, x in ions.items())
            for site, ions in self.occupancies.items()
        )
        empty = ", ".join(f"{site} {x:.4g}" for site, x in self.vacancies.items())
        return [
            f"{self.formula}   {self.stoichiometry}{layered}, charge {charge}",
            f"  {sites}",
            *([f"  empty  {empty}"] if empty else []),
        ]

    def _short_results(self) -> list[str]:
        lines = []
        if self.tolerance:
            lines.append(f"{self._tolerance_line()}  P = {self.tolerance.probability:.2f}")
        if self.lattice:
            known = f"{self.lattice.evidence}, {' '.join(self.lattice.sources)}"
            lines += [f"{self._lattice_line()} ({known})", f"  {self.lattice.method}"]
        return [*lines, *self._experiment()]

    def _experiment(self) -> list[str]:
        return [
            f"experiment says: {row['label']} ({row['evidence']}, {row['source']})"
            for row in self.formability
        ]

    def _more(self, phases: int, properties: int) -> str:
        counts = {
            "cells": len(self.phases) - min(phases, _MOST_PHASES),
            "property rows": len(self.properties) - min(len(self.preferred), properties),
            "transitions": len(self.transitions),
            "barriers": len(self.barriers),
            "devices": len(self.devices),
            "conflicts": len(self.conflicts),
            "notes": len(self.notes),
        }
        more = ", ".join(f"{number} {name}" for name, number in counts.items() if number > 0)
        return f"'perovdb show {self.formula} --all' has {more or 'nothing more'}, and the sources"

    def whole(self) -> str:
        """The whole card: every phase and radius, conflicts, notes and sources."""
        lines = self._head_lines()
        if self.tolerance:
            lines += ["", self._tolerance_line()]
            lines += [
                f"  r({ion}) = {used.radius_A:.2f} A, {used.coordination}, {used.set} "
                f"({used.evidence})"
                for ion, used in self.tolerance.radii.items()
            ]
        if self.lattice:
            lines += ["", f"{self._lattice_line()}; {self.lattice.method}"]
            for member in self.lattice.end_members:
                low, high = member.range_A
                lines.append(
                    f"  {member.fraction:g} {member.formula} {member.cell.phase} "
                    f"{member.cell.a_pseudocubic_A:.4f} A, {member.cell.evidence}, "
                    f"{member.cell.source}; {1 + len(member.competing)} value(s), "
                    f"{low:.4f} to {high:.4f}"
                )
        if self.phases:
            lines += ["", "phases", *table([phase_columns(row) for row in self.phases], "  ")]
        if self.preferred:
            lines += ["", "properties, the preferred value of each"]
            lines += table([best.columns() for best in self.preferred], "  ")
        counts = {
            f"perovdb properties {self.formula}": len(self.properties),
            f"perovdb barriers --host {self.formula}": len(self.barriers),
            f"perovdb devices {self.formula}": len(self.devices),
            f"perovdb phase-at {self.formula}": len(self.transitions),
        }
        lists = [f"  {number:4} rows: {ask}" for ask, number in counts.items() if number]
        lines += ["", "also in the store", *lists] if lists else []
        lines += self._experiment()
        if not self.phases and not self.properties:
            lines += ["", "no phases and no properties of this very composition in the store"]
        if self.conflicts:
            lines += ["", "conflicts between sources, or within one"]
            lines += [f"  {row['statement']} [{', '.join(row['rows'])}]" for row in self.conflicts]
        if self.notes:
            lines += ["", "notes", *(f"  {note}" for note in self.notes)]
        citations = [f"  {key}: {short(text, 110)}" for key, text in self.sources.items()]
        return "\n".join([*lines, "", "sources", *citations])

    def _tolerance_line(self) -> str:
        assert self.tolerance
        factors = self.tolerance
        return f"tolerance  t = {factors.t:.3f}  mu = {factors.mu:.3f}  tau = {factors.tau_text}"

    def _lattice_line(self) -> str:
        assert self.lattice
        a, temperature = self.lattice.a_pseudocubic_A, self.lattice.temperature_K
        return f"lattice  a = {a:.4f} A pseudo-cubic at {temperature:g} K"

    def _table(self) -> list[dict[str, Any]]:
        return [{k: v for k, v in row.items() if k != "notes"} for row in self.rows()]

    def _headline(self) -> str:
        return f"{self.formula}, {len(self.phases)} phases, {len(self.properties)} properties"


def show(material: Material, temperature_K: float = ROOM_TEMPERATURE_K) -> Card:
    """Everything known of a composition.

    Args:
        material: a formula, a composition, a structure or a structure file.
        temperature_K: that the lattice parameter is for.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.

    >>> show("CsPbI3").formula
    'CsPbI3'
    """
    with using(current_store()):
        return _card(as_composition(material), temperature_K)


def _card(composition: Composition, temperature_K: float) -> Card:
    formula = composition.formula
    notes = list(_charge_notes(composition))
    factors: Tolerance | None = None
    cell: Lattice | None = None
    try:
        factors = tolerance(composition)
        notes += factors.notes
    except (MissingData, OutOfRange) as error:
        notes.append(str(error))
    try:
        cell = perovskite_lattice(composition, temperature_K)
        notes += cell.notes
    except (MissingData, OutOfRange) as error:
        notes.append(str(error))
    if cell is None and composition.is_perovskite:
        from perovdb.calculators.experiment import solubility_notes

        notes += solubility_notes(composition)
    phases = queries.phases(formula)
    measured = properties(formula)
    more = {
        name: select(name, formula=formula)
        for name in ("transition", "barrier", "device", "formability")
    }
    rows = [("phase", row) for row in phases] + [(row["table"], row) for row in measured]
    rows += [(name, row) for name, of_table in more.items() for row in of_table]
    keys = {row["source"] for _, row in rows}
    for result in (factors, cell):
        keys |= {*result.sources} if result else set()
    return Card(
        formula=formula,
        stoichiometry=composition.stoichiometry,
        layers=composition.layers,
        charge=composition.charge,
        occupancies={site: dict(ions) for site, ions in composition.sites.items()},
        vacancies=composition.vacancies,
        temperature_K=temperature_K,
        tolerance=factors,
        lattice=cell,
        preferred=tuple(_preferred(formula, measured)),
        phases=tuple(phases),
        properties=tuple(measured),
        transitions=tuple(more["transition"]),
        barriers=tuple(more["barrier"]),
        devices=tuple(more["device"]),
        formability=tuple(more["formability"]),
        conflicts=tuple(queries.conflicts_of((name, row["id"]) for name, row in rows)),
        sources={row["key"]: row["citation"] for row in queries.sources(sorted(keys))},
        notes=tuple(dict.fromkeys(notes)),
    )


def _charge_notes(composition: Composition) -> Iterable[str]:
    if composition.charge and not composition.vacancies:
        counted = ", ".join(f"{ion} {charge:+d}" for ion, charge in composition.charges.items())
        yield f"the charge counts {counted}; the compound may hold others of them"


def _preferred(formula: str, rows: list[Record]) -> Iterable[Preferred]:
    """The preferred number of each property that has one."""
    by_name: dict[str, list[Record]] = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    for name, of_name in by_name.items():
        if name not in NOT_ONE_THING:
            try:
                yield choose(formula, name, of_name, competing=False)
            except MissingData:
                continue


def _cell(row: Record) -> dict[str, Any]:
    shown = phase_columns(row)
    names = ("phase", "space group", "a_A", "b_A", "c_A", "temperature", "evidence", "source")
    return {n: f"{shown[n]:.3f}" if n.endswith("_A") else shown[n] for n in names}


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most so many characters, the later ones indented."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + 1 + len(word) > width and lines[-1]:
            lines.append(" ")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines
