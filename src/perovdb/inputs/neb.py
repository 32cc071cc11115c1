"""The input set of a band calculation for any of the codes, with its script and manifest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, Protocol, TypeVar

from perovdb.errors import InputError
from perovdb.inputs import bash, cp2k, pbs, preflight, qe, scripts, slurm, vasp, writer
from perovdb.inputs.citations import bibliography, citations
from perovdb.inputs.job import NebJob, neb_job
from perovdb.inputs.machine import Machine, find_machine
from perovdb.inputs.manifest import manifest, structure_sources
from perovdb.inputs.notes import notes_of
from perovdb.inputs.scripts import FOLDERS, Run, module_lines
from perovdb.migration.chain import Chain

_T = TypeVar("_T")


class Code(Protocol):
    """What the module of a code offers."""

    BUILDS: dict[str, str]
    ENDPOINTS: tuple[str, ...]

    def neb_files(self, job: NebJob) -> dict[str, str]:
        """Files of a band calculation, by name."""

    def settled(self, job: NebJob) -> NebJob:
        """The job with the values that its files hold where the preset leaves them open."""

    def notes(self, job: NebJob) -> list[str]:
        """What a user should know of the set before running it."""

    def parallel_images(self, job: NebJob) -> int:
        """Images that run side by side."""

    def run_commands(self, job: NebJob) -> str:
        """Shell commands that run the set."""


class Scheduler(Protocol):
    """What the module of a scheduler offers."""

    SUBMIT: str

    def job_script(self, run: Run, machine: Machine) -> str:
        """The script that runs a set."""

    def array_script(self, run: Run, folders: int, machine: Machine) -> str:
        """The script that runs many sets."""


CODES: dict[str, Code] = {"cp2k": cp2k, "qe": qe, "vasp": vasp}
SCHEDULERS: dict[str, Scheduler] = {"slurm": slurm, "pbs": pbs, "bash": bash}

JOB_SCRIPT = "job.sh"
ARRAY_SCRIPT = "array.sh"
MANIFEST = scripts.MANIFEST


def neb_files(
    path: Chain,
    code: str,
    preset: str = "standard",
    ranks_per_image: int = 8,
    hours: int = 24,
    build: str = "plain",
    *,
    settings: Mapping[str, Any] | None = None,
    scheduler: str = "slurm",
    cores: int | None = None,
    relax_first: bool = True,
    machine: Machine | None = None,
) -> dict[str, str]:
    """All files of a band calculation, by name.

    Args:
        path: the images, of `path` or `path_between`.
        code: "vasp", "cp2k" or "qe".
        preset: name of the settings.
        ranks_per_image: MPI ranks for one image.
        hours: wall time to ask for.
        build: "plain" or "vtst", for VASP.
        settings: values in place of the preset's, by name, as for `with_settings`.
        scheduler: "slurm", "pbs" or "bash".
        cores: MPI ranks of the whole band, in place of `ranks_per_image`.
        relax_first: relax both ends by themselves before the band; else in the band, which VASP
            cannot.
        machine: how the codes are started; plain commands by default.

    Raises:
        InputError: an argument or a setting cannot be used.
        MissingData: an element has no potential.
        StructureError: a check of the path failed.
    """
    module, runner = _one_of(code, CODES, "code"), _one_of(scheduler, SCHEDULERS, "scheduler")
    if ranks_per_image < 1 or hours < 1:
        raise InputError(
            f"{ranks_per_image} ranks for {hours} hours cannot run.", "Give whole numbers from 1."
        )
    if not relax_first and "in band" not in module.ENDPOINTS:
        raise InputError(
            f"{code} cannot relax the ends of a band in the band.", "Relax them before it."
        )
    arguments = (hours, build, settings, relax_first, machine)
    job = neb_job(path, code, preset, ranks_per_image, *arguments)
    if cores is not None:
        ranks = _ranks_per_image(cores, module.parallel_images(job), code)
        job = neb_job(path, code, preset, ranks, *arguments)
    job = module.settled(job)
    found = [*preflight.checks(job), _cores(job, module)]
    preflight.refuse_bad(found)

    files = module.neb_files(job)
    tables = job.machine
    run = Run(
        title=job.title,
        tasks=job.ranks_per_image * module.parallel_images(job),
        hours=hours,
        setup=module_lines(tables.lines(code, "modules"), tables.lines(code, "setup")),
        commands=module.run_commands(job),
    )
    files[JOB_SCRIPT] = runner.job_script(run, tables)
    notes = notes_of(job, module.notes(job))
    files["preflight.txt"] = preflight.report(job.title, found, notes)
    cited = citations(job, structure_sources(job))
    files["citations.bib"] = bibliography(cited)
    asked = {
        "scheduler": scheduler,
        "ranks_per_image": job.ranks_per_image,
        "ranks": run.tasks,
        "threads_per_rank": "1, unless OMP_NUM_THREADS or --cpus-per-task says otherwise",
        "hours": hours,
    }
    record = manifest(job, files, found, notes, cited, asked)
    files[MANIFEST] = json.dumps(record, indent=1) + "\n"
    return files


def write_neb(
    folder: str | os.PathLike[str],
    path: Chain,
    code: str,
    preset: str = "standard",
    ranks_per_image: int = 8,
    hours: int = 24,
    build: str = "plain",
    **options: Any,
) -> FilePath:
    """Write the set of `neb_files` to a new folder, all of it or nothing.

    Args:
        folder: a folder that does not exist.
        path, code, preset, ranks_per_image, hours, build: as for `neb_files`.
        options: the other arguments of `neb_files`; the machine is looked up by `find_machine` if
            none is given.

    Raises:
        InputError: as `neb_files`, and if the folder exists or cannot be written.
        MissingData: an element has no potential.
        StructureError: a check of the path failed.
    """
    options.setdefault("machine", find_machine())
    files = neb_files(path, code, preset, ranks_per_image, hours, build, **options)
    return writer.write(folder, files)


def array_files(
    folders: Sequence[str],
    manifests: Sequence[Mapping[str, Any]],
    title: str,
    scheduler: str = "slurm",
    machine: Machine | None = None,
) -> dict[str, str]:
    """The script that runs many sets, and the list of their folders.

    Args:
        folders: of the sets, relative to that of the script.
        manifests: of the same sets, for their ranks and hours: the most of each is asked for.
        title: what the sets are.
        scheduler: "slurm", "pbs" or "bash".
        machine: how the codes are started; plain commands by default.

    Raises:
        InputError: there is no set, a folder's name has a line break, or no such scheduler.
    """
    runner = _one_of(scheduler, SCHEDULERS, "scheduler")
    if not folders or any("\n" in folder for folder in folders):
        raise InputError("These folders make no array of jobs.", "Name one folder or more.")
    run = Run(
        title=title,
        tasks=max(entry["ranks"] for entry in manifests),
        hours=max(entry["hours"] for entry in manifests),
        setup=(),
        commands="",
    )
    return {
        ARRAY_SCRIPT: runner.array_script(run, len(folders), machine or Machine()),
        FOLDERS: "".join(f"{folder}\n" for folder in folders),
    }


def _one_of(name: str, table: Mapping[str, _T], what: str) -> _T:
    if name not in table:
        raise InputError(f"'{name}' is not a {what}.", f"Choose one of: {', '.join(table)}.")
    return table[name]


def _ranks_per_image(cores: int, images: int, code: str) -> int:
    if cores < 1 or cores % images:
        near = max(images, images * round(cores / images))
        raise InputError(
            f"{cores} cores cannot be shared by the {images} images that {code} runs at a time.",
            f"Ask for a multiple of {images}, such as {near}, or for other images.",
        )
    return cores // images


def _cores(job: NebJob, module: Code) -> preflight.Check:
    images = module.parallel_images(job)
    return preflight.Check(
        "cores",
        f"{images} images side by side, {job.ranks_per_image} ranks each, one thread a rank",
    )
