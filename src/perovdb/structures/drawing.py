"""Put real atoms on sites: an ion is one atom, an organic cation all of its atoms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.calculators.orbits import OrderedMolecule
from perovdb.composition.registry import load_registry
from perovdb.structures.assembling import assembled
from perovdb.structures.molecules.alternation import alternate
from perovdb.structures.molecules.contact_radii import CONTACT_SHARE
from perovdb.structures.molecules.dipoles import along_dipole
from perovdb.structures.molecules.geometry import RigidMolecule, load_molecule
from perovdb.structures.molecules.nudging import nudge
from perovdb.structures.molecules.orientations import CRYSTAL, Orientation, orientations
from perovdb.structures.sites import Sites
from perovdb.structures.units import PROPERTIES


def draw(
    sites: Sites,
    ions: Sequence[str],
    orientation: str | Orientation,
    seed: int,
    *,
    molecules: Sequence[OrderedMolecule | None] = (),
    share: float | None = CONTACT_SHARE,
    labels: Mapping[str, Sequence[Any]] | None = None,
) -> Structure:
    """The atoms of a model, with the site properties role, ion and molecule.

    Args:
        sites: where.
        ions: (n,) the ion on each site; "" leaves a site empty.
        orientation: rule for organic cations, or a rule with its options.
        seed: of random orientations, and of the nudges.
        molecules: (n,) those that the crystal holds in order, which stand so by the rule "crystal"
            unless the orientation has a geometry of its own for them; none by default.
        share: least distance between units as a share of the sum of their radii, to which
            `nudge` moves molecules apart; None leaves them as they are placed.
        labels: further site properties, name -> (n,) values, one a site, such as its region.

    Raises:
        MissingData: there is no geometry for a molecule, or no dipole.
        InputError: there is no such rule.
        StructureError: the rule does not close in this cell, or a molecule finds no room.
    """
    orientation = Orientation.of(orientation)
    ordered = ordered_ones(ions, molecules, orientation)
    left = [ion for ion, molecule in zip(ions, ordered, strict=True) if molecule is None]
    shapes = load_shapes(left, orientation)
    where = np.array(
        [n for n, ion in enumerate(ions) if ion in shapes and ordered[n] is None], dtype=int
    )
    rule, centre = orientation.rule, orientation.centre
    turns = iter(orientations(rule, len(where), seed, alternate(rule, sites, where)))
    centres = {name: shape.centre_A(centre) for name, shape in shapes.items()}
    registry = load_registry()
    atoms: list[dict[str, Any]] = []
    molecule = -1
    for number, (ion, position) in enumerate(zip(ions, sites.positions_A, strict=True)):
        if not ion:
            continue
        own = {"role": str(sites.roles[number]), "ion": str(ion)}
        own |= {name: values[number] for name, values in (labels or {}).items()}
        placed = ordered[number]
        if placed is None and ion not in shapes:
            element = registry.ion(ion).atoms
            atoms.append(own | {"element": element, "position_A": position, "molecule": -1})
            continue
        molecule += 1
        if placed is not None:
            elements, offsets = placed.elements, placed.offsets_A
        else:
            local = shapes[ion].positions_A
            if centre != "mass":
                local = local - centres[ion]
            elements, offsets = shapes[ion].elements, local @ next(turns).T
        atoms += [
            own | {"element": element, "position_A": position + offset, "molecule": molecule}
            for element, offset in zip(elements, offsets, strict=True)
        ]
    structure = assembled(
        Lattice(sites.lattice_A, pbc=sites.periodic),
        [atom["element"] for atom in atoms],
        np.array([atom["position_A"] for atom in atoms]),
        {name: [atom[name] for atom in atoms] for name in (*PROPERTIES, *(labels or {}))},
    )
    return structure if share is None else nudge(structure, share=share, seed=seed)


def ordered_ones(
    ions: Sequence[str],
    molecules: Sequence[OrderedMolecule | None],
    orientation: Orientation,
) -> list[OrderedMolecule | None]:
    """(n,) The molecules that stand as the crystal has them, None for all else."""
    if orientation.rule != CRYSTAL or not molecules:
        return [None] * len(ions)
    return [
        molecule
        if molecule and molecule.species == ion and ion not in orientation.molecules
        else None
        for ion, molecule in zip(ions, molecules, strict=True)
    ]


def load_shapes(
    ions: Sequence[str], orientation: Orientation | None = None
) -> dict[str, RigidMolecule]:
    """The molecules among ions, by species, in the frame in which they point along x.

    Raises:
        MissingData: there is no geometry for a molecule, or no dipole.
    """
    orientation = orientation or Orientation()
    registry, own = load_registry(), orientation.shapes
    shapes = {}
    for name in dict.fromkeys(ions):
        if name and registry.ion(name).molecular:
            shape = own[name] if name in own else load_molecule(name)
            shapes[name] = along_dipole(shape) if orientation.pointing == "dipole" else shape
    return shapes
