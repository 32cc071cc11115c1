"""Lattice parameter of a composition from those of its end members (Vegard's rule).

Compounds tilt and change phase with temperature, so cells are compared by their pseudo-cubic
parameter a = (V / Z)^(1/3), and only at one temperature: mixing a 634 K cubic cell with a
room-temperature one would be wrong by more than a tenth of an angstrom.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from math import hypot, inf
from typing import Any, NamedTuple

from perovdb.answers import answer
from perovdb.calculators.provenance import Estimate
from perovdb.composition import Composition, Material, as_composition, as_perovskite
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.facts.conditions import (
    ROOM_TEMPERATURE_K,
    TEMPERATURE_TOLERANCE_K,
    kelvin_apart,
    measured_at,
    temperature_text,
)
from perovdb.store import queries
from perovdb.store.connection import Record

VEGARD = "Vegard: mean of the end members' pseudo-cubic a, weighted by their fractions"

#: A cell measured further off than this gives way to one between two of its phase and source.
_SAME_TEMPERATURE_K = 2.0

#: Estimated end members that make a lattice parameter less sure than this are no answer.
LARGEST_SU_A = 0.1


class Cell(NamedTuple):
    """A compound's pseudo-cubic lattice parameter in one phase, with where it comes from.

    `estimate` says how it was estimated, "" for a measured one, and su_A how far it may be off.
    """

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
    su_A: float = 0.0
    estimate: str = ""


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
        su_A: standard uncertainty that comes from cells that are estimated; 0 where none is.
        method: how it was obtained.
        end_members: the compounds that it mixes, with the cells taken for them.
        notes: which cells were taken and which were passed over.
    """

    formula: str
    a_pseudocubic_A: float
    su_A: float
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
                **({"su_A": f"{self.su_A:.3f}"} if self.su_A else {}),
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

    A cell that was measured of this very composition comes first. Only perovskite phases count,
    measured within 15 K of this temperature or for a range that holds it; else one between two
    cells of one phase, or moved by a stored expansion coefficient within a phase. Among cells a
    phase's own comes before a pseudo-cubic index of it, a stated temperature before a range, and
    then the store's preference decides. End members that are no perovskites are estimated, as
    `perovdb.calculators.estimated_cells` tells.
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
        MissingData: an end member has no perovskite cell at this temperature, or estimates leave
            the parameter unsure by more than 0.1 A.
        OutOfRange: the formula is not ABX3.

    >>> perovskite_lattice("CsPbI3")
    Lattice(CsPbI3, a=6.1870 A at 298 K)
    """
    composition = as_perovskite(material, "The pseudo-cubic lattice parameter", vacancies=True)
    full = composition.filled(load_registry())
    bowings = bowing_A or {}
    own = None if bowings else _measured_alloy(full, temperature_K)
    members = (own,) if own else _members(full, temperature_K)
    pure = len(members) == 1
    straight_A = sum(m.fraction * m.cell.a_pseudocubic_A for m in members)
    bent_A = sum(b * _product_of_fractions(full, pair) for pair, b in bowings.items())
    su_A = hypot(*(m.fraction * m.cell.su_A for m in members))
    if su_A > LARGEST_SU_A:
        estimated = ", ".join(m.formula for m in members if m.cell.su_A)
        raise MissingData(
            f"The lattice parameter of {full.formula} is not known to better than {su_A:.2f} A: "
            f"the cell of {estimated} is an estimate.",
            "A model can take a lattice parameter of your own.",
        )
    notes = [
        f"{member.formula}: {note}" for member in members for note in _notes(member, temperature_K)
    ]
    notes += [f"bowing {pair}: {b:g} A, as given" for pair, b in bowings.items()]
    if len(full.species) > len("ABX"):
        from perovdb.calculators.experiment import sample_notes, solubility_notes

        notes += sample_notes(full.formula, own.cell.phase_id if own else "")
        notes += solubility_notes(full)
    if composition.vacancies:
        notes.append(
            f"that of {full.formula}, with all sites full: what vacancies do to it is not known"
        )
    return Lattice(
        formula=composition.formula,
        a_pseudocubic_A=straight_A - bent_A,
        su_A=su_A,
        temperature_K=temperature_K,
        method=_method(members[0], own is not None)
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
    cell = cell_of(row | {"a_pseudocubic_A": (row["volume_A3"] / row["Z"]) ** (1 / 3)})
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
    with suppress(MissingData, OutOfRange):
        as_one = perovskite_lattice(cell.formula, temperature_K)
        notes.append(f"as a perovskite, {as_one.notes[0]}")
    return Lattice(
        formula=cell.formula,
        a_pseudocubic_A=cell.a_pseudocubic_A,
        su_A=0.0,
        temperature_K=temperature_K,
        method=f"cell of the {cell.phase} phase",
        end_members=(EndMember(cell.formula, 1.0, cell, (), (), ()),),
        notes=tuple(notes),
    )


def _members(composition: Composition, temperature_K: float) -> tuple[EndMember, ...]:
    return tuple(
        end_member(formula, fraction, temperature_K, composition)
        for formula, fraction in composition.end_members().items()
    )


def end_member(
    formula: str, fraction: float, temperature_K: float, of: Composition | None = None
) -> EndMember:
    """The cell of a compound at a temperature, as a share of a composition.

    Args:
        formula: of the compound.
        fraction: its share.
        temperature_K: in kelvin.
        of: the mixture that it is a member of, whose measured alloys may say more.

    Raises:
        MissingData: none is known and none can be estimated.
    """
    every = queries.phases(formula)
    rows = [row for row in every if row["perovskite"]]
    here = [row for row in rows if measured_at(row, temperature_K)]
    here.sort(key=lambda row: (row["phase"] == "pseudo-cubic", row["temperature_K"] is None))
    cells = [cell_of(row) for row in here]
    if cells and _off_K(cells[0], temperature_K) > _SAME_TEMPERATURE_K:
        from perovdb.calculators.moved_cells import between

        line = between([row for row in rows if row["phase"] == cells[0].phase], temperature_K)
        cells = [line, *cells] if line and not line.su_A else cells
    if not cells:
        cells = [_moved_or_estimated(formula, fraction, rows, temperature_K, of)]
    return EndMember(
        formula=formula,
        fraction=fraction,
        cell=cells[0],
        competing=tuple(cells[1:]),
        elsewhere=tuple(cell_of(row) for row in rows if row not in here),
        not_perovskite=tuple(
            dict.fromkeys(
                row["phase"]
                for row in every
                if not row["perovskite"] and measured_at(row, temperature_K)
            )
        ),
    )


def _moved_or_estimated(
    formula: str,
    fraction: float,
    rows: list[Record],
    temperature_K: float,
    of: Composition | None,
) -> Cell:
    from perovdb.calculators.estimated_cells import estimated
    from perovdb.calculators.moved_cells import between, expanded

    cell = between(rows, temperature_K) or expanded(rows, formula, temperature_K)
    # A cell of no known temperature is no measured one at any.
    if cell is None and all(kelvin_apart(row, temperature_K) == inf for row in rows):
        cell = estimated(formula, fraction, temperature_K, of)
    if cell is None:
        raise _missing(formula, rows, temperature_K)
    return cell


def _measured_alloy(composition: Composition, temperature_K: float) -> EndMember | None:
    """The measured cell of a mixed composition itself; none if there is none.

    What was measured of a sample, such as dots under the microscope, counts where an end member
    has no cell, so that Vegard's rule has nothing to say.
    """
    formula = composition.formula
    if len(composition.end_members()) == 1:
        return None
    rows = [row for row in queries.phases(formula) if row["perovskite"]]
    cells = [cell_of(row) for row in rows if measured_at(row, temperature_K)]
    at_room = abs(temperature_K - ROOM_TEMPERATURE_K) <= TEMPERATURE_TOLERANCE_K
    if not cells and at_room and not all(map(_has_cell, composition.end_members())):
        from perovdb.calculators.experiment import measured_samples

        cells += [sample_cell(row) for row in measured_samples() if row["formula"] == formula]
    return EndMember(formula, 1.0, cells[0], tuple(cells[1:]), (), ()) if cells else None


def _has_cell(formula: str) -> bool:
    rows = queries.phases(formula)
    return any(row["perovskite"] and row["temperature_basis"] != "unknown" for row in rows)


def sample_cell(row: Record) -> Cell:
    """The cell that a record of a sample tells."""
    return Cell(
        row["formula"],
        row["phase"],
        row["id"],
        "",
        row["lattice_parameter_A"],
        None,
        "unknown",
        f"room temperature, {row['form']}, {row['method']}, {row['sample']}",
        row["source"],
        row["kind"],
        row["evidence"],
    )


def cell_of(row: Record) -> Cell:
    """The cell of a row of the phase table."""
    names = [name for name in Cell._fields if name in row and name not in ("su_A", "estimate")]
    same = {name: row[name] for name in names}
    return Cell(phase_id=row["id"], temperature=temperature_text(row), **same)


def _off_K(cell: Cell, temperature_K: float) -> float:
    return 0.0 if cell.temperature_K is None else abs(cell.temperature_K - temperature_K)


def _missing(formula: str, rows: list[Record], temperature_K: float) -> MissingData:
    known = ", ".join(f"{row['phase']} at {temperature_text(row)}" for row in rows)
    return MissingData(
        f"The store has no perovskite cell of {formula} at {temperature_K:g} K.",
        f"It has: {known}. Ask for a temperature that is stated there; a model can take a "
        "lattice parameter of your own, or the cell of one end member and replaced ions."
        if known
        else "No cell of it is known at any temperature; an alloy needs all its end members.",
    )


def _method(member: EndMember, measured: bool) -> str:
    if measured:
        return "measured of this composition"
    if member.cell.estimate:
        return "estimate"
    return f"cell of the {member.cell.phase} phase"


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


def _notes(member: EndMember, temperature_K: float) -> Iterator[str]:
    cell = member.cell
    if cell.estimate:
        yield f"{cell.a_pseudocubic_A:.3f} +- {cell.su_A:.3f} A, an estimate: {cell.estimate}"
        return
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
