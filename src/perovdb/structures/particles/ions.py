"""Which ion stands on which site of a particle, and which sites make it neutral."""

from __future__ import annotations

import numpy as np

from perovdb.composition import Composition
from perovdb.errors import StructureError
from perovdb.structures.charges import ion_charge
from perovdb.structures.octahedra.axes import Axes
from perovdb.structures.ordering.counts import WHOLE, whole_counts
from perovdb.structures.ordering.rules import shuffled
from perovdb.structures.particles.charge_balance import balance
from perovdb.structures.particles.cutting import Cut
from perovdb.structures.particles.dopants import Placement, in_region, place
from perovdb.structures.particles.wulff import Facets

OTHER_SIZE = "Take another size."


def particle_ions(
    composition: Composition,
    particle: Cut,
    rule: str,
    placement: Placement,
    seed: int,
    mend: str,
) -> tuple[list[str], np.ndarray]:
    """The ion on each site of the particle, and the (n,) mask of its sites once balanced."""
    network = particle.network
    every = np.full(len(network.roles), "", dtype=object)
    b_sites = np.flatnonzero(particle.filled & (network.roles == "B"))
    counts = whole_counts(
        composition.formula,
        {"B": composition.sites["B"]},
        {"B": len(b_sites)},
        nearest=placement.nearest,
        mend=mend or OTHER_SIZE,
    )["B"]
    host, *others = sorted(counts, key=lambda species: -counts[species])
    every[b_sites] = host
    depths = network.depths(particle.filled)
    allowed = in_region(network.positions_A, np.zeros(3), placement.within)
    for species in others:
        free = b_sites[(every[b_sites] == host) & allowed[b_sites]]
        positions = network.positions_A[free]
        taken = place(positions, depths[free], counts[species], placement.rule, seed, np.zeros(3))
        every[free[taken]] = species
    for role in "AX":
        of_role = list(composition.sites[role])
        if len({ion_charge(ion) for ion in of_role}) > 1:
            raise StructureError(
                f"The {role} ions of {composition.formula} have different charges.",
                "Particles are balanced for ions of one charge on A and one on X.",
            )
        # Any ion of the role stands in until the balance has said how many sites there are.
        every[network.roles == role] = of_role[0]
    charges = np.array([ion_charge(ion) if ion else 0 for ion in every])
    filled = neutral(particle, charges, rule)
    outer = filled & (network.roles != "B")
    shared = whole_counts(
        composition.formula,
        composition.sites,
        {role: int((filled & (network.roles == role)).sum()) for role in "AX"},
        nearest=placement.nearest,
        mend=OTHER_SIZE,
    )
    every[outer] = shuffled(network.roles[outer], shared, seed, 4)
    return [str(ion) for ion in every[filled]], filled


def neutral(particle: Cut, charges: np.ndarray, rule: str) -> np.ndarray:
    """The (n,) mask of the particle's sites after the balance; (n,) charges of their ions."""
    filled = particle.filled
    if rule not in ("surface A", "surface X"):
        return filled
    moved = np.unique(charges[particle.network.roles == rule[-1]])
    if len(moved) != 1:
        raise StructureError(
            f"The {rule[-1]} ions have different charges.", "Choose another rule for the balance."
        )
    return balance(particle.network, filled, int(charges[filled].sum()), rule, int(moved[0]))


def sizes_that_fit(composition: Composition, particle: Cut, axes: Axes, shape: Facets) -> str:
    """Boxes whose number of octahedra holds the fractions on B, the nearest first, in words."""
    if shape != "cube":
        return OTHER_SIZE
    rows = np.array(particle.cells)
    edges_nm = rows * axes.lengths_A / 10
    exact = []
    for step in [*((n, n, n) for n in (0, 1, -1, 2, -2, 3, -3)), (0, 0, 1), (0, 0, -1)]:
        size = rows + step
        sites = int(np.prod(size))
        amounts = [share * sites for share in composition.sites["B"].values()]
        if min(size) > 1 and all(abs(x - round(x)) < WHOLE * sites for x in amounts):
            for kind, planes in (("AX", 0), ("BX2", -1)):
                edge = (size + planes) * axes.lengths_A / 10
                exact.append((round(float(np.abs(edge - edges_nm).sum()), 4), kind, size, edge))
    exact.sort(key=lambda one: one[0])
    sizes = [
        f"{'x'.join(map(str, size))} octahedra, {kind}-terminated "
        f"({' x '.join(f'{e:.2f}' for e in edge)} nm)"
        for _, kind, size, edge in exact[:3]
    ]
    return f"Exact are: {'; '.join(sizes)}." if sizes else ""
