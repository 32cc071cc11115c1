"""CP2K: the output of an energy or a relaxation, and the positions that it left."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from perovdb.errors import ResultError
from perovdb.results.band import BOHR_A, HARTREE_EV
from perovdb.results.runs.run import Run
from perovdb.results.text import every_line, head, lines, number, numbers, only

MARKS = "an output of CP2K (*.out) of an energy or a relaxation"

_ENERGY = re.compile(r"^ ENERGY\| Total FORCE_EVAL.*:\s+(\S+)\s*$")
#: The type of the run stands in so many characters of an output.
_HEAD = 20_000

_FORCE_ROW = re.compile(r"^\s*(?:FORCES\|)?\s*\d+")


@dataclass
class _Output:
    """What one output tells, the last of each."""

    version: str = ""
    energy_hartree: float | None = None
    vectors: dict[str, list[float]] = field(default_factory=dict)
    forces: list[list[float]] = field(default_factory=list)
    elements: list[str] = field(default_factory=list)
    stress: list[list[float]] = field(default_factory=list)
    gap: float | None = None
    electrons: dict[str, float] = field(default_factory=dict)
    scf: bool = True
    relaxed: bool | None = None
    ended: bool = False


def _outputs(folder: Path) -> list[Path]:
    heads = {p: head(p, _HEAD) for p in sorted(folder.glob("*.out")) if p.is_file()}
    return [path for path, text in heads.items() if "CP2K|" in text and "BAND" not in text]


def holds(folder: Path) -> bool:
    """Whether a folder holds the output of one calculation."""
    return bool(_outputs(folder))


def read(folder: Path) -> Run:
    """The last step.

    Raises:
        ResultError: there is none, a file is cut, or the folder holds several outputs.
    """
    path = only(_outputs(folder), "outputs of CP2K", folder, "Keep that of one calculation.")
    told = _read(path)
    if told.energy_hartree is None or sorted(told.vectors) != ["a", "b", "c"]:
        raise ResultError(f"{path} holds no energy and cell.", "Let CP2K run on.")
    elements, positions = _positions(folder, path, told)
    forces = np.array(told.forces) * (HARTREE_EV / BOHR_A) if told.forces else None
    return Run(
        code="cp2k",
        version=told.version,
        elements=elements,
        positions_A=positions,
        lattice_A=np.array([told.vectors[name] for name in "abc"]),
        energy_eV=told.energy_hartree * HARTREE_EV,
        energy_kind="total energy",
        finished=told.ended,
        scf_converged=told.scf,
        relaxed=told.relaxed,
        files=(path,),
        forces_eV_A=forces,
        stress_GPa=np.array(told.stress) if len(told.stress) == 3 else None,
        gap_eV=told.gap,
        electrons=sum(told.electrons.values()) or None,
    )


def _read(path: Path) -> _Output:
    told = _Output()
    spin = ""
    rows = lines(path)
    where = str(path)
    for row in rows:
        if "PROGRAM STARTED AT" in row:
            told = _Output()
        elif "PROGRAM ENDED AT" in row:
            told.ended = True
        elif row.startswith(" CP2K| version string:"):
            told.version = row.rpartition("version")[2].strip()
        elif row.startswith(" GLOBAL| Run type") and row.split()[-1] in ("GEO_OPT", "CELL_OPT"):
            told.relaxed = False
        elif row.startswith(" CELL| Vector"):
            words = row.split()
            told.vectors[words[2]] = [number(word, where) for word in words[4:7]]
        elif "GEOMETRY OPTIMIZATION COMPLETED" in row:
            told.relaxed = True
        elif "SCF run converged in" in row:
            told.scf = True
        elif "SCF run NOT converged" in row:
            told.scf = False
        elif row.startswith((" Spin 1", " Spin 2")):
            spin = row.strip()
        elif row.startswith(" Number of electrons:"):
            told.electrons[spin] = number(row.split(":")[1], where)
        elif match := _ENERGY.match(row):
            told.energy_hartree = number(match[1], where)
        elif row.startswith((" ATOMIC FORCES in [a.u.]", " FORCES| Atomic forces [hartree/bohr]")):
            told.forces, told.elements = [], []
            for line in rows:
                words = line.replace("FORCES|", "").split()
                if words[:1] == ["SUM"] or (told.forces and not _FORCE_ROW.match(line)):
                    break
                if len(words) >= 6 and words[0].isdigit():
                    told.elements.append(re.sub(r"[^A-Za-z].*", "", words[2]))
                    told.forces.append([number(word, where) for word in words[3:6]])
        elif row.startswith(" STRESS|") and "stress tensor [GPa]" in row and "Eigen" not in row:
            told.stress = []
            next(rows, "")
            for _ in range(3):
                told.stress.append([number(word, where) for word in next(rows, "").split()[2:5]])
        elif row.startswith(" HOMO - LUMO gap [eV] :"):
            told.gap = number(row.split(":")[1], where)
    return told


def _positions(folder: Path, output: Path, told: _Output) -> tuple[tuple[str, ...], np.ndarray]:
    """Elements (a,) and positions (a, 3) in A: the last frame of a relaxation, else the input's.

    Raises:
        ResultError: they are not there, cut, or of other atoms than the forces.
    """
    path = folder / f"{output.stem}-pos-1.xyz"
    if told.relaxed is None or not path.is_file():
        path = folder / "structure.xyz"
    cut = ResultError(f"{path} is cut or not there.", "Copy it again from where CP2K ran.")
    if not path.is_file():
        raise cut
    rows = every_line(path)
    while rows and not rows[-1].strip():
        rows.pop()
    count = int(rows[0]) if rows and rows[0].strip().isdigit() else 0
    if not count or len(rows) % (count + 2):
        raise cut
    frame = [row.split(None, 1) for row in rows[-count:]]
    if any(len(row) != 2 for row in frame):
        raise cut
    elements = tuple(re.sub(r"[^A-Za-z].*", "", row[0]) for row in frame)
    if told.elements and tuple(told.elements) != elements:
        raise ResultError(
            f"{path} and {output} hold other atoms.",
            "They are of different runs: copy both again.",
        )
    return elements, np.array([numbers(row[1], 3, str(path)) for row in frame])
