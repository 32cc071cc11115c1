"""What a particle or a slab is: stoichiometry, charge, surface, edges, dipole."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.composition import Material
from perovdb.structures.adoption import as_structure
from perovdb.structures.charges import unit_charge
from perovdb.structures.molecules.dipoles import DEBYE_PER_E_A
from perovdb.structures.octahedra.axes import octahedral_axes
from perovdb.structures.particles.cage_network import BULK, Network
from perovdb.structures.units import Unit, crystal_units, units


@answer
class Report(Answer):
    """A particle, or a slab, in numbers.

    Attributes:
        ions: ion -> how many, ligands among them.
        formula: the same per B ion, such as Cs1.035Cd0.25Pb0.75Br3.035.
        charge: sum of the formal charges, in e.
        n_A, n_B, n_X: ions on each kind of site; ligands not counted.
        surface: "A", "B", "X" -> how many have fewer than 8, 6, 2 B neighbours.
        edges_nm: distances between the outermost ions along x, y and z.
        dipole_D: size of the dipole of the formal charges, in debye; of a charged particle about
            the mean of its ions; None for a slab.
        area_nm2: of one side of the cell of a slab; this and what follows is None for a particle.
        vacuum_nm: between the outermost atoms of a slab and their images, were the cell repeated.
        dipole_D_per_nm2: of the formal charges along the normal, about the middle of the slab.
    """

    ions: dict[str, int]
    formula: str
    charge: int
    n_A: int
    n_B: int
    n_X: int
    surface: dict[str, int]
    edges_nm: tuple[float, float, float]
    dipole_D: float | None = None
    area_nm2: float | None = None
    vacuum_nm: float | None = None
    dipole_D_per_nm2: float | None = None

    def rows(self) -> list[dict[str, Any]]:
        """One row; lists and mappings in columns of their own."""
        values = {key: value for key, value in self._scalars().items() if value is not None}
        edges = zip(("x_nm", "y_nm", "z_nm"), self.edges_nm, strict=True)
        surface = {f"surface_{role}": number for role, number in self.surface.items()}
        return [{"ions": self._ions(), **values, **surface, **dict(edges)}]

    def _ions(self) -> str:
        return " ".join(f"{ion}{number}" for ion, number in self.ions.items())

    def _headline(self) -> str:
        edges = " x ".join(f"{edge:.2f}" for edge in self.edges_nm)
        return f"{self._ions()}, charge {self.charge:+d}, {edges} nm"

    def _lines(self) -> list[str]:
        surface = ", ".join(f"{number} {role}" for role, number in self.surface.items())
        lines = [self._headline(), f"  per B: {self.formula}", f"  at the surface: {surface}"]
        if self.dipole_D is not None:
            return [*lines, f"  dipole: {self.dipole_D:.1f} D"]
        return [
            *lines,
            f"  area: {self.area_nm2:.4g} nm2, vacuum: {self.vacuum_nm:.4g} nm",
            f"  dipole along the normal: {self.dipole_D_per_nm2:.4g} D/nm2",
        ]


def report(x: Material) -> Report:
    """Stoichiometry, charge, surface, edges and dipole of a particle or a slab.

    Args:
        x: any material; one that repeats along its first two vectors alone is a slab.

    Raises:
        StructureError: there are no octahedra that share corners.
    """
    structure = as_structure(x)
    every = sorted(units(structure), key=lambda unit: "ABXL".index(unit.role))
    ions = Counter(unit.ion for unit in every)
    roles = Counter(unit.role for unit in every)
    charges = np.array([unit_charge(unit) for unit in every], dtype=float)
    centres = np.array([unit.centre_A for unit in every])
    _, network = surface_network(structure)
    near = network.b_counts()
    per_b = {ion: number / max(1, roles["B"]) for ion, number in ions.items()}
    if tuple(structure.lattice.pbc) == (True, True, False):
        first, second, third = structure.lattice.matrix
        area_nm2 = float(np.linalg.norm(np.cross(first, second))) / 100
        height = centres[:, 2] - (centres[:, 2].max() + centres[:, 2].min()) / 2
        more = {
            "area_nm2": area_nm2,
            "vacuum_nm": float(third[2] - np.ptp(structure.cart_coords[:, 2])) / 10,
            "dipole_D_per_nm2": float(charges @ height) * DEBYE_PER_E_A / area_nm2,
        }
    else:
        dipole = charges @ (centres - centres.mean(axis=0)) * DEBYE_PER_E_A
        more = {"dipole_D": float(np.linalg.norm(dipole))}
    return Report(
        ions=dict(ions),
        formula="".join(
            f"{ion}{'' if abs(x - 1) < 5e-5 else f'{x:.4f}'.rstrip('0').rstrip('.')}"
            for ion, x in per_b.items()
        ),
        charge=round(float(charges.sum())),
        n_A=roles["A"],
        n_B=roles["B"],
        n_X=roles["X"],
        surface={
            role: int(((network.roles == role) & (near < BULK[role])).sum()) for role in "ABX"
        },
        edges_nm=edges_nm(structure),
        **more,
    )


def edges_nm(structure: Structure) -> tuple[float, float, float]:
    """Distances between the outermost ions along x, y and z; ligands are not counted."""
    centres = np.array([unit.centre_A for unit in crystal_units(structure)])
    x, y, z = np.ptp(centres, axis=0) / 10
    return float(x), float(y), float(z)


def surface_network(structure: Structure) -> tuple[list[Unit], Network]:
    """The ions of a particle, without ligands, and which B each stands next to.

    Raises:
        StructureError: there are no octahedra that share corners.
    """
    every = crystal_units(structure)
    roles = np.array([unit.role for unit in every])
    positions = np.array([unit.centre_A for unit in every]).reshape(-1, 3)
    axes = octahedral_axes(
        structure.lattice.matrix, positions[roles == "B"], tuple(structure.lattice.pbc)
    )
    return every, Network(roles, positions, float(axes.lengths_A.mean()), structure.lattice)
