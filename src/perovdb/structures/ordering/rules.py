"""The ways to order mixed sites."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.ordering.counts import exact_counts, mixed_roles
from perovdb.structures.ordering.distinct import enumerate_orderings
from perovdb.structures.ordering.order import ENUMERATE, Order, Ordering
from perovdb.structures.ordering.patterns import Pattern, clustered, columnar, layered, rocksalt
from perovdb.structures.ordering.quasirandom import quasirandom
from perovdb.structures.sites import Sites
from perovdb.structures.streams import stream as random_stream

_PATTERNS: dict[str, Pattern] = {
    "clustered": clustered,
    "layered": layered,
    "columnar": columnar,
    "rocksalt": rocksalt,
}


@checked
def ordered(
    sites: Sites,
    counts: Mapping[str, Mapping[str, int]],
    order: str | Order = "random",
    seed: int = 0,
) -> Ordering:
    """Put ions on sites. Each role that several ions share is ordered for itself.

    Args:
        sites: the sites to fill.
        counts: role -> species -> number; what is left over of a role stays empty.
        order: a rule, or a rule with its options.
        seed: of "random" and "sqs": the same seed gives the same order on every machine.

    Raises:
        InputError: an argument cannot be used, or there is no such choice.
        StructureError: the ions do not fit the sites, or the pattern does not fit the cell.
    """
    order = Order.of(order)
    if order.rule == ENUMERATE:
        return _chosen(enumerate_orderings(sites, counts), order.choice)
    full = exact_counts(sites, counts)
    mixed = mixed_roles(full)
    report: dict[str, Any] = {"rule": order.rule}
    ions = shuffled(sites.roles, full, seed)
    if not mixed:
        return Ordering(ions, report, "nothing to order")
    if order.rule == "random":
        return Ordering(ions, report | {"seed": seed}, f"random order, seed {seed}")
    if order.rule == "sqs":
        return _quasirandom(sites, full, ions, seed, order)
    for role in mixed:
        ions[sites.of(role)] = _PATTERNS[order.rule](sites, role, full[role], order.axis)
    if order.rule in ("layered", "columnar"):
        report["axis"] = order.axis
    along = f" along {'abc'[order.axis]}" if "axis" in report else ""
    return Ordering(ions, report, f"{order.rule} {' and '.join(mixed)} sites{along}")


def shuffled(
    roles: np.ndarray, counts: Mapping[str, Mapping[str, int]], seed: int, stream: int = 0
) -> np.ndarray:
    """(n,) species on each site, shuffled within each role.

    Args:
        roles: (n,) role of each site.
        counts: role -> species -> number, which together fill the sites of the role.
        seed: the same seed gives the same order on every machine (numpy's PCG64).
        stream: of the random numbers; each step of a build has its own.
    """
    generator = random_stream(seed, stream)
    species = np.empty(len(roles), dtype=object)
    for role, of_role in counts.items():
        ions = np.repeat(list(of_role), list(of_role.values()))
        species[roles == role] = generator.permutation(ions)
    return species


def _chosen(orderings: list[Ordering], choice: int) -> Ordering:
    if choice >= len(orderings):
        raise InputError(
            f"There is no distinct ordering number {choice}.",
            f"There are {len(orderings)}, numbered from 0.",
        )
    return orderings[choice]


def _quasirandom(
    sites: Sites,
    counts: Mapping[str, Mapping[str, int]],
    ions: np.ndarray,
    seed: int,
    order: Order,
) -> Ordering:
    roles, lines = {}, []
    for role in mixed_roles(counts):
        where = sites.of(role)
        best = quasirandom(
            sites.lattice_A,
            sites.fractional[where],
            counts[role],
            seed,
            shells=order.shells,
            steps=order.steps,
            target=order.target,
            stream="ABX".index(role),
            periodic=sites.periodic,
        )
        ions[where] = best.ions
        roles[role] = {
            "error": round(best.objective, 9),
            "bound": round(best.bound, 9),
            "steps": best.steps,
            "shells": best.correlations.report(),
        }
        lines.append(
            f"{role} correlation error {best.objective:.4g} over "
            f"{len(best.correlations.distances_A)} shells after {best.steps} steps"
        )
    report = {"rule": "sqs", "seed": seed, "roles": roles}
    return Ordering(ions, report, f"special quasi-random, seed {seed}: {'; '.join(lines)}")
