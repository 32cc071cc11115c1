"""VASP: folders 00 to NN, INCAR of the band and of its endpoints, KPOINTS, POTCAR.spec."""

from __future__ import annotations

import shlex
from collections import Counter
from math import ceil
from typing import Any

from pymatgen.io.vasp.inputs import Incar, Kpoints

from perovdb.files.labels import in_incar
from perovdb.inputs.job import BAND, Job
from perovdb.inputs.sampling import describe, mesh
from perovdb.inputs.schedulers import shell
from perovdb.structures.files.writing import poscar
from perovdb.structures.units import units

TASKS: tuple[str, ...] = (BAND,)

BUILDS = {
    "plain": "any VASP 5.4 or 6: band without climbing image",
    "vtst": "a VASP built with the VTST tools: climbing image",
}

#: VASP holds the ends of a band fixed.
RELAXES_ENDS_IN_BAND = False

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
        "INCAR": _incar(job, f"band.{job.resources.build}", IMAGES=parallel_images(job)),
        "INCAR.endpoint": _incar(job, "endpoint"),
        "KPOINTS": kpoints,
        "POTCAR.spec": "".join(f"{potential.symbol}\n" for potential in job.potentials.values()),
        "make_potcar.sh": _make_potcar(job),
    }
    for number, structure in enumerate(job.images):
        files[f"{number:02d}/POSCAR"] = poscar(structure)
        # Some builds of VASP 6 look for KPOINTS in the folder of the image.
        files[f"{number:02d}/KPOINTS"] = kpoints
    return files


def complete(job: Job) -> Job:
    """The job as it is: no value is left open."""
    return job


def notes(job: Job) -> list[str]:
    """What the build cannot do, and a mesh that was meant for other cells."""
    spline = "plain VASP has no climbing image: the barrier is read off a spline"
    return [*([spline] if job.resources.build == "plain" else []), *_mesh_of_another_cell(job)]


def parallel_images(job: Job) -> int:
    """Images that run side by side: VASP wants ranks in a multiple of IMAGES."""
    return len(job.images) - 2


def commands(job: Job) -> str:
    """Shell that runs the set: both ends, then the band; each from where it was left."""
    return shell(
        "vasp_band",
        vasp=job.machine.get("vasp", "command", "vasp_std"),
        poscar_lines=_POSCAR_HEAD + len(job.images[0]),
        last=f"{job.last:02d}",
        inner=parallel_images(job),
        ranks_per_image=job.resources.ranks_per_image,
        ranks=job.resources.ranks_per_image * parallel_images(job),
    )


def disperses(job: Job) -> bool:
    """Whether the functional has a dispersion correction."""
    return bool(job.preset.values("incar")["IVDW"])


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


def _incar(job: Job, section: str, **extra: Any) -> str:
    tags = {"SYSTEM": in_incar(job.title), **job.preset.values("incar", section), **extra}
    # An odd electron needs spin; magnetic moments are left to VASP.
    tags.setdefault("ISPIN", 2 if job.electrons % 2 else 1)
    return Incar(tags | {"NELECT": job.electrons}).get_str()


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
