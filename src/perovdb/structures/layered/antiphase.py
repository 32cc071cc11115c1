"""Antiphase boundaries: two blocks of perovskite, offset by half a lattice vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.layered.lengths import Lengths
from perovdb.structures.layered.stacking import (
    Block,
    Layered,
    Shift,
    contact_spacing,
    layer_count,
    stack,
)

#: The planes that meet at the two boundaries of a cell -> faces (bottom, top) of its two blocks.
BOUNDARIES = {
    "AX": ((True, True), (True, True)),
    "BX2": ((False, False), (False, False)),
    "AX+BX2": ((False, True), (True, False)),
    "conservative": ((True, False), (True, False)),
}

MEANING = (
    "'AX': AX on AX, as in a Ruddlesden-Popper phase, one AX more a boundary; "
    "'BX2': BX2 on BX2, one AX less; 'AX+BX2': one boundary of each, ABX3 as a whole; "
    "'conservative': AX on BX2, nothing added or taken out"
)


def antiphase_sites(
    layers: Sequence[int], of: Lengths, boundary: str = "AX", shift: Shift = (0.5, 0.5)
) -> Layered:
    """Two blocks of perovskite and two boundaries normal to c, by which they are offset.

    Across a boundary the blocks are as near as the first pair of ions allows (see
    `stacking.contact_spacing`). AX on AX with (1/2, 1/2) is the boundary of a Ruddlesden-Popper
    phase; BX2 on BX2 with (1/2, 0) joins octahedra by their edges.

    Args:
        layers: BX2 planes of the lower and the upper block.
        of: the lengths, as of `layered.lengths.lengths`.
        boundary: "AX", "BX2", "AX+BX2" or "conservative", the planes that meet.
        shift: offset of the blocks in the plane, in lattice parameters: (0.5, 0.5), (0.5, 0) or
            (0, 0.5).

    Raises:
        InputError: the layers, the boundary or the shift cannot be used.
    """
    if boundary not in BOUNDARIES:
        raise InputError(f"There is no boundary '{boundary}'.", f"Choose one of {MEANING}.")
    try:
        offset = tuple(float(part) for part in shift)
    except (TypeError, ValueError):
        offset = ()
    if offset not in ((0.5, 0.5), (0.5, 0.0), (0.0, 0.5)):
        raise InputError(
            f"{shift!r} is no offset of an antiphase boundary.",
            "Give (0.5, 0.5), (0.5, 0) or (0, 0.5).",
        )
    try:
        lower, upper = (layer_count(one, "a block", least=2) for one in layers)
    except (TypeError, ValueError):
        text = ", ".join(map(str, layers)) if isinstance(layers, Sequence) else repr(layers)
        raise InputError(
            f"{text} are not the layers of two blocks.",
            "Give two numbers, as 4 and 4.",
        ) from None
    flat = boundary == "conservative"
    blocks = [
        Block(count, *faces, flat=flat)
        for count, faces in zip((lower, upper), BOUNDARIES[boundary], strict=True)
    ]
    along = (offset[0], offset[1])
    spacings = [
        contact_spacing(blocks[0], blocks[1], along, of),
        contact_spacing(blocks[1], blocks[0], along, of),
    ]
    layered = stack(blocks, [along] * 2, spacings, of)
    return replace(layered, regions=np.where(layered.depths == 0, "boundary", "inside"))
