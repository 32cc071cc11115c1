"""The distinct hops of an ion into a neighbouring vacancy of its own kind.

Molecules count as points at their centres of mass, and the ions that share a mixed site as one:
a hop is listed for the average cell. Two hops are the same if an operation of the space group,
or reading one of them backwards, turns one into the other. For the hops of a structure with real
atoms see `structure_hops`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.errors import StructureError, UnknownSpecies
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.migration.hop_orbits import equivalent_pairs
from perovdb.structures.neighbours import Neighbours
from perovdb.structures.sites import Periodic

#: The first shell of neighbours ends where the next distance is longer by more than this.
#: It keeps to the edges of the octahedra: in gamma-CsPbI3 they are 4.41 to 4.62 angstrom, and
#: the next I-I distance, between octahedra that share no Pb, is 4.91.
FIRST_SHELL_GAP = 0.05

#: The gap is looked for up to this many times the usual distance of nearest neighbours.
FIRST_SHELL_REACH = 1.6

Point = tuple[float, float, float]

#: Number of the start site, number of the end site, and the three cells to the one it is in.
Step = tuple[int, int, int, int, int]


@dataclass(frozen=True)
class Hop:
    """A hop of an ion from one site to a neighbouring one that is vacant.

    Attributes:
        species: the ion that moves.
        into: the ion whose vacancy it moves into; the species itself for a vacancy of its own.
        distance_A: its length, in angstrom.
        multiplicity: how many hops of this class leave the `start` site.
        per_cell: how many hops of this class there are in the cell, a hop and its reverse being
            one.
        start, end: (3,) fractional coordinates in the cell; the end may lie in another cell.
        start_site, end_site: numbers of the sites in the cell; in a structure, of its units.
        equivalents: start and end of every hop of the class, this one first; each also
            backwards, unless the ions at the two ends differ.
        steps: the same hops by the numbers of their sites.
        direction: of X ions, "edge" along the edge of an octahedron (both ends are bonded to one
            B, at less than 135 deg) or "across"; "" for A and B, and where only sites are known.
        environment: ions around the path, see `environments`; "" where only sites are known.
    """

    species: str
    into: str
    distance_A: float
    multiplicity: int
    per_cell: int
    start: Point
    end: Point
    start_site: int
    end_site: int
    equivalents: tuple[tuple[Point, Point], ...]
    steps: tuple[Step, ...]
    direction: str = ""
    environment: str = ""


def hops(
    composition: Composition | str,
    species: str,
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> list[Hop]:
    """Symmetry-distinct hops of an ion to the nearest sites of its kind, the shortest first.

    Args:
        composition: a Composition or a formula.
        species: ion that moves.
        phase, temperature_K: as for `average_cell`.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read, or holds no such ion.
        MissingData: the positions of the phase are not known.

    >>> [round(hop.distance_A, 3) for hop in hops("CsPbI3", "I", phase="alpha")]
    [4.447]
    """
    return hops_in_cell(average_cell(composition, phase, temperature_K), species)


def hops_in_cell(cell: AverageCell, species: str) -> list[Hop]:
    """As `hops`, for an average cell that is there already."""
    ion = load_registry().ion(species).species
    if ion not in cell.composition.species:
        raise UnknownSpecies(
            f"There is no {ion} in {cell.composition.formula}.",
            f"It holds: {', '.join(cell.composition.species)}.",
        )
    role = cell.composition.site_of(ion)
    movers = np.array([index for index, other in enumerate(cell.roles) if other == role])
    kinds = np.array(["ABX".index(other) for other in cell.roles])
    return distinct_hops(cell.lattice_A, cell.fractional, kinds, movers, ion)


def distinct_hops(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    kinds: np.ndarray,
    movers: np.ndarray,
    species: str,
) -> list[Hop]:
    """Distinct hops among some sites of a crystal.

    Args:
        lattice_A: (3, 3) rows are the cell vectors, in angstrom.
        fractional: (n, 3) fractional coordinates of all sites.
        kinds: (n,) sites of one number are alike.
        movers: (m,) indices of the sites to hop between.
        species: name of what moves.

    Raises:
        StructureError: the symmetry of the cell cannot be found.
    """
    pairs, shifts, distances = first_shell(lattice_A, fractional, movers)
    labels = equivalent_pairs(lattice_A, fractional, kinds, pairs, shifts)
    found = [
        hop_of(np.flatnonzero(labels == label), pairs, shifts, distances, fractional, species)
        for label in np.unique(labels)
    ]
    return in_order(found)


def hop_of(
    members: np.ndarray,
    pairs: np.ndarray,
    shifts: np.ndarray,
    distances: np.ndarray,
    fractional: np.ndarray,
    species: str,
    into: str | None = None,
) -> Hop:
    """One class of pairs as a hop. From the first site it leaves, the member that ends at the
    smallest coordinates, x before y before z, stands for all.

    Args:
        members: (k,) numbers of its pairs.
        pairs, shifts, distances: of all pairs, as `first_shell` gives them.
        fractional: (n, 3) of the sites.
        species, into: the ions at the start and at the end.
    """
    leaving = members[pairs[members, 0] == pairs[members[0], 0]]
    reached = np.round(fractional[pairs[leaving, 1]] + shifts[leaving], 6)
    first = leaving[np.lexsort(reached.T[::-1])[0]]
    members = np.concatenate([[first], members[members != first]])
    start, end = pairs[members].T
    beginnings = np.round(fractional[start], 9).tolist()
    ends = np.round(fractional[end] + shifts[members], 9).tolist()
    steps = np.concatenate([pairs[members], shifts[members]], axis=1).astype(int).tolist()
    equivalents = tuple(
        ((a, b, c), (d, e, f)) for (a, b, c), (d, e, f) in zip(beginnings, ends, strict=True)
    )
    both_ways = into in (None, species)
    return Hop(
        species=species,
        into=species if into is None else into,
        distance_A=float(distances[first]),
        multiplicity=int((start == start[0]).sum()),
        # Hops between like ions are listed from both of their ends.
        per_cell=len(members) // 2 if both_ways else len(members),
        start=equivalents[0][0],
        end=equivalents[0][1],
        start_site=int(start[0]),
        end_site=int(end[0]),
        equivalents=equivalents,
        steps=tuple((i, j, u, v, w) for i, j, u, v, w in steps),
    )


def in_order(found: Sequence[Hop]) -> list[Hop]:
    """Hops as they are listed and numbered: the shortest first."""
    return sorted(found, key=lambda hop: (round(hop.distance_A, 6), hop.start_site, hop.end_site))


def first_shell(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    movers: np.ndarray,
    periodic: Periodic = (True, True, True),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of nearest sites: (p, 2) indices, (p, 3) cell of the second, (p,) distances in A.

    A pair stands in the list from each of its ends. The shell is cut at the first gap in the
    sorted distances of the whole cell, see FIRST_SHELL_GAP, from the distance on at which half of
    the sites have a neighbour: one pair that is unusually near makes no shell.
    """
    pairs, shifts, distances, _ = shell_and_gap(lattice_A, fractional, movers, periodic)
    return pairs, shifts, distances


