"""CP2K: the output of a band, the trajectory of each replica, the output of each replica."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from perovdb.errors import ResultError
from perovdb.results.band import BOHR_A, HARTREE_EV, Band, Facts, same_elements
from perovdb.results.cp2k_output import Step, read_frame, read_output
from perovdb.results.text import head, lines, number

CODE = "cp2k"
MARKS = "the output of a band, and PROJECT-pos-Replica_nr_N-1.xyz of each replica"

_REPLICA = re.compile(r"(?P<project>.+)-pos-Replica_nr_0*(?P<number>\d+)-1\.xyz$")

#: Cell vectors stand with three digits in the output.
_PRINTED_A = 2e-3

#: The code's own tangents differ a little from ours where the path bends.
_SLACK = 1.5


def holds(folder: Path) -> bool:
    """Whether a folder holds a band of CP2K, or an input of one."""
    if any(_REPLICA.match(path.name) for path in folder.glob("*-pos-Replica_nr_*.xyz")):
        return True
    return any(re.search(r"^\s*RUN_TYPE\s+BAND\b", head(p), re.M) for p in folder.glob("*.inp"))


def read(folder: Path) -> Band:
    """The last complete step of a band.

    Raises:
        ResultError: a file is missing, cut, or of another run.
    """
    outputs = [path for path in sorted(folder.iterdir()) if path.suffix in (".out", ".log")]
    headlines = [headline for path in outputs if (headline := _headline(path))]
    if not headlines:
        raise ResultError(
            f"{folder} holds no output of a CP2K band.",
            "Run the set, or copy the file that 'cp2k -o' wrote.",
        )
    # A restart writes files of a project of its own: the run that began last counts.
    _, project, output = max(headlines)
    return _band(output, _replica_files(folder, project))


def _headline(path: Path) -> tuple[str, str, Path] | None:
    """When a run of a band began, its project, and its output; None if it is of another kind.

    The outputs of the replicas call themselves bands too, but do not tell of one.
    """
    started = project = ""
    for row in lines(path):
        if "PROGRAM STARTED AT" in row:
            started = row.partition("STARTED AT")[2].strip()
        elif row.startswith(" GLOBAL| Project name"):
            project = row.split()[-1]
        elif row.startswith(" GLOBAL| Run type") and row.split()[-1] != "BAND":
            return None
        elif row.startswith(" NEB|") and project:
            return started, project, path
    return None


def _replica_files(folder: Path, project: str) -> list[Path]:
    replicas = {
        int(match["number"]): path
        for path in sorted(folder.glob("*-pos-Replica_nr_*.xyz"))
        if (match := _REPLICA.match(path.name)) and match["project"] == project
    }
    missing = sorted(set(range(1, max(replicas, default=0) + 1)) - set(replicas))
    if missing or not replicas:
        which = ", ".join(map(str, missing)) or "all replicas"
        raise ResultError(
            f"{folder} lacks the trajectory of {which} of the project {project}.",
            f"They are {project}-pos-Replica_nr_N-1.xyz: run the set, or copy them.",
        )
    return [replicas[number] for number in sorted(replicas)]


def _band(output: Path, replicas: list[Path]) -> Band:
    first = next(lines(replicas[0]), "").strip()
    if not first.isdigit():
        raise ResultError(
            f"{replicas[0]} does not begin with a number of atoms.", "Copy it again."
        )
    version, lattice, steps, ended = read_output(output, int(first))
    if not steps:
        raise ResultError(
            f"{output} holds no complete step of the band.",
            "The run failed or is not there yet: see the end of that file.",
        )
    last = steps[-1]
    if len(last.replicas) != len(replicas):
        raise ResultError(
            f"{output} tells of {len(last.replicas)} replicas, but there are {len(replicas)} "
            "trajectories.",
            "Files of different runs are mixed, or some are missing.",
        )
    frames = [
        read_frame(path, last.number, replica.energy)
        for path, replica in zip(replicas, last.replicas, strict=True)
    ]
    names = [path.name for path in replicas]
    elements = same_elements([frame[0] for frame in frames], names)
    if any(replica.elements != elements for replica in last.replicas):
        raise ResultError(
            f"{output} and {names[0]} hold other atoms.", "Files of different runs are mixed."
        )
    forces = np.array([replica.forces for replica in last.replicas])
    project = names[0].rpartition("-pos-")[0]
    settings, source = _settings(output.parent, project)
    facts, more = _facts(project, output.parent, last, ended, settings, source)
    return Band(
        code=CODE,
        version=version,
        lattice_A=_finer(lattice, settings),
        elements=elements,
        positions_A=np.array([frame[1] for frame in frames]),
        energies_eV=np.array([replica.energy for replica in last.replicas]) * HARTREE_EV,
        energy_kind="total energy of FORCE_EVAL, whose derivatives the forces are",
        forces_eV_A=forces * (HARTREE_EV / BOHR_A),
        tangential_eV_A=np.full(len(replicas), np.nan),
        facts=facts,
        files=(output, *replicas, *more),
    )


def _finer(lattice_A: np.ndarray, settings: Mapping[str, Any]) -> np.ndarray:
    """The cell of the input, which has more digits than the output, if they agree."""
    finer = settings.get("CELL")
    if finer is not None and np.abs(finer - lattice_A).max() < _PRINTED_A:
        return np.asarray(finer)
    return lattice_A


def _facts(
    project: str,
    folder: Path,
    last: Step,
    ended: bool,
    settings: Mapping[str, Any],
    source: Path | None,
) -> tuple[Facts, list[Path]]:
    """What the input and the outputs of the replicas say of the run."""
    most = settings.get("MAX_STEPS")
    files = [source] if source else []
    # With ten replicas or more their numbers have leading zeros.
    outputs = {
        int(match[1]): path
        for path in sorted(folder.glob(f"{glob.escape(project)}-BAND*.out"))
        if (match := re.search(r"-BAND0*(\d+)\.out$", path.name))
    }
    files += outputs.values()
    states = [
        _scf(outputs[place]) if place in outputs else None
        for place in range(1, len(last.replicas) + 1)
    ]
    converged: bool | None = None
    if not ended:
        converged, says = False, f"CP2K did not come to its end after step {last.number}"
    elif most is None:
        says = "no input tells the greatest number of steps, so CP2K's end says nothing"
    elif last.number >= most:
        converged, says = False, f"the greatest number of steps, {last.number}, was reached"
    else:
        converged, says = True, f"CP2K ended after {last.number} of {most:g} steps"
    threshold = settings.get("MAX_FORCE")
    return (
        Facts(
            finished=ended,
            converged=converged,
            says=says,
            threshold_eV_A=None if threshold is None else _SLACK * threshold * HARTREE_EV / BOHR_A,
            per_component=True,
            steps=last.number,
            climbing=settings.get("CLIMBING"),
            scf_failed=tuple(place for place, state in enumerate(states) if state is False),
            scf_known=None not in states,
        ),
        files,
    )


def _settings(folder: Path, project: str) -> tuple[dict[str, Any], Path | None]:
    """MAX_STEPS, MAX_FORCE, CLIMBING and CELL of the input of the band, and its file."""
    # A restart adds -r-0 to the name of the project.
    names = {project, re.sub(r"(-r-\d+)+$", "", project)}
    for path in sorted(folder.glob("*.inp")):
        rows = [row.split("#")[0].split("!")[0].split() for row in lines(path)]
        words = {row[0].upper(): row[1] for row in rows if len(row) == 2}
        named = words.get("PROJECT") or words.get("PROJECT_NAME")
        if words.get("RUN_TYPE", "").upper() != "BAND" or named not in names:
            continue
        settings: dict[str, Any] = {
            key: number(words[key], str(path))
            for key in ("MAX_STEPS", "MAX_FORCE")
            if key in words
        }
        vectors = {row[0].upper(): row[1:] for row in rows if len(row) == 4}
        if {"A", "B", "C"} <= set(vectors):
            cell = [[number(word, str(path)) for word in vectors[name]] for name in "ABC"]
            settings["CELL"] = np.array(cell)
        return settings | {"CLIMBING": words.get("BAND_TYPE", "").upper() == "CI-NEB"}, path
    return {}, None


def _scf(path: Path) -> bool | None:
    """Whether the last electronic structure in the output of a replica converged."""
    state = None
    for row in lines(path):
        if "SCF run converged in" in row:
            state = True
        elif "SCF run NOT converged" in row:
            state = False
    return state
