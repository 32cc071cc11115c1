"""The units of a structure: an ion, or a whole organic cation. A molecule is one thing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.scatterers import atomic_masses
from perovdb.errors import StructureError

PROPERTIES = ("role", "ion", "molecule")


@dataclass(frozen=True)
class Unit:
    """An ion or a molecule in a structure.

    Attributes:
        ion: its species.
        role: "A", "B" or "X".
        atoms: (m,) indices of its atoms.
        centre_A: (3,) its position, the centre of mass of a molecule, Cartesian.
    """

    ion: str
    role: str
    atoms: np.ndarray
    centre_A: np.ndarray


def units(structure: Structure) -> list[Unit]:
    """All units, in the order of their first atoms.

    Raises:
        StructureError: the structure does not carry roles and molecules.
    """
    properties = structure.site_properties
    lacking = [name for name in PROPERTIES if name not in properties]
    if lacking:
        raise StructureError(
            f"The structure carries no site property {', '.join(lacking)}.",
            "Build it with perovdb; roles in foreign files are not recognised yet.",
        )
    groups: dict[tuple[int, int], list[int]] = {}
    for index, molecule in enumerate(properties["molecule"]):
        key = (0, molecule) if molecule >= 0 else (1, index)
        groups.setdefault(key, []).append(index)
    elements = [site.specie.symbol for site in structure]
    positions = structure.cart_coords
    found = []
    for atoms in groups.values():
        masses = atomic_masses([elements[atom] for atom in atoms])
        found.append(
            Unit(
                ion=properties["ion"][atoms[0]],
                role=properties["role"][atoms[0]],
                atoms=np.array(atoms),
                centre_A=masses @ positions[atoms] / masses.sum(),
            )
        )
    return found


def ion_formula(structure: Structure) -> str:
    """Ions and their numbers, such as MA8Pb8I23, in the order A, B, X."""
    found = sorted(units(structure), key=lambda unit: unit.role)
    counts = Counter(unit.ion for unit in found)
    return "".join(f"{ion}{number}" for ion, number in counts.items())


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
