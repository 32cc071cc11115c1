"""Lattice parameter of a composition from those of its end members (Vegard's rule).

Compounds tilt and change phase with temperature, so cells are compared by their pseudo-cubic
parameter a = (V / Z)^(1/3), and only at one temperature: mixing a 634 K cubic cell with a
room-temperature one would be wrong by more than a tenth of an angstrom.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from perovdb.answers import answer
from perovdb.calculators.provenance import Estimate
from perovdb.composition import Composition, Material, as_composition, as_perovskite
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, MissingData
from perovdb.facts.conditions import (
    ROOM_TEMPERATURE_K,
    kelvin_apart,
    measured_at,
    temperature_text,
)
from perovdb.store import queries
from perovdb.store.connection import Record

VEGARD = "Vegard: mean of the end members' pseudo-cubic a, weighted by their fractions"


class Cell(NamedTuple):
    """A compound's pseudo-cubic lattice parameter in one phase, with where it comes from."""

    formula: str
    phase: str
    phase_id: str
    space_group: str
    a_pseudocubic_A: float
    temperature_K: float | None
    temperature_basis: str
    temperature: str
    source: str
    kind: str
    evidence: str


class EndMember(NamedTuple):
    """A compound's share in a mixture, the cell taken for it and the cells passed over."""

    formula: str
    fraction: float
    cell: Cell
    competing: tuple[Cell, ...]
    elsewhere: tuple[Cell, ...]
    not_perovskite: tuple[str, ...]

    @property
    def range_A(self) -> tuple[float, float]:
        """Lowest and highest pseudo-cubic parameter among all cells at this temperature."""
        values = [cell.a_pseudocubic_A for cell in (self.cell, *self.competing)]
        return min(values), max(values)


@answer
class Lattice(Estimate):
    """Pseudo-cubic lattice parameter of a composition at a temperature.

    Attributes:
        formula, temperature_K: what was asked for.
        a_pseudocubic_A: the parameter a = (V / Z)^(1/3), in angstrom.
        method: how it was obtained.
        end_members: the compounds that it mixes, with the cells taken for them.
        notes: which cells were taken and which were passed over.
    """

    formula: str
    a_pseudocubic_A: float
    temperature_K: float
    method: str
    end_members: tuple[EndMember, ...]
    notes: tuple[str, ...]

    def _values(self) -> list[Cell]:
        return [member.cell for member in self.end_members]

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                "formula": self.formula,
                "a_pseudocubic_A": f"{self.a_pseudocubic_A:.4f}",
                "temperature_K": self.temperature_K,
                "evidence": self.evidence,
                "sources": " ".join(self.sources),
                "method": self.method,
            }
        ]

    def _headline(self) -> str:
        return f"{self.formula}, a={self.a_pseudocubic_A:.4f} A at {self.temperature_K:g} K"


def lattice(
    material: Material,
    temperature_K: float = ROOM_TEMPERATURE_K,
    bowing_A: Mapping[str, float] | None = None,
) -> Lattice:
    """Pseudo-cubic lattice parameter at a temperature, as `perovskite_lattice`; of a compound of
    which no perovskite ABX3 is known, such as PbI2, the cube root of the volume of a formula unit
    in its own cell, which a note tells.

    Args:
        material, temperature_K, bowing_A: as for `perovskite_lattice`.

    Raises:
        PerovdbError: as `perovskite_lattice`; OutOfRange only if no cell is known.

    >>> lattice("PbI2")
    Lattice(PbI2, a=5.0092 A at 298 K)
    """
    own = queries.phases(as_composition(material).formula)
    if own and not bowing_A and not any(row["perovskite"] for row in own):
        return _of_its_own_cell(own, temperature_K)
    return perovskite_lattice(material, temperature_K, bowing_A)


def perovskite_lattice(
    material: Material,
    temperature_K: float = ROOM_TEMPERATURE_K,
    bowing_A: Mapping[str, float] | None = None,
) -> Lattice:
    """Pseudo-cubic lattice parameter at a temperature; Vegard's rule for mixed sites.

    Only perovskite phases count, measured within 15 K of this temperature or
    for a range that holds it. Among them a phase's own cell comes before a pseudo-cubic index of
    it, a stated temperature before a range, and then the store's preference decides.
    A composition with vacancies takes that of the one without, and a note says so.

    Args:
        material: a formula, a composition, a structure or its file: what its ions are, whatever
            its own cell.
        temperature_K: in kelvin.
        bowing_A: "Br-I" -> b in angstrom: b x_i x_j is taken off for two ions that share a site.
            The store knows none.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: a bowing is not one of two ions that share a site.
        MissingData: an end member has no perovskite cell at this temperature.
        OutOfRange: the formula is not ABX3.

    >>> perovskite_lattice("CsPbI3")
    Lattice(CsPbI3, a=6.1870 A at 298 K)
    """
    composition = as_perovskite(material, "The pseudo-cubic lattice parameter", vacancies=True)
    full = composition.filled(load_registry())
    members = tuple(
        _end_member(formula, fraction, temperature_K)
        for formula, fraction in full.end_members().items()
    )
    pure = len(members) == 1
    bowings = bowing_A or {}
    straight_A = sum(m.fraction * m.cell.a_pseudocubic_A for m in members)
    bent_A = sum(b * _product_of_fractions(full, pair) for pair, b in bowings.items())
    notes = [
        f"{member.formula}: {note}" for member in members for note in _notes(member, temperature_K)
    ]
    notes += [f"bowing {pair}: {b:g} A, as given" for pair, b in bowings.items()]
    if composition.vacancies:
        notes.append(
            f"that of {full.formula}, with all sites full: what vacancies do to it is not known"
        )
    return Lattice(
        formula=composition.formula,
        a_pseudocubic_A=straight_A - bent_A,
        temperature_K=temperature_K,
        method=f"cell of the {members[0].cell.phase} phase"
        if pure
        else VEGARD + (", less bowing" if bowings else ""),
        end_members=members,
        notes=tuple(notes),
    )


