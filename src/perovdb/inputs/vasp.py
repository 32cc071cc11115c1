"""VASP: INCAR, KPOINTS, POTCAR.spec, and POSCAR; of a band a POSCAR in each folder 00 to NN."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

from pymatgen.core import Structure
from pymatgen.io.vasp.inputs import Incar, Kpoints

from perovdb.files.crystals import read_crystal
from perovdb.files.labels import in_incar
from perovdb.inputs.boundary import CRYSTAL, SLAB, centre
from perovdb.inputs.job import BAND, RELAX, STATIC, Job
from perovdb.inputs.sampling import describe, mesh
from perovdb.inputs.schedulers import again, shell
from perovdb.structures.files.writing import poscar
from perovdb.structures.units import units

TASKS: tuple[str, ...] = (BAND, STATIC, RELAX)

BUILDS = {
    "plain": "any VASP 5.4 or 6: band without climbing image",
    "vtst": "a VASP built with the VTST tools: climbing image",
}

#: VASP holds the ends of a band fixed.
RELAXES_ENDS_IN_BAND = False

#: What VASP prints into OUTCAR when it is done.
_DONE = {
    RELAX: "reached required accuracy",
    STATIC: "aborting loop because EDIFF is reached",
}

#: No atom moves (VASP wiki, IBRION and NSW).
_STILL = {"IBRION": -1, "NSW": 0}

#: GGA -> name of the functional.
_FUNCTIONALS = {"PE": "PBE", "PS": "PBEsol"}

#: IDIPOL of a particle: a vacuum on every side.
_ALL_AXES = 4

#: Lines of a POSCAR around the positions, those of the cell and of the elements.
_POSCAR_HEAD = 8


def input_files(job: Job) -> dict[str, str]:
    """Files of a calculation, by name.

    Raises:
        InputError: there is no such mesh.
    """
    points = mesh(job.images[0].lattice, job.preset.values("kpoints"))
    kpoints = str(Kpoints(describe(points), style=Kpoints.supported_modes.Gamma, kpts=[points]))
    files = {
        "KPOINTS": kpoints,
        "POTCAR.spec": "".join(f"{potential.symbol}\n" for potential in job.potentials.values()),
        "make_potcar.sh": _make_potcar(job),
    }
    if job.task != BAND:
        moves = _STILL if job.task == STATIC else {"ISIF": 3} if job.free_cell else {}
        incar = _incar(job, *(["relax"] if job.task == RELAX else []), **moves)
        return files | {"INCAR": incar, "POSCAR": poscar(job.images[0])}
    files |= {
        "INCAR": _incar(job, f"band.{job.resources.build}", IMAGES=parallel_images(job)),
        "INCAR.endpoint": _incar(job, "relax"),
    }
    for number, structure in enumerate(job.images):
        files[f"{number:02d}/POSCAR"] = poscar(structure)
        # Some builds of VASP 6 look for KPOINTS in the folder of the image.
        files[f"{number:02d}/KPOINTS"] = kpoints
    return files


def end_of(folder: Path, number: int) -> Structure:
    """An end of the set in a folder, as it is relaxed.

    Raises:
        InputError: it cannot be read.
    """
    return read_crystal(str(folder / f"{number:02d}" / "POSCAR")).structure


def image_files(folder: Path, images: Sequence[Structure], title: str) -> dict[str, str]:
    """The files of a set that hold the images of a band, by name."""
    return {f"{number:02d}/POSCAR": poscar(image) for number, image in enumerate(images)}


def complete(job: Job) -> Job:
    """The job as it is: no value is left open."""
    return job


def notes(job: Job) -> list[str]:
    """What the build cannot do, and a mesh that was meant for other cells."""
    if job.task != BAND:
        return [*_stress_of_basis(job), *_mesh_of_another_cell(job)]
    spline = "plain VASP has no climbing image: the barrier is read off a spline"
    return [*([spline] if job.resources.build == "plain" else []), *_mesh_of_another_cell(job)]


def parallel_images(job: Job) -> int:
    """Images that run side by side: VASP wants ranks in a multiple of IMAGES."""
    return max(len(job.images) - 2, 1)


def commands(job: Job) -> str:
    """Shell that runs the set: both ends, then the band; each from where it was left."""
    run = shell(
        "vasp_run",
        vasp=_program(job),
        poscar_lines=_POSCAR_HEAD + len(job.images[0]),
    )
    ranks = job.resources.ranks_per_image
    if job.task != BAND:
        return shell("vasp_single", run=run, task=job.task, ranks=ranks, done=_DONE[job.task])
    return shell(
        "vasp_band",
        run=run,
        again=again(job),
        last=f"{job.last:02d}",
        inner=parallel_images(job),
        ranks_per_image=ranks,
        ranks=ranks * parallel_images(job),
    )


def disperses(job: Job) -> bool:
    """Whether the functional has a dispersion correction."""
    return bool(job.preset.values("incar")["IVDW"])


def functional(job: Job) -> str:
    """Name of the functional in the table of citations."""
    incar = job.preset.values("incar")
    if incar.get("LHFCALC"):
        return "HSE06"
    return str(incar.get("METAGGA") or _FUNCTIONALS[incar["GGA"]])


def climbs(job: Job) -> bool:
    """Whether the highest image climbs."""
    return bool(job.preset.values(f"band.{job.resources.build}").get("LCLIMB", False))


def _mesh_of_another_cell(job: Job) -> list[str]:
    """Whether a paper's mesh of k-points meets a cell of another size than in the paper."""
    preset = job.preset
    mesh_of = preset.mesh_of
    if mesh_of is None or "kpoints.mesh" in preset.changed:
        return []
    counts = Counter(unit.role for unit in units(job.images[0]))
    # A vacancy is one ion less of one role: the others tell how many cells there are.
    cells = max(counts["A"], counts["B"], ceil(counts["X"] / 3))
    if cells in mesh_of.formula_units:
        return []
    return [
        f"the mesh {preset.values('kpoints')['mesh']} of {preset.paper} was for {mesh_of.cells}; "
        f"this cell holds {cells} formula units: take one as dense by --set mesh='by spacing'"
    ]


