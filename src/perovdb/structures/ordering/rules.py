"""The ways to order mixed sites, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.ordering.arrangement import Ordering
from perovdb.structures.ordering.correlations import SHELLS
from perovdb.structures.ordering.counts import exact_counts, mixed_roles
from perovdb.structures.ordering.patterns import Pattern, clustered, columnar, layered, rocksalt
from perovdb.structures.ordering.quasirandom import STEPS, quasirandom
from perovdb.structures.ordering.shuffled import shuffled
from perovdb.structures.sites import Sites

#: Name -> meaning. `enumerate_orderings` lists all distinct ones instead.
RULES = {
    "random": "shuffled by the seed",
    "sqs": "special quasi-random: pair correlations as near to a random alloy as the cell allows",
    "clustered": "the rarest ion gathered around the middle of the cell",
    "layered": "whole planes along the axis, spread evenly",
    "columnar": "one to one, columns along the axis that alternate in the two other directions",
    "rocksalt": "one to one, alternating in all three directions",
}

_PATTERNS: dict[str, Pattern] = {
    "clustered": clustered,
    "layered": layered,
    "columnar": columnar,
    "rocksalt": rocksalt,
}


@checked
def order(
    sites: Sites,
    counts: Mapping[str, Mapping[str, int]],
    rule: str = "random",
    seed: int = 0,
    *,
    axis: int = 2,
    shells: int = SHELLS,
    steps: int = STEPS,
    target: float = 0.0,
) -> Ordering:
    """Put ions on sites by a rule. Each role that several ions share is ordered for itself.

    Args:
        sites: the sites to fill.
        counts: role -> species -> number; what is left over of a role stays empty.
        rule: a key of RULES.
        seed: of "random" and "sqs": the same seed gives the same order on every machine.
        axis: number of a cell vector, 0 to 2: "layered" planes are stacked along it, "columnar"
            columns run along it.
        shells, steps, target: of "sqs", see `quasirandom`.

    Raises:
        InputError: an argument cannot be used.
        StructureError: the ions do not fit the sites, or the pattern does not fit the cell.
    """
    if rule not in RULES:
        raise InputError(
            f"There is no ordering rule {rule!r}.", f"Use one of {', '.join(RULES)}, enumerate."
        )
    if axis not in (0, 1, 2):
        raise InputError(f"There is no cell vector {axis!r}.", "Give 0, 1 or 2.")
    full = exact_counts(sites, counts)
    mixed = mixed_roles(full)
    report: dict[str, Any] = {"rule": rule}
    ions = shuffled(sites.roles, full, seed)
    if not mixed:
        return Ordering(ions, report, "nothing to order")
    if rule == "random":
        return Ordering(ions, report | {"seed": seed}, f"random order, seed {seed}")
    if rule == "sqs":
        return _quasirandom(sites, full, ions, seed, shells, steps, target)
    for role in mixed:
        ions[sites.of(role)] = _PATTERNS[rule](sites, role, full[role], axis)
    if rule in ("layered", "columnar"):
        report["axis"] = axis
    along = f" along {'abc'[axis]}" if "axis" in report else ""
    return Ordering(ions, report, f"{rule} {' and '.join(mixed)} sites{along}")


def _quasirandom(
    sites: Sites,
    counts: Mapping[str, Mapping[str, int]],
    ions: np.ndarray,
    seed: int,
    shells: int,
    steps: int,
    target: float,
) -> Ordering:
    roles, lines = {}, []
    for role in mixed_roles(counts):
        where = sites.of(role)
        found = quasirandom(
            sites.lattice_A,
            sites.fractional[where],
            counts[role],
            seed,
            shells=shells,
            steps=steps,
            target=target,
            stream="ABX".index(role),
            periodic=sites.periodic,
        )
        ions[where] = found.ions
        roles[role] = {
            "error": round(found.objective, 9),
            "bound": round(found.bound, 9),
            "steps": found.steps,
            "shells": found.correlations.report(),
        }
        lines.append(
            f"{role} correlation error {found.objective:.4g} over "
            f"{len(found.correlations.distances_A)} shells after {found.steps} steps"
        )
    report = {"rule": "sqs", "seed": seed, "roles": roles}
    return Ordering(ions, report, f"special quasi-random, seed {seed}: {'; '.join(lines)}")
