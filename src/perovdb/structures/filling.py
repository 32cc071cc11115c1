"""How many ions of each kind share which sites of a supercell, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perovdb.calculators.average_cell import AverageCell
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.crystals import cell_sites
from perovdb.structures.ordering import (
    ENUMERATE,
    Order,
    Ordering,
    enumerate_orderings,
    ordered,
)
from perovdb.structures.ordering.counts import whole_counts
from perovdb.structures.sites import Sites
from perovdb.structures.supercells import Size, supercell_of_sites

#: Old species -> new species -> number.
Replace = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Group:
    """Sites that are ordered together: of each role those that share the same ions.

    Attributes:
        where: (m,) their indices in the cell.
        counts: role -> species -> number; what is left over stays empty.
    """

    where: np.ndarray
    counts: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Filling:
    """A supercell before its ions are put on their sites.

    Attributes:
        sites: of the supercell.
        groups: one, unless ions of one role have sites of their own, as Cl and I in Cs2PbCl2I2.
        replaced: whether ions of the composition were exchanged for others.
    """

    sites: Sites
    groups: tuple[Group, ...]
    replaced: bool = False

    def ordered(self, order: Order, seed: int) -> Ordering:
        """One order by a rule; arguments and errors as for `ordering.ordered`.

        Raises:
            StructureError: also as `distinct`, for the rule "enumerate".
        """
        if order.rule == ENUMERATE:
            self._check_one_group()
        ions = np.full(len(self.sites), "", dtype=object)
        parts = []
        for group in self.groups:
            one = ordered(self.sites.part(group.where), group.counts, order, seed)
            ions[group.where] = one.ions
            parts.append(one)
        texts = [one.text for one in parts if one.text != parts[-1].text] or [parts[-1].text]
        report = parts[0].report if len(parts) == 1 else {"groups": [p.report for p in parts]}
        return Ordering(ions, report, "; ".join(texts))

    def distinct(self) -> list[Ordering]:
        """All symmetry-distinct orders; errors as for `ordering.enumerate_orderings`.

        Raises:
            StructureError: also if ions of one role have sites of their own.
        """
        self._check_one_group()
        return enumerate_orderings(self.sites, self.groups[0].counts)

    def _check_one_group(self) -> None:
        if len(self.groups) > 1:
            raise StructureError(
                "The distinct orderings of a compound whose ions of one role have sites of their "
                "own are not listed from its formula.",
                "Build it into a file, and replace ions in that with `defects`.",
            )


def filling(
    host: AverageCell, size: Size, replace: Replace | None, nearest: bool = False
) -> Filling:
    """The supercell of a host with exact numbers of ions.

    Args:
        host: the unit cell.
        size: as for `build`.
        replace: numbers of ions to replace by others of their role.
        nearest: take the nearest whole numbers where the fractions give none.

    Raises:
        InputError: the size or a number cannot be used.
        UnknownSpecies: an ion to replace is not there.
        StructureError: the fractions do not give whole numbers in this cell.
    """
    sites = supercell_of_sites(cell_sites(host), size)
    cells = len(sites) // len(host.roles)
    occupants = [tuple(shares.items()) for shares in host.occupants] * cells
    kinds = {
        role: list(dict.fromkeys(occupants[site] for site in sites.of(role)))
        for role in sites.counts()
    }
    number = np.array(
        [kinds[role].index(one) for role, one in zip(sites.roles, occupants, strict=True)]
    )
    groups = []
    for k in range(max(map(len, kinds.values()))):
        where = np.flatnonzero(number == k)
        shares = {role: dict(of_role[k]) for role, of_role in kinds.items() if k < len(of_role)}
        numbers = {role: int((sites.roles[where] == role).sum()) for role in shares}
        counts = whole_counts(host.composition.formula, shares, numbers, nearest=nearest)
        groups.append(Group(where, counts))
    for old, news in (replace or {}).items():
        for new, count in news.items():
            _replace(groups, old, new, count)
    return Filling(sites, tuple(groups), bool(replace))


def filled(
    sites: Sites,
    composition: Composition,
    order: Order,
    seed: int,
    *,
    nearest: bool = False,
    mend: str | None = None,
) -> Ordering:
    """Ions of a composition on sites, in exact numbers, those of each role in one order.

    Args:
        sites: with A, B and X.
        composition: fractions of the ions.
        order, seed: rule for sites that ions share.
        nearest, mend: as for `whole_counts`.

    Raises:
        StructureError: the fractions do not give whole numbers, or the rule does not fit.
    """
    counts = whole_counts(
        composition.formula, composition.sites, sites.counts(), nearest=nearest, mend=mend
    )
    return Filling(sites, (Group(np.arange(len(sites)), counts),)).ordered(order, seed)


def _replace(groups: list[Group], old: str, new: str, count: int) -> None:
    registry = load_registry()
    leaving, coming = registry.ion(old), registry.ion(new)
    if coming.site != leaving.site:
        raise InputError(
            f"{new} belongs on {coming.site} sites and {old} on {leaving.site} sites.",
            f"An antisite is a defect: {coming.species}_{leaving.species}.",
        )
    if count < 1:
        raise InputError(
            f"{count!r} {old} cannot be replaced by {new}.", "Give a whole number from 1 on."
        )
    for group in groups:
        of_role = group.counts.get(leaving.site, {})
        there = of_role.get(leaving.species, 0)
        if there == 0:
            continue
        if count > there:
            raise StructureError(
                f"{count} {old} cannot be replaced: this cell has {there}.",
                "Take a larger size, or fewer.",
            )
        of_role[coming.species] = of_role.get(coming.species, 0) + count
        of_role[leaving.species] -= count
        if of_role[leaving.species] == 0:
            del of_role[leaving.species]
        return
    present = dict.fromkeys(ion for g in groups for ions in g.counts.values() for ion in ions)
    raise UnknownSpecies(f"There is no {old} in the cell.", f"It holds: {', '.join(present)}.")
