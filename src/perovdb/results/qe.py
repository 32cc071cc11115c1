"""Quantum ESPRESSO: what neb.x leaves, prefix.path, .dat, .axsf and its own output.

ASE and pymatgen read neither prefix.path nor the output of neb.x; ASE's reader of .axsf knows no
labels such as Pb1.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from perovdb.errors import ResultError
from perovdb.results.band import BOHR_A, HARTREE_EV, Band, Facts
from perovdb.results.text import every_line, head, lines, number, numbers, only, whole

CODE = "qe"
MARKS = "prefix.path, prefix.axsf, and the output of neb.x"

#: neb.x prints energies with this many eV of rounding, prefix.dat with less.
_PRINTED_EV = 2e-6
_DAT_EV = 2e-7

_IMAGE_LINE = re.compile(r"^\s+(\d+)\s+(\S+)\s+(\S+)\s+([TF])\s*$")


def holds(folder: Path) -> bool:
    """Whether a folder holds a band of neb.x, or an input of one."""
    if any(folder.glob("*.path")):
        return True
    return any("BEGIN_PATH_INPUT" in head(path) for path in _texts(folder))


def read(folder: Path) -> Band:
    """The last complete step of a band.

    Raises:
        ResultError: a file is missing, cut, or of another run.
    """
    path = only(
        sorted(folder.glob("*.path")),
        "prefix.path of neb.x",
        folder,
        "neb.x writes one after its first step: run it, and keep the files of one run.",
    )
    energies, positions, forces = _path_file(path)
    axsf = path.with_suffix(".axsf")
    if not axsf.is_file():
        raise ResultError(
            f"{folder} holds no {axsf.name}.", "It has the cell: copy it from where neb.x ran."
        )
    lattice, elements, drawn = _axsf(axsf)
    if drawn.shape != positions.shape or np.abs(drawn - positions).max() > 1e-6:
        raise ResultError(
            f"{axsf} and {path.name} hold other images.",
            "They are of different runs or steps: copy both again.",
        )
    files = [path, axsf]
    dat = path.with_suffix(".dat")
    if dat.is_file():
        _check_dat(dat, energies)
        files.append(dat)
    facts, version, out = _run(folder, path, energies)
    if out is not None:
        files.append(out)
    return Band(
        code=CODE,
        version=version,
        lattice_A=lattice,
        elements=elements,
        positions_A=positions,
        energies_eV=energies,
        energy_kind="total energy of pw.x (free energy where states are smeared: forces are its "
        "derivatives)",
        forces_eV_A=forces,
        tangential_eV_A=np.full(len(energies), np.nan),
        facts=facts,
        files=tuple(files),
    )


def _path_file(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Energies (n,) in eV, positions and forces (n, a, 3) in A and eV/A."""
    rows = every_line(path)
    heading = "ENERGIES, POSITIONS AND GRADIENTS"
    cut = ResultError(f"{path} is cut or damaged.", "Copy it again from where neb.x ran.")
    try:
        count = int(rows[rows.index("NUMBER OF IMAGES") + 1])
        start = rows.index(heading) + 1
    except (ValueError, IndexError):
        raise cut from None
    blocks: list[list[str]] = []
    for row in rows[start:]:
        if row.startswith("Image:"):
            if row.split()[1:] != [str(len(blocks) + 1)]:
                raise cut
            blocks.append([])
        elif not blocks or row.strip().isupper():
            # What follows the images: fields of the optimizer.
            break
        elif row.strip():
            blocks[-1].append(row)
    if len(blocks) != count or count < 1 or any(len(b) != len(blocks[0]) for b in blocks):
        raise cut
    energies, positions, gradients = [], [], []
    for place, block in enumerate(blocks, 1):
        where = f"{path}, image {place}"
        if len(block) < 2:
            raise cut
        energies.append(number(block[0], where) * HARTREE_EV)
        # The first image carries three flags of fixed atoms behind its numbers.
        table = np.array([numbers(row, 9 if place == 1 else 6, where) for row in block[1:]])
        positions.append(table[:, :3] * BOHR_A)
        gradients.append(table[:, 3:6] * (HARTREE_EV / BOHR_A))
    return np.array(energies), np.array(positions), -np.array(gradients)


