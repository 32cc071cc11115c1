"""CP2K: an input and the positions; for a band one more for each end, and a file for each image.

It is written here from plain dictionaries: pymatgen's sets for CP2K have no band.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, StructureError
from perovdb.files.labels import in_cp2k
from perovdb.files.reading import read_text
from perovdb.inputs.boundary import PARTICLE, SLAB
from perovdb.inputs.job import BAND, RELAX, STATIC, Job
from perovdb.inputs.potentials import Potential
from perovdb.inputs.schedulers import again, shell

INPUT = "neb.inp"
PROJECT = "neb"

TASKS: tuple[str, ...] = (BAND, STATIC, RELAX)
BUILDS = {"plain": "any CP2K: its band climbs by itself"}
RELAXES_ENDS_IN_BAND = True

#: VDW_TYPE of a calculation without dispersion correction.
NO_DISPERSION = "none"

#: Below this length of the shortest cell vector, sampling at Gamma alone is coarser than a
#: spacing of half an inverse angstrom.
GAMMA_ENOUGH_A = 12.0

#: A slab of CsPbI3 in 11 A of vacuum is refused by CP2K 2023.1, in 13 A it runs.
LEAST_VACUUM_A = 13.0

#: Positions of a structure alone.
POSITIONS = "structure.xyz"

#: What CP2K prints when a relaxation, of positions or of the cell, or an energy is done.
_DONE = {RELAX: "GEOMETRY OPTIMIZATION COMPLETED", STATIC: "ENERGY| Total FORCE_EVAL"}


HSE06 = "HSE06"

#: Share of exact exchange, and where it is screened in 1/bohr: Krukau et al. 2006,
#: doi 10.1063/1.2404663.
_HSE_SHARE, _HSE_OMEGA = 0.25, 0.11


def input_files(job: Job) -> dict[str, str]:
    """Files of a calculation, by name."""
    if job.task != BAND:
        structure = job.images[0]
        return {f"{job.task}.inp": _single_input(job), POSITIONS: _xyz(structure, job.title)}
    replicas = [f"image_{number:02d}.xyz" for number in range(len(job.images))]
    files = {INPUT: _band_input(job, replicas)}
    files |= image_files(Path(), job.images, job.title)
    if job.relax_first:
        for number in (0, job.last):
            project = f"endpoint_{number:02d}"
            files[f"{project}.inp"] = _endpoint_input(job, project, replicas[number])
    return files


def end_of(folder: Path, number: int) -> Structure:
    """An end of the set in a folder, as it is relaxed: job.sh puts it in the place of the image.

    Raises:
        InputError: a file cannot be read.
    """
    replica = folder / f"image_{number:02d}.xyz"
    rows = [row.split() for row in read_text(folder / INPUT, "structure").splitlines()]
    vectors = {row[0]: row[1:] for row in rows if len(row) == 4 and row[0] in ("A", "B", "C")}
    atoms = [row.split() for row in read_text(replica, "structure").splitlines()][2:]
    try:
        lattice = Lattice([[float(x) for x in vectors[name]] for name in "ABC"])
        positions = [[float(x) for x in row[1:4]] for row in atoms]
        elements = [row[0] for row in atoms]
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(
            f"End {number:02d} in {folder} cannot be read: {error}.", "Write the set anew."
        ) from error
    return Structure(lattice, elements, positions, coords_are_cartesian=True)


def image_files(folder: Path, images: Sequence[Structure], title: str) -> dict[str, str]:
    """The files of a set that hold the images of a band, by name."""
    names = [f"image_{number:02d}.xyz" for number in range(len(images))]
    return {
        name: _xyz(image, f"{title}, {name}") for name, image in zip(names, images, strict=True)
    }


def complete(job: Job) -> Job:
    """The job as it is: no value is left open."""
    return job


def notes(job: Job) -> list[str]:
    """The sampling, which CP2K users choose by the size of the cell."""
    if job.boundary.kind == PARTICLE:
        return []
    lattice = job.images[0].lattice
    shortest = min(
        length for length, open_ in zip(lattice.abc, job.boundary.open, strict=True) if not open_
    )
    note = f"CP2K samples the Gamma point only; the shortest cell vector is {shortest:.1f} A"
    return [note + (": take a larger --size" if shortest < GAMMA_ENOUGH_A else "")]


def parallel_images(job: Job) -> int:
    """Images that run side by side: of a band CP2K computes the ends in every step too."""
    return len(job.images)


def commands(job: Job) -> str:
    """Shell that runs the set: both ends, then the band; each from where it was left."""
    run = shell("cp2k_run", cp2k=job.machine.get("cp2k", "command", "cp2k.psmp"))
    if job.task != BAND:
        ranks = job.resources.ranks_per_image
        return shell("cp2k_single", run=run, task=job.task, ranks=ranks, done=_DONE[job.task])
    ends = shell(
        "cp2k_ends",
        last=f"{job.last:02d}",
        ranks_per_image=job.resources.ranks_per_image,
        xyz_lines=len(job.images[0]) + 2,
    )
    return shell(
        "cp2k_band",
        run=run,
        ends=ends if job.relax_first else "",
        again=again(job),
        ranks=job.resources.ranks_per_image * parallel_images(job),
        most_steps=job.preset.values("")["MAX_STEPS"],
    )


def disperses(job: Job) -> bool:
    """Whether the functional has a dispersion correction."""
    return bool(job.preset.values("")["VDW_TYPE"] != NO_DISPERSION)


def functional(job: Job) -> str:
    """Name of the functional in the table of citations."""
    return str(job.preset.values("")["XC_FUNCTIONAL"])


def climbs(job: Job) -> bool:
    """Whether the highest image climbs."""
    return bool(job.preset.values("")["BAND_TYPE"] == "CI-NEB")


def _band_input(job: Job, replicas: list[str]) -> str:
    values = job.preset.values("")
    motion = {"BAND": _band(job, values, replicas)}
    return _input(job, PROJECT, "BAND", motion, replicas[0], job.title)


def _endpoint_input(job: Job, project: str, replica: str) -> str:
    values = job.preset.values("")
    # As tight as the band in the lengths of its last step.
    limits = {key: values[key] for key in ("MAX_DR", "RMS_DR")}
    steps = {"TYPE": "MINIMIZATION", **job.preset.values("relax"), **limits}
    title = f"{job.title}, {replica}"
    return _input(job, project, "GEO_OPT", {"GEO_OPT": steps}, replica, title)


def _single_input(job: Job) -> str:
    values = job.preset.values("")
    if job.task == STATIC:
        return _input(job, STATIC, "ENERGY_FORCE", {}, POSITIONS, job.title)
    limits = {key: values[key] for key in ("MAX_DR", "RMS_DR")}
    steps = {**job.preset.values("relax"), **limits}
    if not job.free_cell:
        motion = {"GEO_OPT": {"TYPE": "MINIMIZATION", **steps}}
        return _input(job, RELAX, "GEO_OPT", motion, POSITIONS, job.title)
    motion = {"CELL_OPT": {"TYPE": "DIRECT_CELL_OPT", **steps, **job.preset.values("cell")}}
    return _input(job, RELAX, "CELL_OPT", motion, POSITIONS, job.title)


def _input(
    job: Job, project: str, run_type: str, motion: dict[str, Any], first: str, title: str
) -> str:
    values = job.preset.values("")
    stress = {"STRESS_TENSOR": "ANALYTICAL"} if _tells_stress(job) else {}
    printed: dict[str, Any] = {"FORCES ON": {}, **({"STRESS_TENSOR ON": {}} if stress else {})}
    tree = {
        "GLOBAL": {"PROJECT": project, "RUN_TYPE": run_type, "PRINT_LEVEL": "MEDIUM"},
        **({"MOTION": {**motion, **_NO_HISTORY}} if motion else {}),
        "FORCE_EVAL": {
            "METHOD": "Quickstep",
            **stress,
            "DFT": _dft(job, values),
            "SUBSYS": _subsys(job, values, first),
            **({} if job.path else {"PRINT": printed}),
        },
    }
    return f"# {in_cp2k(title)}\n" + "\n".join(_lines(tree)) + "\n"


def _band(job: Job, values: dict[str, Any], replicas: list[str]) -> dict[str, Any]:
    return {
        "BAND_TYPE": values["BAND_TYPE"],
        "NUMBER_OF_REPLICA": len(replicas),
        "NPROC_REP": job.resources.ranks_per_image,
        "K_SPRING": values["K_SPRING"],
        # In a crystal a turn of the whole image is not free, and molecules may turn on their way.
        "ROTATE_FRAMES": False,
        "ALIGN_FRAMES": False,
        "CI_NEB": {"NSTEPS_IT": values["CLIMB_AFTER_STEPS"]},
        "CONVERGENCE_CONTROL": {
            key: values[key] for key in ("MAX_FORCE", "RMS_FORCE", "MAX_DR", "RMS_DR")
        },
        "OPTIMIZE_BAND": {
            "OPT_TYPE": values["OPT_TYPE"],
            "OPTIMIZE_END_POINTS": not job.relax_first,
            "DIIS": {"MAX_STEPS": values["MAX_STEPS"]},
        },
        "REPLICA": [{"COORD_FILE_NAME": name} for name in replicas],
    }


def _tells_stress(job: Job) -> bool:
    """Whether the stress is computed: that of a crystal, and not of exact exchange."""
    return job.path is None and not any(job.boundary.open) and not _is_hybrid(job)


def _is_hybrid(job: Job) -> bool:
    return bool(job.preset.values("")["XC_FUNCTIONAL"] == HSE06)


def _dft(job: Job, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "BASIS_SET_FILE_NAME": values["BASIS_SET_FILE_NAME"],
        "POTENTIAL_FILE_NAME": values["POTENTIAL_FILE_NAME"],
        "CHARGE": job.charge,
        "MULTIPLICITY": job.unpaired + 1,
        "UKS": job.unpaired > 0,
        **_dipole(job),
        "MGRID": {
            "CUTOFF": values["CUTOFF_Ry"],
            "REL_CUTOFF": values["REL_CUTOFF_Ry"],
            "NGRIDS": values["NGRIDS"],
        },
        "QS": {
            "METHOD": "GPW",
            "EPS_DEFAULT": values["EPS_DEFAULT"],
            "EXTRAPOLATION": values["EXTRAPOLATION"],
        },
        "POISSON": _poisson(job),
        "SCF": {
            "SCF_GUESS": "ATOMIC",
            "EPS_SCF": values["EPS_SCF"],
            "MAX_SCF": values["MAX_SCF"],
            "OT": {
                "MINIMIZER": values["OT_MINIMIZER"],
                "PRECONDITIONER": values["OT_PRECONDITIONER"],
            },
            "OUTER_SCF": {"EPS_SCF": values["EPS_SCF"], "MAX_SCF": values["OUTER_MAX_SCF"]},
        },
        "XC": {**_functional(values), **_dispersion(values)},
        # Orbital energies at the gap; cubes are not written.
        **({"PRINT": {"MO_CUBES": _GAP}} if job.task == STATIC else {}),
    }


#: The latest restart file is enough.
_NO_HISTORY: dict[str, Any] = {"PRINT": {"RESTART_HISTORY OFF": {}}}

#: The gap is printed where one orbital on each side of it is known.
_GAP = {"WRITE_CUBE": False, "NHOMO": 1, "NLUMO": 1}


def _poisson(job: Job) -> dict[str, Any]:
    """A particle is isolated; what repeats in any direction is a crystal with a vacuum."""
    if job.boundary.kind != PARTICLE:
        return {"PERIODIC": "XYZ"}
    return {"PERIODIC": "NONE", "POISSON_SOLVER": "WAVELET"}


def _dipole(job: Job) -> dict[str, Any]:
    """The correction of the dipole across the vacuum of a slab.

    Raises:
        StructureError: the vacuum is too narrow for it.
    """
    if job.boundary.kind != SLAB:
        return {}
    vacuum = job.boundary.vacuum_A[job.boundary.axis]
    if vacuum < LEAST_VACUUM_A:
        raise StructureError(
            f"CP2K refuses its dipole correction in a vacuum of {vacuum:.1f} A.",
            f"Give the slab {LEAST_VACUUM_A:g} A or more.",
        )
    return {"SURFACE_DIPOLE_CORRECTION": True, "SURF_DIP_DIR": "XYZ"[job.boundary.axis]}


def _functional(values: dict[str, Any]) -> dict[str, Any]:
    name = values["XC_FUNCTIONAL"]
    if name != HSE06:
        return {f"XC_FUNCTIONAL {name}": {}}
    return {
        "XC_FUNCTIONAL": {
            "PBE": {"SCALE_X": 0.0, "SCALE_C": 1.0},
            "XWPBE": {"SCALE_X": -_HSE_SHARE, "SCALE_X0": 1.0, "OMEGA": _HSE_OMEGA},
        },
        "HF": {
            "FRACTION": _HSE_SHARE,
            "SCREENING": {"EPS_SCHWARZ": values["EPS_SCHWARZ"], "SCREEN_ON_INITIAL_P": False},
            "INTERACTION_POTENTIAL": {"POTENTIAL_TYPE": "SHORTRANGE", "OMEGA": _HSE_OMEGA},
            "MEMORY": {"MAX_MEMORY": values["MAX_MEMORY_MB"]},
        },
    }


def _dispersion(values: dict[str, Any]) -> dict[str, Any]:
    if values["VDW_TYPE"] == NO_DISPERSION:
        return {}
    pair = {
        "TYPE": values["VDW_TYPE"],
        "PARAMETER_FILE_NAME": values["VDW_PARAMETER_FILE_NAME"],
        "REFERENCE_FUNCTIONAL": values["XC_FUNCTIONAL"],
        "R_CUTOFF": values["D3_CUTOFF_A"],
    }
    return {"VDW_POTENTIAL": {"POTENTIAL_TYPE": "PAIR_POTENTIAL", "PAIR_POTENTIAL": pair}}


def _subsys(job: Job, values: dict[str, Any], first: str) -> dict[str, Any]:
    matrix = job.images[0].lattice.matrix
    rows = {
        name: " ".join(f"{length:.10f}" for length in row)
        for name, row in zip("ABC", matrix, strict=True)
    }
    kinds = {
        f"KIND {element}": {
            "BASIS_SET": _basis(potential, values),
            "POTENTIAL": potential.symbol,
        }
        for element, potential in job.potentials.items()
    }
    return {
        "CELL": {**rows, "PERIODIC": _poisson(job)["PERIODIC"]},
        "TOPOLOGY": {"COORD_FILE_NAME": first, "COORD_FILE_FORMAT": "XYZ"},
        **kinds,
    }


def _basis(potential: Potential, values: dict[str, Any]) -> str:
    """The preset's basis set, unless the family has one of its own for the element."""
    name: str = potential.details.get("basis", values["BASIS_SET"])
    return name.replace("{valence}", str(potential.valence))


def _lines(tree: dict[str, Any], depth: int = 0) -> list[str]:
    """A tree of sections as CP2K input; a list is a section that is repeated."""
    indent = "  " * depth
    lines = []
    for key, node in tree.items():
        if isinstance(node, list):
            for one in node:
                lines += _lines({key: one}, depth)
        elif isinstance(node, dict):
            inside = _lines(node, depth + 1)
            lines += [f"{indent}&{key}", *inside, f"{indent}&END {key.split()[0]}"]
        else:
            text = (
                (".TRUE." if node else ".FALSE.") if isinstance(node, bool) else in_cp2k(str(node))
            )
            lines.append(f"{indent}{key} {text}")
    return lines


def _xyz(structure: Structure, comment: str) -> str:
    """An XYZ file, in angstrom; positions as they are, not wrapped into the cell."""
    lines = [str(len(structure)), comment]
    lines += [
        f"{site.specie.symbol:2s} {site.coords[0]:16.10f} {site.coords[1]:16.10f} "
        f"{site.coords[2]:16.10f}"
        for site in structure
    ]
    return "\n".join(lines) + "\n"
