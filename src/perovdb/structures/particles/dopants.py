"""Where the minority ions of a particle stand: spread evenly, in the core, at the surface."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, check_choice
from perovdb.structures.arguments import Options
from perovdb.structures.defects.editing import Newcomer, edit
from perovdb.structures.history import Outcome, charge_of, step
from perovdb.structures.ordering.counts import whole_counts
from perovdb.structures.particles.report import surface_network
from perovdb.structures.particles.spreading import spread
from perovdb.structures.streams import stream

PLACEMENTS = {
    "uniform": "every layer of B, counted from the surface, takes its share, spread evenly",
    "core": "the B nearest to the centre",
    "surface": "the outermost layer of B first, spread evenly within the last layer used",
    "random": "drawn by the seed",
}


@dataclass(frozen=True)
class Placement(Options):
    """Where dopants stand in a particle or slab.

    Attributes:
        rule: a key of PLACEMENTS.
        within: a slab of the particle that they keep to, such as its Ruddlesden-Popper part:
            {"normal": [x, y, z], "from_A": low, "to_A": high}, distances from the centre along
            the normal; "uniform" spreads them over it.
        nearest: take the nearest whole numbers where fractions give none.

    Raises:
        InputError: there is no such placement.
    """

    rule: str = "uniform"
    within: Mapping[str, Any] | None = None
    nearest: bool = False

    def __post_init__(self) -> None:
        check_choice(self.rule, PLACEMENTS, "not a placement")


def place(
    positions_A: np.ndarray,
    depths: np.ndarray,
    count: int,
    rule: str,
    seed: int,
    centre_A: np.ndarray,
    lattice: Lattice | None = None,
) -> np.ndarray:
    """(count,) indices of the B sites that dopants take.

    Args:
        positions_A: (n, 3) of the sites that may be taken.
        depths: (n,) layer of each from the surface, 0 the outermost.
        count: how many, at most n.
        rule: a key of PLACEMENTS.
        seed: of the random one.
        centre_A: (3,) of the particle.
        lattice: the cell, if it repeats, as that of a slab does.

    Raises:
        StructureError: there are fewer sites.
    """
    if count > len(positions_A):
        raise StructureError(
            f"{count} dopants do not fit on {len(positions_A)} sites.",
            "Take fewer, or let them stand on more of the particle.",
        )
    if rule == "random":
        return np.sort(stream(seed, 4).permutation(len(positions_A))[:count])
    if rule == "core":
        away_A = np.linalg.norm(positions_A - centre_A, axis=1)
        keys = np.rint(away_A / 1e-3).astype(int)
    else:
        keys = depths
    shells, sizes = np.unique(keys, return_counts=True)
    if rule == "uniform":
        exact = count * sizes / sizes.sum()
        quota = np.floor(exact + 1e-9).astype(int)
        # What is left over goes to the largest remainders, outer layers first.
        quota[np.argsort(quota - exact, kind="stable")[: count - quota.sum()]] += 1
        # From the inside outwards, so that the few places of the core are not chosen last.
        shells, quota = shells[::-1], quota[::-1]
    else:
        quota = np.minimum(sizes, np.maximum(0, count - (np.cumsum(sizes) - sizes)))
    chosen = np.empty(0, dtype=int)
    for shell, number in zip(shells, quota.tolist(), strict=True):
        group = np.flatnonzero(keys == shell)
        more = spread(positions_A[group], number, positions_A[chosen], lattice)
        chosen = np.concatenate([chosen, group[more]])
    return np.sort(chosen)


def in_region(
    positions_A: np.ndarray, centre_A: np.ndarray, region: Mapping[str, Any] | None
) -> np.ndarray:
    """(n,) True for the points in a slab of the particle, such as its Ruddlesden-Popper part.

    Args:
        positions_A: (n, 3).
        centre_A: (3,) of the particle.
        region: {"normal": [x, y, z], "from_A": low, "to_A": high}, distances from the centre
            along the normal; None takes all.

    Raises:
        InputError: a region that cannot be used.
    """
    if region is None:
        return np.ones(len(positions_A), dtype=bool)
    try:
        normal = np.asarray(region["normal"], dtype=float)
        low, high = float(region["from_A"]), float(region["to_A"])
        size = float(np.linalg.norm(normal))
        if normal.shape != (3,) or not size > 0 or set(region) - {"normal", "from_A", "to_A"}:
            raise ValueError
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"The region {region!r} cannot be used.",
            'Give {"normal": [0, 0, 1], "from_A": -3, "to_A": 3}.',
        ) from None
    height = (positions_A - centre_A) @ normal / size
    return np.asarray((height >= low - 1e-6) & (height <= high + 1e-6))


@step
def dope(
    x: Structure,
    replace: str,
    by: str,
    *,
    count: int | None = None,
    fraction: float | None = None,
    placement: str | Placement = "uniform",
    seed: int = 0,
) -> Outcome:
    """A particle or slab in which some B ions are replaced by others.

    Args:
        x: a particle or a slab.
        replace, by: the ion on B sites and what takes its place.
        count: how many are replaced; or
        fraction: of all B sites that hold the new ion afterwards.
        placement: a key of PLACEMENTS, or a `Placement`.
        seed: of the random placement.

    Raises:
        UnknownSpecies: an ion is not known.
        InputError: an argument cannot be used.
        StructureError: the structure has no surface, there are not so many sites, or the fraction
            gives no whole number.
    """
    registry = load_registry()
    old, new = registry.ion(replace), registry.ion(by)
    if old.site != "B" or new.site != "B":
        raise InputError(
            f"{replace} and {by} are not both ions of B sites.", "Dopants stand on B sites."
        )
    if old == new:
        raise InputError(f"{replace} is replaced by itself.", "Name another ion.")
    where = Placement.of(placement)
    every, network = surface_network(x)
    positions = network.positions_A
    b_sites = np.flatnonzero(network.roles == "B")
    there = sum(every[i].ion == new.species for i in b_sites)
    ions = (new.species, old.species)
    wanted = _wanted(fraction, count, there, ions, len(b_sites), where.nearest)
    centre = (positions[b_sites].max(axis=0) + positions[b_sites].min(axis=0)) / 2
    allowed = in_region(positions, centre, where.within)
    free = np.array([i for i in b_sites if every[i].ion == old.species and allowed[i]], dtype=int)
    depths = network.depths()[free]
    if len(depths) and depths.min() < 0:
        raise StructureError(
            "The structure is a crystal, which has no surface.",
            f"There is `defects` for it, with '{new.species}_{old.species}'.",
        )
    chosen = free[place(positions[free], depths, wanted, where.rule, seed, centre, x.lattice)]
    gone = [every[i] for i in chosen]
    places = x.lattice.get_fractional_coords(positions[chosen])
    coming = [Newcomer(new.species, "B", *pair) for pair in zip(places, gone, strict=True)]
    return Outcome(
        edit(x, gone, coming, "random", seed),
        f"{wanted} {old.species} replaced by {new.species}, {where.rule}",
        charge=charge_of(x) + wanted * (new.charge - old.charge),
        arguments={"replace": old.species, "by": new.species},
    )


def _wanted(
    fraction: float | None,
    count: int | None,
    there: int,
    ions: tuple[str, str],
    sites: int,
    nearest: bool,
) -> int:
    """How many are replaced: the count, or what a fraction of the sites asks for beyond those
    that are there."""
    if (fraction is None) == (count is None):
        raise InputError("How many dopants?", "Give fraction or count, one of the two.")
    if fraction is None:
        if count is None or count < 0:
            raise InputError(f"{count!r} is no number of dopants.", "Give a whole number from 0.")
        return count
    if not 0 <= fraction <= 1:
        raise InputError(f"{fraction!r} is not a fraction.", "Give a number from 0 to 1.")
    shares = {"B": {ions[0]: fraction, ions[1]: 1 - fraction}}
    counts = whole_counts(
        f"The fraction {fraction:g}", shares, {"B": sites}, nearest=nearest, mend="Give a count."
    )
    wanted = counts["B"][ions[0]] - there
    if wanted < 0:
        raise StructureError(f"There are {there} {ions[0]} already.", "Ask for more.")
    return wanted
