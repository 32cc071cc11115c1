"""Ruddlesden-Popper phases A(n+1)BnX(3n+1): slabs of n perovskite layers, AX between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.composition import Composition
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.arguments import checked
from perovdb.structures.layered.compositions import Halides, slab_ions
from perovdb.structures.layered.ions import build_layered
from perovdb.structures.layered.lengths import Lengths, lengths, measured_lengths
from perovdb.structures.layered.stacking import Block, Layered, layer_count, stack
from perovdb.structures.supercells import Size


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


@checked
def ruddlesden_popper(
    composition: Composition | str,
    n: int | None = None,
    size: Size = (1, 1, 1),
    *,
    apical: Halides | None = None,
    seed: int = 0,
    order: str = "random",
    orientation: str = "random",
    a_A: float | None = None,
    interlayer_A: float | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Structure:
    """A Ruddlesden-Popper phase of the ions of a perovskite.

    Cs2PbI2Cl2 with n = 1 is the measured cell; every other one is derived from it and from the
    perovskite, as `layered.lengths` says: its c is no measured value.

    Args:
        composition: of the perovskite whose ions it holds, such as CsPbBr3: n = 1 is Cs2PbBr4,
            n = 2 Cs3Pb2Br7. Fractions on A, B and X are those of the layered phase. Or the
            formula of the phase itself.
        n: perovskite layers of a slab, 1 or more; by default that of the formula, 1 for ABX3.
        size: repeats of the conventional cell, which holds two slabs.
        apical: the halide on the faces of the slabs, or halides with their fractions, where they
            are others than in the rest: CsPbCl3 with apical "I" is Cs2PbI2Cl2. By default all X
            sites are alike; those of the formula Cs2PbI2Cl2 are as measured.
        seed: of the order of shared sites and of random orientations.
        order: rule for shared sites, a key of `ordering.RULES`.
        orientation: rule for organic cations.
        a_A: lattice parameter in the plane in angstrom; by default that of the perovskite.
        interlayer_A: from the last B plane of a slab to the first of the next, in angstrom.
        temperature_K: at which the perovskite's lattice parameter is taken.

    Raises:
        FormulaError, UnknownSpecies: the formula, or a halide, is not known.
        InputError: n, the size or a length cannot be used.
        MissingData: the store lacks the perovskite's cell at this temperature, or a molecule.
        StructureError: the fractions give no whole numbers of ions in this cell, or
            the order does not fit it.
    """
    parent, n, faces = slab_ions(composition, n, apical)
    measured = None
    if n == 1 and a_A is None and interlayer_A is None:
        measured = measured_lengths(parent, faces)
    of = measured or lengths(parent, faces, a_A, interlayer_A, temperature_K)
    layered = ruddlesden_popper_sites(n, of).repeated(size)
    arguments: dict[str, Any] = {
        "composition": parent.formula,
        "n": int(n),
        "size": [int(repeats) for repeats in size],
        "apical": faces or None,
        "seed": seed,
        "orientation": orientation,
        "a_A": a_A,
        "interlayer_A": interlayer_A,
        "temperature_K": temperature_K,
    }
    return build_layered(
        layered,
        parent,
        faces,
        {},
        orientation,
        seed,
        order,
        step="ruddlesden_popper",
        arguments=arguments,
        text=f"Ruddlesden-Popper n = {n} of {parent.formula}"
        + (f", apical {'/'.join(faces)}" if faces else "")
        + f"; {of.origin}; {'x'.join(map(str, size))}, seed {seed}",
        notes=[] if measured else [DERIVED],
    )


DERIVED = "c is derived from Cs2PbI2Cl2 and the perovskite's a, not measured: relax the cell"