def _incar(job: Job, *sections: str, **extra: Any) -> str:
    tags = {
        "SYSTEM": in_incar(job.title),
        **_parallel(job),
        **job.preset.values("incar", *sections),
        **_vacuum(job),
        **extra,
    }
    if not job.spin_orbit:
        # An odd electron needs spin; magnetic moments are left to VASP.
        tags.setdefault("ISPIN", 2 if job.unpaired else 1)
        if job.asked.multiplicity is not None and job.unpaired:
            tags["NUPDOWN"] = job.unpaired
    return Incar(tags | {"NELECT": job.electrons}).get_str()


def _program(job: Job) -> str:
    """The executable: that for non-collinear spins where spin and orbit couple."""
    if job.spin_orbit:
        return job.machine.get("vasp", "ncl", "vasp_ncl")
    return job.machine.get("vasp", "command", "vasp_std")


def _parallel(job: Job) -> dict[str, Any]:
    """How bands and k-points are shared out, as the machine has it."""
    named = {tag: job.machine.get("vasp", tag.lower(), "") for tag in ("NCORE", "KPAR")}
    return {tag: int(number) for tag, number in named.items() if number}


def _vacuum(job: Job) -> dict[str, Any]:
    """The dipole correction across a vacuum, about the middle of the atoms."""
    kind = job.boundary.kind
    if kind == CRYSTAL:
        return {}
    axis = job.boundary.axis + 1 if kind == SLAB else _ALL_AXES
    middle = [round(float(x), 6) for x in centre(job.images[0])]
    return {"LDIPOL": True, "IDIPOL": axis, "DIPOL": middle}


def _stress_of_basis(job: Job) -> list[str]:
    if not job.free_cell:
        return []
    return [
        "the plane waves are those of the first cell: where the cell changes by more than a per "
        "cent, relax again from CONTCAR, and take energies from a static run after it"
    ]


def _make_potcar(job: Job) -> str:
    """A script that joins POTCAR and counts the electrons of its potentials."""
    symbols = [potential.symbol for potential in job.potentials.values()]
    return shell(
        "make_potcar",
        first=symbols[0],
        symbols=" ".join(symbols),
        valences=" ".join(str(potential.valence) for potential in job.potentials.values()),
        library=shlex.quote(job.machine.get("vasp", "potentials", "")),
    )
