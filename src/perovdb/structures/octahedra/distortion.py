"""The octahedra of a whole model: their shapes, averages and tilts, coordination, density."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import scipy.constants
from pymatgen.core import Structure

from perovdb.calculators.molecules import atomic_masses
from perovdb.errors import StructureError
from perovdb.structures.arguments import checked
from perovdb.structures.octahedra.bonds import (
    Octahedron,
    find_bonds,
    measure,
    neighbours,
    sites_of,
)
from perovdb.structures.octahedra.tilt_pattern import (
    TiltPattern,
    find_links,
    pseudocubic_axes,
    tilt_pattern,
)
from perovdb.structures.sites import Sites

#: The numbers of an octahedron that are averaged and compared.
NUMBERS = (
    "mean_bond_A",
    "bond_length_distortion",
    "angle_variance_deg2",
    "quadratic_elongation",
    "off_centre_A",
    "volume_A3",
)

#: One atomic mass unit in a cubic angstrom, in g/cm^3: the unit is 1e3 g/kg of what scipy has from
#: CODATA, over 1e-24 cm^3.
_G_CM3 = scipy.constants.atomic_mass * 1e27

#: X around A are looked for up to this many B-X bonds: halfway from the twelve of the ideal cage,
#: at sqrt2 bonds, to the next X, at sqrt6. A step of a tenth in their distances ends them:
#: judgement, since no rule for it is agreed on.
_CAGE = (math.sqrt(2) + math.sqrt(6)) / 2
_STEP = 0.1


@dataclass(frozen=True)
class Distortion:
    """What the octahedra of a model look like.

    Attributes:
        octahedra: one for each B, in the order of the B ions.
        axes: (3, 3) the pseudo-cubic axes, unit vectors, to which tilts refer.
        tilts: how the octahedra are tilted together.
        bridge_angles_deg: B-X-B of every X between two B, in the order of the X ions.
        a_coordination: number of X around each A, in the order of the A ions.
        averages: mean of each number over the octahedra that have it; NaN where none has.
        complete: how many octahedra have their six X.
        shared_edges: pairs of octahedra that share more than a corner; where there are any, the
            model is no perovskite and its tilts mean nothing.
    """

    octahedra: tuple[Octahedron, ...]
    axes: tuple[tuple[float, ...], ...]
    tilts: TiltPattern
    bridge_angles_deg: tuple[float, ...]
    a_coordination: tuple[int, ...]
    averages: Mapping[str, float]
    complete: int
    shared_edges: int

    @property
    def glazer(self) -> str:
        """The Glazer symbol that the tilts suggest."""
        return self.tilts.glazer

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it; numbers that are not defined are null."""
        return dict(jsonable(asdict(self)))


@checked
def distortion(
    structure: Structure | Sites,
    *,
    axes: np.ndarray | Sequence[Sequence[float]] | None = None,
    reach_A: float | None = None,
    tolerance_deg: float = 0.5,
) -> Distortion:
    """Find and measure the octahedra of a model.

    Args:
        structure: with roles; or the bare sites. Periodic or a particle.
        axes: (3, 3) rows, roughly the pseudo-cubic axes to use; see `pseudocubic_axes`.
        reach_A: the longest B-X that counts as a bond; by default 1.45 times the usual one.
        tolerance_deg: smaller tilts than this are none, and tilts this near are equal.

    Raises:
        StructureError: no roles, or no B with X around.
        InputError: the axes cannot be used.
    """
    sites, ions, atoms = sites_of(structure)
    bonds = find_bonds(sites, reach_A)
    b_sites = sites.of("B")
    links = find_links(bonds, b_sites)
    frame = pseudocubic_axes(bonds, links, axes)
    vectors = bonds.vector_A @ frame.T
    octahedra = tuple(
        measure(atoms[b], ions[b], sites.positions_A[b], vectors[bonds.of(b)]) for b in b_sites
    )
    once = links.start <= links.end
    order = np.argsort(links.x_site[once], kind="stable")
    bridges = links.angle_deg[once][order]
    # An octahedron that meets its own image counts its corner in both senses.
    own = (links.start == links.end)[once][order]
    seen = np.cumsum(own) % 2 == 0
    return Distortion(
        octahedra=octahedra,
        axes=tuple(tuple(float(x) for x in row) for row in frame),
        tilts=tilt_pattern(octahedra, links, frame, tolerance_deg),
        bridge_angles_deg=tuple(float(x) for x in bridges[~(own & seen)]),
        a_coordination=_around_a(sites, float(np.linalg.norm(bonds.vector_A, axis=1).mean())),
        averages=_averages(octahedra),
        complete=sum(one.complete for one in octahedra),
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
    a, _, _, vector = neighbours(sites, a_sites, x_sites, _CAGE * bond_A)
    distance = np.linalg.norm(vector, axis=1)
    counts = []
    for site in a_sites:
        near = np.sort(distance[a == site])[:12]
        steps = np.diff(near)[5:] / near[5:-1]
        wide = len(steps) > 0 and steps.max() >= _STEP
        counts.append(6 + int(steps.argmax()) if wide else len(near))
    return tuple(counts)


@checked
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


def jsonable(value: Any) -> Any:
    """A value as JSON can hold it: tuples are lists, NaN is None."""
    if isinstance(value, Mapping):
        return {key: jsonable(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(one) for one in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    return value
