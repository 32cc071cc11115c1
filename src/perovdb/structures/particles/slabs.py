"""Surface slabs: whole planes of a crystal between vacuum, molecules whole.

Along (001) the planes of a halide perovskite are AX and BX2, both neutral for A+, B2+ and X-;
along (110) they are ABX and X2, along (111) AX3 and B, which are charged: such surfaces are polar.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.composition import Material, as_composition
from perovdb.errors import InputError
from perovdb.structures.assembling import copied, in_cell
from perovdb.structures.charges import charge_of_units, formal_charge, unit_charge
from perovdb.structures.crystals import Crystal, cell_sites
from perovdb.structures.drawing import draw
from perovdb.structures.filling import filled
from perovdb.structures.history import Outcome, step
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.ordering import Order
from perovdb.structures.particles.planes import Planes, cut_planes
from perovdb.structures.sites import Sites
from perovdb.structures.units import crystal_units, ion_formula, sites_of_units, units


@dataclass(frozen=True)
class Surface:
    """How a slab is cut, and what is beside it.

    Attributes:
        normal: Miller indices of the surface in the pseudo-cubic axes.
        termination: content of the bottom plane: AX or BX2 on (001), ABX or X2 on (110), AX3 or B
            on (111).
        symmetric: the same plane on top; otherwise the other one, which keeps the stoichiometry
            of the crystal.
        lateral: repeats along the two vectors in the plane.
        vacuum_A: between the outermost atoms and their images along the normal.
    """

    normal: tuple[int, int, int] = (0, 0, 1)
    termination: str = "AX"
    symmetric: bool = True
    lateral: tuple[int, int] = (1, 1)
    vacuum_A: float = 20.0


@step
def slab(
    x: Material,
    layers: int = 4,
    *,
    surface: Surface = Surface(),
    crystal: Crystal = Crystal("alpha"),
    nearest: bool = False,
    order: str | Order = "random",
    orientation: str | Orientation = "random",
    seed: int = 0,
) -> Outcome:
    """A slab of whole planes between vacuum.

    A structure is cut as it is: its ordering, tilts and molecules, whole units only; crystal,
    nearest, order, orientation and seed are of formulas alone.

    Args:
        x: any material.
        layers: planes that hold B.
        surface: its normal, termination and lateral size, and the vacuum.
        crystal: phase, temperature and lattice parameter of a formula.
        nearest: take the nearest whole numbers of ions where the fractions give none.
        order: rule for shared sites, as for `build`.
        orientation: rule for organic cations, as for `build`.
        seed: of what is drawn at random.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        InputError: an argument cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the structure is no crystal of corner-sharing octahedra, or the fractions
            give no whole numbers.
    """

    def planes_of(sites: Sites) -> Planes:
        return cut_planes(
            sites,
            surface.normal,
            layers,
            surface.termination,
            surface.symmetric,
            surface.lateral,
        )

    if isinstance(x, Structure):
        bare = _of_crystal(x, planes_of)
        recorded: dict[str, Any] = dict.fromkeys(
            ("crystal", "nearest", "order", "orientation", "seed")
        )
    else:
        bare = _of_formula(x, planes_of, crystal, nearest, Order.of(order), orientation, seed)
        recorded = {"x": as_composition(x).formula}
    between = _between_vacuum(bare.structure, surface.vacuum_A)
    bottom, top = bare.planes.names
    indices = " ".join(map(str, surface.normal))
    return Outcome(
        between,
        f"{bare.origin}({indices}) slab, {layers} layers of B, {bottom} below "
        f"and {top} above; {ion_formula(between)}; charge {bare.charge:+d}",
        charge=bare.charge,
        notes=[*bare.notes, *_notes(between, bottom, top, bare.charge)],
        arguments=recorded,
    )


class _Slab(NamedTuple):
    """Atoms that are not yet between vacuum, their planes, their charge in e, and how the crystal
    came about."""

    structure: Structure
    planes: Planes
    charge: int
    origin: str = ""
    notes: tuple[str, ...] = ()


def _of_formula(
    x: Material,
    planes_of: Callable[[Sites], Planes],
    crystal: Crystal,
    nearest: bool,
    order: Order,
    orientation: str | Orientation,
    seed: int,
) -> _Slab:
    """The slab of a formula, whose ions are put on its sites."""
    cell = crystal.full_cell(as_composition(x))
    planes = planes_of(cell_sites(cell))
    box = Sites(
        planes.lattice_A,
        planes.positions_A @ np.linalg.inv(planes.lattice_A),
        np.array(cell.roles)[planes.source],
        (True, True, False),
    )
    mend = "Take other layers or another lateral size."
    ions = list(filled(box, cell.composition, order, seed, nearest=nearest, mend=mend).ions)
    atoms = draw(box, ions, orientation, seed)
    return _Slab(atoms, planes, formal_charge(ions), f"{cell.origin}; ", cell.notes)


def _of_crystal(structure: Structure, planes_of: Callable[[Sites], Planes]) -> _Slab:
    """The slab of a crystal as it is."""
    every = crystal_units(structure)
    planes = planes_of(sites_of_units(structure, every))
    chosen, atoms_A = [every[source] for source in planes.source], structure.cart_coords
    positions = [
        centre + (atoms_A[unit.atoms] - unit.centre_A) @ planes.turn
        for unit, centre in zip(chosen, planes.positions_A, strict=True)
    ]
    box = Lattice(planes.lattice_A, pbc=(True, True, False))
    return _Slab(copied(structure, chosen, positions, box), planes, charge_of_units(chosen))


def _between_vacuum(structure: Structure, vacuum_A: float) -> Structure:
    """The slab in the middle of a cell with this much vacuum along z."""
    if vacuum_A <= 0:
        raise InputError(f"A vacuum of {vacuum_A:g} A cannot be used.", "Give such as 20.")
    positions = np.array(structure.cart_coords)
    matrix = np.array(structure.lattice.matrix)
    matrix[2] = [0.0, 0.0, float(np.ptp(positions[:, 2])) + vacuum_A]
    positions[:, 2] += vacuum_A / 2 - positions[:, 2].min()
    return in_cell(structure, Lattice(matrix, pbc=(True, True, False)), positions)


def _notes(slab: Structure, bottom: str, top: str, charge: int) -> list[str]:
    every = units(slab)
    charges = {
        role: np.mean([unit_charge(unit) for unit in every if unit.role == role])
        for role in {unit.role for unit in every}
    }

    def charge_of_plane(name: str) -> int:
        total = sum(
            charges.get(role, 0) * int(n or 1) for role, n in re.findall(r"(.)(\d*)", name)
        )
        return round(float(total))

    notes = []
    if any(charge_of_plane(name) for name in (bottom, top)):
        notes.append(
            f"the planes {bottom} and {top} are charged: the surface is polar, and the slab needs "
            "ions moved or a charge to be stable (Tasker's type 3)"
        )
    if charge:
        notes.append(f"the slab carries {charge:+d} e")
    if bottom != top:
        notes.append("the two sides differ: use a dipole correction along the normal")
    return notes
