"""Schedulers: SLURM, PBS and a plain shell; the scripts that run one input set, or many.

The shell itself stands in the folder `shell`, with @names@ for what differs from set to set.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from perovdb.errors import InputError, check_choice
from perovdb.files.labels import one_line
from perovdb.inputs.machine import Machine
from perovdb.inputs.manifest import MANIFEST, Manifest

if TYPE_CHECKING:
    from perovdb.inputs.job import Job

JOB_SCRIPT = "job.sh"
ARRAY_SCRIPT = "array.sh"
FOLDERS = "folders.txt"


_SHELL = files("perovdb.inputs") / "shell"


class Scheduler(NamedTuple):
    """A scheduler: how a job is handed to it, and what holds where `perovdb.toml` is silent.

    Attributes:
        submit: command that takes a script.
        launcher: starts MPI ranks.
        folder: the folder of the script, where what runs is a copy of it.
        threads: of a rank, as the shell says it.
        longest_name: of a job; None for any length.
    """

    submit: str
    launcher: str
    folder: str = "."
    threads: str = "1"
    longest_name: int | None = None


SCHEDULERS = {
    "slurm": Scheduler(
        submit="sbatch",
        launcher="srun --ntasks={ranks}",
        # sbatch runs a copy of the script, and SLURM knows of which file; without its word it is
        # the folder that the job was submitted from.
        folder="""\
$(dirname "$(scontrol show job "${SLURM_JOB_ID:-none}" 2> /dev/null |
  sed -n '/^ *Command=/{s///p;q}')")""",
        threads="${SLURM_CPUS_PER_TASK:-1}",
    ),
    "pbs": Scheduler(
        submit="qsub",
        launcher="mpirun -np {ranks}",
        # qsub runs a copy of the script and does not tell of which file.
        folder="${PBS_O_WORKDIR:-.}",
        # Older servers refuse longer names.
        longest_name=15,
    ),
    "bash": Scheduler(submit="bash", launcher="mpirun -np {ranks}"),
}

#: Without ompthreads PBS sets OMP_NUM_THREADS by the cores of all ranks (from memory).
_RESOURCES = "select=1:ncpus={ranks}:mpiprocs={ranks}:ompthreads=1"


@dataclass(frozen=True)
class Script:
    """What a job script runs.

    Attributes:
        title: one line; its first words become the name of the job.
        ranks: MPI ranks to ask for.
        hours: wall time to ask for.
    """

    title: str
    ranks: int
    hours: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", one_line(self.title))

    @property
    def name(self) -> str:
        """Name of the job: letters, digits, dots and hyphens."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", self.title.split(" into ")[0]).strip("-")


def shell(template: str, /, **values: object) -> str:
    """A text of the folder `shell` with its @names@ filled in."""
    text = (_SHELL / f"{template}.sh").read_text(encoding="utf-8")
    return re.sub("@([a-z0-9_]+)@", lambda match: str(values[match[1]]).rstrip("\n"), text)


def again(job: Job) -> str:
    """Shell that has the images made anew between the relaxed ends; empty where they are not
    those of a path between ends that are relaxed first."""
    return shell("again") if job.made_again else ""


def job_script(script: Script, commands: str, code: str, scheduler: str, machine: Machine) -> str:
    """The script that runs a set.

    Args:
        script: what it asks for.
        commands: shell commands; `launch N PROGRAM ...` starts N ranks.
        code: whose modules and setup the machine tells.
        scheduler: a key of SCHEDULERS.
        machine: how the codes are started.
    """
    settings = SCHEDULERS[scheduler]
    modules = [f"module load {shlex.quote(name)}" for name in machine.lines(code, "modules")]
    # Modules are no friends of `set -u`.
    load = ["set +u", *modules, "set -u"] if modules else []
    setup = [*load, *machine.lines(code, "setup")] or ["# (none named in perovdb.toml)"]
    launcher = machine.get(scheduler, "launcher", settings.launcher)
    launch = shell(
        "launch",
        setup="\n".join(setup),
        threads=settings.threads,
        launcher=launcher.format(ranks='"$ranks"'),
        commands=commands,
    )
    return _filled(f"{scheduler}_job", script, scheduler, machine, MANIFEST, launch=launch)


def array_files(
    folders: Sequence[str],
    manifests: Sequence[Manifest],
    title: str,
    scheduler: str = "slurm",
    machine: Machine | None = None,
) -> dict[str, str]:
    """The script that runs the job script of many sets, and the list of their folders.

    Args:
        folders: of the sets, relative to that of the script.
        manifests: of the same sets, for their ranks and hours: the most of each is asked for.
        title: what the sets are.
        scheduler: "slurm", "pbs" or "bash".
        machine: how the codes are started; plain commands by default.

    Raises:
        InputError: there is no set, a folder's name has a line break, or no such scheduler.
    """
    check_choice(scheduler, SCHEDULERS, "not a scheduler")
    if not folders or any("\n" in folder for folder in folders):
        raise InputError("These folders make no array of jobs.", "Name one folder or more.")
    script = Script(title, max(m.ranks for m in manifests), max(m.hours for m in manifests))
    known = machine or Machine()
    text = _filled(f"{scheduler}_array", script, scheduler, known, FOLDERS, count=len(folders))
    return {ARRAY_SCRIPT: sealed(text), FOLDERS: "".join(f"{folder}\n" for folder in folders)}


#: Begins the last line of a script that may be written anew as long as nobody edits it.
_SEAL = "# perovdb wrote the lines above; their SHA-256: "


def sealed(text: str) -> str:
    """A script with its own digest in a last line."""
    return f"{text}{_SEAL}{sha256(text.encode()).hexdigest()}\n"


def is_sealed(script: str) -> bool:
    """Whether a script stands as `sealed` made it."""
    text, seal, _ = script.rpartition(_SEAL)
    return bool(seal) and script == sealed(text)


def _filled(
    template: str, script: Script, scheduler: str, machine: Machine, mark: str, **values: object
) -> str:
    """A script of a scheduler; `mark` is a file of its folder."""
    settings = SCHEDULERS[scheduler]
    lines = list(machine.lines(scheduler, "lines"))
    if scheduler == "pbs" and int(str(values.get("count", 1))) > 1:
        lines.append(f"#PBS -J 1-{values['count']}")
    resources = machine.get(scheduler, "resources", _RESOURCES)
    return shell(
        template,
        title=script.title,
        name=script.name[: settings.longest_name].rstrip("-."),
        ranks=script.ranks,
        hours=script.hours,
        lines="".join(f"\n{line}" for line in lines),
        resources=resources.format(ranks=script.ranks),
        own_folder=shell("own_folder", mark=mark, otherwise=settings.folder),
        **values,
    )
