"""Random order, in exact numbers."""

from collections.abc import Mapping

import numpy as np

from perovdb.structures.streams import stream as random_stream


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
