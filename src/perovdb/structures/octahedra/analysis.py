"""The octahedra of a whole model: their shapes, averages and tilts, coordination, density."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import scipy.constants
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.answers.tables import table
from perovdb.calculators.molecules import atomic_masses
from perovdb.errors import StructureError
from perovdb.structures.octahedra.bonds import find_bonds, neighbours
from perovdb.structures.octahedra.octahedron import NUMBERS, Octahedron, as_shown, measure
from perovdb.structures.octahedra.tilt_pattern import (
    TiltPattern,
    find_links,
    pseudocubic_axes,
    tilt_pattern,
)
from perovdb.structures.sites import Sites
from perovdb.structures.tilts.glazer import parse_glazer

#: Rows of (3, 3) vectors.
AxesLike = np.ndarray | Sequence[Sequence[float]]

#: One atomic mass unit in a cubic angstrom, in g/cm^3: the unit is 1e3 g/kg of what scipy has from
#: CODATA, over 1e-24 cm^3.
_G_CM3 = scipy.constants.atomic_mass * 1e27

#: X around A are looked for up to this many B-X bonds: halfway from the twelve of the ideal cage,
#: at sqrt2 bonds, to the next X, at sqrt6. A step of a tenth in their distances ends them:
#: judgement, since no rule for it is agreed on.
_CAGE = (math.sqrt(2) + math.sqrt(6)) / 2
_STEP = 0.1


@answer
class Octahedra(Answer):
    """What the octahedra of a model look like.

    Attributes:
        material: the formula or the file that was measured.
        octahedra: one for each B, in the order of the B ions.
        axes: (3, 3) the pseudo-cubic axes, unit vectors, to which tilts refer.
        tilts: how the octahedra are tilted together.
        bridge_angles_deg: B-X-B of every X between two B, in the order of the X ions.
        a_coordination: number of X around each A, in the order of the A ions.
        averages: mean of each number over the octahedra that have it; NaN where none has.
        complete: how many octahedra have their six X.
        shared_edges: pairs of octahedra that share more than a corner; where there are any, the
            model is no perovskite and its tilts mean nothing.
        density_g_cm3: of a crystal, molecules and all; None for a particle or a slab.
        closest_contact_A: the shortest distance between atoms of different ions or molecules,
            looked for up to 4 A; None where only sites are known.
    """

    material: str
    octahedra: tuple[Octahedron, ...]
    axes: tuple[tuple[float, float, float], ...]
    tilts: TiltPattern
    bridge_angles_deg: tuple[float, ...]
    a_coordination: tuple[int, ...]
    averages: Mapping[str, float]
    complete: int
    shared_edges: int
    density_g_cm3: float | None = None
    closest_contact_A: float | None = None

    derived = ("glazer", "space_group", "notes")

    @property
    def glazer(self) -> str:
        """The Glazer symbol that the tilts suggest."""
        return self.tilts.glazer

    @property
    def space_group(self) -> str | None:
        """That of ideal octahedra tilted so; None for tilts without a pattern, or none at all."""
        if "~" in self.glazer or self.shared_edges:
            return None
        return parse_glazer(self.glazer).space_group[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """Why the tilts mean nothing, where they do not."""
        if not self.shared_edges:
            return ()
        return (
            f"{self.shared_edges} pairs of octahedra share more than a corner: this is no "
            "perovskite, and its tilts mean nothing",
        )

    def rows(self) -> list[dict[str, Any]]:
        """One row for each octahedron."""
        return [row for one in self.octahedra for row in one.rows()]

    def _table(self) -> list[dict[str, Any]]:
        return [as_shown(row) for row in self.rows()]

    def _headline(self) -> str:
        bridges = [angle for angle in self.bridge_angles_deg if math.isfinite(angle)]
        angles = f"B-X-B {min(bridges):.2f} to {max(bridges):.2f} deg" if bridges else "no B-X-B"
        return (
            f"{self.material}: {self.complete} of {len(self.octahedra)} octahedra complete, "
            f"{self.glazer}, {angles}"
        )

    def _lines(self) -> list[str]:
        return [self._headline(), *self._note_lines(), *table(self._table())]


def octahedra_of_sites(
    sites: Sites,
    ions: Sequence[str] | None = None,
    atoms: Sequence[int] | None = None,
    *,
    material: str = "sites",
    axes: AxesLike | None = None,
    reach_A: float | None = None,
    tolerance_deg: float = 0.5,
) -> Octahedra:
    """Find and measure the octahedra of a model, periodic or a particle.

    Args:
        sites: of the model.
        ions: (n,) the ion on each, for the record.
        atoms: (n,) the index by which each is named; by default that of the site.
        material: for the record.
        axes: (3, 3) rows, roughly the pseudo-cubic axes to use; see `pseudocubic_axes`.
        reach_A: the longest B-X that counts as a bond; by default 1.45 times the usual one.
        tolerance_deg: smaller tilts than this are none, and tilts this near are equal.

    Raises:
        StructureError: no B with X around.
        InputError: the axes cannot be used.
    """
    bonds = find_bonds(sites, reach_A)
    b_sites = sites.of("B")
    links = find_links(bonds, b_sites)
    frame = pseudocubic_axes(bonds, links, axes)
    vectors = bonds.vector_A @ frame.T
    shapes = tuple(
        measure(
            int(b) if atoms is None else atoms[b],
            "" if ions is None else ions[b],
            sites.positions_A[b],
            vectors[bonds.of(b)],
        )
        for b in b_sites
    )
    once = links.start <= links.end
    order = np.argsort(links.x_site[once], kind="stable")
    bridges = links.angle_deg[once][order]
    # An octahedron that meets its own image counts its corner in both senses.
    own = (links.start == links.end)[once][order]
    seen = np.cumsum(own) % 2 == 0
    return Octahedra(
        material=material,
        octahedra=shapes,
        axes=tuple((float(x), float(y), float(z)) for x, y, z in frame),
        tilts=tilt_pattern(shapes, links, frame, tolerance_deg),
        bridge_angles_deg=tuple(float(x) for x in bridges[~(own & seen)]),
        a_coordination=_around_a(sites, float(np.linalg.norm(bonds.vector_A, axis=1).mean())),
        averages=_averages(shapes),
        complete=sum(one.complete for one in shapes),
        shared_edges=links.edges(),
    )


def _averages(octahedra: Sequence[Octahedron]) -> dict[str, float]:
    means = {}
    for name in NUMBERS:
        values = [value for one in octahedra if not math.isnan(value := getattr(one, name))]
        means[name] = float(np.mean(values)) if values else math.nan
    return means


def _around_a(sites: Sites, bond_A: float) -> tuple[int, ...]:
    """Number of X around each A: of the twelve nearest in the cage those before the widest step
    in distance, looked for after the sixth, if it is a tenth of the distance or more."""
    a_sites, x_sites = sites.of("A"), sites.of("X")
    if not len(a_sites) or not len(x_sites):
        return (0,) * len(a_sites)
    a, _, vector = neighbours(sites, a_sites, x_sites, _CAGE * bond_A)
    distance = np.linalg.norm(vector, axis=1)
    counts = []
    for site in a_sites:
        near = np.sort(distance[a == site])[:12]
        steps = np.diff(near)[5:] / near[5:-1]
        wide = len(steps) > 0 and steps.max() >= _STEP
        counts.append(6 + int(steps.argmax()) if wide else len(near))
    return tuple(counts)


def density_g_cm3(structure: Structure) -> float:
    """Mass density of a crystal, molecules and all.

    Raises:
        StructureError: the structure does not fill its cell: a particle or a slab in its box.
    """
    if not all(structure.lattice.pbc):
        raise StructureError(
            "A model in a box with vacuum has no density.", "Ask for that of a periodic crystal."
        )
    masses = atomic_masses([site.specie.symbol for site in structure])
    return float(masses.sum() / structure.volume * _G_CM3)
