"""What a particle is: stoichiometry, charge, surface, edges, dipole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from pymatgen.core import Structure

from perovdb.structures.arguments import checked
from perovdb.structures.charges import unit_charge
from perovdb.structures.molecules.dipoles import DEBYE_PER_E_A
from perovdb.structures.octahedra.axes import octahedral_axes
from perovdb.structures.particles.cage_network import BULK, Network
from perovdb.structures.units import Unit, crystal_units, units


@dataclass(frozen=True)
class ParticleReport:
    """A particle in numbers.

    Attributes:
        ions: ion -> how many, ligands among them.
        formula: the same per B ion, such as Cs1.035Cd0.25Pb0.75Br3.035.
        charge: sum of the formal charges, in e.
        n_A, n_B, n_X: ions on each kind of site; ligands not counted.
        surface: "A", "B", "X" -> how many have fewer than 8, 6, 2 B neighbours.
        edges_nm: distances between the outermost ions along the axes of the box.
        dipole_D: size of the dipole of the formal charges, in debye; of a charged particle about
            the mean of its ions.
    """

    ions: dict[str, int]
    formula: str
    charge: int
    n_A: int
    n_B: int
    n_X: int
    surface: dict[str, int]
    edges_nm: tuple[float, float, float]
    dipole_D: float

    def __str__(self) -> str:
        edges = " x ".join(f"{edge:.2f}" for edge in self.edges_nm)
        ions = "".join(f"{ion}{number}" for ion, number in self.ions.items())
        surface = ", ".join(f"{number} {role}" for role, number in self.surface.items())
        return (
            f"{ions} = {self.formula}, charge {self.charge:+d} e, {edges} nm, "
            f"at the surface {surface}, dipole {self.dipole_D:.1f} D"
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


@checked
def describe(structure: Structure) -> ParticleReport:
    """Stoichiometry, charge, surface, edges and dipole of a particle.

    Args:
        structure: a particle as built by perovdb.
    """
    every = sorted(units(structure), key=lambda unit: "ABXL".index(unit.role))
    ions = Counter(unit.ion for unit in every)
    roles = Counter(unit.role for unit in every)
    charges = np.array([unit_charge(unit) for unit in every], dtype=float)
    centres = np.array([unit.centre_A for unit in every])
    dipole = charges @ (centres - centres.mean(axis=0)) * DEBYE_PER_E_A
    _, network = surface_network(structure)
    near = network.b_counts()
    per_b = {ion: number / max(1, roles["B"]) for ion, number in ions.items()}
    return ParticleReport(
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
        dipole_D=float(np.linalg.norm(dipole)),
    )
