"""Which ions stand on the sites of a layered model, and the structure that they make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.structures.charges import formal_charge
from perovdb.structures.drawing import draw
from perovdb.structures.history import Outcome
from perovdb.structures.layered.stacking import Layered
from perovdb.structures.ordering import RULES, ordered
from perovdb.structures.ordering.counts import whole_counts
from perovdb.structures.streams import stream

#: Ion -> region in which all of it stands.
Where = Mapping[str, str]

#: Apical X with ions of their own; the role is the last letter.
APICAL = "apical X"


def order_ions(
    layered: Layered,
    parent: Composition,
    apical: Mapping[str, float],
    where: Where,
    seed: int,
    order: str = "random",
) -> np.ndarray:
    """(n,) the ion on each site, in exact numbers.

    Args:
        layered: the sites.
        parent: fractions of the ions on A, B and X.
        apical: halide -> fraction of the apical sites; empty if they are like other X.
        where: ion -> the region in which all of it stands, drawn there by the seed.
        seed: of the order.
        order: rule for all other ions, a key of `ordering.RULES`; planes and columns of a rule
            are those along c. Apical X, if they have ions of their own, are ordered by themselves.

    Raises:
        UnknownSpecies: an ion of `where` is not in the composition.
        InputError: there is no such region or rule.
        StructureError: a fraction gives no whole number of ions, a region has no room, or the
            rule does not fit the cell.
    """
    if order not in RULES:
        raise InputError(
            f"There is no ordering rule {order!r}.", f"Use one of {', '.join(RULES)}."
        )
    _check_regions(layered, {**parent.A, **parent.B, **parent.X, **apical}, where)
    shares: dict[str, Mapping[str, float]] = {}
    groups: dict[str, np.ndarray] = {}
    at_face = (layered.sites.roles == "X") & (layered.kinds == "apical")
    for role, of_role in parent.sites.items():
        here = layered.sites.roles == role
        if role == "X" and apical:
            shares[APICAL], groups[APICAL] = apical, np.flatnonzero(at_face)
            here &= ~at_face
        shares[role], groups[role] = of_role, np.flatnonzero(here)
    counts = whole_counts(
        parent.formula, shares, {name: len(sites) for name, sites in groups.items()}
    )
    generator = stream(seed, 0)
    ions = np.full(len(layered), "", dtype=object)
    for name, sites in groups.items():
        left = _place_bound(ions, sites, name, counts[name], layered, where, generator)
        free = {ion: count for ion, count in counts[name].items() if ion not in where}
        if order == "random":
            ions[left] = generator.permutation(np.repeat(list(free), list(free.values())))
        elif len(left):
            role = name[-1]
            ions[left] = ordered(layered.sites.part(left), {role: free}, order, seed).ions
    return ions


def _place_bound(
    ions: np.ndarray,
    sites: np.ndarray,
    name: str,
    counts: Mapping[str, int],
    layered: Layered,
    where: Where,
    generator: np.random.Generator,
) -> np.ndarray:
    """Put the ions that are bound to a region on some sites; the sites that are left."""
    left = sites
    for region in dict.fromkeys(where[ion] for ion in counts if ion in where):
        bound = [ion for ion in counts if where.get(ion) == region]
        room = left[layered.regions[left] == region]
        wanted = sum(counts[ion] for ion in bound)
        if wanted > len(room):
            raise StructureError(
                f"{wanted} {' and '.join(bound)} do not fit on the {len(room)} {name} sites of "
                f"the region '{region}'.",
                f"At most a fraction {len(room) / len(sites):.4g} of the {name} sites is there: "
                "take less, or make the region larger.",
            )
        chosen = generator.permutation(room)[:wanted]
        ions[chosen] = np.repeat(bound, [counts[ion] for ion in bound])
        left = left[~np.isin(left, chosen)]
    return left


def _check_regions(layered: Layered, species: Mapping[str, float], where: Where) -> None:
    there = list(dict.fromkeys(layered.regions.tolist()))
    for ion, region in where.items():
        if ion not in species:
            raise UnknownSpecies(
                f"There is no {ion} in the composition.", f"It holds {', '.join(species)}."
            )
        if region not in there:
            raise InputError(
                f"The model has no region '{region}'.", f"It has: {', '.join(there)}."
            )


def layered_outcome(
    layered: Layered,
    parent: Composition,
    apical: Mapping[str, float],
    where: Where,
    orientation: str,
    seed: int,
    order: str,
    text: str,
    notes: Sequence[str],
    arguments: Mapping[str, Any],
) -> Outcome:
    """The structure of a layered model; atoms carry their region.

    Raises:
        as `order_ions`, and as `draw`.
    """
    ions = order_ions(layered, parent, apical, where, seed, order)
    structure = draw(
        layered.sites,
        list(ions),
        orientation,
        seed,
        labels={"region": layered.regions.tolist()},
    )
    large = [ion for ion in parent.A if load_registry().ion(ion).molecular]
    notes = list(notes)
    if large:
        notes.append(
            f"the faces are those of a caesium halide, scaled: for {', '.join(large)} the slabs "
            "may stand further apart, give interlayer_A or relax the cell"
        )
    return Outcome(
        structure,
        text if order == "random" else f"{text}, {order} order",
        charge=formal_charge(list(ions)),
        notes=notes,
        arguments=arguments,
    )
