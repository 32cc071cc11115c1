"""What a code left of a calculation of one structure, in one shape for all codes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Run:
    """The last step of a single point or a relaxation.

    Attributes:
        code, version: what computed it.
        elements: (a,) of its atoms.
        positions_A: (a, 3), and `lattice_A` (3, 3): where the atoms are at this step.
        energy_eV: total energy.
        energy_kind: which of the code's energies that is.
        finished: the program came to its end.
        scf_converged: its last electronic structure came to rest.
        relaxed: the code says that the atoms came to rest; None of a single point.
        files: what was read.
        forces_eV_A: (a, 3); None where they are not told.
        stress_GPa: (3, 3), positive where the cell wants to grow, as a pressure is; None where it
            is not told.
        vbm_eV, cbm_eV: highest occupied and lowest empty level on the k-points of the run.
        gap_eV: between them.
        potentials_V: (a,) electrostatic potential at the core of each atom, of VASP.
        electrons: valence electrons of the run.
    """

    code: str
    version: str
    elements: tuple[str, ...]
    positions_A: np.ndarray
    lattice_A: np.ndarray
    energy_eV: float
    energy_kind: str
    finished: bool
    scf_converged: bool
    relaxed: bool | None
    files: tuple[Path, ...]
    forces_eV_A: np.ndarray | None = None
    stress_GPa: np.ndarray | None = None
    vbm_eV: float | None = None
    cbm_eV: float | None = None
    gap_eV: float | None = None
    potentials_V: np.ndarray | None = None
    electrons: float | None = None