def shell_and_gap(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    movers: np.ndarray,
    periodic: Periodic = (True, True, True),
) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """As `first_shell`, and whether there is a gap that ends it.

    Raises:
        StructureError: there is one site only, and no image of it.
    """
    positions = fractional[movers] @ lattice_A
    bound = np.full(len(movers), np.inf)
    if len(movers) > 1:
        bound = KDTree(positions).query(positions, k=2)[0][:, 1]
    # A site's own image is one cell vector away, so the nearest site is not farther.
    vectors = np.linalg.norm(lattice_A, axis=1)[list(periodic)]
    bound = np.minimum(bound, vectors.min(initial=np.inf))
    if not np.isfinite(bound).all():
        raise StructureError(
            "There is one site only, which has no neighbour of its kind.", "Take a larger cell."
        )
    widest = FIRST_SHELL_REACH * float(np.median(bound))
    pairs, shifts, distances = pairs_within(lattice_A, fractional, movers, widest, periodic)
    nearest = np.full(len(fractional), np.inf)
    np.minimum.at(nearest, pairs[:, 0], distances)
    usual = float(np.sort(nearest[movers])[(len(movers) - 1) // 2])
    reach = FIRST_SHELL_REACH * usual
    ladder = np.sort(distances[(distances >= usual * (1 - 1e-9)) & (distances <= reach)])
    gaps = np.flatnonzero(np.append(ladder[1:], reach) > ladder * (1 + FIRST_SHELL_GAP))
    last = ladder[gaps[0]] if len(gaps) else ladder[-1]
    inside = distances <= last * (1 + 1e-9)
    return pairs[inside], shifts[inside], distances[inside], len(gaps) > 0


def pairs_within(
    lattice_A: np.ndarray,
    fractional: np.ndarray,
    movers: np.ndarray,
    reach_A: float,
    periodic: Periodic = (True, True, True),
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of sites up to a length, a site and its own images too; as `first_shell`."""
    near = Neighbours(lattice_A, fractional[movers], reach_A, periodic)
    start, end, shifts, distances = near.pairs()
    return np.stack([movers[start], movers[end]], axis=1), shifts, distances
