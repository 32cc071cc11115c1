"""The units of a structure: an ion, or a whole organic cation. A molecule is one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.molecules import atomic_masses
from perovdb.composition.composition import ion_text
from perovdb.errors import StructureError
from perovdb.structures.sites import Sites

PROPERTIES = ("role", "ion", "molecule")


@dataclass(frozen=True)
class Unit:
    """An ion or a molecule in a structure.

    Attributes:
        ion: its species.
        role: "A", "B" or "X"; "L" for a ligand.
        atoms: (m,) indices of its atoms.
        centre_A: (3,) its position, the centre of mass of a molecule, Cartesian.
    """

    ion: str
    role: str
    atoms: np.ndarray
    centre_A: np.ndarray


def carried(structure: Structure) -> dict[str, list[Any]]:
    """The site properties of a structure, role, ion and molecule among them.

    Raises:
        StructureError: one of these is not there.
    """
    properties = {name: list(values) for name, values in structure.site_properties.items()}
    lacking = [name for name in PROPERTIES if name not in properties]
    if lacking:
        raise StructureError(
            f"The structure carries no site property {', '.join(lacking)}.",
            "Read it with `read_structure`, or let `adopt` recognise its ions and molecules.",
        )
    return properties


def units(structure: Structure) -> list[Unit]:
    """All units, in the order of their first atoms.

    Raises:
        StructureError: the structure does not carry roles and molecules.
    """
    properties = carried(structure)
    groups: dict[tuple[int, int], list[int]] = {}
    for index, molecule in enumerate(properties["molecule"]):
        key = (0, molecule) if molecule >= 0 else (1, index)
        groups.setdefault(key, []).append(index)
    elements = [site.specie.symbol for site in structure]
    positions = structure.cart_coords
    every = []
    for atoms in groups.values():
        centre = positions[atoms[0]]
        if len(atoms) > 1:
            masses = atomic_masses([elements[atom] for atom in atoms])
            centre = masses @ positions[atoms] / masses.sum()
        every.append(
            Unit(
                ion=properties["ion"][atoms[0]],
                role=properties["role"][atoms[0]],
                atoms=np.array(atoms),
                centre_A=centre,
            )
        )
    return every


def crystal_units(structure: Structure) -> list[Unit]:
    """The units that stand on sites of the crystal: ligands are left out; otherwise as `units`."""
    return [unit for unit in units(structure) if unit.role != "L"]


def sites_of_units(structure: Structure, every: Sequence[Unit]) -> Sites:
    """Units as sites, each at its centre."""
    centres = np.array([unit.centre_A for unit in every]).reshape(-1, 3)
    along_a, along_b, along_c = map(bool, structure.lattice.pbc)
    return Sites(
        np.array(structure.lattice.matrix),
        structure.lattice.get_fractional_coords(centres),
        np.array([unit.role for unit in every]),
        (along_a, along_b, along_c),
    )


def ion_formula(structure: Structure) -> str:
    """Ions and their numbers, such as MA8Pb8I23, in the order A, B, X."""
    counts = Counter(
        unit.ion for unit in sorted(units(structure), key=lambda unit: "ABXL".index(unit.role))
    )
    return "".join(ion_text(ion, str(number)) for ion, number in counts.items())


def closest_contact(structure: Structure, reach_A: float = 4.0) -> float:
    """The shortest distance in angstrom between atoms of different units, periodic images
    counted; `reach_A` if none is nearer."""
    group = np.empty(len(structure), dtype=int)
    for number, unit in enumerate(units(structure)):
        group[unit.atoms] = number
    centre, neighbour, image, distance = structure.get_neighbor_list(reach_A)
    # A molecule may touch its own periodic image: same unit, another cell.
    apart = (group[centre] != group[neighbour]) | (np.abs(image).sum(axis=1) > 0)
    return float(distance[apart].min(initial=reach_A))
