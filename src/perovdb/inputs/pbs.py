"""PBS: the script that runs an input set, and one that runs many as an array."""

from perovdb.inputs.machine import Machine
from perovdb.inputs.scripts import FOLDERS, MANIFEST, Run, body, go_to

SUBMIT = "qsub"

#: Older servers refuse longer names.
_LONGEST_NAME = 15

#: qsub runs a copy of the script and does not tell of which file.
_FOLDER = "${PBS_O_WORKDIR:-.}"

#: Without ompthreads PBS sets OMP_NUM_THREADS by the cores of all ranks (from memory).
_RESOURCES = "select=1:ncpus={ranks}:mpiprocs={ranks}:ompthreads=1"


def job_script(run: Run, machine: Machine) -> str:
    """A script for qsub."""
    return f"""\
{_head(run, machine)}
# {run.title}
# {run.tasks} MPI ranks of one thread. Submit from this folder: qsub job.sh
# Submitted again, it goes on from what is there.
set -euo pipefail
{go_to(MANIFEST, _FOLDER)}
{body(run, machine.get("pbs", "launcher", "mpirun -np {ranks}"))}"""


def array_script(run: Run, folders: int, machine: Machine) -> str:
    """A script for qsub that runs the job script of each folder in folders.txt."""
    array = f"#PBS -J 1-{folders}\n" if folders > 1 else ""
    return f"""\
{_head(run, machine)}{array}
# Runs each folder of {FOLDERS} as one task. Submit from this folder: qsub array.sh
# (Torque: write -t for -J.)
set -euo pipefail
{go_to(FOLDERS, _FOLDER)}
index=${{PBS_ARRAY_INDEX:-${{PBS_ARRAYID:-1}}}}
exec bash "$(sed -n "${{index}}p" {FOLDERS})/job.sh"
"""


def _head(run: Run, machine: Machine) -> str:
    resources = machine.get("pbs", "resources", _RESOURCES)
    lines = "".join(f"{line}\n" for line in machine.lines("pbs", "lines"))
    return f"""\
#!/usr/bin/env bash
#PBS -N {run.name[:_LONGEST_NAME].rstrip("-.")}
#PBS -l {resources.format(ranks=run.tasks)}
#PBS -l walltime={run.hours}:00:00
#PBS -j oe
{lines}"""
