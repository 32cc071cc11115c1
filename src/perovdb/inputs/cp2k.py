"""CP2K: a band input, one for each end, and a replica file for each image."""

from __future__ import annotations

from typing import Any

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.inputs import cp2k_scripts
from perovdb.inputs.job import NebJob
from perovdb.inputs.potentials import Potential

INPUT = "neb.inp"
PROJECT = "neb"


BUILDS = {"plain": "any CP2K: its band climbs by itself"}

#: The ends can be relaxed by themselves before the band, or in it.
ENDPOINTS: tuple[str, ...] = ("first", "in band")

#: VDW_TYPE of a calculation without dispersion correction.
NO_DISPERSION = "none"

#: Below this length of the shortest cell vector, sampling at Gamma alone is coarser than a
#: spacing of half an inverse angstrom.
GAMMA_ENOUGH_A = 12.0


def neb_files(job: NebJob) -> dict[str, str]:
    """Files of a band calculation, by name.

    Raises:
        InputError: a build is named, which only VASP has.
    """
    if job.build != "plain":
        raise InputError(
            f"CP2K has no build '{job.build}'.", "Leave it out: CP2K's band climbs by itself."
        )
    replicas = [f"image_{number:02d}.xyz" for number in range(len(job.path.images))]
    files = {INPUT: _band_input(job, replicas)}
    for name, structure in zip(replicas, job.path.images, strict=True):
        files[name] = _xyz(structure, f"{job.title}, {name}")
    if job.relax_first:
        for number in (0, job.last):
            project = f"endpoint_{number:02d}"
            files[f"{project}.inp"] = _endpoint_input(job, project, replicas[number])
    return files


def settled(job: NebJob) -> NebJob:
    """The job as it is: no value is left open."""
    return job


def notes(job: NebJob) -> list[str]:
    """The sampling, which CP2K users choose by the size of the cell."""
    shortest = min(job.path.images[0].lattice.abc)
    note = f"CP2K samples the Gamma point only; the shortest cell vector is {shortest:.1f} A"
    return [note + (": take a larger --size" if shortest < GAMMA_ENOUGH_A else "")]


def parallel_images(job: NebJob) -> int:
    """Images that run side by side: CP2K computes the ends in every step too."""
    return len(job.path.images)


def run_commands(job: NebJob) -> str:
    """Shell commands that run the set."""
    return cp2k_scripts.run_commands(job, PROJECT)


def _band_input(job: NebJob, replicas: list[str]) -> str:
    values = job.preset.values("")
    tree = {
        "GLOBAL": {"PROJECT": PROJECT, "RUN_TYPE": "BAND", "PRINT_LEVEL": "MEDIUM"},
        "MOTION": {"BAND": _band(job, values, replicas)},
        "FORCE_EVAL": {
            "METHOD": "Quickstep",
            "DFT": _dft(job, values),
            "SUBSYS": _subsys(job, values, replicas[0]),
        },
    }
    return f"# {job.title}\n" + "\n".join(_lines(tree)) + "\n"


def _endpoint_input(job: NebJob, project: str, replica: str) -> str:
    values = job.preset.values("")
    steps = job.preset.values("endpoint")
    # As tight as the band in the lengths of its last step.
    limits = {key: values[key] for key in ("MAX_DR", "RMS_DR")}
    tree = {
        "GLOBAL": {"PROJECT": project, "RUN_TYPE": "GEO_OPT", "PRINT_LEVEL": "MEDIUM"},
        "MOTION": {"GEO_OPT": {"TYPE": "MINIMIZATION", **steps, **limits}},
        "FORCE_EVAL": {
            "METHOD": "Quickstep",
            "DFT": _dft(job, values),
            "SUBSYS": _subsys(job, values, replica),
        },
    }
    return f"# {job.title}, {replica}\n" + "\n".join(_lines(tree)) + "\n"


def _band(job: NebJob, values: dict[str, Any], replicas: list[str]) -> dict[str, Any]:
    return {
        "BAND_TYPE": values["BAND_TYPE"],
        "NUMBER_OF_REPLICA": len(replicas),
        "NPROC_REP": job.ranks_per_image,
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


def _dft(job: NebJob, values: dict[str, Any]) -> dict[str, Any]:
    odd = job.electrons % 2 == 1
    return {
        "BASIS_SET_FILE_NAME": values["BASIS_SET_FILE_NAME"],
        "POTENTIAL_FILE_NAME": values["POTENTIAL_FILE_NAME"],
        "CHARGE": job.path.charge,
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


def _subsys(job: NebJob, values: dict[str, Any], first: str) -> dict[str, Any]:
    matrix = job.path.images[0].lattice.matrix
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
            text = (".TRUE." if node else ".FALSE.") if isinstance(node, bool) else str(node)
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
