"""Which ions stand on the sites of a layered model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from perovdb.composition import Composition
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.filling import Filling, Group
from perovdb.structures.layered.stacking import Layered
from perovdb.structures.ordering import Order, Ordering
from perovdb.structures.ordering.counts import whole_counts
from perovdb.structures.streams import stream

#: Ion -> region in which all of it stands.
Regions = Mapping[str, str]

#: Apical X with ions of their own; the role is the last letter.
APICAL = "apical X"


def ordered_ions(
    layered: Layered,
    parent: Composition,
    apical: Mapping[str, float],
    where: Regions,
    order: Order,
    seed: int,
) -> Ordering:
    """Ions in exact numbers on the sites.

    Args:
        layered: the sites.
        parent: fractions of the ions on A, B and X.
        apical: halide -> fraction of the apical sites, which are then ordered by themselves; empty
            if they are like other X.
        where: ion -> region, in which it is drawn by the seed; the others are ordered on what is
            left.
        order: rule for them; its planes and columns are those along c.
        seed: of the order.

    Raises:
        UnknownSpecies: an ion of `where` is not in the composition.
        InputError: there is no such region.
        StructureError: a fraction gives no whole number of ions, a region has no room, or the
            rule does not fit the cell.
    """
    roles = layered.sites.roles
    _check_regions(layered, {**parent.A, **parent.B, **parent.X, **apical}, where)
    shares: dict[str, Mapping[str, float]] = dict(parent.sites)
    groups = {role: np.flatnonzero(roles == role) for role in shares}
    if apical:
        face = (roles == "X") & (layered.kinds == "apical")
        shares[APICAL], groups[APICAL] = apical, np.flatnonzero(face)
        groups["X"] = np.flatnonzero((roles == "X") & ~face)
    counts = whole_counts(parent.formula, shares, {name: len(groups[name]) for name in groups})
    bound = np.full(len(layered), "", dtype=object)
    generator = stream(seed, 0)
    for name, sites in groups.items():
        _bind(bound, sites, name, counts[name], layered, where, generator)
    parts = []
    for names in (list(parent.sites), [APICAL] * bool(apical)):
        sites = np.concatenate([np.empty(0, dtype=int), *(groups[name] for name in names)])
        free = {name[-1]: _without(counts[name], where) for name in names}
        parts += [Group(np.sort(sites[bound[sites] == ""]), free)] * bool(names)
    ordering = Filling(layered.sites, tuple(parts)).ordered(order, seed)
    ions = np.where(bound != "", bound, ordering.ions)
    return Ordering(ions, ordering.report, ordering.text)


def _without(counts: Mapping[str, int], where: Regions) -> dict[str, int]:
    return {ion: count for ion, count in counts.items() if ion not in where}


def _bind(
    ions: np.ndarray,
    sites: np.ndarray,
    name: str,
    counts: Mapping[str, int],
    layered: Layered,
    where: Regions,
    generator: np.random.Generator,
) -> None:
    """Put the ions that are bound to a region on some of the sites."""
    for region in dict.fromkeys(where[ion] for ion in counts if ion in where):
        bound = [ion for ion in counts if where.get(ion) == region]
        room = sites[layered.regions[sites] == region]
        number = sum(counts[ion] for ion in bound)
        if number > len(room):
            raise StructureError(
                f"{number} {' and '.join(bound)} do not fit on the {len(room)} {name} sites of "
                f"the region '{region}'.",
                f"At most a fraction {len(room) / len(sites):.4g} of the {name} sites is there: "
                "take less, or make the region larger.",
            )
        chosen = generator.permutation(room)[:number]
        ions[chosen] = np.repeat(bound, [counts[ion] for ion in bound])


def _check_regions(layered: Layered, species: Mapping[str, float], where: Regions) -> None:
    regions = list(dict.fromkeys(layered.regions.tolist()))
    for ion, region in where.items():
        if ion not in species:
            raise UnknownSpecies(
                f"There is no {ion} in the composition.", f"It holds {', '.join(species)}."
            )
        if region not in regions:
            raise InputError(
                f"The model has no region '{region}'.", f"It has: {', '.join(regions)}."
            )
