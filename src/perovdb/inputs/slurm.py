"""SLURM: the script that runs an input set on a cluster."""

import re


def job_script(title: str, tasks: int, hours: int, commands: str) -> str:
    """A script for sbatch.

    Args:
        title: what runs; its first words become the name of the job.
        tasks: MPI ranks.
        hours: wall time.
        commands: shell commands of the run.
    """
    name = re.sub(r"[^A-Za-z0-9.]+", "-", title.split(" into ")[0]).strip("-")
    return f"""\
#!/usr/bin/env bash
#SBATCH --job-name={name}
#SBATCH --ntasks={tasks}
#SBATCH --time={hours}:00:00
#SBATCH --output=slurm-%j.out

# {title}
# Submit from this folder: sbatch job.sh
set -euo pipefail

# Load the code here, for example: module load vasp, or module load cp2k

{commands}"""
