"""VASP: folders 00 to NN, INCAR of the band and of its endpoints, KPOINTS, POTCAR.spec."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import Any

from pymatgen.io.vasp.inputs import Poscar

from perovdb.errors import InputError
from perovdb.inputs.job import NebJob
from perovdb.inputs.sampling import describe, mesh
from perovdb.inputs.vasp_scripts import make_potcar, run_commands
from perovdb.structures.units import units

__all__ = [
    "BUILDS",
    "ENDPOINTS",
    "neb_files",
    "notes",
    "parallel_images",
    "run_commands",
    "settled",
]

BUILDS = {
    "plain": "any VASP 5.4 or 6: band without climbing image",
    "vtst": "a VASP built with the VTST tools: climbing image",
}

#: VASP holds the ends of a band fixed.
ENDPOINTS: tuple[str, ...] = ("first",)


def neb_files(job: NebJob) -> dict[str, str]:
    """Files of a band calculation, by name.

    Raises:
        InputError: there is no such build of VASP, or no such mesh.
    """
    if job.build not in BUILDS:
        raise InputError(
            f"'{job.build}' is not a build of VASP.", f"Choose one of: {', '.join(BUILDS)}."
        )
    structures = job.path.images
    kpoints = _kpoints(job)
    files = {
        "INCAR": _incar(job, f"band.{job.build}", IMAGES=len(structures) - 2),
        "INCAR.endpoint": _incar(job, "endpoint"),
        "KPOINTS": kpoints,
        "POTCAR.spec": "".join(f"{potential.symbol}\n" for potential in job.potentials.values()),
        "make_potcar.sh": make_potcar(job),
    }
    for number, structure in enumerate(structures):
        comment = f"{job.title}, image {number:02d} of {len(structures) - 1:02d}"
        poscar = Poscar(structure, comment=comment, sort_structure=False)
        files[f"{number:02d}/POSCAR"] = poscar.get_str(significant_figures=10)
        # Some builds of VASP 6 look for KPOINTS in the folder of the image.
        files[f"{number:02d}/KPOINTS"] = kpoints
    return files


def settled(job: NebJob) -> NebJob:
    """The job as it is: no value is left open."""
    return job


def notes(job: NebJob) -> list[str]:
    """What the build cannot do, and a mesh that was meant for other cells."""
    notes = (
        ["plain VASP has no climbing image: the barrier is read off a spline"]
        if job.build == "plain"
        else []
    )
    return notes + _mesh_of_another_cell(job)


def _mesh_of_another_cell(job: NebJob) -> list[str]:
    """Whether a paper's mesh of k-points meets a cell of another size than in the paper."""
    preset = job.preset
    mesh_of = preset.mesh_of
    if mesh_of is None or "kpoints.mesh" in preset.changed:
        return []
    counts = Counter(unit.role for unit in units(job.path.images[0]))
    # A vacancy is one ion less of one role: the others tell how many cells there are.
    cells = max(counts["A"], counts["B"], ceil(counts["X"] / 3))
    if cells in mesh_of.formula_units:
        return []
    return [
        f"the mesh {preset.values('kpoints')['mesh']} of {preset.paper} was for {mesh_of.cells}; "
        f"this cell holds {cells} formula units: take one as dense by --set mesh='by spacing'"
    ]


def parallel_images(job: NebJob) -> int:
    """Images that run side by side: VASP wants ranks in a multiple of IMAGES."""
    return len(job.path.images) - 2


def _incar(job: NebJob, section: str, **extra: Any) -> str:
    tags = job.preset.values("incar", section)
    # An odd electron needs spin; magnetic moments are left to VASP.
    tags.setdefault("ISPIN", 2 if job.electrons % 2 else 1)
    tags["NELECT"] = job.electrons
    lines = [f"{tag} = {_value(value)}" for tag, value in (tags | extra).items()]
    return "\n".join([f"SYSTEM = {job.title}", *lines]) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return ".TRUE." if value else ".FALSE."
    return f"{value:g}" if isinstance(value, float) else str(value)


def _kpoints(job: NebJob) -> str:
    points = mesh(job.path.images[0].lattice, job.preset.values("kpoints"))
    return f"{describe(points)}\n0\nGamma\n{' '.join(map(str, points))}\n0 0 0\n"
