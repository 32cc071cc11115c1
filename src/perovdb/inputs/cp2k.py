"""CP2K: a band input, one for each end, and a replica file for each image.

It is written here from plain dictionaries: pymatgen's sets for CP2K have no band.
"""

from __future__ import annotations

from typing import Any

from pymatgen.core import Structure

from perovdb.files.labels import in_cp2k
from perovdb.inputs.job import BAND, Job
from perovdb.inputs.potentials import Potential
from perovdb.inputs.schedulers import shell

INPUT = "neb.inp"
PROJECT = "neb"

TASKS: tuple[str, ...] = (BAND,)
BUILDS = {"plain": "any CP2K: its band climbs by itself"}
RELAXES_ENDS_IN_BAND = True

#: VDW_TYPE of a calculation without dispersion correction.
NO_DISPERSION = "none"

#: Below this length of the shortest cell vector, sampling at Gamma alone is coarser than a
#: spacing of half an inverse angstrom.
GAMMA_ENOUGH_A = 12.0


def input_files(job: Job) -> dict[str, str]:
    """Files of a calculation, by name."""
    replicas = [f"image_{number:02d}.xyz" for number in range(len(job.images))]
    files = {INPUT: _band_input(job, replicas)}
    for name, structure in zip(replicas, job.images, strict=True):
        files[name] = _xyz(structure, f"{job.title}, {name}")
    if job.relax_first:
        for number in (0, job.last):
            project = f"endpoint_{number:02d}"
            files[f"{project}.inp"] = _endpoint_input(job, project, replicas[number])
    return files


def complete(job: Job) -> Job:
    """The job as it is: no value is left open."""
    return job


def notes(job: Job) -> list[str]:
    """The sampling, which CP2K users choose by the size of the cell."""
    shortest = min(job.images[0].lattice.abc)
    note = f"CP2K samples the Gamma point only; the shortest cell vector is {shortest:.1f} A"
    return [note + (": take a larger --size" if shortest < GAMMA_ENOUGH_A else "")]


def parallel_images(job: Job) -> int:
    """Images that run side by side: CP2K computes the ends in every step too."""
    return len(job.images)


def commands(job: Job) -> str:
    """Shell that runs the set: both ends, then the band; each from where it was left."""
    ends = shell(
        "cp2k_ends",
        last=f"{job.last:02d}",
        ranks_per_image=job.resources.ranks_per_image,
        xyz_lines=len(job.images[0]) + 2,
    )
    return shell(
        "cp2k_band",
        cp2k=job.machine.get("cp2k", "command", "cp2k.psmp"),
        ends=ends if job.relax_first else "",
        ranks=job.resources.ranks_per_image * parallel_images(job),
        most_steps=job.preset.values("")["MAX_STEPS"],
    )


def disperses(job: Job) -> bool:
    """Whether the functional has a dispersion correction."""
    return bool(job.preset.values("")["VDW_TYPE"] != NO_DISPERSION)


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
    steps = {"TYPE": "MINIMIZATION", **job.preset.values("endpoint"), **limits}
    title = f"{job.title}, {replica}"
    return _input(job, project, "GEO_OPT", {"GEO_OPT": steps}, replica, title)


def _input(
    job: Job, project: str, run_type: str, motion: dict[str, Any], first: str, title: str
) -> str:
    values = job.preset.values("")
    tree = {
        "GLOBAL": {"PROJECT": project, "RUN_TYPE": run_type, "PRINT_LEVEL": "MEDIUM"},
        "MOTION": motion,
        "FORCE_EVAL": {
            "METHOD": "Quickstep",
            "DFT": _dft(job, values),
            "SUBSYS": _subsys(job, values, first),
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


def _dft(job: Job, values: dict[str, Any]) -> dict[str, Any]:
    odd = job.electrons % 2 == 1
    return {
        "BASIS_SET_FILE_NAME": values["BASIS_SET_FILE_NAME"],
        "POTENTIAL_FILE_NAME": values["POTENTIAL_FILE_NAME"],
        "CHARGE": job.charge,
        "MULTIPLICITY": 2 if odd else 1,
        "UKS": odd,
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
        "POISSON": {"PERIODIC": "XYZ"},
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
        "XC": {f"XC_FUNCTIONAL {values['XC_FUNCTIONAL']}": {}, **_dispersion(values)},
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
        "CELL": {**rows, "PERIODIC": "XYZ"},
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
