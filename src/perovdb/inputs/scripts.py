"""What the scripts of every scheduler share: a run, and the shell around it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

FOLDERS = "folders.txt"

#: Stands in the folder of every set.
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Run:
    """What a script runs.

    Attributes:
        title: one line; its first words become the name of the job.
        tasks: MPI ranks to ask for.
        hours: wall time to ask for.
        setup: lines of shell before the run, modules among them.
        commands: shell commands; `launch N PROGRAM ...` starts N ranks.
    """

    title: str
    tasks: int
    hours: int
    setup: tuple[str, ...]
    commands: str

    @property
    def name(self) -> str:
        """Name of the job: letters, digits, dots and hyphens."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.title.split(" into ")[0]).strip("-")


def go_to(mark: str, otherwise: str) -> str:
    """Shell that goes to the folder of the script itself, from wherever it was started.

    Args:
        mark: a file of that folder.
        otherwise: the folder as the scheduler tells it, if what runs is a copy of the script.
    """
    return f"""\
# To the folder of this script, from wherever it was started.
folder=$(dirname "${{BASH_SOURCE[0]}}")
[ -e "$folder/{mark}" ] || folder={otherwise}
cd "$folder"
if [ ! -e {mark} ]; then
  echo "$PWD holds no {mark}: go to the folder of this script and start it there" >&2
  exit 1
fi
"""


def body(run: Run, launcher: str, threads: str = "1") -> str:
    """The part of a job script that no scheduler changes.

    Args:
        run: what it runs.
        launcher: command that starts {ranks} MPI ranks.
        threads: of a rank, as the shell says it, unless OMP_NUM_THREADS is set.
    """
    setup = "\n".join(run.setup) or "# (none named in perovdb.toml)"
    return f"""\
# What the code needs on this machine.
{setup}

# Threads of a rank: programs such as cp2k.psmp take all cores for each rank otherwise.
: "${{OMP_NUM_THREADS:={threads}}}"
export OMP_NUM_THREADS

# Starts a number of MPI ranks of a program.
launch() {{
  local ranks=$1
  shift
  {launcher.format(ranks='"$ranks"')} "$@"
}}

{run.commands}"""


def module_lines(modules: list[str], setup: list[str]) -> tuple[str, ...]:
    """Lines that load modules and set up the shell; modules are no friends of `set -u`."""
    load = ["set +u", *(f"module load {shlex.quote(name)}" for name in modules), "set -u"]
    return (*(load if modules else []), *setup)
