"""One OUTCAR of VASP: atoms, cell, and every ionic step with energy, positions and forces.

The readers of pymatgen and ASE do not tell whether a file is whole: this one tells where it ends,
and checks its numbers against each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from perovdb.errors import ResultError
from perovdb.files.atoms import MOST_ATOMS
from perovdb.results.text import NUMBER, lines, number, numbers

#: Words before a number that are read once, such as NELECT =     343.0000.
_ONCE = {
    "NELECT": re.compile(r"^\s+NELECT\s+=\s+([\d.]+)"),
    "ENCUT": re.compile(r"^\s+ENCUT\s+=\s+([\d.]+) eV"),
    "EDIFFG": re.compile(r"^\s+EDIFFG\s*=\s*([-+\d.]+(?:[Ee][-+]?\d+)?)"),
    "NSW": re.compile(r"^\s+NSW\s+=\s+(\d+)"),
    "NIONS": re.compile(r"NIONS\s*=\s*(\d+)"),
    "NKPTS": re.compile(r"NKPTS\s*=\s*(\d+)"),
    "ISPIN": re.compile(r"^\s+ISPIN\s+=\s+(\d+)"),
}
_ITERATION = re.compile(r"-\s+Iteration\s+(\d+)\(\s*(\d+)\)\s+-")
_ENERGY = re.compile(r"^\s+free  energy   TOTEN\s+=\s*(\S+)\s+eV")
_WITHOUT = re.compile(r"^\s+energy  without entropy=\s*(\S+)\s+energy\(sigma->0\) =\s*(\S+)")

#: The energy for sigma -> 0 leaves out 1/(2 + N) of the entropy, N the order of the smearing
#: (from memory); so many orders are looked at, to this much rounding.
_ORDERS = 10
_ROUNDING_EV, _SHARE = 2e-6, 1e-4

#: Steps whose tables are held: a band ends with the last step or the one before.
_STEPS_HELD = 3

#: What no run reaches.
_MOST_ELEMENTS, _MOST_STEPS = 1000, 100_000


@dataclass
class Step:
    """An ionic step, as far as the file tells it.

    Attributes:
        number: from 1.
        scf_converged: the electronic loop ended because EDIFF was reached.
        positions_A, forces_eV_A: (a, 3).
        free_eV, sigma0_eV: energies.
        tangent_eV_A: the potential's force along the path, where VTST prints it.
        vtst: the VTST tools ran; the table of forces is then that of the band.
        spring_eV: energy of the springs, which VASP adds to TOTEN in a plain elastic band.
    """

    number: int
    scf_converged: bool = False
    positions_A: np.ndarray | None = None
    forces_eV_A: np.ndarray | None = None
    free_eV: float | None = None
    sigma0_eV: float | None = None
    tangent_eV_A: float | None = None
    vtst: bool = False
    spring_eV: float = 0.0
    in_band: bool = False

    @property
    def complete(self) -> bool:
        """Positions, forces and both energies are there."""
        return self.positions_A is not None and self.sigma0_eV is not None


@dataclass
class Image:
    """What an OUTCAR, or a vasprun.xml, tells of an image.

    Attributes:
        path: the file.
        version: of VASP.
        elements: (a,) of its atoms.
        lattice_A: (3, 3) rows are the cell vectors.
        settings: NELECT, ENCUT, EDIFFG, NSW, NKPTS, ISPIN, as far as told.
        potentials: titles of the POTCARs.
        steps: complete ionic steps.
        relaxed: VASP says that forces or energies came to rest.
        finished: VASP came to its end.
    """

    path: Path
    version: str
    elements: tuple[str, ...]
    lattice_A: np.ndarray
    settings: dict[str, float]
    potentials: tuple[str, ...]
    steps: list[Step] = field(default_factory=list)
    relaxed: bool = False
    finished: bool = False


def read_outcar(path: Path) -> Image:
    """An OUTCAR, or OUTCAR.gz.

    Raises:
        ResultError: it is none, is cut before the first step, or a number in it is none.
    """
    rows = lines(path)
    first = next(rows, "")
    if not first.strip().startswith("vasp."):
        raise ResultError(f"{path} is not an OUTCAR of VASP.", "Copy it again.")
    settings: dict[str, float] = {}
    kinds: list[str] = []
    potentials: list[str] = []
    counts: list[int] = []
    lattice: np.ndarray | None = None
    steps: list[Step] = []
    relaxed = finished = False
    for row in rows:
        if row.startswith("   VRHFIN ="):
            kinds.append(row.split("=")[1].split(":")[0].strip())
            check_lengths(path, elements=len(kinds))
        elif row.startswith("   TITEL  ="):
            potentials.append(row.split("=")[1].strip())
            check_lengths(path, elements=len(potentials))
        elif "ions per type =" in row:
            counts = [int(word[:12]) for word in row.split("=")[1].split() if word.isdecimal()]
            check_lengths(path, atoms=sum(counts))
        elif "direct lattice vectors" in row and "reciprocal" in row:
            lattice = _vectors(rows, path)
        elif "Iteration" in row and (match := _ITERATION.search(row)):
            if not steps or steps[-1].number != int(match[1]):
                take_step(steps, Step(int(match[1])), path)
        elif "reached required accuracy" in row:
            relaxed = True
        elif "General timing and accounting informations" in row:
            finished = True
        elif steps:
            if not _of_step(row, rows, steps[-1], sum(counts), path):
                break
        else:
            for key, pattern in _ONCE.items():
                if key not in settings and (match := pattern.search(row)):
                    settings[key] = number(match[1], f"{path}, {key}")
    elements = tuple(
        symbol for symbol, count in zip(kinds, counts, strict=False) for _ in range(count)
    )
    if lattice is None or len(kinds) != len(counts) or settings.get("NIONS") != len(elements):
        raise ResultError(
            f"{path} is cut or damaged before its first step.", "Copy it again, or run it again."
        )
    _check_steps(steps, finished, path)
    return Image(
        path=path,
        version=first.split()[0].removeprefix("vasp."),
        elements=elements,
        lattice_A=lattice,
        settings=settings,
        potentials=tuple(potentials),
        steps=[step for step in steps if step.complete],
        relaxed=relaxed,
        finished=finished,
    )


def take_step(steps: list[Step], step: Step, path: Path) -> None:
    """Begin another step. Of a long run the profile needs the end: tables of steps before the
    last three are let go, so that memory does not grow with the file.

    Raises:
        ResultError: there are too many.
    """
    steps.append(step)
    check_lengths(path, steps=len(steps))
    if len(steps) > _STEPS_HELD and steps[-1 - _STEPS_HELD].complete:
        old = steps[-1 - _STEPS_HELD]
        old.positions_A = old.forces_eV_A = np.zeros((0, 3))


def check_lengths(path: Path, atoms: int = 0, elements: int = 0, steps: int = 0) -> None:
    """Refuse a file that tells more than any run has, before it takes memory.

    Raises:
        ResultError: it does.
    """
    for what, number_of, most in (
        ("atoms", atoms, MOST_ATOMS),
        ("elements", elements, _MOST_ELEMENTS),
        ("ionic steps", steps, _MOST_STEPS),
    ):
        if number_of > most:
            raise ResultError(
                f"{path} tells of more than {most:,} {what}.", "It is damaged: copy it again."
            )


def _of_step(row: str, rows: Iterator[str], step: Step, atoms: int, path: Path) -> bool:
    """Take in a line that belongs to a step; False where the file ends within a table."""
    where = f"{path}, ionic step {step.number}"
    if "aborting loop because EDIFF is reached" in row:
        step.scf_converged = True
    elif row.startswith(" POSITION") and "TOTAL-FORCE (eV/Angst)" in row and "ML" not in row:
        table = _table(rows, atoms, where)
        if table is None:
            return False
        step.positions_A, step.forces_eV_A = table[:, :3], table[:, 3:]
    elif "energy of chain is (eV)" in row:
        step.in_band = True
        words = row.partition("(eV)")[2].split()
        if not words:
            return False
        step.spring_eV = number(words[0], where)
    elif "NEB: projections on to tangent (spring, REAL)" in row:
        step.in_band = step.vtst = True
        words = row.partition("REAL)")[2].split()
        if len(words) < 2:
            return False
        step.tangent_eV_A = number(words[1], where)
    elif "TOTEN" in row and (match := _ENERGY.match(row)):
        step.free_eV = number(match[1], where)
    elif row.startswith("  free  energy   TOTEN"):
        raise ResultError(f"{where}: '{row.strip()[:60]}' holds no energy.", "Run it again.")
    elif step.free_eV is not None and (match := _WITHOUT.match(row)):
        without, sigma0 = number(match[1], where), number(match[2], where)
        entropy, part = without - step.free_eV, sigma0 - step.free_eV
        shares = entropy / np.arange(2, 2 + _ORDERS)
        if np.abs(part - shares).min() > _ROUNDING_EV + _SHARE * abs(entropy):
            raise ResultError(
                f"{where}: TOTEN and energy(sigma->0) do not fit together.",
                "The file is damaged: copy it again.",
            )
        step.sigma0_eV = sigma0
    return True


def _vectors(rows: Iterator[str], path: Path) -> np.ndarray:
    """(3, 3) the direct ones; columns may touch."""
    vectors = [NUMBER.findall(next(rows, "")) for _ in range(3)]
    if any(len(row) != 6 for row in vectors):
        raise ResultError(f"{path}: the cell cannot be read.", "Copy the file again.")
    return np.array([[number(word, str(path)) for word in row[:3]] for row in vectors])


def _table(rows: Iterator[str], atoms: int, where: str) -> np.ndarray | None:
    """(a, 6) positions and forces; None where the file ends before."""
    next(rows, None)
    table = []
    for _ in range(atoms):
        row = next(rows, None)
        if row is None:
            return None
        table.append(row)
    if not next(rows, "").startswith(" -----"):
        return None
    return np.array([numbers(row, 6, where) for row in table])


def _check_steps(steps: list[Step], finished: bool, path: Path) -> None:
    numbers_of_steps = [step.number for step in steps]
    if numbers_of_steps != list(range(1, len(steps) + 1)):
        raise ResultError(
            f"{path} lacks an ionic step, or holds one twice.", "The file is damaged: copy it."
        )
    # Only a run that was killed may leave its last step unfinished.
    if any(not step.complete for step in (steps if finished else steps[:-1])):
        raise ResultError(
            f"{path} lacks energy or forces of an ionic step.", "The file is damaged: copy it."
        )
    if any(step.spring_eV for step in steps):
        raise ResultError(
            f"{path}: the springs add to its energies (SPRING > 0).",
            "That is an elastic band that is not nudged: take SPRING = -5 and run it again.",
        )
