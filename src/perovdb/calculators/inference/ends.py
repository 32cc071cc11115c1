"""End members of an alloy: their lattice parameters, and the range that these span."""

from collections.abc import Mapping, Sequence
from math import hypot
from typing import NamedTuple, TypeAlias

from perovdb.calculators.inference.readings import Number, in_range, read_number
from perovdb.calculators.mixing import Cell, perovskite_lattice
from perovdb.composition import Composition, Material, as_perovskite
from perovdb.errors import InputError, OutOfRange
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.store import queries
from perovdb.store.connection import Record

#: The store keeps pseudo-cubic lattice parameters to four decimals.
STORE_ROUNDING_A = 0.00005

#: Fractions and relative lengths that differ by less come from rounding in the last bits.
SAME = 1e-9

#: End members as they are given: materials, or formula -> lattice parameter in angstrom, None
#: where the store is to be asked.
Ends: TypeAlias = "Sequence[Material] | Mapping[str, Number | None]"


class End(NamedTuple):
    """An end member and the lattice parameter taken for it.

    Attributes:
        su_A: standard uncertainty of a; None if neither the digits nor the store tell it.
        su_from: where that comes from.
        range_A: lowest and highest a among all cells of the store at this temperature; how far
            sources disagree does not enter `su_A`.
        cells: cells of the store that it rests on, empty for a given a.
        notes: which phase and temperature they are of, and what was passed over.
    """

    formula: str
    a_A: float
    su_A: float | None
    su_from: str
    range_A: tuple[float, float]
    cells: tuple[Cell, ...]
    notes: tuple[str, ...]


def end_members(ends: Ends, temperature_K: float = ROOM_TEMPERATURE_K) -> tuple[End, ...]:
    """End members with their pseudo-cubic lattice parameters.

    Args:
        ends: two or three materials, or formula -> lattice parameter in angstrom; what has none is
            looked up, as `mixing.perovskite_lattice` does.
        temperature_K: in kelvin, for the choice of cells.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: not two or three different ones, or a lattice parameter that is no number.
        MissingData: the store has no perovskite cell of one at this temperature.
        OutOfRange: all have the same lattice parameter, or one is not a full ABX3.
    """
    if isinstance(ends, str):
        raise InputError(
            f"'{ends}' is one end member, and an alloy has two or three.",
            'Give such as ["CsPbBr3", "CsPbI3"].',
        )
    pairs = list(ends.items()) if isinstance(ends, Mapping) else [(end, None) for end in ends]
    compositions = [as_perovskite(end, "Vegard's rule") for end, _ in pairs]
    if len(compositions) not in (2, 3):
        raise InputError(f"End members given: {len(compositions)}.", "Give two or three of them.")
    if len(set(compositions)) < len(compositions):
        raise InputError(
            f"End members are the same: {', '.join(c.formula for c in compositions)}.",
            "Give different ones.",
        )
    members = tuple(
        _from_store(composition, temperature_K)
        if number is None
        else _as_given(composition, number)
        for composition, (_, number) in zip(compositions, pairs, strict=True)
    )
    if len({member.a_A for member in members}) == 1:
        raise same_ends()
    return members


def _as_given(composition: Composition, number: Number) -> End:
    reading = in_range(read_number(number), "a_A")
    note = f"{composition.formula}: a = {reading.value:g} A as given; its phase is not checked"
    a, su, su_from = reading
    return End(composition.formula, a, su, su_from, (a, a), (), (note,))


def _from_store(composition: Composition, temperature_K: float) -> End:
    cell = perovskite_lattice(composition, temperature_K)
    known = {}
    for member in cell.end_members:
        rows = queries.facts("phase", {"id": member.cell.phase_id})
        su = _su_of_cell(rows[0]) if rows else member.cell.su_A or None
        if su is not None:
            known[member.formula] = member.fraction * su
    low, high = (
        sum(member.fraction * member.range_A[side] for member in cell.end_members)
        for side in (0, 1)
    )
    spread = (
        f"{composition.formula}: all cells at this temperature give {low:.4f} to {high:.4f} A; "
        "their spread does not enter the uncertainty",
    )
    return End(
        formula=composition.formula,
        a_A=cell.a_pseudocubic_A,
        su_A=hypot(*known.values()) if len(known) == len(cell.end_members) else None,
        su_from="given in the source" if len(known) == len(cell.end_members) else "not known",
        range_A=(low, high),
        cells=tuple(member.cell for member in cell.end_members),
        notes=cell.notes + (spread if high - low > 2 * STORE_ROUNDING_A else ()),
    )


def _su_of_cell(row: Record) -> float | None:
    """Of a pseudo-cubic a, from those of the axes (taken to err together) or of the volume."""
    relative = [
        row[f"{axis}_su_A"] / row[f"{axis}_A"]
        for axis in "abc"
        if row[f"{axis}_su_A"] is not None and row[f"{axis}_A"]
    ]
    if len(relative) < 3 and row["volume_su_A3"] is not None and row["volume_A3"]:
        relative = [row["volume_su_A3"] / row["volume_A3"] / 3] * 3
    if len(relative) < 3:
        return None
    return hypot(row["a_pseudocubic_A"] * sum(relative) / 3, STORE_ROUNDING_A)


def same_ends() -> OutOfRange:
    """The error of end members that share one lattice parameter."""
    return OutOfRange(
        "The end members have the same lattice parameter, so none tells how they mix.",
        "Measure something else, such as atomic percents.",
    )


def span(ends: Sequence[End]) -> tuple[float, float]:
    """The smallest and the largest lattice parameter of the ends."""
    return min(end.a_A for end in ends), max(end.a_A for end in ends)


def lies_in_range(a: float, a_su: float, ends: Sequence[End]) -> bool:
    """Whether a lies between the smallest and the largest end, within the uncertainty."""
    small, large = min(ends, key=lambda end: end.a_A), max(ends, key=lambda end: end.a_A)
    below, above = (hypot(a_su, end.su_A or 0.0) + SAME * a for end in (small, large))
    return small.a_A - below <= a <= large.a_A + above
