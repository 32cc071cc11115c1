"""The average unit cell of a composition in a named phase: lattice, positions, occupancies.

A compound of the store takes its own cell, with its own ion on each site. A mixed perovskite takes
the positions of a phase from the end member that it holds most of, shares its sites as the
composition says, and has a lattice scaled to the pseudo-cubic parameter that Vegard's rule gives
at the temperature asked for. Vacancies empty the sites in part and leave the lattice as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.mixing import Lattice, perovskite_lattice
from perovdb.calculators.orbits import OrderedMolecule, orbits, ordered_molecules
from perovdb.composition import Composition, Material, as_composition, parse
from perovdb.composition.registry import Registry, load_registry
from perovdb.composition.stoichiometry import ABX3
from perovdb.errors import MissingData
from perovdb.facts.conditions import (
    ROOM_TEMPERATURE_K,
    kelvin_apart,
    measured_at,
    phase_name,
    temperature_text,
)
from perovdb.store import queries
from perovdb.store.connection import Record
from perovdb.store.selection import gives_way

#: How far the ions of a cell may be from those of its formula: occupancies are printed rounded.
_SAME_NUMBER = 0.02


@answer
class AverageCell(Answer):
    """A unit cell whose sites hold a composition, those that ions share its mean.

    Attributes:
        composition: what the sites hold.
        phase: name of the phase.
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        roles: (n,) "A", "B" or "X" of each site.
        fractional: (n, 3) fractional coordinates of the sites.
        occupants: (n,) species -> fraction on each site; what is missing to 1 is empty. Where
            ions of one role have sites of their own, as in Cs2PbCl2I2, these sites differ.
        template: formula whose positions were taken.
        temperature: the temperature that the lattice holds for, in words.
        origin: how the cell came about, for people.
        source, kind, evidence: of the positions and, for a pure compound, of the lattice.
        notes: where the cell is not what was asked for, such as one of another temperature.
        molecules: (n,) the molecule on each site as the crystal holds it in order, None where
            there is none or its order is not known; empty if there are none at all.
    """

    composition: Composition
    phase: str
    lattice_A: np.ndarray
    roles: tuple[str, ...]
    fractional: np.ndarray
    occupants: tuple[Mapping[str, float], ...]
    template: str
    temperature: str
    origin: str
    source: str
    kind: str
    evidence: str
    notes: tuple[str, ...]
    molecules: tuple[OrderedMolecule | None, ...] = ()

    @property
    def parameters(self) -> tuple[float, ...]:
        """a, b, c in angstrom, alpha, beta, gamma in degrees."""
        lengths = np.linalg.norm(self.lattice_A, axis=1)
        cosines = (self.lattice_A @ self.lattice_A.T) / np.outer(lengths, lengths)
        angles = np.degrees(np.arccos([cosines[1, 2], cosines[0, 2], cosines[0, 1]]))
        return tuple(np.concatenate([lengths, angles]).tolist())

    def rows(self) -> list[dict[str, Any]]:
        """One row for each site."""
        last = {
            "source": self.source,
            "kind": self.kind,
            "evidence": self.evidence,
            "notes": "; ".join(self.notes),
        }
        return [
            {
                "site": number,
                "role": role,
                "occupants": ", ".join(f"{ion} {x:.6g}" for ion, x in ions.items()),
                **dict(zip("xyz", place, strict=True)),
                **last,
            }
            for number, (role, ions, place) in enumerate(
                zip(self.roles, self.occupants, self.fractional.tolist(), strict=True)
            )
        ]

    def _table(self) -> list[dict[str, Any]]:
        return [{name: row[name] for name in list(row)[:6]} for row in self.rows()]

    def _lines(self) -> list[str]:
        names = ("a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg")
        box = {name: f"{x:.4f}" for name, x in zip(names, self.parameters, strict=True)}
        return [
            f"{self.composition.formula} {self.phase}: {self.origin}",
            *table([box], "  "),
            *table(self._table(), "  "),
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        return f"{self.composition.formula} {self.phase}, {len(self.roles)} sites"


def average_cell(
    material: Material,
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> AverageCell:
    """The average cell of a composition in a phase.

    Args:
        material: a formula, a composition, a structure or its file: what its ions are, whatever
            its own cell.
        phase: alpha, beta, gamma, delta, ... or cubic, tetragonal, orthorhombic; or the id of a
            row of the phase table, such as "L007", of an end member; by default that of the
            formula, as in "alpha-FAPbI3", else the phase of a
            pure compound at this temperature whose positions are known, and alpha for a mixed one.
            Where the positions of that phase are not known, alpha stands in for it and a note
            says so. A compound that is not ABX3 takes the phase whose positions are
            known nearest to this temperature.
        temperature_K: which cell of a pure compound to prefer, and where Vegard's rule is
            applied to a mixed one.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        MissingData: no positions are known for this phase, or no cell to mix; or the phase is
            not a perovskite and the composition is mixed, for which there is no rule.
    """
    composition = as_composition(material)
    if phase is None:
        phase = composition.phase or _default_phase(composition, temperature_K)
    phase = phase_name(phase)
    row = _template(composition, phase, temperature_K)
    phase = str(row["phase"])
    lattice_A, roles, fractional, occupants, molecules = _filled_sites(row, composition)
    full = composition.filled(load_registry())
    own = row["formula"] == composition.formula
    pure = own or row["formula"] == full.formula
    if not pure and not row["perovskite"]:
        raise MissingData(
            f"There is no cell of {composition.formula} in the phase '{phase}'.",
            f"{row['formula']} {phase} is not a perovskite, and Vegard's rule for perovskites "
            "does not hold for it; ask for an end member.",
        )
    if pure:
        temperature = temperature_text(row)
        origin = f"cell and positions of {row['formula']} {phase}, {temperature}"
    else:
        mixed = perovskite_lattice(full, temperature_K)
        a_template = (row["volume_A3"] / row["Z"]) ** (1 / 3)
        lattice_A = lattice_A * (mixed.a_pseudocubic_A / a_template)
        temperature = f"{temperature_K:g} K"
        origin = (
            f"positions of {row['formula']} {phase}, scaled to {_kind_of_a(mixed)} "
            f"a = {mixed.a_pseudocubic_A:.4f} A at {temperature}"
        )
    notes = _notes(row, phase, temperature_K) if pure else []
    if composition.vacancies and not own:
        notes.append(f"the lattice is that of {full.formula}, with all sites full")
    return AverageCell(
        composition=composition,
        phase=phase,
        lattice_A=lattice_A,
        roles=roles,
        fractional=fractional,
        occupants=occupants,
        template=row["formula"],
        temperature=temperature,
        origin=origin,
        source=row["source"],
        kind=row["kind"] if pure else "derived",
        evidence=row["evidence"],
        notes=tuple(notes),
        molecules=molecules,
    )


def _kind_of_a(mixed: Lattice) -> str:
    if len(mixed.end_members) == 1:
        return "the measured"
    return "the Vegard mean"


def _notes(row: Record, phase: str, temperature_K: float) -> list[str]:
    """What to say of the cell of a pure compound that does not hold at the temperature."""
    if measured_at(row, temperature_K):
        return []
    others = [
        other
        for other in queries.phases(row["formula"])
        if other["phase"] not in (phase, "pseudo-cubic") and measured_at(other, temperature_K)
    ]
    with_positions: dict[str, bool] = {}
    for other in sorted(others, key=lambda other: not other["perovskite"]):
        before = with_positions.get(other["phase"], False)
        with_positions[other["phase"]] = before or bool(queries.phase_sites(other["id"]))
    note = f"the cell is that of {temperature_text(row)}, not of {temperature_K:g} K"
    if with_positions:
        names = ", ".join(
            name + ("" if known else " (positions not known)")
            for name, known in with_positions.items()
        )
        note += f"; at {temperature_K:g} K {row['formula']} is known as {names}"
    return [note]


def _filled_sites(
    row: Record, composition: Composition
) -> tuple[
    np.ndarray,
    tuple[str, ...],
    np.ndarray,
    tuple[Mapping[str, float], ...],
    tuple[OrderedMolecule | None, ...],
]:
    """Lattice, roles, positions, occupants and molecules of a phase that holds a composition.

    The phase's own ions stand on its sites if it is of this composition, with all sites full or
    not; of another, its sites hold the mean.
    """
    registry = load_registry()
    sites = queries.phase_sites(row["id"])
    # Ions that share a site stand in rows of their own, at one place.
    ions_at: dict[tuple[Any, ...], dict[str, float]] = {}
    first: list[Record] = []
    for site in sites:
        place = (site["site"], site["x"], site["y"], site["z"])
        if place not in ions_at:
            first.append(site)
        species = str(site["species"])
        ions = ions_at.setdefault(place, {})
        ions[registry.spellings.get(species, species)] = float(site["occupancy"])
    occupants = list(ions_at.values())
    places = orbits(row, first)
    numbers = places.sites.tolist()
    _check_ions(row, [occupants[number] for number in numbers])
    shares = _shares_left(row["formula"], composition, registry)
    if {ion for ions in occupants for ion in ions} == set(shares):
        occupants = [{ion: x * shares[ion] for ion, x in ions.items()} for ions in occupants]
    else:
        occupants = [dict(composition.sites[site["site"]]) for site in first]
    roles = tuple(str(first[number]["site"]) for number in numbers)
    held = tuple(occupants[number] for number in numbers)
    molecules = tuple(
        molecule if molecule and ions == {molecule.species: 1.0} else None
        for molecule, ions in zip(ordered_molecules(row, first, places), held, strict=True)
    )
    return (
        places.lattice_A, roles, places.fractional, held,
        molecules if any(molecules) else (),
    )  # fmt: skip


def _check_ions(row: Record, occupants: list[dict[str, float]]) -> None:
    """Refuse a phase whose positions, repeated by its group, hold other ions than its formula.

    Raises:
        MissingData: they do.
    """
    held: dict[str, float] = {}
    for ions in occupants:
        for ion, x in ions.items():
            held[ion] = held.get(ion, 0.0) + x
    wanted = {ion: x * row["Z"] for ion, x in parse(row["formula"]).amounts.items()}
    if held.keys() != wanted.keys() or any(
        abs(x - wanted[ion]) > _SAME_NUMBER * wanted[ion] for ion, x in held.items()
    ):
        cell = ", ".join(f"{x:g} {ion}" for ion, x in held.items())
        raise MissingData(
            f"The positions of phase {row['id']} put {cell} into its cell, which are not "
            f"{row['Z']} {row['formula']}.",
            "Mend its rows in phase_site: x, y, z, occupancy, or the group and Z of the phase.",
        )


def _shares_left(formula: str, composition: Composition, registry: Registry) -> dict[str, float]:
    """Ion -> share of it that is left in a composition after vacancies took theirs from a
    formula; none if it is not the formula of this composition."""
    if formula == composition.formula:
        return dict.fromkeys(composition.species, 1.0)
    full = composition.filled(registry)
    if formula != full.formula:
        return {}
    return {
        ion: x / full.sites[site][ion]
        for site, ions in composition.sites.items()
        for ion, x in ions.items()
    }


def _default_phase(composition: Composition, temperature_K: float) -> str:
    full = composition.filled(load_registry()).formula
    rows = queries.phases(composition.formula)
    rows += queries.phases(full) if full != composition.formula else []
    if composition.ratio == ABX3 and full not in composition.end_members():
        return "alpha"
    perovskite = any(row["perovskite"] for row in rows) or not rows
    if composition.ratio == ABX3 and perovskite:
        rows = [row for row in rows if row["perovskite"] and measured_at(row, temperature_K)]
    else:
        # sorted() keeps the store's order of preference among those of this temperature.
        rows = sorted(rows, key=lambda row: _kelvin_off(row, temperature_K))
    for row in rows:
        if queries.phase_sites(row["id"]):
            return str(row["phase"])
    if composition.ratio == ABX3:
        return "alpha"
    raise MissingData(
        f"The store has no atomic positions for {composition.formula}.",
        "A model of a layered phase can be built, and its file used: 'perovdb build "
        f"{composition.formula} -o model.cif'."
        if composition.layers is not None
        else "Vegard's rule, which mixes cells, holds for perovskites ABX3 alone.",
    )


def _kelvin_off(row: Record, temperature_K: float) -> float:
    return 0.0 if measured_at(row, temperature_K) else kelvin_apart(row, temperature_K)


def _template(composition: Composition, phase: str, temperature_K: float) -> Record:
    """The row of the phase table whose positions serve: of the compound itself, if it is there,
    with or without its vacancies, else of the end member of a perovskite with the largest
    fraction; nearest in temperature first."""
    members = composition.end_members() if composition.ratio == ABX3 else {}
    full = composition.filled(load_registry()).formula
    by_share = [full, *sorted(members, key=lambda formula: -members[formula])]
    seen: list[str] = []
    for formula in dict.fromkeys([composition.formula, *by_share]):
        rows = queries.phases(formula)
        usable = [row for row in rows if queries.phase_sites(row["id"])]
        of_phase = [row for row in usable if phase in (row["phase"], row["id"])]
        if of_phase:
            # min() keeps the store's order of preference among those of this temperature.
            return min(of_phase, key=lambda row: (gives_way(row), _kelvin_off(row, temperature_K)))
        seen += [f"{formula} {row['phase']}" for row in usable]
    known = ", ".join(dict.fromkeys(seen))
    raise MissingData(
        f"The store has no atomic positions for {composition.formula} in a phase '{phase}'.",
        f"Positions are known for: {known}."
        if known
        else "None of its end members has a phase with known positions: take one that has, and "
        "replace its ions, as in 'perovdb build MAPbI3 --replace MA=EA:1'.",
    )
