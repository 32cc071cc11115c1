"""Intergrowths of perovskite and Ruddlesden-Popper slabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.layered.lengths import Lengths
from perovdb.structures.layered.stacking import Block, Layered, layer_count, stack


def intergrowth_sites(
    thicknesses: Sequence[int],
    of: Lengths,
    rp_layers: int | None = None,
    closing: str = "double",
) -> Layered:
    """Slabs of perovskite layers along c, an AX-AX boundary with its shift (1/2, 1/2) after each.

    Args:
        thicknesses: layers of each slab, from the bottom up, such as (4, 1): the stack repeats.
        of: the lengths, as of `layered.lengths.lengths`.
        rp_layers: slabs of up to this many layers are the region "RP", the others "perovskite";
            by default the thinnest. (All slabs alike are a Ruddlesden-Popper phase.)
        closing: for an odd number of slabs, whose shifts do not sum to a lattice vector: "double"
            takes the stack twice, "tilt" inclines the third cell vector.

    Raises:
        InputError: the thicknesses or the closing cannot be used.
    """
    try:
        layers = [layer_count(one, "a thickness") for one in thicknesses]
    except TypeError:
        layers = []
    if not layers:
        raise InputError(
            f"{thicknesses!r} are no thicknesses of slabs.", "Give layers of each, as 4 and 1."
        )
    thin = min(layers) if rp_layers is None else layer_count(rp_layers, "rp_layers", least=0)
    count = len(layers)
    layered = stack(
        [Block(one) for one in layers],
        [(0.5, 0.5)] * count,
        [of.face.interlayer_A] * count,
        of,
        closing,
    )
    of_block = np.array(layers)[layered.blocks % count]
    return replace(layered, regions=np.where(of_block <= thin, "RP", "perovskite"))
