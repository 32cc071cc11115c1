"""Antiphase boundaries: two blocks of perovskite, offset by half a lattice vector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.composition import Composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.arguments import checked
from perovdb.structures.layered.compositions import perovskite
from perovdb.structures.layered.ions import Where, build_layered
from perovdb.structures.layered.lengths import Lengths, lengths
from perovdb.structures.layered.stacking import (
    Block,
    Layered,
    Shift,
    contact_spacing,
    layer_count,
    stack,
)
from perovdb.structures.supercells import Size

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


@checked
def antiphase_boundary(
    composition: Composition | str,
    layers: Sequence[int] = (4, 4),
    size: Size = (1, 1, 1),
    *,
    boundary: str = "AX",
    shift: Shift = (0.5, 0.5),
    where: Where | None = None,
    seed: int = 0,
    order: str = "random",
    orientation: str = "random",
    a_A: float | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Structure:
    """A perovskite with two antiphase boundaries normal to c.

    Planes AX and BX2 are neutral, and so is every such cell; how much AX a boundary adds or takes
    out follows from `boundary`. Atoms carry the site property region: "boundary" for the layer
    next to one, "inside" for the rest.

    Args:
        composition: of the perovskite; fractions are those of the whole.
        layers: BX2 planes of the lower and the upper block, 2 or more each.
        size: repeats of the cell.
        boundary: "AX", "BX2", "AX+BX2" or "conservative", the planes that meet.
        shift: offset of the blocks in the plane, in lattice parameters.
        where: ion -> region in which all of it stands, such as {"Cd": "boundary"}.
        seed, order, orientation, a_A, temperature_K: as for `ruddlesden_popper`.

    Raises:
        FormulaError, UnknownSpecies: the formula, or an ion of `where`, is not known.
        InputError: an argument cannot be used.
        MissingData: the store lacks the perovskite's cell at this temperature, or a molecule.
        StructureError: the fractions give no whole numbers of ions in this cell, or an ion does
            not fit into its region, or the order not into the cell.
    """
    parent = perovskite(composition)
    of = lengths(parent, {}, a_A, None, temperature_K)
    layered = antiphase_sites(layers, of, boundary, shift).repeated(size)
    bound = dict(where or {})
    arguments: dict[str, Any] = {
        "composition": parent.formula,
        "layers": [int(one) for one in layers],
        "size": [int(repeats) for repeats in size],
        "boundary": boundary,
        "shift": [float(part) for part in shift],
        "where": bound or None,
        "seed": seed,
        "orientation": orientation,
        "a_A": a_A,
        "temperature_K": temperature_K,
    }
    return build_layered(
        layered,
        parent,
        {},
        bound,
        orientation,
        seed,
        order,
        step="antiphase_boundary",
        arguments=arguments,
        text=f"antiphase boundaries {boundary}, offset ({shift[0]:g}, {shift[1]:g}), between "
        f"{'+'.join(map(str, layers))} layers of {parent.formula}; {of.origin}; "
        f"{'x'.join(map(str, size))}, seed {seed}",
        notes=["the spacing across the boundaries is that of ions in contact: relax the cell"],
    )