def _of_its_own_cell(rows: list[Record], temperature_K: float) -> Lattice:
    """(V / Z)^(1/3) of a compound that is no perovskite, of the cell nearest in temperature."""
    # min() keeps the store's order of preference among those of this temperature.
    row = min(
        rows,
        key=lambda row: 0 if measured_at(row, temperature_K) else kelvin_apart(row, temperature_K),
    )
    cell = _cell(row | {"a_pseudocubic_A": (row["volume_A3"] / row["Z"]) ** (1 / 3)})
    edges = ", ".join(f"{row[name]:g}" for name in ("a_A", "b_A", "c_A"))
    angles = ", ".join(f"{row[name]:g}" for name in ("alpha_deg", "beta_deg", "gamma_deg"))
    notes = [
        "no perovskite ABX3 is known of it: the cube root of the volume of a formula unit",
        f"its cell: {edges} A, {angles} deg, {cell.space_group or 'group not known'}, "
        f"Z = {row['Z']}, {cell.temperature}",
    ]
    if cell.kind == "computed":
        notes.append("the cell is computed, not measured")
    if cell.evidence != "read":
        notes.append(f"the value is {cell.evidence}, not read in its source")
    return Lattice(
        formula=cell.formula,
        a_pseudocubic_A=cell.a_pseudocubic_A,
        temperature_K=temperature_K,
        method=f"cell of the {cell.phase} phase",
        end_members=(EndMember(cell.formula, 1.0, cell, (), (), ()),),
        notes=tuple(notes),
    )


def _product_of_fractions(composition: Composition, pair: str) -> float:
    """x_i x_j of two ions "i-j" that share a site."""
    ions = pair.split("-")
    for of_site in composition.sites.values():
        if len(ions) == 2 and ions[0] != ions[1] and set(ions) <= set(of_site):
            return of_site[ions[0]] * of_site[ions[1]]
    raise InputError(
        f"'{pair}' are not two ions that share a site of {composition.formula}.",
        "Write them as in Br-I.",
    )


def _end_member(formula: str, fraction: float, temperature_K: float) -> EndMember:
    every = queries.phases(formula)
    rows = [row for row in every if row["perovskite"]]
    here = [row for row in rows if measured_at(row, temperature_K)]
    if not here:
        known = ", ".join(f"{row['phase']} at {temperature_text(row)}" for row in rows)
        raise MissingData(
            f"The store has no perovskite cell of {formula} at {temperature_K:g} K.",
            f"It has: {known}. Ask for a temperature that is stated there; a model can take a "
            "lattice parameter of your own, or the cell of one end member and replaced ions."
            if known
            else "No cell of it is known at any temperature; an alloy needs all its end members.",
        )
    here.sort(key=lambda row: (row["phase"] == "pseudo-cubic", row["temperature_K"] is None))
    cells = [_cell(row) for row in here]
    return EndMember(
        formula=formula,
        fraction=fraction,
        cell=cells[0],
        competing=tuple(cells[1:]),
        elsewhere=tuple(_cell(row) for row in rows if row not in here),
        not_perovskite=tuple(
            dict.fromkeys(
                row["phase"]
                for row in every
                if not row["perovskite"] and measured_at(row, temperature_K)
            )
        ),
    )


def _cell(row: Record) -> Cell:
    same = {name: row[name] for name in Cell._fields if name not in ("phase_id", "temperature")}
    return Cell(phase_id=row["id"], temperature=temperature_text(row), **same)


def _notes(member: EndMember, temperature_K: float) -> Iterator[str]:
    cell = member.cell
    yield (
        f"{cell.phase} phase, the perovskite known at {temperature_K:g} K; cell of "
        f"{cell.temperature}"
    )
    others = sorted(
        {
            f"{other.phase} {other.a_pseudocubic_A:.3f} A at {other.temperature}"
            for other in member.elsewhere
            if other.temperature_basis != "unknown"
        }
    )
    if others:
        yield f"not used, other temperatures: {'; '.join(others)}"
    if member.not_perovskite:
        yield (
            f"also known at {temperature_K:g} K, not a perovskite and not used: "
            f"{', '.join(member.not_perovskite)}"
        )
    if cell.evidence != "read":
        yield f"the value is {cell.evidence}, not read in its source"
