"""Surface slabs: whole planes of a crystal between vacuum, molecules whole.

Along (001) the planes of a halide perovskite are AX and BX2, both neutral for A+, B2+ and X-;
along (110) they are ABX and X2, along (111) AX3 and B, which are charged: such surfaces are polar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.calculators.average_cell import AverageCell
from perovdb.composition import Material, as_composition
from perovdb.errors import InputError
from perovdb.structures.arguments import checked
from perovdb.structures.assembling import copied
from perovdb.structures.charges import charge_of_units, formal_charge, unit_charge
from perovdb.structures.crystals import Crystal
from perovdb.structures.drawing import draw
from perovdb.structures.history import Outcome, step
from perovdb.structures.molecules.dipoles import DEBYE_PER_E_A
from perovdb.structures.ordering.counts import whole_counts
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


@step
def slab(
    x: Material,
    layers: int = 4,
    *,
    normal: Sequence[int] = (0, 0, 1),
    termination: str = "AX",
    symmetric: bool = True,
    lateral: Sequence[int] = (1, 1),
    vacuum_A: float = VACUUM_A,
    crystal: Crystal = Crystal("alpha"),
    nearest: bool = False,
    orientation: str = "random",
    seed: int = 0,
) -> Outcome:
    """A slab of whole planes between vacuum.

    Of a formula, ions that share sites are drawn by the seed. A structure is cut as it is: its
    ordering, tilts and molecules, whole units only; crystal, nearest, orientation and seed are of
    formulas alone.

    Args:
        x: any material.
        layers: planes that hold B.
        normal: Miller indices of the surface in the pseudo-cubic axes.
        termination: content of the bottom plane: AX or BX2 on (001), ABX or X2 on (110), AX3 or B
            on (111).
        symmetric: the same plane on top; otherwise the other one, which keeps the stoichiometry
            of the crystal.
        lateral: repeats along the two vectors in the plane.
        vacuum_A: between the outermost atoms and their images along the normal.
        crystal: phase, temperature and lattice parameter of a formula.
        nearest: take the nearest whole numbers of ions where the fractions give none.
        orientation: rule for organic cations.
        seed: of what is drawn at random.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: an argument cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the structure is no crystal of corner-sharing octahedra, or the fractions
            give no whole numbers.
    """

    def planes_of(sites: Sites) -> Planes:
        return cut_planes(sites, normal, layers, termination, symmetric, lateral)

    recorded: dict[str, Any] = {"normal": [int(index) for index in normal]}
    if isinstance(x, Structure):
        bare, planes, charge = _cut(x, planes_of)
        origin, notes = "", list[str]()
        recorded |= dict.fromkeys(("crystal", "nearest", "orientation", "seed"))
    else:
        cell = crystal.full_cell(as_composition(x))
        bare, planes, charge = _drawn(cell, planes_of, nearest, orientation, seed)
        origin, notes = f"{cell.origin}; ", list(cell.notes)
        recorded |= {"x": cell.composition.formula, "crystal": crystal.recorded()}
    between = _between_vacuum(bare, vacuum_A)
    indices = " ".join(map(str, recorded["normal"]))
    return Outcome(
        between,
        f"{origin}({indices}) slab, {layers} layers of B, {planes.names[0]} below and "
        f"{planes.names[1]} above; {ion_formula(between)}; charge {charge:+d}",
        charge=charge,
        notes=[*notes, *_notes(between, planes, charge)],
        arguments=recorded,
    )


def _drawn(
    cell: AverageCell,
    planes_of: Callable[[Sites], Planes],
    nearest: bool,
    orientation: str,
    seed: int,
) -> tuple[Structure, Planes, int]:
    """The atoms of a formula, its planes and its charge in e."""
    sites = Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))
    planes = planes_of(sites)
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
    return draw(box, list(ions), orientation, seed), planes, formal_charge(list(ions))


def _cut(
    structure: Structure, planes_of: Callable[[Sites], Planes]
) -> tuple[Structure, Planes, int]:
    """The atoms of a crystal as it is, its planes and its charge in e."""
    every = crystal_units(structure)
    planes = planes_of(sites_of_units(structure, every))
    chosen = [every[source] for source in planes.source]
    positions = [
        centre + (structure.cart_coords[unit.atoms] - unit.centre_A) @ planes.turn
        for unit, centre in zip(chosen, planes.positions_A, strict=True)
    ]
    box = Lattice(planes.lattice_A, pbc=(True, True, False))
    return copied(structure, chosen, positions, box), planes, charge_of_units(chosen)


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
