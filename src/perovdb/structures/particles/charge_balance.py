"""Make a particle neutral by taking ions off its surface, or putting some on, by a stated rule.

A cube of N x N x N octahedra whose faces are AX planes carries (N+1)^3 A, N^3 B and 3 N^2 (N+1) X:
a charge of 3 N + 1. One whose faces are BX2 planes carries (N-1)^3 A, N^3 B and 3 N^2 (N-1) X: a
charge of 3 N - 1. For A+, B2+ and X-, neutral means n_A + 2 n_B = n_X.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from perovdb.errors import StructureError
from perovdb.structures.particles.cage_network import BULK, Network
from perovdb.structures.particles.spreading import spread

RULES = {
    "surface A": "A ions of the surface are taken out, those with the fewest B neighbours first "
    "(corners, then edges, then faces), or put on where the most B are near",
    "surface X": "X ions that touch one B only are taken out, those of corners first, or put on B "
    "that lack some, corners first",
    "ligands": "acetate or methylammonium is bound to the surface",
    "none": "the particle keeps its charge",
}


def balance(
    network: Network, filled: np.ndarray, excess: int, rule: str, ion_charge: int
) -> np.ndarray:
    """The particle with as many ions fewer, or more, as make its charge zero.

    Args:
        network: the sites of the crystal in and around the particle.
        filled: (n,) True for the sites in the particle.
        excess: its charge, in e.
        rule: "surface A" or "surface X".
        ion_charge: charge of the ions that are moved, in e.

    Returns:
        (n,) the new mask.

    Raises:
        StructureError: the surface has not enough such sites.
    """
    count, rest = divmod(abs(excess), abs(ion_charge))
    if rest:
        raise StructureError(
            f"A charge of {excess:+d} cannot be made up by ions of charge {ion_charge:+d}.",
            "Choose another rule.",
        )
    removing = excess * ion_charge > 0
    filled = filled.copy()
    groups = _a_groups if rule == "surface A" else _x_groups
    done: list[int] = []
    for sites in groups(network, filled, removing):
        chosen = sites[
            spread(
                network.positions_A[sites],
                count - len(done),
                network.positions_A[done],
                network.lattice,
            )
        ]
        done += [int(site) for site in chosen]
    if len(done) < count:
        doing = "taken out of" if removing else "put on"
        raise StructureError(
            f"The charge {excess:+d} asks for {count} {rule[-1]} ions to be {doing} the surface, "
            f"which has {len(done)} such sites.",
            "Choose another rule for the balance, another termination or a larger particle.",
        )
    filled[done] = not removing
    return filled


def surface_groups(network: Network, filled: np.ndarray, role: str) -> Iterator[np.ndarray]:
    """Indices of the A or X sites of the surface, in groups: corners, edges, faces."""
    return (_a_groups if role == "A" else _x_groups)(network, filled, True)


def _a_groups(network: Network, filled: np.ndarray, removing: bool) -> Iterator[np.ndarray]:
    near = network.b_counts(filled)
    is_a = network.roles == "A"
    if not removing:
        # Most B neighbours first: the best bound.
        yield from _by_key(np.flatnonzero(is_a & ~filled & (near > 0)), -near)
        return
    yield from _by_key(np.flatnonzero(is_a & filled & (near < BULK["A"])), near)
    # Within BX2 faces every A has its eight B: the outermost cages come next.
    depth = network.depths(filled)
    outer_b = (depth == 0).astype(int)
    coordination = np.where(filled & (network.roles == "B"), network.b_counts(filled), 0)
    outer = is_a & filled & (near == BULK["A"]) & (np.asarray(network.next_to_b @ outer_b) > 0)
    yield from _by_key(np.flatnonzero(outer), np.asarray(network.next_to_b @ coordination))


def _x_groups(network: Network, filled: np.ndarray, removing: bool) -> Iterator[np.ndarray]:
    near = network.b_counts(filled)
    b_mask = filled & (network.roles == "B")
    coordination = np.where(b_mask, network.b_counts(filled), 0)
    terminal = (network.roles == "X") & (near == 1) & (filled if removing else ~filled)
    yield from _by_key(np.flatnonzero(terminal), np.asarray(network.next_to_b @ coordination))


def _by_key(sites: np.ndarray, key: np.ndarray) -> Iterator[np.ndarray]:
    for value in np.unique(key[sites]):
        yield sites[key[sites] == value]
