"""CP2K: one band input and a replica file for each image. Endpoints are relaxed in the band."""

from __future__ import annotations

from typing import Any

from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.inputs.job import NebJob

INPUT = "neb.inp"
PROJECT = "neb"


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
    return files


def notes(job: NebJob) -> list[str]:
    """The sampling, which CP2K users choose by the size of the cell."""
    shortest = min(job.path.images[0].lattice.abc)
    note = f"CP2K samples the Gamma point only; the shortest cell vector is {shortest:.1f} A"
    return [note + (": take a larger --size" if shortest < GAMMA_ENOUGH_A else "")]


def tasks(job: NebJob) -> int:
    """MPI ranks of the band: all replicas at once, the endpoints are relaxed too."""
    return job.ranks_per_image * len(job.path.images)


def run_commands(job: NebJob) -> str:
    """Shell commands that run the set."""
    most = job.preset.values("")["MAX_STEPS"]
    return f"""\
# Command that starts CP2K under MPI.
: "${{CP2K:=cp2k.psmp}}"

srun "$CP2K" -i {INPUT} -o {PROJECT}.out

# CP2K goes on after an SCF that failed: say so.
if grep -q "SCF run NOT converged" {PROJECT}*.out; then
  echo "some SCF did not converge: the barrier cannot be trusted" >&2
  exit 1
fi

# CP2K ends at the last step without a word: a band that took them all did not come to rest.
steps=$(awk '/STEP NUMBER  *=/ {{ n = $NF }} END {{ print n + 0 }}' {PROJECT}.out)
if [ "$steps" -eq 0 ] || [ "$steps" -ge {most} ]; then
  echo "the band did not converge in $steps steps: go on from {PROJECT}-1.restart" >&2
  exit 1
fi
"""


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
            "OPTIMIZE_END_POINTS": True,
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
        "XC": {
            f"XC_FUNCTIONAL {values['XC_FUNCTIONAL']}": {},
            "VDW_POTENTIAL": {
                "POTENTIAL_TYPE": "PAIR_POTENTIAL",
                "PAIR_POTENTIAL": {
                    "TYPE": values["VDW_TYPE"],
                    "PARAMETER_FILE_NAME": values["VDW_PARAMETER_FILE_NAME"],
                    "REFERENCE_FUNCTIONAL": values["XC_FUNCTIONAL"],
                    "R_CUTOFF": values["D3_CUTOFF_A"],
                },
            },
        },
    }


def _subsys(job: NebJob, values: dict[str, Any], first: str) -> dict[str, Any]:
    matrix = job.path.images[0].lattice.matrix
    rows = {
        name: " ".join(f"{length:.10f}" for length in row)
        for name, row in zip("ABC", matrix, strict=True)
    }
    kinds = {
        f"KIND {element}": {
            "BASIS_SET": values["BASIS_SET"],
            "POTENTIAL": potential.symbol,
        }
        for element, potential in job.potentials.items()
    }
    return {
        "CELL": {**rows, "PERIODIC": "XYZ"},
        "TOPOLOGY": {"COORD_FILE_NAME": first, "COORD_FILE_FORMAT": "XYZ"},
        **kinds,
    }


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
