"""Layered phases: Ruddlesden-Popper slabs, intergrowths with perovskite, antiphase boundaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from perovdb.composition import Composition, Material, as_composition
from perovdb.composition.registry import load_registry
from perovdb.errors import InputError
from perovdb.structures.charges import formal_charge
from perovdb.structures.crystals import Crystal
from perovdb.structures.drawing import draw
from perovdb.structures.history import Outcome, step
from perovdb.structures.layered.compositions import (
    Halides,
    halide_fractions,
    perovskite,
    slab_ions,
)
from perovdb.structures.layered.filling import Regions, ordered_ions
from perovdb.structures.layered.lengths import Lengths, lengths, measured_lengths
from perovdb.structures.layered.stacking import (
    Layered,
    Shift,
    antiphase_sites,
    intergrowth_sites,
    layer_count,
)
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.ordering import Order
from perovdb.structures.supercells import Size, as_matrix, in_words

DERIVED = "c is derived from Cs2PbI2Cl2 and the perovskite's a, not measured: relax the cell"


@dataclass(frozen=True)
class Stack:
    """What is between the slabs of a layered model, and how the stack closes.

    Attributes:
        boundary: None for slabs that meet as in a Ruddlesden-Popper phase, AX on AX, shifted by
            (1/2, 1/2); or a key of `stacking.BOUNDARIES`: the planes that meet in an antiphase
            boundary.
        shift: offset of the two blocks at an antiphase boundary, in lattice parameters.
        closing: for an odd number of slabs, whose shifts do not sum to a lattice vector: "double"
            takes the stack twice, "tilt" inclines the third cell vector.
        rp_layers: slabs of up to this many layers are the region "RP", the others "perovskite"; by
            default the thinnest.
        interlayer_A: from the last B plane of a slab to the first of the next, in angstrom.
    """

    boundary: str | None = None
    shift: Shift = (0.5, 0.5)
    closing: str = "double"
    rp_layers: int | None = None
    interlayer_A: float | None = None


@step
def layers(
    x: Material,
    layers: Annotated[int | Sequence[int], "a whole number, or one for each slab"] | None = None,
    size: Size = 1,
    *,
    stack: str | Stack = Stack(),
    apical: Halides | None = None,
    where: Regions | None = None,
    crystal: Crystal = Crystal(),
    order: str | Order = "random",
    orientation: str | Orientation = "random",
    seed: int = 0,
) -> Outcome:
    """A layered phase of the ions of a perovskite.

    One number of layers, n, is a Ruddlesden-Popper phase: Cs2PbI2Cl2 with n = 1 is the measured
    cell; every other one is derived from it and from the perovskite, as `lengths` says: its c is
    no measured value. Several numbers are an intergrowth of slabs along c, such as (4, 1); with a
    boundary, two blocks with antiphase boundaries between them. In these every slab has the
    lattice parameter of the perovskite, so that B-B is one distance in all regions until the
    structure is relaxed; atoms carry the site property region: "RP" or "perovskite", "boundary" or
    "inside".

    Args:
        x: the perovskite whose ions it holds, such as CsPbBr3: n = 1 is Cs2PbBr4, n = 2 Cs3Pb2Br7;
            fractions on A, B and X are those of the layered phase as a whole. Or the formula of a
            Ruddlesden-Popper phase itself. Of a structure or a file its composition counts.
        layers: perovskite layers of a slab, or of each slab along c; by default n of the formula,
            1 for ABX3, and (4, 4) with a boundary.
        size: of the conventional cell, as for `build`.
        stack: the name of an antiphase boundary, or a `Stack`.
        apical: the halide on the faces of the slabs, or halides with their fractions, where they
            are others than in the rest: CsPbCl3 with apical "I" is Cs2PbI2Cl2. By default all X
            sites are alike; those of the formula Cs2PbI2Cl2 are as measured.
        where: ion -> region in which all of it stands, such as {"Cd": "RP"}; others are spread
            over what is left.
        crystal: temperature and lattice parameter in the plane, by default the perovskite's.
        order: rule for shared sites, as for `build`.
        orientation: rule for organic cations, as for `build`.
        seed: of the order of shared sites and of random orientations.

    Raises:
        FormulaError, UnknownSpecies: the formula, a halide or an ion of `where` is not known.
        InputError: the layers, the size, a length, a boundary or a region cannot be used.
        MissingData: the store lacks the perovskite's cell at this temperature, or a molecule.
        StructureError: the fractions give no whole numbers of ions in this cell, an ion does not
            fit into its region, or the order not into the cell.
    """
    way = stack if isinstance(stack, Stack) else Stack(boundary=stack)
    if crystal.phase is not None:
        raise InputError(
            "A layered phase has no phase of a perovskite.", "Leave the phase of the crystal out."
        )
    model = _model(as_composition(x), layers, apical, way, crystal)
    regions = dict(where or {})
    if regions and isinstance(model.layers, int):
        raise InputError(
            "A Ruddlesden-Popper phase has one region.", "Give the layers of several slabs."
        )
    sites = model.sites.sites
    rows = as_matrix(size, sites.lattice_A, sites.periodic).tolist()
    layered = model.sites.repeated(rows)
    ordering = ordered_ions(layered, model.parent, model.apical, regions, Order.of(order), seed)
    ions = list(ordering.ions)
    notes = [model.note] * bool(model.note)
    large = [ion for ion in model.parent.A if load_registry().ion(ion).molecular]
    if large:
        notes.append(
            f"the faces are those of a caesium halide, scaled: for {', '.join(large)} the slabs "
            "may stand further apart, give interlayer_A or relax the cell"
        )
    placed = "".join(f", {ion} in {region}" for ion, region in regions.items())
    return Outcome(
        draw(layered.sites, ions, orientation, seed, labels={"region": layered.regions.tolist()}),
        f"{model.text}{placed}; {model.lengths.origin}; {in_words(rows)}; {ordering.text}",
        charge=formal_charge(ions),
        notes=notes,
        arguments={
            "x": model.parent.formula,
            "layers": model.layers,
            "size": rows,
            "apical": model.apical or None,
        },
    )


class _Model(NamedTuple):
    """Sites of a layered model, what is to stand there, and how they came about."""

    sites: Layered
    parent: Composition
    apical: Mapping[str, float]
    lengths: Lengths
    layers: int | list[int]
    text: str
    note: str = DERIVED


def _model(
    composition: Composition,
    layers: int | Sequence[int] | None,
    apical: Halides | None,
    way: Stack,
    crystal: Crystal,
) -> _Model:
    if way.boundary is not None:
        return _antiphase(composition, layers, apical, way, crystal)
    if layers is None or isinstance(layers, int | np.integer):
        return _ruddlesden_popper(composition, layers, apical, way, crystal)
    parent = perovskite(composition)
    faces = halide_fractions(apical, parent)
    of = lengths(parent, faces, crystal, way.interlayer_A)
    sites = intergrowth_sites(layers, of, way.rp_layers, way.closing)
    slabs = [int(one) for one in layers]
    text = f"intergrowth of {'+'.join(map(str, slabs))} layers of {parent.formula}"
    return _Model(sites, parent, faces, of, slabs, text)


def _ruddlesden_popper(
    composition: Composition, n: int | None, apical: Halides | None, way: Stack, crystal: Crystal
) -> _Model:
    parent, n, faces = slab_ions(composition, n, apical)
    n = layer_count(n, "a slab")
    measured = None
    if n == 1 and crystal.a_A is None and way.interlayer_A is None:
        measured = measured_lengths(parent, faces)
    of = measured or lengths(parent, faces, crystal, way.interlayer_A)
    text = f"Ruddlesden-Popper n = {n} of {parent.formula}"
    text += f", apical {'/'.join(faces)}" if faces else ""
    sites = intergrowth_sites((n, n), of)
    return _Model(sites, parent, faces, of, n, text, "" if measured else DERIVED)


def _antiphase(
    composition: Composition,
    layers: int | Sequence[int] | None,
    apical: Halides | None,
    way: Stack,
    crystal: Crystal,
) -> _Model:
    if apical is not None or way.interlayer_A is not None:
        raise InputError(
            "Antiphase boundaries have no apical halides and no spacing of their own.",
            "Leave apical and interlayer_A out.",
        )
    parent = perovskite(composition)
    blocks = 4 if layers is None else layers
    blocks = (blocks, blocks) if isinstance(blocks, int | np.integer) else blocks
    of = lengths(parent, {}, crystal, None)
    sites = antiphase_sites(blocks, of, str(way.boundary), way.shift)
    counts = [int(one) for one in blocks]
    text = (
        f"antiphase boundaries {way.boundary}, offset ({way.shift[0]:g}, {way.shift[1]:g}), "
        f"between {'+'.join(map(str, counts))} layers of {parent.formula}"
    )
    note = "the spacing across the boundaries is that of ions in contact: relax the cell"
    return _Model(sites, parent, {}, of, counts, text, note)
