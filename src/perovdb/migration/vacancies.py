"""More vacancies beside the one that an ion hops into: a higher concentration, or neutral cells.

They are opened at both ends alike, as far from the hop and from each other as the cell allows, so
that what changes along a series is their number and not the hop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.structures.defects.charge_rules import compensating
from perovdb.structures.defects.point_defects import remove_unit
from perovdb.structures.defects.selecting import Stock
from perovdb.structures.history import charge_of
from perovdb.structures.particles.spreading import spread
from perovdb.structures.units import Unit, crystal_units, units


@dataclass(frozen=True)
class Vacancies:
    """What is vacant in the cell of a hop.

    Attributes:
        count: vacancies of the ion whose place it hops into, that of the hop among them.
        neutral: None for a charged cell; "partner" for one made neutral by vacancies of the
            commonest ion of the other charge, X for a negative cell and A for a positive one; or a
            vacancy such as "V_Cs".

    Raises:
        InputError: the count is not a whole number from 1 on, or there is no such rule.
    """

    count: int = 1
    neutral: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.count, bool) or not isinstance(self.count, int) or self.count < 1:
            raise InputError(
                f"A hop with {self.count!r} vacancies cannot be.", "Give a whole number from 1 on."
            )
        rule = self.neutral
        if rule is not None and rule != "partner" and not str(rule).startswith("V_"):
            raise InputError(
                f"{rule!r} is not a way to make the cell neutral.",
                "Write partner, or a vacancy such as V_Cs.",
            )

    def opened(self, ends: Endpoints) -> Endpoints:
        """The ends of a hop with these in their cell.

        Raises:
            StructureError: there are not so many ions, or they cannot make the cell neutral.
        """
        ends = open_more(ends, {ends.into: self.count - 1})
        return ends if self.neutral is None else open_more(ends, partners_of(ends, self.neutral))


def open_more(ends: Endpoints, more: Mapping[str, int]) -> Endpoints:
    """The ends of a hop with more vacancies in the cell.

    Args:
        ends: with the vacancy of the hop.
        more: ion -> how many more of it to leave out; molecules go whole.

    Raises:
        UnknownSpecies: an ion is not there.
        InputError: a number is not a whole one from 0 on.
        StructureError: there are not so many besides the ion that hops.
    """
    registry = load_registry()
    here = next(
        unit.centre_A for unit in units(ends.start) if np.isin(ends.mover, unit.atoms).any()
    )
    # Apart from both ends alike, or the hop would run downhill.
    taken = [here, here + ends.vector_A]
    for name, count in more.items():
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            raise InputError(f"{count!r} more vacancies cannot be.", "Give a whole number.")
        ion = registry.ion(name).species
        every = crystal_units(ends.start)
        free = [u for u in every if u.ion == ion and not np.isin(u.atoms, ends.mover).any()]
        if count and not any(unit.ion == ion for unit in every):
            ions = ", ".join(dict.fromkeys(unit.ion for unit in every))
            raise UnknownSpecies(f"There is no {name} in the cell.", f"It holds: {ions}.")
        if count > len(free):
            raise StructureError(
                f"{count} more {name} cannot be left out: besides the ion that hops there are "
                f"{len(free)}.",
                "Take a larger cell, or fewer vacancies.",
            )
        centres = np.array([unit.centre_A for unit in free]).reshape(-1, 3)
        chosen = spread(centres, count, np.array(taken), ends.start.lattice)
        taken += [centres[k] for k in chosen]
        leaving = [free[k] for k in chosen]
        while leaving:
            unit, *leaving = leaving
            kept = np.setdiff1d(np.arange(len(ends.start)), unit.atoms)
            ends = _without(ends, unit, kept)
            leaving = [replace(u, atoms=np.searchsorted(kept, u.atoms)) for u in leaving]
    return replace(ends, notes=(*ends.notes, *_apart(ends, more, np.array(taken))))


def _apart(ends: Endpoints, more: Mapping[str, int], places_A: np.ndarray) -> list[str]:
    """How far the further vacancies are from the two ends of the hop, which stand first."""
    if len(places_A) == 2:
        return []
    lattice = ends.start.lattice
    fractional = lattice.get_fractional_coords(places_A)
    near = lattice.get_all_distances(fractional[2:], fractional[:2]).min()
    names = ", ".join(f"{count} V_{ion}" for ion, count in more.items() if count)
    return [f"besides the vacancy of the hop {names}, {near:.2f} A or more from both of its ends"]


def partners_of(ends: Endpoints, neutral: str) -> dict[str, int]:
    """Vacancies that make the cell neutral, as ion -> number, for `open_more`.

    Args:
        ends: with all vacancies of the ion that hops.
        neutral: as for `Vacancies`.

    Raises:
        UnknownSpecies: there is no such ion.
        StructureError: no whole number of these vacancies makes the cell neutral.
    """
    stock = Stock(ends.start)
    mover = [n for n, u in enumerate(stock.every) if np.isin(u.atoms, ends.mover).any()]
    return compensating(stock, np.array(mover), charge_of(ends.start), neutral)


def _without(ends: Endpoints, unit: Unit, kept: np.ndarray) -> Endpoints:
    """Without a unit at both ends; `kept` are the atoms that stay."""
    start = remove_unit(ends.start, unit)
    return replace(
        ends,
        start=start,
        end=with_positions(start, ends.end.cart_coords[kept]),
        mover=np.searchsorted(kept, ends.mover),
    )
