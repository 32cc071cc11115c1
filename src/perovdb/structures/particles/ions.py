"""Which ion stands on which site of a particle, and which sites make it neutral."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from perovdb.composition import Composition
from perovdb.errors import StructureError
from perovdb.structures.charges import ion_charge
from perovdb.structures.octahedra.axes import Axes
from perovdb.structures.ordering.counts import whole_counts
from perovdb.structures.particles.charge_balance import balance
from perovdb.structures.particles.cutting import Cut
from perovdb.structures.particles.dopants import Placement, in_region, place
from perovdb.structures.particles.wulff import Facets
from perovdb.structures.streams import stream

OTHER_SIZE = "Take another size."


def ions_of(
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
    b_sites = np.flatnonzero(particle.held & (network.roles == "B"))
    shares = composition.sites["B"]
    name = composition.formula
    counts = whole_counts(
        name,
        {"B": shares},
        {"B": len(b_sites)},
        nearest=placement.nearest,
        mend=mend or OTHER_SIZE,
    )["B"]
    host, *others = sorted(counts, key=lambda species: -counts[species])
    every[b_sites] = host
    depths = network.depths(particle.held)
    allowed = in_region(network.positions_A, np.zeros(3), placement.within)
    for species in others:
        free = b_sites[(every[b_sites] == host) & allowed[b_sites]]
        positions = network.positions_A[free]
        taken = place(positions, depths[free], counts[species], placement.rule, seed, np.zeros(3))
        every[free[taken]] = species
    for role in "AX":
        # Any ion of the role stands in until the balance has said how many sites there are.
        every[network.roles == role] = next(iter(composition.sites[role]))
        _one_charge(composition, role)
    charges = np.array([ion_charge(ion) if ion else 0 for ion in every])
    held = neutral(particle, charges, rule)
    generator = stream(seed, 4)
    for role in "AX":
        here = np.flatnonzero(held & (network.roles == role))
        amounts = whole_counts(
            name,
            {role: composition.sites[role]},
            {role: len(here)},
            nearest=placement.nearest,
            mend=OTHER_SIZE,
        )[role]
        every[here] = drawn(amounts, generator)
    return [str(ion) for ion in every[held]], held


def drawn(counts: Mapping[str, int], generator: np.random.Generator) -> np.ndarray:
    """(n,) ions in exact numbers, in an order drawn at random."""
    ions = np.repeat(list(counts), list(counts.values()))
    return generator.permutation(ions) if len(counts) > 1 else ions


def _one_charge(composition: Composition, role: str) -> None:
    charges = {ion_charge(species) for species in composition.sites[role]}
    if len(charges) > 1:
        raise StructureError(
            f"The {role} ions of {composition.formula} have different charges.",
            "Particles are balanced for ions of one charge on A and one on X.",
        )


def neutral(particle: Cut, charges: np.ndarray, rule: str) -> np.ndarray:
    """The (n,) mask of the particle's sites after the balance; (n,) charges of their ions."""
    held = particle.held
    if rule not in ("surface A", "surface X"):
        return held
    moved = np.unique(charges[particle.network.roles == rule[-1]])
    if len(moved) != 1:
        raise StructureError(
            f"The {rule[-1]} ions have different charges.", "Choose another rule for the balance."
        )
    return balance(particle.network, held, int(charges[held].sum()), rule, int(moved[0]))


def sizes_that_fit(composition: Composition, particle: Cut, axes: Axes, shape: Facets) -> str:
    """Boxes whose number of octahedra holds the fractions on B, the nearest first, in words."""
    if shape != "cube":
        return OTHER_SIZE
    found = []
    rows = np.array(particle.cells)
    steps = [
        np.array(step) for step in ((0, 0, 0), (1, 1, 1), (-1, -1, -1), (0, 0, 1), (0, 0, -1))
    ]
    steps += [2 * steps[1], 2 * steps[2], 3 * steps[1], 3 * steps[2]]
    for kind, planes in (("AX", 0), ("BX2", -1)):
        for step in steps:
            size = rows + step
            sites = int(np.prod(size))
            whole = all(
                abs(share * sites - round(share * sites)) < 1e-4 * sites
                for share in composition.sites["B"].values()
            )
            if whole and min(size) > 1:
                edge = (size + planes) * axes.lengths_A / 10
                found.append((kind, size, edge))
    asked = rows * axes.lengths_A / 10
    found.sort(key=lambda item: round(float(np.abs(item[2] - asked).sum()), 4))
    if not found:
        return ""
    named = [
        f"{'x'.join(map(str, size))} octahedra, {kind}-terminated "
        f"({' x '.join(f'{e:.2f}' for e in edge)} nm)"
        for kind, size, edge in found[:3]
    ]
    return f"Exact are: {'; '.join(named)}."
