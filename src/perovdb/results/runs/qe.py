"""Quantum ESPRESSO: the output of pw.x. Atoms and cell are read by ASE."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io.espresso import read_espresso_out
from ase.units import GPa

from perovdb.errors import ResultError
from perovdb.results.band import HARTREE_EV
from perovdb.results.runs.run import Run
from perovdb.results.text import head, number, only, whole

MARKS = "an output of pw.x (*.out)"

_RYDBERG_EV = HARTREE_EV / 2


def _outputs(folder: Path) -> list[Path]:
    named = [
        path
        for path in sorted(folder.glob("*.out"))
        if path.is_file() and not path.name.endswith(".previous.out")
    ]
    return [path for path in named if "Program PWSCF" in head(path)]


def holds(folder: Path) -> bool:
    """Whether a folder holds the output of one calculation."""
    return bool(_outputs(folder))


def read(folder: Path) -> Run:
    """The last step of the last run.

    Raises:
        ResultError: there is none, a file is cut, or the folder holds several outputs.
    """
    path = only(_outputs(folder), "outputs of pw.x", folder, "Keep that of one calculation.")
    # A restart may have been written behind the first run.
    text = "Program PWSCF" + whole(path).rpartition("Program PWSCF")[2]
    energies = re.findall(r"^!\s+total energy\s+=\s+(\S+) Ry", text, re.M)
    if not energies:
        raise ResultError(f"{path} holds no energy.", "Let pw.x run on.")
    atoms = _atoms(path, text)
    last = text[text.rfind("\n!") :]
    moves = "BFGS Geometry Optimization" in text
    vbm, cbm = _edges(text, str(path))
    electrons = re.search(r"number of electrons\s+=\s+(\S+)", text)
    version = re.match(r"Program PWSCF v\.(\S+)", text)
    forces, stress = atoms.calc.results.get("forces"), atoms.calc.results.get("stress")
    return Run(
        code="qe",
        version=version[1] if version else "",
        elements=tuple(atoms.get_chemical_symbols()),
        positions_A=atoms.positions,
        lattice_A=np.asarray(atoms.cell),
        energy_eV=number(energies[-1], str(path)) * _RYDBERG_EV,
        energy_kind="total energy",
        finished="JOB DONE" in text,
        scf_converged="convergence has been achieved" in last and "NOT achieved" not in last,
        relaxed=("bfgs converged in" in text) if moves else None,
        files=(path,),
        forces_eV_A=None if forces is None else np.asarray(forces),
        # ASE's stress has the sign of a tension, in eV/A^3, in the order of Voigt.
        stress_GPa=None if stress is None else _matrix(-np.asarray(stress) / GPa),
        vbm_eV=vbm,
        cbm_eV=cbm,
        gap_eV=None if vbm is None or cbm is None else cbm - vbm,
        electrons=number(electrons[1], str(path)) if electrons else None,
    )


def _atoms(path: Path, text: str) -> Atoms:
    try:
        last: Atoms
        *_, last = read_espresso_out(StringIO("     " + text), index=slice(None))
    except Exception as error:  # ASE's reader fails in many ways on a file that is cut.
        raise ResultError(
            f"{path} cannot be read: {error}.", "Copy it again from where pw.x ran."
        ) from error
    if last.calc is None or not np.isfinite(last.positions).all():
        raise ResultError(f"{path} is cut.", "Copy it again from where pw.x ran.")
    return last


def _matrix(voigt: np.ndarray) -> np.ndarray:
    xx, yy, zz, yz, xz, xy = voigt
    return np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]])


def _edges(text: str, where: str) -> tuple[float | None, float | None]:
    both = re.findall(r"highest occupied, lowest unoccupied level \(ev\):\s+(\S+)\s+(\S+)", text)
    if both:
        return number(both[-1][0], where), number(both[-1][1], where)
    occupied = re.findall(r"highest occupied level \(ev\):\s+(\S+)", text)
    return (number(occupied[-1], where) if occupied else None), None
