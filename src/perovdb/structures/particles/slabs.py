"""Surface slabs: whole planes of a crystal between vacuum, molecules whole.

Along (001) the planes of a halide perovskite are AX and BX2, both neutral for A+, B2+ and X-;
along (110) they are ABX and X2, along (111) AX3 and B, which are charged: such surfaces are polar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.composition import Composition
from perovdb.errors import InputError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.arguments import checked
from perovdb.structures.assembling import copied
from perovdb.structures.charges import charge_of_units, formal_charge, unit_charge
from perovdb.structures.drawing import draw
from perovdb.structures.history import record
from perovdb.structures.molecules.dipoles import DEBYE_PER_E_A
from perovdb.structures.ordering.counts import whole_counts
from perovdb.structures.particles.cell import particle_cell
from perovdb.structures.particles.ions import drawn
from perovdb.structures.particles.planes import Planes, cut_planes
from perovdb.structures.sites import Sites
from perovdb.structures.streams import stream
from perovdb.structures.units import crystal_units, ion_formula, sites_of_units, units

VACUUM_A = 20.0


@dataclass(frozen=True)
class SlabReport:
    """A slab in numbers.

    Attributes:
        formula: ions and their numbers.
        charge: sum of the formal charges, in e.
        area_nm2: of one side of the cell.
        thickness_nm: between the outermost units.
        vacuum_nm: between the outermost atoms and their images, were the cell repeated.
        dipole_D_per_nm2: of the formal charges along the normal, about the middle of the slab.
    """

    formula: str
    charge: int
    area_nm2: float
    thickness_nm: float
    vacuum_nm: float
    dipole_D_per_nm2: float


@checked
def slab(
    composition: Composition | str,
    *,
    normal: Sequence[int] = (0, 0, 1),
    layers: int = 4,
    termination: str = "AX",
    symmetric: bool = True,
    lateral: Sequence[int] = (1, 1),
    vacuum_A: float = VACUUM_A,
    phase: str = "alpha",
    a_A: float | None = None,
    nearest: bool = False,
    orientation: str = "random",
    seed: int = 0,
    temperature_K: float = ROOM_TEMPERATURE_K,
) -> Structure:
    """A slab of a composition.

    Args:
        composition: a Composition or a formula; ions that share sites are drawn by the seed.
        normal: Miller indices of the surface in the pseudo-cubic axes.
        layers: planes that hold B.
        termination: content of the bottom plane: AX or BX2 on (001), ABX or X2 on (110), AX3 or B
            on (111).
        symmetric: the same plane on top; otherwise the other one, which keeps the stoichiometry
            of the crystal.
        lateral: repeats along the two vectors in the plane.
        vacuum_A: between the outermost atoms and their images along the normal.
        phase, a_A, orientation, temperature_K: as for `nanocrystal`.
        nearest: take the nearest whole numbers of ions where the fractions give none.
        seed: of what is drawn at random.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: an argument cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the fractions give no whole numbers.
    """
    cell = particle_cell(composition, phase, temperature_K, a_A)
    sites = Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))
    planes = cut_planes(sites, normal, layers, termination, symmetric, lateral)
    roles = sites.roles[planes.source]
    ions = np.full(len(roles), "", dtype=object)
    counts = whole_counts(
        cell.composition.formula,
        cell.composition.sites,
        {role: int((roles == role).sum()) for role in "ABX"},
        nearest=nearest,
        mend="Take other layers or another lateral size.",
    )
    generator = stream(seed, 4)
    for role in "ABX":
        here = np.flatnonzero(roles == role)
        ions[here] = drawn(counts[role], generator)
    box = Sites(
        planes.lattice_A,
        planes.positions_A @ np.linalg.inv(planes.lattice_A),
        roles,
        (True, True, False),
    )
    made = _between_vacuum(draw(box, list(ions), orientation, seed), vacuum_A)
    charge = formal_charge(list(ions))
    arguments = {
        "composition": cell.composition.formula,
        **_arguments(normal, layers, termination, symmetric, lateral, vacuum_A),
        "phase": cell.phase,
        "a_A": a_A,
        "nearest": nearest,
        "orientation": orientation,
        "seed": seed,
        "temperature_K": temperature_K,
    }
    text = f"{cell.origin}; {_text(made, normal, layers, planes, charge)}"
    notes = [*cell.notes, *_notes(made, planes, charge)]
    return record(made, "slab", arguments, text, charge=charge, notes=notes)


@checked
def cut_slab(
    structure: Structure,
    *,
    normal: Sequence[int] = (0, 0, 1),
    layers: int = 4,
    termination: str = "AX",
    symmetric: bool = True,
    lateral: Sequence[int] = (1, 1),
    vacuum_A: float = VACUUM_A,
) -> Structure:
    """A slab of a crystal as it is: its ordering, tilts and molecules, whole units only.

    Args:
        structure: a crystal as built by perovdb; the rest as for `slab`.

    Raises:
        InputError: an argument cannot be used.
        StructureError: the structure is no crystal of corner-sharing octahedra.
    """
    every = crystal_units(structure)
    sites = sites_of_units(structure, every)
    planes = cut_planes(sites, normal, layers, termination, symmetric, lateral)
    chosen = [every[source] for source in planes.source]
    positions = [
        centre + (structure.cart_coords[unit.atoms] - unit.centre_A) @ planes.turn
        for unit, centre in zip(chosen, planes.positions_A, strict=True)
    ]
    box = Lattice(planes.lattice_A, pbc=(True, True, False))
    made = _between_vacuum(copied(structure, chosen, positions, box), vacuum_A)
    charge = charge_of_units(chosen)
    return record(
        made,
        "cut_slab",
        _arguments(normal, layers, termination, symmetric, lateral, vacuum_A),
        _text(made, normal, layers, planes, charge),
        charge=charge,
        before=structure,
        notes=_notes(made, planes, charge),
    )


@checked
def slab_report(structure: Structure) -> SlabReport:
    """Stoichiometry, charge, area, thickness and dipole of a slab.

    Args:
        structure: a slab as built by perovdb.
    """
    every = units(structure)
    charges = np.array([unit_charge(unit) for unit in every], dtype=float)
    height = np.array([unit.centre_A[2] for unit in every])
    matrix = structure.lattice.matrix
    area = float(np.linalg.norm(np.cross(matrix[0], matrix[1]))) / 100
    middle = (height.max() + height.min()) / 2
    return SlabReport(
        formula=ion_formula(structure),
        charge=round(float(charges.sum())),
        area_nm2=area,
        thickness_nm=float(np.ptp(height)) / 10,
        vacuum_nm=float(matrix[2, 2] - np.ptp(structure.cart_coords[:, 2])) / 10,
        dipole_D_per_nm2=float(charges @ (height - middle)) * DEBYE_PER_E_A / area,
    )


def _between_vacuum(structure: Structure, vacuum_A: float) -> Structure:
    """The slab in the middle of a cell with this much vacuum along z."""
    if not 0 < vacuum_A < np.inf:
        raise InputError(f"A vacuum of {vacuum_A} A cannot be used.", "Give such as 20.")
    positions = np.array(structure.cart_coords)
    matrix = np.array(structure.lattice.matrix)
    matrix[2] = [0.0, 0.0, float(np.ptp(positions[:, 2])) + vacuum_A]
    positions[:, 2] += vacuum_A / 2 - positions[:, 2].min()
    return Structure(
        Lattice(matrix, pbc=(True, True, False)),
        structure.species,
        positions,
        coords_are_cartesian=True,
        site_properties={name: list(held) for name, held in structure.site_properties.items()},
    )


def _arguments(
    normal: Sequence[int],
    layers: int,
    termination: str,
    symmetric: bool,
    lateral: Sequence[int],
    vacuum_A: float,
) -> dict[str, Any]:
    return {
        "normal": [int(index) for index in normal],
        "layers": int(layers),
        "termination": termination,
        "symmetric": symmetric,
        "lateral": [int(n) for n in lateral],
        "vacuum_A": vacuum_A,
    }


def _text(made: Structure, normal: Sequence[int], layers: int, planes: Planes, charge: int) -> str:
    indices = " ".join(str(int(index)) for index in normal)
    return (
        f"({indices}) slab, {layers} layers of B, {planes.names[0]} below and {planes.names[1]} "
        f"above; {ion_formula(made)}; charge {charge:+d}"
    )


def _notes(made: Structure, planes: Planes, charge: int) -> list[str]:
    every = units(made)
    charges = {
        role: np.mean([unit_charge(unit) for unit in every if unit.role == role])
        for role in {unit.role for unit in every}
    }
    found = []
    if any(_plane_charge(name, charges) for name in planes.names):
        found.append(
            f"the planes {planes.names[0]} and {planes.names[1]} are charged: the surface is "
            "polar, and the slab needs ions moved or a charge to be stable (Tasker's type 3)"
        )
    if charge:
        found.append(f"the slab carries {charge:+d} e")
    if planes.names[0] != planes.names[1]:
        found.append("the two sides differ: use a dipole correction along the normal")
    return found


def _plane_charge(name: str, charges: dict[str, Any]) -> int:
    """Charge of a plane such as AX3 per formula unit."""
    total = 0.0
    for position, letter in enumerate(name):
        if letter in "ABX":
            digit = name[position + 1 : position + 2]
            total += charges.get(letter, 0) * (int(digit) if digit.isdigit() else 1)
    return round(float(total))
