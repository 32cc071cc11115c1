"""ASE: a trajectory of a band with energies and, as a rule, forces."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from perovdb.errors import ResultError
from perovdb.files.crystal_texts import frames_of_xyz
from perovdb.files.reading import read_bytes
from perovdb.results.band import Band, Facts, same_elements
from perovdb.results.text import only

CODE = "ase"
MARKS = "a trajectory of ASE (.traj or .extxyz) with energies"

_ENDINGS = (".traj", ".extxyz")

#: Ends of a band do not move: their positions come again in every step.
_STILL_A = 1e-8

#: Force to which bands are relaxed, where nothing else is told: the default of ASE's optimizers.
FMAX_EV_A = 0.05


def holds(folder: Path) -> bool:
    """Whether a folder holds trajectories of ASE."""
    return any(path.suffix in _ENDINGS for path in folder.iterdir() if path.is_file())


def read(folder: Path, images: int | None = None) -> Band:
    """The last step of a band.

    Args:
        folder: with one trajectory, in which the images of each step follow each other.
        images: how many there are in a step, ends included; if not given, by the first image,
            which stands still.

    Raises:
        ResultError: it cannot be read, holds no energies, or the number of images is not clear.
    """
    path = only(
        sorted(p for p in folder.iterdir() if p.suffix in _ENDINGS),
        "trajectory of a band",
        folder,
        "Keep the one file that the NEB wrote.",
    )
    frames = _frames(path)
    count = images or _count(frames, path)
    if len(frames) % count:
        raise ResultError(
            f"{path} holds {len(frames)} frames, which are no steps of {count} images.",
            "It is cut, or the number of images is another one.",
        )
    last = frames[-count:]
    names = [f"{path.name}, image {place}" for place in range(count)]
    elements = same_elements([tuple(frame.get_chemical_symbols()) for frame in last], names)
    energies = np.array([_energy(frame, n) for frame, n in zip(last, names, strict=True)])
    cells = np.array([frame.cell.array for frame in last])
    if np.abs(cells - cells[0]).max() > 1e-6:
        raise ResultError(f"{path}: the images have other cells.", "They need the same one.")
    periodic = tuple(bool(yes) for yes in last[0].pbc)
    lattice = np.array(last[0].cell.complete().array)
    positions = np.array([frame.positions for frame in last])
    if not any(periodic) and not cells[0].any():
        lattice = np.eye(3) * (np.ptp(positions, axis=(0, 1)).max() + 10.0)
    return Band(
        code=CODE,
        version="",
        lattice_A=lattice,
        elements=elements,
        positions_A=positions,
        energies_eV=energies,
        energy_kind="potential energy of the calculator",
        forces_eV_A=np.array([_forces(frame) for frame in last]),
        tangential_eV_A=np.full(count, np.nan),
        facts=Facts(
            finished=True,
            converged=None,
            says="a trajectory does not tell whether the band came to rest",
            threshold_eV_A=FMAX_EV_A,
            steps=len(frames) // count - 1,
        ),
        files=(path,),
        periodic=(periodic[0], periodic[1], periodic[2]),
    )


def _frames(path: Path) -> list[Any]:
    from ase.io import read as read_frames

    content = read_bytes(path, "trajectory")
    frames: Any
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if path.suffix == ".extxyz":
                texts = frames_of_xyz(content.decode("utf-8"))
                frames = [read_frames(io.StringIO(text), format="extxyz") for text in texts]
            else:
                frames = read_frames(io.BytesIO(content), index=":", format="traj")
            for frame in frames:
                frame.get_chemical_symbols()
    # ASE's readers raise whatever a damaged file makes them fall over.
    except Exception as error:
        raise ResultError(
            f"{path} cannot be read by ASE: {error or type(error).__name__}.",
            "It is cut or damaged: copy it again.",
        ) from error
    if not isinstance(frames, list) or not frames or not all(map(len, frames)):
        raise ResultError(f"{path} holds no frames, or one without atoms.", "Copy it again.")
    return frames


def _count(frames: list[Any], path: Path) -> int:
    first = frames[0]
    again = [
        place
        for place, frame in enumerate(frames[1:], 1)
        if len(frame) == len(first) and np.abs(frame.positions - first.positions).max() < _STILL_A
    ]
    count = again[0] if again else len(frames)
    if again != list(range(count, len(frames), count)):
        raise ResultError(
            f"{path} does not tell how many images a step has.",
            "The first image must come again in each step: save the last step alone, by "
            "ase.io.write(file, images).",
        )
    return count


def _energy(frame: Any, name: str) -> float:
    energy = None if frame.calc is None else frame.calc.results.get("energy")
    if not isinstance(energy, int | float | np.number | None) or not np.isfinite(energy or 0.0):
        energy = np.nan
    if energy is None or np.isnan(energy):
        raise ResultError(
            f"{name} has no energy." if energy is None else f"{name}: its energy is no number.",
            "Compute it (also of both ends, which an NEB leaves out) and save the band again.",
        )
    return float(energy)


def _forces(frame: Any) -> np.ndarray:
    forces = None if frame.calc is None else frame.calc.results.get("forces")
    table = np.asarray(forces)
    if table.shape != (len(frame), 3) or table.dtype.kind not in "fi":
        return np.full((len(frame), 3), np.nan)
    return table.astype(float)
