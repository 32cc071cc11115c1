"""Random numbers: of one seed many streams, so that no step of a model disturbs another."""

from __future__ import annotations

from operator import index

import numpy as np

from perovdb.errors import InputError


def stream(seed: int, *numbers: int) -> np.random.Generator:
    """Random numbers of a seed, in a stream that nothing else draws from.

    The same seed gives the same numbers on every machine (numpy's PCG64). Streams: 0 order of
    sites, 1 orientations, 2 vacancies, 3 quasi-random order, 4 particles and slabs, 5 nudging,
    21 substitutions, 22 interstitials, 24 turns of new molecules, 30 saddles that are shaken.

    Args:
        seed: a whole number from 0 on.
        numbers: of the stream.

    Raises:
        InputError: the seed is no such number.
    """
    try:
        start = -1 if isinstance(seed, bool) else index(seed)
    except TypeError:
        start = -1
    if start < 0:
        raise InputError(f"{seed!r} is not a seed.", "Give a whole number from 0 on.")
    return np.random.default_rng([start, *numbers])
