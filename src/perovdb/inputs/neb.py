"""The input set of a band calculation for any of the codes, with its script and manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path as FilePath
from typing import Any, Protocol

import perovdb
from perovdb.errors import InputError
from perovdb.inputs import cp2k, slurm, vasp, writer
from perovdb.inputs.job import NebJob, neb_job
from perovdb.migration.paths import Path


class Code(Protocol):
    """What the module of a code offers."""

    def neb_files(self, job: NebJob) -> dict[str, str]:
        """Files of a band calculation, by name."""

    def notes(self, job: NebJob) -> list[str]:
        """What a user should know of the set before running it."""

    def tasks(self, job: NebJob) -> int:
        """MPI ranks of the band."""

    def run_commands(self, job: NebJob) -> str:
        """Shell commands that run the set."""


CODES: dict[str, Code] = {"cp2k": cp2k, "vasp": vasp}


def neb_files(
    path: Path,
    code: str,
    preset: str = "standard",
    ranks_per_image: int = 8,
    hours: int = 24,
    build: str = "plain",
) -> dict[str, str]:
    """All files of a band calculation, by name.

    Args:
        path: the images.
        code: "vasp" or "cp2k".
        preset: name of the settings.
        ranks_per_image: MPI ranks for one image.
        hours: wall time to ask for.
        build: "plain" or "vtst", for VASP.

    Raises:
        InputError: the code, the preset, the build or a number cannot be used.
        MissingData: an element has no potential.
    """
    if code not in CODES:
        raise InputError(f"'{code}' is not a code.", f"Choose one of: {', '.join(CODES)}.")
    if ranks_per_image < 1 or hours < 1:
        raise InputError(
            f"{ranks_per_image} ranks for {hours} hours cannot run.", "Give whole numbers from 1."
        )
    job = neb_job(path, code, preset, ranks_per_image, hours, build)
    module = CODES[code]
    files = module.neb_files(job)
    files["job.sh"] = slurm.job_script(
        job.title, module.tasks(job), hours, module.run_commands(job)
    )
    files["manifest.json"] = json.dumps(_manifest(job, code), indent=1) + "\n"
    return files


def write_neb(
    folder: str | os.PathLike[str],
    path: Path,
    code: str,
    preset: str = "standard",
    ranks_per_image: int = 8,
    hours: int = 24,
    build: str = "plain",
) -> FilePath:
    """Write the set of `neb_files` to a new folder, all of it or nothing.

    Args:
        folder: a folder that does not exist.
        path, code, preset, ranks_per_image, hours, build: as for `neb_files`.

    Raises:
        InputError: as `neb_files`, and if the folder exists or cannot be written.
        MissingData: an element has no potential.
    """
    return writer.write(folder, neb_files(path, code, preset, ranks_per_image, hours, build))


def _manifest(job: NebJob, code: str) -> dict[str, Any]:
    """What the set is and where its numbers come from."""
    path = job.path
    return {
        "perovdb": perovdb.__version__,
        "title": job.title,
        "formula": path.formula,
        "phase": path.phase,
        "temperature_K": path.temperature_K,
        "cell": {
            "origin": path.cell.origin,
            "source": path.cell.source,
            "kind": path.cell.kind,
            "evidence": path.cell.evidence,
        },
        "size": list(path.size),
        "seed": path.seed,
        "orientation": path.orientation,
        "hop": {
            "species": path.hop.species,
            "distance_A": path.hop.distance_A,
            "from": list(path.hop.start),
            "to": list(path.hop.end),
        },
        "images": len(path.images),
        "atoms": len(path.images[0]),
        "moving_atoms": [int(atom) + 1 for atom in path.mover],
        "charge": path.charge,
        "valence_electrons": job.electrons,
        "checks": {
            "spacing_A": path.spacing_A,
            "unevenness": path.unevenness,
            "closest_contact_A": path.closest_contact_A,
            "residual_A": path.residual_A,
        },
        "notes": [*path.notes, *CODES[code].notes(job)],
        "code": code,
        "build": job.build,
        "preset": job.preset.name,
        "ranks_per_image": job.ranks_per_image,
        "hours": job.hours,
        "settings": {
            section: settings
            for section, settings in job.preset.record().items()
            if not section.startswith("band.") or section == f"band.{job.build}"
        },
        "potentials": {
            element: {"symbol": p.symbol, "valence": p.valence, "source": p.source}
            for element, p in job.potentials.items()
        },
    }
