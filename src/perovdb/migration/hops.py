"""The distinct hops of an ion into a neighbouring vacancy of its own kind.

Molecules count as points at their centres of mass, and the ions that share a mixed site as one:
a hop is listed for the average cell. Two hops are the same if an operation of the space group,
or reading one of them backwards, turns one into the other.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import spglib
from ase.neighborlist import primitive_neighbor_list

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.errors import StructureError, UnknownSpecies
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.store import Store, open_store

#: The first shell of neighbours ends where the next distance is longer by more than this.
#: It keeps to the edges of the octahedra: in gamma-CsPbI3 they are 4.41 to 4.62 angstrom, and
#: the next I-I distance, between octahedra that share no Pb, is 4.91.
FIRST_SHELL_GAP = 0.05

SYMMETRY_TOLERANCE_A = 1e-3


Point = tuple[float, float, float]


@dataclass(frozen=True)
class Hop:
    """A hop of an ion from one site to a neighbouring one that is vacant.

    Attributes:
        species: the ion that moves.
        distance_A: its length, in angstrom.
        multiplicity: how many hops equivalent to it leave the `start` site.
        per_cell: how many equivalent hops there are in the cell, a hop and its reverse being one.
        start, end: (3,) fractional coordinates in the cell; the end may lie in another cell.
        start_site, end_site: numbers of the sites in the cell.
        equivalents: start and end of every hop that is the same, this one first, each also
            backwards.
    """

    species: str
    distance_A: float
    multiplicity: int
    per_cell: int
    start: Point
    end: Point
    start_site: int
    end_site: int
    equivalents: tuple[tuple[Point, Point], ...]


def hops(
    composition: Composition | str,
    species: str,
    phase: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    store: Store | None = None,
) -> list[Hop]:
    """Symmetry-distinct hops of an ion to the nearest sites of its kind, the shortest first.

    Args:
        composition: a Composition or a formula.
        species: ion that moves.
        phase, temperature_K: as for `average_cell`.
        store: the curated store by default.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read, or holds no such ion.
        MissingData: the positions of the phase are not known.

    >>> [round(hop.distance_A, 3) for hop in hops("CsPbI3", "I", phase="alpha")]
    [4.447]
    """
    store = store or open_store()
    return hops_in_cell(average_cell(composition, phase, temperature_K, store), species, store)


def hops_in_cell(cell: AverageCell, species: str, store: Store) -> list[Hop]:
    """As `hops`, for an average cell that is there already."""
    ion = load_registry(store).ion(species).species
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
    with warnings.catch_warnings():
        # spglib announces that it will raise instead of giving None; both mean the same here.
        warnings.simplefilter("ignore", DeprecationWarning)
        symmetry = spglib.get_symmetry_dataset(
            (lattice_A.tolist(), fractional.tolist(), kinds.tolist()),
            symprec=SYMMETRY_TOLERANCE_A,
        )
    if symmetry is None:
        raise StructureError(
            "The space group of the cell cannot be found.",
            "Check that no two sites lie on each other.",
        )
    labels = _orbits(pairs, shifts, fractional, symmetry.rotations, symmetry.translations)
    found = []
    for label in dict.fromkeys(labels):
        members = np.flatnonzero(labels == label)
        first = members[0]
        start, end = pairs[first]
        found.append(
            Hop(
                species=species,
                distance_A=float(distances[first]),
                multiplicity=int((pairs[members, 0] == start).sum()),
                # Every hop is listed from both of its ends.
                per_cell=len(members) // 2,
                start=_point(fractional[start]),
                end=_point(fractional[end] + shifts[first]),
                start_site=int(start),
                end_site=int(end),
                equivalents=tuple(
                    (_point(fractional[i]), _point(fractional[j] + shift))
                    for (i, j), shift in zip(pairs[members], shifts[members], strict=True)
                ),
            )
        )
    return sorted(found, key=lambda hop: (round(hop.distance_A, 6), hop.start_site, hop.end_site))


def first_shell(
    lattice_A: np.ndarray, fractional: np.ndarray, movers: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs of nearest sites: (p, 2) indices, (p, 3) cell of the second, (p,) distances in A.

    A pair stands in the list from each of its ends. The shell is cut at the first gap in the
    sorted distances of the whole cell, see FIRST_SHELL_GAP.
    """
    positions = fractional[movers] @ lattice_A
    periodic = (True, True, True)
    # A site's own image is one cell vector away, so the nearest site is not farther.
    reach = 1.001 * np.linalg.norm(lattice_A, axis=1).min()
    nearest = primitive_neighbor_list("d", periodic, lattice_A, positions, reach).min()
    start, end, shift, distance = primitive_neighbor_list(
        "ijSd", periodic, lattice_A, positions, 1.6 * nearest
    )
    ladder = np.sort(distance)
    gaps = np.flatnonzero(ladder[1:] > ladder[:-1] * (1 + FIRST_SHELL_GAP))
    last = ladder[gaps[0]] if len(gaps) else ladder[-1]
    inside = distance <= last * (1 + 1e-9)
    pairs = np.stack([movers[start[inside]], movers[end[inside]]], axis=1)
    return pairs, shift[inside], distance[inside]


def _orbits(
    pairs: np.ndarray,
    shifts: np.ndarray,
    fractional: np.ndarray,
    rotations: np.ndarray,
    translations: np.ndarray,
) -> np.ndarray:
    """(p,) a number for each pair, the same for pairs that an operation or a reversal joins.

    An operation (R, t) takes site i to site i' and cell n_i, where R f_i + t = f_i' + n_i; so
    the pair (i, j, s) goes to (i', j', n_j + R s - n_i).
    """
    images = np.einsum("oab,nb->ona", rotations, fractional) + translations[:, None, :]
    offset = images[:, :, None, :] - fractional[None, None, :, :]
    lattice_part = np.rint(offset)
    image_of = np.abs(offset - lattice_part).max(axis=3).argmin(axis=2)
    operation, site = np.indices(image_of.shape)
    cell_of = lattice_part[operation, site, image_of].astype(int)

    i, j = pairs.T
    turned = np.einsum("oab,pb->opa", rotations, shifts)
    forward = np.concatenate(
        [
            image_of[:, i, None],
            image_of[:, j, None],
            cell_of[:, j] + turned - cell_of[:, i],
        ],
        axis=2,
    )
    backward = np.concatenate([forward[:, :, 1:2], forward[:, :, 0:1], -forward[:, :, 2:]], axis=2)
    # One integer a pair: two site numbers and three cell shifts, each less than `base`.
    low = min(forward[:, :, 2:].min(), backward[:, :, 2:].min())
    base = int(max(len(fractional), forward.max() - low, backward.max() - low)) + 1
    weights = base ** np.arange(4, -1, -1)
    offsets = np.array([0, 0, low, low, low])
    codes = np.concatenate([(forward - offsets) @ weights, (backward - offsets) @ weights])
    return np.asarray(codes.min(axis=0))


def _point(coordinates: np.ndarray) -> Point:
    x, y, z = (round(float(value), 9) for value in coordinates)
    return x, y, z
