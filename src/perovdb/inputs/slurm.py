"""SLURM: the script that runs an input set, and one that runs many as an array."""

from perovdb.inputs.machine import Machine
from perovdb.inputs.scripts import FOLDERS, MANIFEST, Run, body, go_to

SUBMIT = "sbatch"

#: sbatch runs a copy of the script, and SLURM knows of which file; without its word it is the
#: folder that the job was submitted from.
_FOLDER = """\
$(dirname "$(scontrol show job "${SLURM_JOB_ID:-none}" 2> /dev/null |
  sed -n '/^ *Command=/{s///p;q}')")"""

#: Since SLURM 22.05 srun does not take --cpus-per-task from sbatch (from memory).
_THREADS = """\
# One thread a rank, or as many as --cpus-per-task asks for.
if [ -n "${SLURM_CPUS_PER_TASK:-}" ]; then
  export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK
fi
"""


def job_script(run: Run, machine: Machine) -> str:
    """A script for sbatch."""
    launcher = machine.get("slurm", "launcher", "srun --ntasks={ranks}")
    return f"""\
#!/usr/bin/env bash
#SBATCH --job-name={run.name}
#SBATCH --ntasks={run.tasks}
#SBATCH --time={run.hours}:00:00
#SBATCH --output=slurm-%j.out
{_lines(machine)}
# {run.title}
# {run.tasks} MPI ranks: sbatch job.sh
# Submitted again, it goes on from what is there.
set -euo pipefail
{go_to(MANIFEST, _FOLDER)}
{_THREADS}
{body(run, launcher, "${SLURM_CPUS_PER_TASK:-1}")}"""


def array_script(run: Run, folders: int, machine: Machine) -> str:
    """A script for sbatch that runs the job script of each folder in folders.txt."""
    return f"""\
#!/usr/bin/env bash
#SBATCH --job-name={run.name}
#SBATCH --array=1-{folders}
#SBATCH --ntasks={run.tasks}
#SBATCH --time={run.hours}:00:00
#SBATCH --output=slurm-%A_%a.out
{_lines(machine)}
# Runs each folder of {FOLDERS} as one task: sbatch array.sh
set -euo pipefail
{go_to(FOLDERS, _FOLDER)}
cd "$(sed -n "${{SLURM_ARRAY_TASK_ID}}p" {FOLDERS})"
exec bash ./job.sh
"""


def _lines(machine: Machine) -> str:
    return "".join(f"{line}\n" for line in machine.lines("slurm", "lines"))
