"""Two end members that mix: from what is known of their energies to a phase diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.kinetics.arrhenius import K_B_EV, temperatures
from perovdb.calculators.mixing_energy import solution
from perovdb.composition import as_composition
from perovdb.errors import InputError, MissingData
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.store import queries
from perovdb.store.connection import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT_OUT = (
    "ideal entropy: a wish for order, vibrations and the turning of molecules are left out",
    "one phase for both ends: another structure of an end, as a delta phase, is not asked",
)

#: Columns of the parameters.
_PARAMETERS = ("L0_eV", "L1_eV", "L2_eV")

#: Columns that people see, and those that tell one answer about a pair from another.
_GAPS = ("temperature_K", "binodal_x1", "binodal_x2", "spinodal_x1", "spinodal_x2")
_ORIGIN = ("critical_K", "critical_x", "source", "kind", "evidence")


@answer
class MixingPoint(Answer):
    """The energy of mixing at one composition.

    Attributes:
        fraction: x, of the second end member.
        energy_eV: of mixing, per formula unit.
        su_eV: standard uncertainty of the mean over the models; None of one model.
        exchange_eV: of an exchange with a solution, see `exchange_energy_eV`; None without it.
        models: number of them.
    """

    fraction: float
    energy_eV: float
    su_eV: float | None = None
    exchange_eV: float | None = None
    models: int = 1


@dataclass(frozen=True, repr=False, eq=False)
class Mixing(Answer):
    """How two end members mix.

    Attributes:
        first, second: formulas of the end members; x is the fraction of the second.
        sites: number of sites in the formula unit that mix.
        L_eV: Redlich-Kister parameters per formula unit, see `solution`.
        L_su_eV: their standard uncertainties; empty where they are not known.
        temperatures_K: of the rows.
        critical_K, critical_x: the critical point; None where all mixes at every temperature.
        basis: what the parameters are from.
        points: energies of mixing that they were fitted to.
        source, kind, evidence: of what was taken from the store.
        notes: what a user should know.
    """

    first: str
    second: str
    sites: int
    L_eV: tuple[float, ...]
    L_su_eV: tuple[float, ...]
    temperatures_K: tuple[float, ...]
    critical_K: float | None
    critical_x: float | None
    basis: str
    points: tuple[MixingPoint, ...] = ()
    source: str | None = None
    kind: str | None = None
    evidence: str | None = None
    notes: tuple[str, ...] = ()

    def free_energy_eV(self, fraction: ArrayLike, temperature_K: float) -> np.ndarray:
        """dG of mixing per formula unit at fractions (n,)."""
        return solution.free_energy_eV(fraction, self.L_eV, self.sites, temperature_K)

    def spinodal(self, temperature_K: float) -> list[tuple[float, float]]:
        """Compositions between which the solution is unstable, see `solution.spinodal`."""
        return solution.spinodal(self.L_eV, self.sites, temperature_K)

    def binodal(self, temperature_K: float) -> list[tuple[float, float]]:
        """Compositions that stand beside each other, see `solution.binodal`."""
        return solution.binodal(self.L_eV, self.sites, temperature_K)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each temperature and gap; x empty where all mixes."""
        last = {"source": self.source, "kind": self.kind, "evidence": self.evidence}
        rows = []
        for kelvin in self.temperatures_K:
            inner = self.spinodal(kelvin)
            gaps: list[tuple[float, float] | tuple[None, None]] = [*self.binodal(kelvin)]
            for low, high in gaps or [(None, None)]:
                inside = [
                    (a, b) for a, b in inner if low is not None and low < a and b < (high or 1)
                ]
                first, second = inside[0] if inside else (None, None)
                rows.append(
                    {
                        "temperature_K": kelvin,
                        "binodal_x1": _round(low),
                        "binodal_x2": _round(high),
                        "spinodal_x1": _round(first),
                        "spinodal_x2": _round(second),
                        "energy_at_half_eV": round(
                            float(solution.redlich_kister(self.L_eV)(0.5)), 6
                        ),
                        "free_energy_at_half_eV": round(
                            float(self.free_energy_eV(0.5, kelvin)), 6
                        ),
                        **dict(zip(_PARAMETERS, [*self.L_eV, None, None], strict=False)),
                        "critical_K": self.critical_K,
                        "critical_x": self.critical_x,
                        **last,
                        "notes": "; ".join(self.notes),
                    }
                )
        return rows

    def plot(self, ax: Axes | None = None) -> Axes:
        """The gap, its binodal and spinodal, against temperature."""
        from perovdb import plots

        return plots.miscibility(self, ax)

    def _table(self) -> list[dict[str, Any]]:
        return [{name: row[name] for name in (*_GAPS, *_ORIGIN)} for row in self.rows()]

    def _lines(self) -> list[str]:
        errors = [*self.L_su_eV, *[None] * len(self.L_eV)]
        parameters = ", ".join(
            f"L{i} = {1000 * value:.1f}" + ("" if su is None else f" +- {1000 * su:.1f}")
            for i, (value, su) in enumerate(zip(self.L_eV, errors, strict=False))
        )
        origin = f"; {self.source}, {self.kind}, {self.evidence}" if self.source else ""
        return [
            self._headline(),
            f"  {parameters} meV per formula unit, {self.sites} site(s); {self.basis}{origin}",
            *table([point.rows()[0] for point in self.points], "  "),
            *table([{name: row[name] for name in _GAPS} for row in self.rows()], "  "),
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        top = (
            "mix at every temperature"
            if self.critical_K is None
            else f"mix above {self.critical_K:.0f} K (x = {self.critical_x:.3f})"
        )
        return f"{self.first} and {self.second}, x of the second: {top}"


def mixing(
    end_members: tuple[str, str],
    L_eV: Sequence[float] | None = None,
    tc_K: float | None = None,
    gap: tuple[float, float] | None = None,
    temperature_K: float | Sequence[float] = ROOM_TEMPERATURE_K,
) -> Mixing:
    """How two end members mix, by a subregular solution.

    Args:
        end_members: two formulas that differ in the ions of one site or more, each with one ion
            there; x is the fraction of the second.
        L_eV: Redlich-Kister parameters per formula unit; or
        tc_K: a critical temperature, from which L0 = 2 m k Tc; or
        gap: x1 and x2 that stand beside each other at the (first) temperature. Without any of
            the three the store is asked for a critical temperature or a measured gap.
        temperature_K: of the rows.

    Raises:
        InputError: formulas that do not make a pair, or more than one of the three.
        MissingData: none of the three, and the store has none.

    >>> mixing(("MAPbI3", "MAPbBr3"), tc_K=343)
    Mixing(MAPbI3 and MAPbBr3, x of the second: mix above 343 K (x = 0.500))
    """
    first, second, sites = mixed_sites(end_members)
    kelvin = tuple(map(float, np.atleast_1d(temperatures(temperature_K))))
    if sum(given is not None for given in (L_eV, tc_K, gap)) > 1:
        raise InputError("L, Tc and a gap are three ways to say one thing.", "Give one of them.")
    if L_eV is None and tc_K is None and gap is None:
        found = stored_mixing(end_members, kelvin)
        if not found:
            raise MissingData(
                f"Nothing is stored of how {first} and {second} mix.",
                "Give parameters, a critical temperature, a gap, or computed energies.",
            )
        return found[0]
    if L_eV is not None:
        return as_mixing(first, second, sites, tuple(map(float, L_eV)), kelvin, "L given")
    if tc_K is not None:
        L0 = 2 * sites * K_B_EV * float(temperatures(tc_K))
        return as_mixing(first, second, sites, (L0,), kelvin, f"L0 of Tc = {tc_K:g} K")
    assert gap is not None
    pair = solution.interaction_from_binodal(*gap, sites, kelvin[0])
    basis = f"L of the gap x = {gap[0]:g} to {gap[1]:g} at {kelvin[0]:g} K"
    return as_mixing(first, second, sites, pair, kelvin, basis)


def as_mixing(
    first: str,
    second: str,
    sites: int,
    L_eV: tuple[float, ...],
    temperatures_K: tuple[float, ...],
    basis: str,
    **known: Any,
) -> Mixing:
    """The answer for parameters, with its critical point and what every answer must say."""
    if not 1 <= len(L_eV) <= len(_PARAMETERS):
        raise InputError(f"{len(L_eV)} parameters of mixing cannot be.", "Give one to three L.")
    top = solution.critical_point(L_eV, sites)
    notes = [*known.pop("notes", ()), *_LEFT_OUT]
    return Mixing(
        first,
        second,
        sites,
        L_eV,
        known.pop("L_su_eV", ()),
        temperatures_K,
        None if top is None else round(top[0], 2),
        None if top is None else round(top[1], 4),
        basis,
        notes=tuple(notes),
        **known,
    )


def mixed_sites(end_members: Sequence[str]) -> tuple[str, str, int]:
    """Formulas of two end members, and the number of sites on which their ions differ.

    Raises:
        InputError: they are not two, do not differ, or share a site that differs among ions.
    """
    if len(end_members) != 2:
        raise InputError(
            f"{len(end_members)} end members are no pair.", "Give two, as MAPbI3 and MAPbBr3."
        )
    one, other = map(as_composition, end_members)
    if one.ratio != other.ratio or one.vacancies or other.vacancies:
        raise InputError(
            f"{one.formula} and {other.formula} have other sites.", "Give two of one structure."
        )
    sites = 0
    for name, ions in one.sites.items():
        theirs = other.sites[name]
        if dict(ions) == dict(theirs):
            continue
        if len(ions) > 1 or len(theirs) > 1:
            raise InputError(
                f"{one.formula} and {other.formula} differ in alloyed ions on {name}.",
                "Give end members with one ion on each site in which they differ.",
            )
        sites += one.numbers[name]
    if not sites:
        raise InputError(f"{one.formula} is given twice.", "Give two end members.")
    return one.formula, other.formula, sites


def stored_mixing(
    end_members: Sequence[str], temperatures_K: Sequence[float] = (ROOM_TEMPERATURE_K,)
) -> list[Mixing]:
    """What the store's critical temperatures and measured gaps say of a pair, measured first.

    Raises:
        InputError: as of `mixed_sites`.
    """
    first, second, sites = mixed_sites(end_members)
    names = {
        row["series"]: row["end_1"] == first
        for row in queries.facts("gap_series")
        if {row["end_1"], row["end_2"]} == {first, second}
    }
    kelvin = tuple(temperatures_K)
    found = []
    for row in queries.facts("other_property"):
        if row["sample"] not in names:
            continue
        known = {name: row[name] for name in ("source", "kind", "evidence")}
        if row["property"] == "miscibility_critical_temperature_K" and row["value"] is not None:
            L0 = 2 * sites * K_B_EV * row["value"]
            basis = f"L0 of Tc = {row['value']:g} K"
            found.append(as_mixing(first, second, sites, (L0,), kelvin, basis, **known))
        elif row["property"] == "binodal_Br_fraction" and row["kind"] == "measured":
            found.append(_of_gap(row, first, second, sites, kelvin, known, names[row["sample"]]))
    return sorted(found, key=lambda one: one.kind != "measured")


def _of_gap(
    row: Record,
    first: str,
    second: str,
    sites: int,
    kelvin: tuple[float, ...],
    known: dict[str, Any],
    forward: bool,
) -> Mixing:
    """A measured gap, its two parameters, and how its uncertainty moves them."""
    low, high = row["min_value"], row["max_value"]
    if not forward:
        low, high = 1 - high, 1 - low
    measured_K = row["temperature_K"] or ROOM_TEMPERATURE_K
    pair = np.array(solution.interaction_from_binodal(low, high, sites, measured_K))
    su = row["su_value"]
    errors: tuple[float, ...] = ()
    if su:
        step = 1e-4
        moves = [
            np.array(solution.interaction_from_binodal(low + a, high + b, sites, measured_K))
            - pair
            for a, b in ((step, 0), (0, step))
        ]
        errors = tuple(map(float, np.hypot(*moves) * su / step))
    basis = f"L of the gap x = {low:g} to {high:g} at {measured_K:g} K"
    return as_mixing(
        first, second, sites, (float(pair[0]), float(pair[1])), kelvin, basis,
        L_su_eV=errors, **known,
    )  # fmt: skip


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
