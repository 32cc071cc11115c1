"""Ruddlesden-Popper phases A(n+1)BnX(3n+1): slabs of n perovskite layers, AX between them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perovdb.structures.layered.lengths import Lengths
from perovdb.structures.layered.stacking import Block, Layered, layer_count, stack


def ruddlesden_popper_sites(n: int, of: Lengths) -> Layered:
    """The conventional cell of the ideal phase, I4/mmm: two slabs, (1/2, 1/2) apart.

    Args:
        n: perovskite layers of a slab, 1 or more. As n grows, c / 2n tends to a and the cell to
            that of the perovskite.
        of: the lengths, as of `layered.lengths.lengths`.

    Raises:
        InputError: n is no such number.
    """
    layers = layer_count(n, "n")
    layered = stack([Block(layers)] * 2, [(0.5, 0.5)] * 2, [of.face.interlayer_A] * 2, of)
    return replace(layered, regions=np.full(len(layered), "RP"))