def _axsf(path: Path) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """Cell (3, 3), elements, positions (n, a, 3) in A."""
    rows = every_line(path)
    words = [row.split() for row in rows]
    cut = ResultError(f"{path} is cut or damaged.", "Copy it again from where neb.x ran.")
    try:
        count = int(words[0][1])
        vectors = words.index(["PRIMVEC"])
        lattice = np.array([numbers(row, 3, str(path)) for row in rows[vectors + 1 : vectors + 4]])
        starts = [place for place, row in enumerate(words) if row[:1] == ["PRIMCOORD"]]
        atoms = int(words[starts[0] + 1][0])
        if words[0][0] != "ANIMSTEPS" or len(starts) != count or lattice.shape != (3, 3):
            raise cut
        chains, positions = [], []
        for start in starts:
            block = words[start + 2 : start + 2 + atoms]
            if len(block) != atoms or words[start + 1][0] != str(atoms):
                raise cut
            chains.append(tuple(re.sub(r"[^A-Za-z].*", "", row[0]) for row in block))
            positions.append([[number(word, str(path)) for word in row[1:4]] for row in block])
        table = np.array(positions)
    except (ValueError, IndexError):
        raise cut from None
    if len(set(chains)) != 1 or table.shape != (count, atoms, 3):
        raise cut
    return lattice, chains[0], table


def _check_dat(path: Path, energies_eV: np.ndarray) -> None:
    table = [numbers(row, 3, str(path)) for row in lines(path) if row.strip()]
    heights = np.array([row[1] for row in table])
    if heights.shape != energies_eV.shape or (
        np.abs(heights - (energies_eV - energies_eV[0])).max() > _DAT_EV
    ):
        raise ResultError(
            f"{path} and {path.with_suffix('.path').name} hold other energies.",
            "They are of different runs or steps, or one is damaged: copy both again.",
        )


def _texts(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and path.suffix in (".in", ".inp", ".out", ".log", ".txt", ".pwi", "")
    ]


def _run(folder: Path, path: Path, energies_eV: np.ndarray) -> tuple[Facts, str, Path | None]:
    """What the output of neb.x says, if there is one of this run."""
    step = _step(path)
    outputs = [one for one in _texts(folder) if "Program NEB" in head(one)]
    if not outputs:
        return (
            Facts(False, None, "there is no output of neb.x", scf_known=False),
            "",
            None,
        )
    runs = [_output(one) for one in outputs]
    for one, (facts, version, printed) in zip(outputs, runs, strict=True):
        if (
            facts.steps == step
            and printed.shape == energies_eV.shape
            and np.abs(printed - energies_eV).max() <= _PRINTED_EV
        ):
            return facts, version, one
    named = ", ".join(one.name for one in outputs)
    raise ResultError(
        f"{folder}: the last step of {named} is not the one in {path.name}.",
        "They are of different runs, or one is cut: copy both again, or remove the output.",
    )


def _step(path: Path) -> int:
    """Number of the step that the file was written after."""
    rows = [row.strip() for row in lines(path)]
    try:
        start = rows.index("RESTART INFORMATION")
        step, pending = int(rows[start + 1]), int(rows[start + 3])
    except (ValueError, IndexError):
        raise ResultError(
            f"{path} is cut or damaged.", "Copy it again from where neb.x ran."
        ) from None
    if pending:
        raise ResultError(
            f"{path} was written in the middle of a step, at image {pending}.",
            "Its energies are of two steps: restart neb.x (restart_mode = 'restart').",
        )
    return step


def _output(path: Path) -> tuple[Facts, str, np.ndarray]:
    """Facts, version, and energies (n,) in eV of the last step that is told whole."""
    # A restart may have been written behind the first run.
    text = "Program NEB" + whole(path).rpartition("Program NEB")[2]
    version = (re.match(r"Program NEB v\.(\S+)", text) or ("", ""))[1]
    parts = re.split(r"-{5,} iteration\s+(\d+) -{5,}", text)
    energies: list[float] = []
    step, failed = None, []
    for name, part in zip(parts[1::2], parts[2::2], strict=True):
        table = [_IMAGE_LINE.match(row) for row in part.splitlines()]
        rows = [row for row in table if row]
        if rows and "inter-image distance" in part:
            energies = [number(row[2], str(path)) for row in rows]
            step = int(name)
            failed = [int(n) - 1 for n in re.findall(r"NOT achieved on image\s+(\d+)", part)]
    threshold = re.search(r"path_thr\s+=\s+(\S+) eV / A", text)
    scheme = re.search(r"CI_scheme\s+=\s+(\S+)", text)
    converged = "neb: convergence achieved" in text
    finished = "JOB DONE" in text
    if converged:
        says = f"convergence achieved after {step} steps"
    elif "reached the maximum number of" in text:
        says = f"the greatest number of steps, {step}, was reached"
    elif failed:
        says = "an electronic structure did not converge"
    else:
        says = "neb.x did not come to its end"
    facts = Facts(
        finished=finished,
        converged=converged and finished,
        says=says,
        threshold_eV_A=number(threshold[1], str(path)) if threshold else None,
        per_component=True,
        steps=step,
        climbing=None if scheme is None else scheme[1] != "no-CI",
        scf_failed=tuple(failed),
    )
    return facts, version, np.array(energies)
