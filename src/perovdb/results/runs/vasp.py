"""VASP: OUTCAR or vasprun.xml, and EIGENVAL for the gap."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from pymatgen.io.vasp.outputs import Eigenval

from perovdb.errors import ResultError
from perovdb.results.outcar import Image, read_outcar
from perovdb.results.runs.run import Run
from perovdb.results.text import lines, number
from perovdb.results.vasprun import read_vasprun

MARKS = "OUTCAR or vasprun.xml"

_OUTPUTS = ("OUTCAR", "OUTCAR.gz")
_XML = ("vasprun.xml", "vasprun.xml.gz")

_GPA_PER_KBAR = 0.1

_POTENTIAL = re.compile(r"\s*(\d+)\s*(-?\d+\.\d{4})")


def holds(folder: Path) -> bool:
    """Whether a folder holds the output of one calculation."""
    return any((folder / name).is_file() for name in (*_OUTPUTS, *_XML))


def read(folder: Path) -> Run:
    """The last ionic step.

    Raises:
        ResultError: there is none, or a file is cut.
    """
    (path, *_) = [folder / name for name in (*_OUTPUTS, *_XML) if (folder / name).is_file()]
    from_outcar = path.name in _OUTPUTS
    image = read_outcar(path) if from_outcar else read_vasprun(path)
    if not image.steps:
        raise ResultError(f"{path} holds no whole ionic step.", "Let VASP run on.")
    step = image.steps[-1]
    stress, potentials = _tables(path, len(image.elements)) if from_outcar else (None, None)
    vbm, cbm, gap = _edges(folder)
    moved = image.settings.get("NSW", 0) > 0
    return Run(
        code="vasp",
        version=image.version,
        elements=image.elements,
        positions_A=np.asarray(step.positions_A),
        lattice_A=_lattice(folder, image),
        energy_eV=float(step.free_eV or 0.0),
        energy_kind="free energy TOTEN",
        finished=image.finished,
        scf_converged=step.scf_converged,
        relaxed=image.relaxed if moved else None,
        files=(path,),
        forces_eV_A=step.forces_eV_A,
        stress_GPa=stress,
        vbm_eV=vbm,
        cbm_eV=cbm,
        gap_eV=gap,
        potentials_V=potentials,
        electrons=image.settings.get("NELECT"),
    )


def _lattice(folder: Path, image: Image) -> np.ndarray:
    """The cell of the last step: OUTCAR's reader keeps the first one."""
    contcar = folder / "CONTCAR"
    if image.path.name in _XML or not contcar.is_file():
        return image.lattice_A
    rows = [row.split() for row in list(lines(contcar))[1:5]]
    if len(rows) < 4:
        return image.lattice_A
    scale = number(rows[0][0], str(contcar))
    vectors = [[number(word, str(contcar)) for word in row[:3]] for row in rows[1:]]
    return scale * np.array(vectors)


def _tables(path: Path, atoms: int) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The last stress (3, 3) in GPa and the last potentials (a,) at the cores in V."""
    stress = potentials = None
    rows = lines(path)
    for row in rows:
        if row.startswith("  in kB"):
            xx, yy, zz, xy, yz, zx = (number(word, str(path)) for word in row.split()[2:8])
            stress = _GPA_PER_KBAR * np.array([[xx, xy, zx], [xy, yy, yz], [zx, yz, zz]])
        elif "average (electrostatic) potential at core" in row:
            found: dict[int, float] = {}
            for line in rows:
                for name, value in _POTENTIAL.findall(line):
                    found[int(name)] = float(value)
                if len(found) >= atoms or "E-fermi" in line:
                    break
            if sorted(found) == list(range(1, atoms + 1)):
                potentials = np.array([found[name] for name in range(1, atoms + 1)])
    return stress, potentials


def _edges(folder: Path) -> tuple[float | None, float | None, float | None]:
    path = folder / "EIGENVAL"
    if not path.is_file():
        return None, None, None
    try:
        gap, cbm, vbm = map(float, Eigenval(path).eigenvalue_band_properties[:3])  # type: ignore[arg-type]
    except (ValueError, IndexError, KeyError, AttributeError, OSError, TypeError) as error:
        raise ResultError(
            f"{path} cannot be read: {error}.", "Copy it again, or remove it."
        ) from error
    if not np.isfinite([gap, cbm, vbm]).all():
        return None, None, None
    return vbm, cbm, gap
