"""CP2K's own files of a band: the steps in its output, the frames of a replica.

ASE and pymatgen do not read the output of a band of CP2K.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from perovdb.errors import ResultError
from perovdb.results.text import NUMBER, every_line, lines, number, numbers

_FRAME = re.compile(r"^\s*i =\s*(\d+), E =\s*(\S+)\s*$")

#: Energies stand with ten digits in the trajectories, with twelve or six in the output.
_TRAJECTORY_HARTREE = 2e-10
_SUMMARY_HARTREE = 2e-6


class Replica(NamedTuple):
    """Energy (Hartree) and forces (a, 3) (Hartree/bohr) that the output prints of a replica."""

    energy: float
    forces: np.ndarray
    elements: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """A step of the band: its number, and the replicas that were computed for it."""

    number: int
    replicas: list[Replica]


def read_output(path: Path, atoms: int) -> tuple[str, np.ndarray, list[Step], bool]:
    """Version, cell, complete steps of the last run in the file, and whether it came to its end.

    Args:
        path: of the output.
        atoms: number of atoms in each replica.

    Raises:
        ResultError: it has no cell, or a number in it is none.
    """
    version, ended = "", False
    steps: list[Step] = []
    vectors: dict[str, list[float]] = {}
    replicas: list[Replica] = []
    step = None
    rows = lines(path)
    for row in rows:
        if "PROGRAM STARTED AT" in row:
            # A restart writes behind the first run.
            steps, replicas, step, ended = [], [], None, False
        elif "PROGRAM ENDED AT" in row:
            ended = True
        elif row.startswith(" CP2K| version string:"):
            version = row.rpartition("version")[2].strip()
        elif row.startswith(" CELL| Vector"):
            words = row.split()
            vectors[words[2]] = [number(word, str(path)) for word in words[4:7]]
        elif "NEB| Computing Energies and Forces" in row:
            replicas, step = [], None
        elif re.match(r" NEB\| REPLICA Nr\.\s+\d+- Energy and Forces", row):
            if int(row.split("Nr.")[1].split("-")[0]) != len(replicas) + 1:
                raise ResultError(f"{path} lacks a replica of a step.", "The file is damaged.")
            replica = _replica(rows, atoms, path)
            if replica is None:
                break
            replicas.append(replica)
        elif row.startswith(" STEP NUMBER"):
            step = int(number(row.split("=")[1], str(path)))
        elif row.startswith(" ENERGIES [au] ="):
            printed = _summary(row, rows, len(replicas), path)
            if printed is None:
                break
            energies = np.array([replica.energy for replica in replicas])
            if step is None or np.abs(printed - energies).max(initial=0.0) > _SUMMARY_HARTREE:
                raise ResultError(
                    f"{path}: the energies of a step do not agree with those of its replicas.",
                    "The file is damaged: copy it again.",
                )
            steps.append(Step(step, replicas))
    if sorted(vectors) != ["a", "b", "c"]:
        raise ResultError(
            f"{path} does not tell the cell.", "Run CP2K with PRINT_LEVEL MEDIUM or higher."
        )
    return version, np.array([vectors[name] for name in "abc"]), steps, ended


def _replica(rows: Iterator[str], atoms: int, path: Path) -> Replica | None:
    """Energy and forces of the replica whose headline was read; None where the file ends."""
    row = next(rows, "")
    if not row.startswith(" NEB|") or "Total energy:" not in row:
        return None
    energy = number(row.split(":")[1], str(path))
    next(rows, "")
    forces, elements = [], []
    for row in rows:
        words = row.split()
        if len(words) < 2 or words[0] != "NEB|":
            return None
        if words[1] == "REPLICA" or len(words) != 5:
            return None
        elements.append(re.sub(r"[^A-Za-z].*", "", words[1]))
        forces.append([number(word, str(path)) for word in words[2:]])
        if len(forces) == atoms:
            return Replica(energy, np.array(forces), tuple(elements))
    return None


def _summary(row: str, rows: Iterator[str], count: int, path: Path) -> np.ndarray | None:
    """The energies of a step, which may go over several lines; None where the file ends."""
    energies: list[float] = []
    text = row.split("=")[1]
    while True:
        words = text.split()
        if any(not NUMBER.fullmatch(word) for word in words):
            return np.array([number(word, str(path)) for word in words])
        energies += [number(word, str(path)) for word in words]
        if len(energies) >= count:
            return np.array(energies) if len(energies) == count else None
        text = next(rows, None) or ""
        if not text.strip():
            return None


def read_frame(path: Path, step: int, energy: float) -> tuple[tuple[str, ...], np.ndarray]:
    """Elements and positions (a, 3) in A of the last frame of a step.

    Raises:
        ResultError: there is none with this energy.
    """
    rows = every_line(path)
    frame = None
    place = 0
    while place < len(rows):
        where = f"{path}, line {place + 1}"
        if not rows[place].strip().isdigit():
            raise ResultError(
                f"{where}: '{rows[place][:30]}' is not a number of atoms.",
                "The file is damaged: copy it again.",
            )
        atoms = int(rows[place])
        block = rows[place + 2 : place + 2 + atoms]
        title = _FRAME.match(rows[place + 1]) if place + 1 < len(rows) else None
        if title is None or len(block) != atoms or len(block[-1].split()) != 4:
            break
        if int(title[1]) == step and abs(number(title[2], where) - energy) < _TRAJECTORY_HARTREE:
            frame = block, where
        place += 2 + atoms
    if frame is None:
        raise ResultError(
            f"{path} has no frame of step {step} with the energy of the output.",
            "It is cut, or of another run: copy it and the output again.",
        )
    block, where = frame
    words = [row.split() for row in block]
    elements = tuple(re.sub(r"[^A-Za-z].*", "", row[0]) for row in words)
    return elements, np.array([numbers(" ".join(row[1:]), 3, where) for row in words])
