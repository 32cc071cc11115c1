"""How a user's machine runs the codes: commands, modules, accounts, out of `perovdb.toml`.

    [vasp]                       # also [cp2k] and [qe]
    command = "vasp_std"         # one program; qe: neb and pw, the programs neb.x and pw.x
    ncl = "vasp_ncl"             # vasp: the program for spin-orbit coupling
    ncore = 4                    # vasp: ranks that share a band; kpar groups of k-points
    npool = 2                    # qe: groups of k-points
    modules = ["VASP/6.4.2"]     # loaded before the run
    setup = ["ulimit -s unlimited"]
    potentials = "/data/potcars" # vasp: library of POTCARs; qe: folder of pseudopotentials

    [slurm]                      # also [pbs] and [bash]
    lines = ["#SBATCH --partition=long", "#SBATCH --account=x"]
    launcher = "srun --ntasks={ranks}"   # what starts the programs, containers among it
    resources = "select=1:ncpus={ranks}:mpiprocs={ranks}"   # pbs only

Every key may be left out. A rank has one thread, unless `setup` exports OMP_NUM_THREADS or the
lines of SLURM ask for --cpus-per-task.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Any

from perovdb.errors import InputError
from perovdb.files.reading import read_text

NAME = "perovdb.toml"

_CODE_KEYS: dict[str, type] = {"modules": list, "setup": list}
#: Keys that name one program.
_PROGRAMS = ("command", "ncl", "neb", "pw")
#: Signs in the name of a folder or program that end a quoted text or a shell's default value, or
#: look as if a shell would expand them.
_QUOTES = frozenset("\"'`$\\{}")

#: Ranks or k-points are shared out to no more groups than this.
_MOST_GROUPS = 100_000

_KEYS: dict[str, dict[str, type]] = {
    "vasp": {
        "command": str,
        "ncl": str,
        "potentials": str,
        "ncore": int,
        "kpar": int,
        **_CODE_KEYS,
    },
    "cp2k": {"command": str, **_CODE_KEYS},
    "qe": {"neb": str, "pw": str, "potentials": str, "npool": int, **_CODE_KEYS},
    "slurm": {"lines": list, "launcher": str},
    "pbs": {"lines": list, "launcher": str, "resources": str},
    "bash": {"launcher": str},
}


@dataclass(frozen=True)
class Machine:
    """What `perovdb.toml` says, by table; nothing by default.

    Attributes:
        tables: by name.
        file: it was read from, as it is to be named.
    """

    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    file: str | None = None

    def get(self, table: str, key: str, default: str) -> str:
        """A text, or the default where none is given."""
        return str(self.tables.get(table, {}).get(key, default))

    def lines(self, table: str, key: str) -> list[str]:
        """A list of texts, empty where none is given."""
        return list(self.tables.get(table, {}).get(key, []))

    def notes(self, code: str, scheduler: str) -> list[str]:
        """That a file was used for a set, and which lines of its own the set will run."""
        used = [f"[{table}]" for table in (code, scheduler) if self.tables.get(table)]
        if self.file is None or not used:
            return []
        kind = "of the working folder " if os.path.dirname(self.file) == "" else ""
        free = [
            f"{table}.{key} = {self.tables[table][key]!r}"
            for table, key in ((code, "setup"), (scheduler, "lines"), (scheduler, "launcher"))
            if self.tables.get(table, {}).get(key)
        ]
        runs = f"; job.sh takes these lines from it as they are: {'; '.join(free)}" if free else ""
        return [f"{self.file} {kind}says how the code is run, {' and '.join(used)}{runs}"]

    def array_notes(self, scheduler: str) -> list[str]:
        """That array.sh of a scheduler runs lines of a file."""
        lines = self.lines(scheduler, "lines")
        if self.file is None or not lines:
            return []
        return [f"array.sh takes these lines from {self.file} as they are: {lines}"]


def find_machine() -> Machine:
    """The machine of `perovdb.toml` in the working directory, else of that in
    `$XDG_CONFIG_HOME/perovdb` (`~/.config/perovdb`), else one of defaults.

    Raises:
        InputError: the file cannot be read or has keys that mean nothing here.
    """
    # Without a home, as of a user whom the system does not know, "~" stays and names no folder.
    config = Path(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"))
    for path in (Path(NAME), config / "perovdb" / NAME):
        if path.is_file():
            return read_machine(path)
    return Machine()


def read_machine(path: str | os.PathLike[str]) -> Machine:
    """The machine that a file describes.

    Raises:
        InputError: as `find_machine`.
    """
    try:
        tables = tomllib.loads(read_text(path, "settings"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {error}.", "Mend it or remove it.") from error
    for table, keys in tables.items():
        if table not in _KEYS or not isinstance(keys, dict):
            raise InputError(f"{path}: [{table}] means nothing.", _nearest(table, list(_KEYS)))
        for key, value in keys.items():
            kind = _KEYS[table].get(key)
            if kind is None:
                raise InputError(
                    f"{path}: [{table}] has no key '{key}'.", _nearest(key, list(_KEYS[table]))
                )
            if kind is int:
                if type(value) is not int or not 1 <= value <= _MOST_GROUPS:
                    raise InputError(
                        f"{path}: {table}.{key} cannot be {value!r}.",
                        f"Give a whole number from 1 to {_MOST_GROUPS}.",
                    )
                continue
            texts = value if isinstance(value, list) else [value]
            if not isinstance(value, kind) or not all(isinstance(text, str) for text in texts):
                raise InputError(
                    f"{path}: {table}.{key} cannot be {value!r}.",
                    "Give a list of texts." if kind is list else "Give a text.",
                )
            _check_use(path, table, key, value)
    return Machine(tables, os.fspath(path))


def _check_use(path: str | os.PathLike[str], table: str, key: str, value: Any) -> None:
    """Refuse what the job scripts could not run, or would run where a name is asked for.

    Raises:
        InputError: a text is more than one line, a program is several words, a folder holds what
            would be expanded or end a quoted text, or a launcher or resource has other fields.
    """
    for text in value if isinstance(value, list) else [value]:
        if not text.replace("\t", " ").isprintable():
            raise InputError(
                f"{path}: {table}.{key} is one printable line, not {text!r}.",
                "Give each line as a text of its own in a list."
                if isinstance(value, list)
                else "Take line breaks and control characters out.",
            )
    if key in _PROGRAMS and len(value.split()) != 1:
        raise InputError(
            f"{path}: {table}.{key} is the name of one program, not {value!r}.",
            "Name what starts it in [slurm], [pbs] or [bash], such as "
            'launcher = "mpirun -np {ranks}".',
        )
    if key in ("potentials", *_PROGRAMS) and (_QUOTES & set(value) or value.startswith("~")):
        raise InputError(
            f"{path}: {table}.{key} goes into scripts as it is, and cannot be {value!r}.",
            "Write the path in full, without ~, $, braces, quotes and backslashes.",
        )
    if key in ("launcher", "resources"):
        try:
            fields = {tuple(field) for _, *field in Formatter().parse(value)} - {
                (None, None, None)
            }
        except ValueError:
            fields = {("a brace alone",)}
        if fields - {("ranks", "", None)}:
            raise InputError(
                f"{path}: {table}.{key} cannot be {value!r}.",
                "Write {ranks} for the number of ranks, as it is, and {{ }} for braces.",
            )


def _nearest(word: str, names: list[str]) -> str:
    near = get_close_matches(word, names, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else f"Choose one of: {', '.join(names)}."
