"""Input sets: a calculation becomes {file name: text}, with its job script and its manifest."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from pymatgen.core import Structure

from perovdb.composition import Material
from perovdb.errors import InputError, check_choice
from perovdb.facts.bibtex import bibtex
from perovdb.files.new_folders import write_new_folder
from perovdb.inputs import cp2k, preflight, qe, vasp
from perovdb.inputs.boundary import CRYSTAL, SLAB
from perovdb.inputs.hop_manifest import manifest_of_atoms, manifest_of_path
from perovdb.inputs.job import BAND, SINGLE, Electrons, Job, Resources, new_job
from perovdb.inputs.machine import find_machine
from perovdb.inputs.manifest import MANIFEST, Manifest
from perovdb.inputs.presets import read_table
from perovdb.inputs.schedulers import JOB_SCRIPT, Script, job_script
from perovdb.migration.path import Path as HopPath
from perovdb.structures.adoption import as_structure


class Code(Protocol):
    """What the module of a code offers."""

    TASKS: tuple[str, ...]
    BUILDS: dict[str, str]
    RELAXES_ENDS_IN_BAND: bool

    def input_files(self, job: Job) -> dict[str, str]:
        """Files of a calculation, by name."""

    def complete(self, job: Job) -> Job:
        """The job with the values that its files hold where the preset leaves them open."""

    def notes(self, job: Job) -> list[str]:
        """What a user should know of the set before running it."""

    def parallel_images(self, job: Job) -> int:
        """Images that run side by side."""

    def commands(self, job: Job) -> str:
        """Shell that runs the set."""

    def disperses(self, job: Job) -> bool:
        """Whether the functional has a dispersion correction."""

    def functional(self, job: Job) -> str:
        """Name of the functional in the table of citations."""

    def end_of(self, folder: Path, number: int) -> Structure:
        """An end of the set in a folder, as it is relaxed."""

    def image_files(self, folder: Path, images: Sequence[Structure], title: str) -> dict[str, str]:
        """The files of a set that hold the images of a band, by name."""

    def climbs(self, job: Job) -> bool:
        """Whether the highest image climbs."""


CODES: dict[str, Code] = {"cp2k": cp2k, "qe": qe, "vasp": vasp}

#: Heavy elements of these lattices whose states spin-orbit coupling moves most.
_HEAVY = ("Pb",)


def write_inputs(
    folder: str | os.PathLike[str],
    x: HopPath | Material,
    *,
    code: str,
    task: str = BAND,
    preset: str = "standard",
    settings: Mapping[str, Any] | None = None,
    electrons: Electrons | None = None,
    cell: str = "fixed",
    relax_first: bool = True,
    resources: Resources | None = None,
) -> Path:
    """Write an input set to a new folder, all of it or nothing.

    The boundary conditions are those of the model: a crystal repeats; of a slab the dipole across
    its vacuum is corrected; a particle is isolated.

    Args:
        folder: a folder that does not exist.
        x: what is computed: a path, of `path`, for the task "band"; else any material, a formula
            being built as `build` does by default.
        code: "vasp", "cp2k" or "qe" (Quantum ESPRESSO).
        task: "band", the images of a path as one calculation; "static", energy and forces of a
            structure as it is; "relax", a structure until its forces vanish.
        preset: name of the settings.
        electrons: level of theory, charge and spin; by default PBE, the formal charge of the ions,
            and no unpaired electron but that of an odd number.
        cell: of a relaxation, "fixed" or "free".
        settings: values in place of the preset's, by name, such as {"ENCUT": 450}.
        relax_first: relax both ends by themselves before the band; else in the band, which VASP
            cannot.
        resources: scheduler, ranks, hours, and the machine, which is looked up in `perovdb.toml`
            if none is named.

    Raises:
        InputError: an argument or a setting cannot be used, the code has no such level of theory,
            or the folder cannot be made.
        MissingData: an element has no potential.
        StructureError: a check of the path or the structure failed, or a slab is charged.
    """
    resources = resources or Resources()
    resources = replace(resources, machine=resources.machine or find_machine())
    files = input_files(
        x,
        code=code,
        task=task,
        preset=preset,
        settings=settings,
        electrons=electrons,
        cell=cell,
        relax_first=relax_first,
        resources=resources,
    )
    return write_new_folder(folder, files)


def input_files(
    x: HopPath | Material,
    *,
    code: str,
    task: str = BAND,
    preset: str = "standard",
    settings: Mapping[str, Any] | None = None,
    electrons: Electrons | None = None,
    cell: str = "fixed",
    relax_first: bool = True,
    resources: Resources | None = None,
) -> dict[str, str]:
    """All files of an input set by name, as `write_inputs` writes them.

    Codes are started by plain commands if `resources` names no machine.
    """
    resources = resources or Resources()
    module = check_code(code, task, resources.build)
    subject = _subject(x, task)
    if not relax_first and task == BAND and not module.RELAXES_ENDS_IN_BAND:
        raise InputError(
            f"{code} cannot relax the ends of a band in the band.", "Relax them before it."
        )
    job = new_job(
        subject,
        code,
        preset,
        settings or {},
        resources,
        task=task,
        electrons=electrons,
        relax_first=relax_first,
        cell=cell,
    )
    images = module.parallel_images(job)
    if resources.cores is not None:
        ranks = _ranks_per_image(resources.cores, images, code)
        job = replace(job, resources=replace(resources, ranks_per_image=ranks))
    job = module.complete(job)
    checks = [*preflight.checks(job), _ranks(job, images)]
    preflight.refuse_bad(checks)
    script = Script(job.title, job.resources.ranks_per_image * images, resources.hours)
    own = job.machine.notes(code, resources.scheduler)
    uncited = _not_cited(module.functional(job))
    notes = _notes(job, [*module.notes(job), *uncited, *own])
    cited = _citations(job, module)
    files = module.input_files(job) | {
        JOB_SCRIPT: job_script(
            script, module.commands(job), code, resources.scheduler, job.machine
        ),
        "preflight.txt": preflight.report(job.title, checks, notes),
        "citations.bib": _bibliography(cited),
    }
    manifest = replace(
        _manifest(job),
        preflight={check.name: check.result for check in checks},
        notes=tuple(notes),
        ranks=script.ranks,
        citations=cited,
        files={
            name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())
        },
    )
    return files | {MANIFEST: manifest.text()}


def _subject(x: HopPath | Material, task: str) -> HopPath | Structure:
    """A path for a band, a structure for another task.

    Raises:
        InputError: it is the other one.
        and as `as_structure`.
    """
    if task in SINGLE:
        if isinstance(x, HopPath):
            raise InputError(
                f"The task '{task}' computes a structure, and no path.",
                "Give one of its images: `path.images[0]`.",
            )
        return as_structure(x)
    if not isinstance(x, HopPath):
        raise InputError(
            f"The task '{task}' computes the images of a path, and no {type(x).__name__}.",
            "Make one: `path(x, hop)`, or `path(start, end)` between two structures.",
        )
    return x


def check_code(code: str, task: str = BAND, build: str = "plain") -> Code:
    """The module of a code, which writes this task for this build.

    Raises:
        InputError: there is no such code, or it has no such task or build.
    """
    check_choice(code, CODES, "not a code")
    module = CODES[code]
    for what, choice, choices in (("task", task, module.TASKS), ("build", build, module.BUILDS)):
        if choice not in choices:
            raise InputError(
                f"{code} has no {what} '{choice}'.", f"Choose one of: {', '.join(choices)}."
            )
    return module


def _ranks_per_image(cores: int, images: int, code: str) -> int:
    if cores % images:
        near = max(images, images * round(cores / images))
        raise InputError(
            f"{cores} cores cannot be shared by the {images} images that {code} runs at a time.",
            f"Ask for a multiple of {images}, such as {near}, or for other images.",
        )
    return cores // images


def _ranks(job: Job, images: int) -> preflight.Check:
    ranks = job.resources.ranks_per_image
    side = f"{images} images side by side, {ranks} ranks each" if job.path else f"{ranks} ranks"
    return preflight.Check("cores", f"{side}, one thread a rank")


def _notes(job: Job, of_code: Sequence[str]) -> list[str]:
    """What a user should know: of the path, of the code, of the physics that is left out."""
    notes = [*job.notes, *of_code]
    if job.made_again:
        notes.append(
            "the inner images lie between the ends as they are built; when job.sh has relaxed "
            "the ends, it has them made anew by 'perovdb neb --again', and stops where there is "
            "no perovdb"
        )
    notes += _charge_notes(job)
    heavy = [element for element in _HEAVY if element in job.elements]
    if heavy and not job.spin_orbit:
        notes.append(f"spin-orbit coupling of {', '.join(heavy)} is left out")
    return list(dict.fromkeys(notes))


def _charge_notes(job: Job) -> list[str]:
    """What a charge does to the energies, by how the model ends."""
    if not job.charge:
        return []
    background = f"the charge of {job.charge:+d} is compensated by a uniform background"
    if job.boundary.kind == SLAB:
        return [
            f"{background}, on a slab: the energy depends on the width of the vacuum; it is "
            f"charged because: {job.asked.charged_slab}"
        ]
    if job.boundary.kind != CRYSTAL:
        if job.preset.code == "vasp":
            return [f"{background} of the box: the energy converges slowly with its size"]
        return []
    if job.path is None:
        return [
            f"{background}: the energy carries an error of the finite cell, of the order of "
            "0.1 eV and more: correct it, or compare larger cells"
        ]
    return [
        f"{background}: total energies carry an error of the finite cell, most of which is the "
        "same for all images and cancels in the barrier; compare a larger cell or a neutral one "
        "(--neutral partner)"
    ]


def _citations(job: Job, module: Code) -> dict[str, dict[str, Any]]:
    """Works to cite by key; one without a text is a source of the store."""
    table, preset = read_table("citations.toml"), job.preset
    stored = [key for key in (job.path.source if job.path else None, preset.paper) if key]
    return {
        **{key: {} for key in stored},
        **table[preset.code],
        **table["functional"].get(module.functional(job), {}),
        **(table["path"] if job.path else {}),
        **(table["dispersion"] if module.disperses(job) else {}),
        **(table["climbing"] if job.path and module.climbs(job) else {}),
        **table["families"].get(preset.values("potentials")["family"], {}),
    }


def _not_cited(functional: str) -> list[str]:
    if functional in read_table("citations.toml")["functional"]:
        return []
    return [f"citations.bib has no work for the functional {functional}: add yours"]


def _bibliography(cited: Mapping[str, Mapping[str, Any]]) -> str:
    """BibTeX: entries of the store, then the rest as they were read."""
    stored = [key for key, entry in cited.items() if not entry]
    entries = [bibtex(stored)] if stored else []
    for key, entry in cited.items():
        if entry:
            doi = f"  doi = {{{entry['doi']}}},\n" if "doi" in entry else ""
            entries.append(f"@misc{{{key},\n  title = {{{entry['text']}}},\n{doi}}}\n")
    return "\n".join(entries)


def _manifest(job: Job) -> Manifest:
    """The manifest as far as the job tells."""
    preset, resources = job.preset, job.resources
    known = manifest_of_path(job.path) if job.path else manifest_of_atoms(job.images[0])
    return replace(
        known,
        title=job.title,
        task=job.task,
        charge=job.charge,
        multiplicity=job.unpaired + 1,
        level=job.asked.level,
        boundary=job.boundary.kind,
        cell="free" if job.free_cell else "fixed",
        valence_electrons=job.electrons,
        code=preset.code,
        build=resources.build,
        preset=preset.name,
        set_by_user=dict(preset.changed),
        relax_first=job.relax_first,
        scheduler=resources.scheduler,
        ranks_per_image=resources.ranks_per_image,
        hours=resources.hours,
        settings={section: dict(settings) for section, settings in preset.sections.items()},
        potentials={element: vars(one) for element, one in job.potentials.items()},
    )
