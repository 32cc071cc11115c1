"""A plain shell: the script that runs an input set, and one that runs many in a row."""

from perovdb.inputs.machine import Machine
from perovdb.inputs.scripts import FOLDERS, Run, body

SUBMIT = "bash"


def job_script(run: Run, machine: Machine) -> str:
    """A script to start by hand."""
    return f"""\
#!/usr/bin/env bash
# {run.title}
# {run.tasks} MPI ranks of one thread: bash job.sh
# Started again, it goes on from what is there.
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"

{body(run, machine.get("bash", "launcher", "mpirun -np {ranks}"))}"""


def array_script(run: Run, folders: int, machine: Machine) -> str:
    """A script that runs the job script of each folder in folders.txt, and names what failed."""
    return f"""\
#!/usr/bin/env bash
# Runs the {folders} folders of {FOLDERS}, one after the other: bash array.sh
set -euo pipefail
cd "$(dirname "${{BASH_SOURCE[0]}}")"
failed=0
while IFS= read -r folder; do
  bash "$folder/job.sh" < /dev/null || {{
    echo "$folder failed" >&2
    failed=1
  }}
done < {FOLDERS}
exit "$failed"
"""
