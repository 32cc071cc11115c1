"""Band gap of a composition from those of its end members, with bowing.

Between two compounds E(x) = (1 - x) E1 + x E2 - b x (1 - x), with b the bowing parameter, which is
the quadratic coefficient of E(x) = c0 + c1 x + c2 x^2 as series are printed. Over three shared
sites the end members mix multilinearly, and every pair of ions on a site takes off its b x_i x_j.
A bowing that nobody stated is unknown, not zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import TYPE_CHECKING, Any, NamedTuple

from perovdb.answers import answer
from perovdb.calculators.bowing import Bowing, bowing, bowing_note
from perovdb.calculators.provenance import Estimate
from perovdb.composition import Composition, Material, as_composition, as_perovskite
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, TEMPERATURE_TOLERANCE_K
from perovdb.facts.preferred import Preferred, choose
from perovdb.facts.properties import properties
from perovdb.store import queries

if TYPE_CHECKING:
    import numpy as np

    from perovdb.calculators.provenance import FromSource

#: h c in eV nm (CODATA 2018: exact constants of the SI).
EV_NM = 1239.841984

LINEAR = "mean of the end members' gaps, weighted by their fractions"


@answer
class Gap(Estimate):
    """The band gap of a composition.

    Attributes:
        formula: of the composition.
        gap_eV: the gap, and pl_nm the wavelength of light of this energy, h c / E.
        temperature_K: that it was asked for.
        method: how it was obtained.
        end_members: formula -> the gap taken for it, with its spread and source.
        bowings: those that were used.
        unknown: pairs of ions, as "site i-j", whose bowing nobody stated.
        notes: what a user should know.
    """

    formula: str
    gap_eV: float
    pl_nm: float
    temperature_K: float
    method: str
    end_members: dict[str, Preferred]
    bowings: tuple[Bowing, ...]
    unknown: tuple[str, ...]
    notes: tuple[str, ...]

    def _values(self) -> list[FromSource]:
        return [*self.end_members.values(), *self.bowings]

    def _table(self) -> list[dict[str, Any]]:
        return [
            {
                "formula": self.formula,
                "gap_eV": f"{self.gap_eV:.3f}",
                "pl_nm": f"{self.pl_nm:.1f}",
                "temperature_K": self.temperature_K,
                "evidence": self.evidence,
                "sources": " ".join(self.sources),
                "method": self.method,
            }
        ]

    def _headline(self) -> str:
        return f"{self.formula}, {self.gap_eV:.3f} eV at {self.temperature_K:g} K"


class GapTables(NamedTuple):
    """Gaps and bowings of a space of compositions, as arrays.

    Attributes:
        end_members: (a, b, x) gaps in eV; NaN where unknown.
        bowing_A, bowing_B, bowing_X: (b, x, a, a), (a, x, b, b), (a, b, x, x) of each pair of ions
            on a site beside each pair of ions on the two others, in eV; symmetric, zero on the
            diagonal, NaN where unknown. Leading axes may be left out where they do not matter.
        notes: what is missing, and which series the bowings are from.
    """

    end_members: np.ndarray
    bowing_A: np.ndarray
    bowing_B: np.ndarray
    bowing_X: np.ndarray
    notes: tuple[str, ...]


def gap(
    material: Material,
    temperature_K: float = ROOM_TEMPERATURE_K,
    end_members_eV: Mapping[str, float] | None = None,
    linear_where_unknown: bool = False,
) -> Gap:
    """The band gap of a composition.

    A pure compound takes the preferred measured gap of its perovskite phases. An alloy mixes those
    of its end members.

    Args:
        material: a formula, a composition, a structure or its file.
        temperature_K: in kelvin.
        end_members_eV: formula -> gap to use in place of the store's, where it is an end member.
        linear_where_unknown: take 0 for a bowing that nobody stated, with a note.

    Raises:
        FormulaError, UnknownSpecies: a formula cannot be read.
        InputError: a gap given is none.
        MissingData: an end member has no measured gap, or a bowing is unknown.
        OutOfRange: the bowing closes the gap, or the formula is not a full ABX3.

    >>> gap("MAPbBr0.6I2.4")
    Gap(MAPbBr0.6I2.4, 1.657 eV at 298 K)
    """
    composition = as_perovskite(material, "The gap of mixed end members")
    own = {as_composition(f).formula: e for f, e in (end_members_eV or {}).items()}
    members = composition.end_members()
    ends = {f: _stated(f, own[f]) if f in own else end_gap(f, temperature_K) for f in members}
    bowings, unknown, bent_eV = _bent(composition)
    value = sum(weight * ends[formula].value for formula, weight in members.items()) - bent_eV
    if unknown and not linear_where_unknown:
        raise MissingData(
            f"The bowing of {composition.formula}'s gap is not known for {', '.join(unknown)}.",
            f"Between its end members alone the mean is {value:.3f} eV; --linear-gap accepts it.",
        )
    if value <= 0:
        raise OutOfRange(
            f"The bowing closes the gap of {composition.formula}: {value:.3f} eV.",
            "It was not measured between ends like these.",
        )
    notes = [_end_note(end) for end in ends.values()]
    notes += _measured_notes(composition, own)
    notes += [bowing_note(one) for one in bowings]
    if unknown:
        notes.append(f"taken as linear, the bowing is not known: {', '.join(unknown)}")
    pure = len(members) == 1
    return Gap(
        formula=composition.formula,
        gap_eV=value,
        pl_nm=EV_NM / value,
        temperature_K=temperature_K,
        method="gap of the compound" if pure else LINEAR + (", less bowing" if bowings else ""),
        end_members=ends,
        bowings=bowings,
        unknown=unknown,
        notes=tuple(notes),
    )


def _bent(composition: Composition) -> tuple[tuple[Bowing, ...], tuple[str, ...], float]:
    """Bowings of the pairs of ions that share a site, pairs of which none is known, and by how
    much the known ones lower the gap, in eV."""
    bowings: dict[Bowing, None] = {}
    unknown, bent_eV = [], 0.0
    for site, ions in composition.sites.items():
        first, second = (other for name, other in composition.sites.items() if name != site)
        for i, j in combinations(ions, 2):
            for beside in product(first, second):
                one = bowing(site, i, j, beside)
                if one is None:
                    unknown.append(f"{site} {i}-{j}")
                    continue
                bowings[one] = None
                weight = first[beside[0]] * second[beside[1]]
                bent_eV += weight * one.bowing_eV * ions[i] * ions[j]
    return tuple(bowings), tuple(dict.fromkeys(unknown)), bent_eV


def end_gap(formula: str, temperature_K: float) -> Preferred:
    """The preferred measured gap of a compound in a perovskite phase.

    Raises:
        MissingData: the store has none.
    """
    near_room = abs(temperature_K - ROOM_TEMPERATURE_K) <= TEMPERATURE_TOLERANCE_K
    phases = queries.phases(formula)
    other = {row["phase"] for row in phases if not row["perovskite"]}
    perovskite = {row["phase"] for row in phases if row["perovskite"]}
    rows = [
        row
        for row in properties(formula=formula, name="band_gap_eV")
        if row["kind"] == "measured"
        and "gap" in str(row["meaning"])
        and (row["phase"] not in other or row["phase"] in perovskite)
        # A gap of no stated temperature is one of a room.
        and (row["temperature_K"] is not None or near_room)
    ]
    try:
        return choose(formula, "band_gap_eV", rows, temperature_K)
    except MissingData:
        raise MissingData(
            f"The store has no measured band gap of {formula} as a perovskite at "
            f"{temperature_K:g} K.",
            f"Give one yourself: --end-gap {formula}=VALUE.",
        ) from None


def gap_tables(
    A: Sequence[str], B: Sequence[str], X: Sequence[str], temperature_K: float = ROOM_TEMPERATURE_K
) -> GapTables:
    """Gaps and bowings for `gap_eV`, of all compositions of some ions.

    Args:
        A, B, X: ions of each site.
        temperature_K: in kelvin.
    """
    import numpy as np

    notes: list[str] = []
    ends = np.full((len(A), len(B), len(X)), np.nan)
    for index, (a, b, x) in zip(np.ndindex(*ends.shape), product(A, B, X), strict=True):
        formula = as_composition(f"{a}{b}({x})3").formula
        try:
            ends[index] = end_gap(formula, temperature_K).value
        except MissingData as error:
            notes.append(error.what)
    tables = []
    for site, ions, first, second in (("A", A, B, X), ("B", B, A, X), ("X", X, A, B)):
        table = np.zeros((len(first), len(second), len(ions), len(ions)))
        for (m, i), (n, j) in combinations(enumerate(ions), 2):
            for place in np.ndindex(len(first), len(second)):
                one = bowing(site, i, j, (first[place[0]], second[place[1]]))
                table[(*place, m, n)] = table[(*place, n, m)] = one.bowing_eV if one else np.nan
                notes.append(
                    bowing_note(one)
                    if one
                    else f"the bowing of the gap is not known for {site} {i}-{j}"
                )
        tables.append(table)
    return GapTables(ends, tables[0], tables[1], tables[2], tuple(dict.fromkeys(notes)))


def gap_eV(
    A: np.ndarray,
    B: np.ndarray,
    X: np.ndarray,
    tables: GapTables,
    linear_where_unknown: bool = False,
) -> np.ndarray:
    """(n,) gaps in eV; NaN where an end member that takes part, or a bowing, is not known.

    Args:
        A, B, X: (n, a), (n, b), (n, x) fractions on each site.
        tables: from `gap_tables`.
        linear_where_unknown: take 0 for a bowing that is not known.
    """
    import numpy as np

    n = len(A)
    weights = (_outer(A, B)[:, :, None] * X[:, None, :]).reshape(n, -1)
    ends = tables.end_members.reshape(-1)
    total = weights @ np.nan_to_num(ends)
    lost = weights @ np.isnan(ends)
    for ions, first, second, bowings in (
        (A, B, X, tables.bowing_A),
        (B, A, X, tables.bowing_B),
        (X, A, B, tables.bowing_X),
    ):
        count = ions.shape[1]
        if count == 1:
            continue
        shape = (first.shape[1], second.shape[1], count, count)
        table = np.broadcast_to(bowings, shape).reshape(-1, count * count)
        beside, pairs = _outer(first, second), _outer(ions, ions)
        # Each pair stands twice in the symmetric table.
        total -= np.einsum("np,np->n", beside @ np.nan_to_num(table), pairs) / 2
        if not linear_where_unknown:
            lost = lost + np.einsum("np,np->n", beside @ np.isnan(table), pairs)
    return np.where(lost > 0, np.nan, total)


def _outer(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(n, p * q) products of (n, p) and (n, q), row by row."""
    product_of_each: np.ndarray = left[:, :, None] * right[:, None, :]
    return product_of_each.reshape(len(left), -1)


