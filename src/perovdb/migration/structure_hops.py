"""The hops of ions in a structure with real atoms: supercells, alloys, layers, slabs, files.

Hops run between units of one role. In an ordered structure they are grouped by its space group,
each unit a point of its species. In a disordered one that leaves hundreds of distinct hops, and
they are grouped by what surrounds them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError, UnknownSpecies
from perovdb.migration.environments import Surroundings
from perovdb.migration.hop_orbits import equivalent_pairs
from perovdb.migration.hops import Hop, hop_of, in_order, pairs_within, shell_and_gap
from perovdb.migration.octahedron_edges import octahedron_edges
from perovdb.structures.neighbours import step_keys
from perovdb.structures.octahedra.bonds import sites_of
from perovdb.structures.sites import Sites
from perovdb.structures.symmetry import SYMMETRY_TOLERANCE_A

GROUPINGS = {
    "symmetry": "the space group of the crystal, whatever its cell, each unit a point of its ion",
    "environment": "the ions around the path, and the symmetry of the sites without their ions",
    "auto": "environment if ions are mixed and symmetry leaves more than 24 distinct hops",
}

#: The longest hop that can be asked for, in angstrom.
LONGEST_A = 20.0

#: With more distinct hops than this a structure counts as disordered.
MOST_DISTINCT = 24


def hops_in_structure(
    structure: Structure,
    species: str,
    *,
    into: str | None = None,
    reach_A: float | None = None,
    group: str = "auto",
    tolerance_A: float = SYMMETRY_TOLERANCE_A,
) -> list[Hop]:
    """Distinct hops of an ion of a structure into a vacancy beside it, the shortest first.

    The vacancy is not in the structure: it is opened where a hop ends, see
    `endpoints_in_structure`. Sites are numbered as `units` numbers the units.

    Args:
        structure: with roles and molecules; not periodic along all vectors if it is a slab or a
            particle.
        species: ion that moves.
        into: ion whose vacancy it moves into, one of the same role; by default its own species.
        reach_A: longest hop. By default the first shell of all sites of the role, up to a gap of
            5 % in the distances, and of X all edges of the octahedra; these alone where the
            distances leave no gap, as in a relaxed alloy.
        group: which hops are the same, a key of GROUPINGS.
        tolerance_A: how far from symmetric the units may be.

    Raises:
        UnknownSpecies: the structure holds no such ion.
        InputError: an argument is none of those listed.
        StructureError: the structure carries no roles, the two ions are of different roles or
            nowhere neighbours, or there is no first shell.
    """
    if group not in GROUPINGS:
        raise InputError(
            f"'{group}' is no way to group hops.", f"Choose one of: {', '.join(GROUPINGS)}."
        )
    if reach_A is not None and not 0 < reach_A <= LONGEST_A:
        raise InputError(
            f"No hop is {reach_A:g} A long.", f"Give a length in angstrom, up to {LONGEST_A:g}."
        )
    sites, names, _ = sites_of(structure)
    ions = np.array(names)
    mover = _ion(species, ions)
    left = mover if into is None else _ion(into, ions)
    found = _find(sites, ions, mover, left, reach_A)
    labels = _labels(sites, ions, found, tolerance_A)
    firsts = np.unique(labels)
    around = Surroundings(sites, ions, found.pairs[firsts], float(found.distances.max()))
    described = {int(first): _described(around, found, int(first)) for first in firsts}
    mixed = len(set(zip(sites.roles.tolist(), ions.tolist(), strict=True))) > len(set(sites.roles))
    if group == "environment" or (group == "auto" and mixed and len(firsts) > MOST_DISTINCT):
        labels = _by_environment(sites, found, labels, described, tolerance_A)
    hops = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        hop = hop_of(
            members, found.pairs, found.shifts, found.distances, sites.fractional, mover, left
        )
        direction, environment = described[int(label)]
        hops.append(replace(hop, direction=direction, environment=environment))
    return in_order(hops)


@dataclass(frozen=True)
class _Pairs:
    """Pairs of sites, as `first_shell` gives them, and which are edges of octahedra."""

    pairs: np.ndarray
    shifts: np.ndarray
    distances: np.ndarray
    edge: np.ndarray

    def part(self, keep: np.ndarray) -> _Pairs:
        return _Pairs(self.pairs[keep], self.shifts[keep], self.distances[keep], self.edge[keep])


def _find(sites: Sites, ions: np.ndarray, mover: str, left: str, reach_A: float | None) -> _Pairs:
    """Pairs of a mover and an ion that leaves the vacancy, in each role that both stand on."""
    roles = [r for r in "ABX" if {mover, left} <= set(ions[sites.of(r)].tolist())]
    if not roles:
        raise StructureError(
            f"{mover} and {left} stand on sites of different roles.",
            f"Name an ion of the role of {mover}.",
        )
    parts = []
    for role in roles:
        found = _of_role(sites, role, reach_A)
        parts.append(found.part((ions[found.pairs] == (mover, left)).all(axis=1)))
    found = _Pairs(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("pairs", "shifts", "distances", "edge")
        )
    )
    if not len(found.pairs):
        raise StructureError(
            f"No {mover} has {'another ' if mover == left else 'a '}{left} beside it.",
            "Give a longer reach_A, or take a larger cell or another ordering.",
        )
    return found


def _of_role(sites: Sites, role: str, reach_A: float | None) -> _Pairs:
    """Pairs of sites of a role within reach; by default the first shell and, of X, the edges."""
    cell = sites.lattice_A, sites.fractional, sites.of(role)
    edges = octahedron_edges(sites) if role == "X" else np.empty((0, 5), dtype=np.int64)
    gap = True
    if reach_A is None:
        pairs, shifts, distances, gap = shell_and_gap(*cell, sites.periodic)
    else:
        pairs, shifts, distances = pairs_within(*cell, reach_A, sites.periodic)
    if not gap and not len(edges):
        raise StructureError(
            f"The distances of the {role} ions leave no gap after the first shell.",
            "Give reach_A, the length of the longest hop.",
        )
    steps = np.concatenate([pairs, shifts], axis=1).astype(np.int64)
    edge_keys = step_keys(edges, len(sites))
    if not gap:
        steps, distances = steps[:0], distances[:0]
    keys = step_keys(steps, len(sites))
    missing = ~_among(edge_keys, keys)
    if reach_A is None and missing.any():
        steps = np.concatenate([steps, edges[missing]])
        steps = steps[np.lexsort(steps.T[::-1])]
        vectors = sites.fractional[steps[:, 1]] + steps[:, 2:] - sites.fractional[steps[:, 0]]
        distances = np.linalg.norm(vectors @ sites.lattice_A, axis=1)
        keys = step_keys(steps, len(sites))
    edge = _among(keys, edge_keys)
    return _Pairs(steps[:, :2], steps[:, 2:], distances, edge)


def _among(keys: np.ndarray, ladder: np.ndarray) -> np.ndarray:
    """(p,) which keys stand in an ascending list."""
    if not len(ladder):
        return np.zeros(len(keys), dtype=bool)
    place = np.minimum(np.searchsorted(ladder, keys), len(ladder) - 1)
    return np.asarray(ladder[place] == keys)


def _labels(sites: Sites, kinds: np.ndarray, found: _Pairs, tolerance_A: float) -> np.ndarray:
    """(p,) number of the first pair that the space group makes the same as each."""
    both = np.char.add(np.char.add(sites.roles.astype(str), " "), kinds.astype(str))
    return equivalent_pairs(
        sites.lattice_A, sites.fractional, both, found.pairs, found.shifts, tolerance_A
    )


def _described(around: Surroundings, found: _Pairs, number: int) -> tuple[str, str]:
    (i, j), shift = found.pairs[number].tolist(), found.shifts[number]
    distance = float(found.distances[number])
    direction = ""
    if around.sites.roles[i] == "X" and "B" in around.sites.roles:
        direction = "edge" if found.edge[number] else "across"
    return direction, around.environment(i, j, shift, distance)


def _by_environment(
    sites: Sites,
    found: _Pairs,
    labels: np.ndarray,
    described: dict[int, tuple[str, str]],
    tolerance_A: float,
) -> np.ndarray:
    """(p,) number of the first pair of each class, by environments.

    The sites without their ions, of an alloy that is not relaxed, have the symmetry of its phase;
    hops that differ there, such as along c and across it in a tetragonal one, stay apart.
    """
    parent = _labels(sites, np.full(len(sites), ""), found, tolerance_A)
    if len(np.unique(parent)) > MOST_DISTINCT:
        parent = np.zeros_like(parent)
    first: dict[tuple[int, str, str], int] = {}
    classes = np.empty_like(labels)
    for number, (label, base) in enumerate(zip(labels.tolist(), parent.tolist(), strict=True)):
        classes[number] = first.setdefault((base, *described[label]), number)
    return classes


def _ion(name: str, ions: np.ndarray) -> str:
    """The species of a name; a molecule that was kept without being known goes by its formula."""
    ion = name if name in ions else load_registry().ion(name).species
    if ion not in ions:
        raise UnknownSpecies(
            f"There is no {ion} in the structure.",
            f"It holds: {', '.join(dict.fromkeys(ions.tolist()))}.",
        )
    return ion
