"""Intergrowths of perovskite and Ruddlesden-Popper slabs."""

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
from perovdb.structures.layered.compositions import Halides, halide_fractions, perovskite
from perovdb.structures.layered.ions import Where, build_layered
from perovdb.structures.layered.lengths import Lengths, lengths
from perovdb.structures.layered.ruddlesden_popper import DERIVED
from perovdb.structures.layered.stacking import Block, Layered, layer_count, stack
from perovdb.structures.supercells import Size


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


@checked
def intergrowth(
    composition: Composition | str,
    thicknesses: Sequence[int],
    size: Size = (1, 1, 1),
    *,
    rp_layers: int | None = None,
    where: Where | None = None,
    closing: str = "double",
    apical: Halides | None = None,
    seed: int = 0,
    order: str = "random",
    orientation: str = "random",
    a_A: float | None = None,
    interlayer_A: float | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Structure:
    """Perovskite slabs with Ruddlesden-Popper slabs between them.

    Every slab has the lattice parameter of the perovskite, so that B-B is one distance in both
    regions until the structure is relaxed. Atoms carry the site property region, "RP" or
    "perovskite".

    Args:
        composition: of the perovskite whose ions it holds; fractions are those of the whole.
        thicknesses: layers of each slab along c, such as (4, 1, 4, 1).
        size: repeats of the cell.
        rp_layers: slabs of up to this many layers are the region "RP"; by default the thinnest.
        where: ion -> region in which all of it stands, such as {"Cd": "RP"}; others are spread
            over what is left.
        closing: as for `intergrowth_sites`.
        apical, seed, order, orientation, a_A, interlayer_A, temperature_K: as for
            `ruddlesden_popper`.

    Raises:
        FormulaError, UnknownSpecies: the formula, a halide or an ion of `where` is not known.
        InputError: the thicknesses, the size, a length or a region cannot be used.
        MissingData: the store lacks the perovskite's cell at this temperature, or a molecule.
        StructureError: the fractions give no whole numbers of ions in this cell, or an ion does
            not fit into its region, or the order not into the cell.
    """
    parent = perovskite(composition)
    faces = halide_fractions(apical, parent)
    of = lengths(parent, faces, a_A, interlayer_A, temperature_K)
    layered = intergrowth_sites(thicknesses, of, rp_layers, closing).repeated(size)
    bound = dict(where or {})
    arguments: dict[str, Any] = {
        "composition": parent.formula,
        "thicknesses": [int(one) for one in thicknesses],
        "size": [int(repeats) for repeats in size],
        "rp_layers": rp_layers,
        "where": bound or None,
        "closing": closing,
        "apical": faces or None,
        "seed": seed,
        "orientation": orientation,
        "a_A": a_A,
        "interlayer_A": interlayer_A,
        "temperature_K": temperature_K,
    }
    placed = "".join(f", {ion} in {region}" for ion, region in bound.items())
    return build_layered(
        layered,
        parent,
        faces,
        bound,
        orientation,
        seed,
        order,
        step="intergrowth",
        arguments=arguments,
        text=f"intergrowth of {'+'.join(map(str, thicknesses))} layers of {parent.formula}"
        + f"{placed}; {of.origin}; {'x'.join(map(str, size))}, seed {seed}",
        notes=[DERIVED],
    )