def _stated(formula: str, value_eV: float) -> Preferred:
    """A gap that the user states."""
    if not 0 < value_eV < 15:
        raise InputError(f"A gap of {value_eV:g} eV of {formula} cannot be.", "Give it in eV.")
    return Preferred(
        formula=formula,
        quantity="band_gap_eV",
        value=value_eV,
        uncertainty=None,
        min=value_eV,
        max=value_eV,
        n_values=1,
        n_sources=1,
        phase=None,
        temperature_K=None,
        source="given",
        kind="stated",
        evidence="given",
        locator=None,
        id="given",
        rule="given by the user",
        competing=(),
    )


def _end_note(end: Preferred) -> str:
    place = f"{end.phase} phase" if end.phase else "no phase named"
    at = "no temperature named" if end.temperature_K is None else f"{end.temperature_K:g} K"
    note = f"{end.formula}: {end.value:g} eV, {place}, {at}, {end.evidence}, {end.source}"
    if end.n_values > 1:
        note += f"; {end.n_values} values from {end.min:g} to {end.max:g}"
        note += ", this one at the edge" if end.value in (end.min, end.max) else ""
    return note


def _measured_notes(composition: Composition, own: Mapping[str, float]) -> Iterator[str]:
    """What was measured of an alloy itself, to compare with."""
    members = composition.end_members()
    if len(members) == 1 or set(own) & set(members):
        return
    for row in properties(formula=composition.formula, name="band_gap_eV"):
        if row["kind"] == "measured" and row["value"] is not None:
            yield (
                f"measured of this very composition: {row['value']:g} eV, {row['meaning']} "
                f"({row['evidence']}, {row['source']})"
            )
