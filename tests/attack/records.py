"""The records that perovdb leaves in files, altered: names become code, ions others, charges
wrong. What is read of them goes on into an input set, whose scripts are run by a real shell."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb as command
from tests.attack.guard import MARKER
from tests.attack.models import ENDINGS, models
from tests.attack.structures import check

import perovdb
from perovdb.errors import PerovdbError
from perovdb.structures.files.reading import read_structure

Record = dict[str, Any]

#: Each would make a file called MARKER, were it run; the lines among them, were they lines.
CODE = (
    f"$(touch {MARKER})", f"`touch {MARKER}`", f"I\ntouch {MARKER}\n", f"I\rtouch {MARKER}\r",
    f"';touch {MARKER};'", f'";touch {MARKER};"', f"I;touch {MARKER}", f"I|touch {MARKER}",
    f"I&&touch {MARKER}", f"I\u2028touch {MARKER}", f"I\x85touch {MARKER}", f"I\x0btouch {MARKER}",
    f"\\\ntouch {MARKER} #", f"x)\ntouch {MARKER} #", f"${{x:=$(touch {MARKER})}}",
    f"EOF\ntouch {MARKER}\n", f"@setup@\n@title@ $(touch {MARKER})", f"{{0.{MARKER}}}",
    f"&END\n{MARKER} = 1\n", f"/\n{MARKER} = 1\n&x", f"!\n{MARKER} = 1", f"I\n{MARKER} = 1",
    f"\x1b]0;{MARKER}\x07", f"\x1b[2J{MARKER}", f"\u202e{MARKER}", "~", "-rf", "*", "", "x" * 9999,
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 7, 10**30, 1e308, float("nan"), float("-inf"), "", [], {}, "x", [[]]),
    *([["Cs", 10**9]], [["Cs", -1]], [["Cs", 1.5]], {"a": {"b": {}}}, 10**4000, "Rb", "A", "Z"),
)


def altered(rng: Random, record: Record) -> Record:
    """A record with something of it put otherwise, and perhaps something more of what is left."""
    rng.choice(_CHANGES)(rng, record)
    if rng.random() < 0.3:
        with contextlib.suppress(LookupError, TypeError, AttributeError):
            rng.choice(_CHANGES)(rng, record)
    return record


def _renamed(rng: Random, record: Record) -> None:
    """An ion is called another, or something that a shell would run."""
    runs = record["ions"]
    rng.choice(runs)[0] = rng.choice((*CODE, "Rb", "Br", "MA", "Sn", "Pb", "cs", "Cs1", "Xx"))


def _role(rng: Random, record: Record) -> None:
    rng.choice(record["roles"])[0] = rng.choice((*CODE, "A", "B", "X", "L", "Q"))


def _charge(rng: Random, record: Record) -> None:
    record["charge"] = rng.choice((-8, -2, -1, 0, 1, 2, 7, 337, 1.0, "1", None, 10**30))


def _counts(rng: Random, record: Record) -> None:
    run = rng.choice(record[rng.choice(("elements", "roles", "ions", "molecules"))])
    run[1] = rng.choice((0, -1, 1, run[1] + 1, 10**9, 10**30, "8", 1.5, None))


def _text(rng: Random, record: Record) -> None:
    """What a step says of itself, which titles repeat."""
    step = rng.choice(record["history"])
    step[rng.choice(("text", "step", "atoms"))] = rng.choice(CODE)
    if rng.random() < 0.3:
        step["notes"] = rng.choices(CODE, k=2)


def _arguments(rng: Random, record: Record) -> None:
    arguments = rng.choice(record["history"])["arguments"]
    name = rng.choice([*arguments, "path", "x", "__class__"])
    arguments[name] = rng.choice((*CODE, *_VALUES, "/etc/passwd"))


def _value(rng: Random, record: Record) -> None:
    record[rng.choice(list(record))] = rng.choice(_VALUES)


def _cell(rng: Random, record: Record) -> None:
    record["lattice_A"][rng.randrange(3)][rng.randrange(3)] = rng.choice(
        (0, 5.0, -6.3, 1e308, "x")
    )


def _along(rng: Random, record: Record) -> None:
    record["pbc"] = rng.choice(([False] * 3, [True, True, False], [1, 1, 1], ["x"] * 3, [True]))


def _deep(rng: Random, record: Record) -> None:
    inside: Any = []
    for _ in range(rng.choice((50, 900))):
        inside = [inside]
    record[rng.choice(list(record))] = inside


_CHANGES: tuple[Callable[[Random, Record], None], ...] = (
    *(_renamed, _renamed, _role, _charge, _charge, _counts, _text, _text, _arguments, _value),
    *(_cell, _along, _deep),
)


def with_record(text: str, ending: str, change: Callable[[Record], Record]) -> str:
    """The text of a file, its record changed."""

    def again(line: str) -> str:
        return json.dumps(change(json.loads(line)), separators=(",", ":"))

    match ending:
        case ".json":
            content = json.loads(text)
            content["properties"]["perovdb"] = change(content["properties"]["perovdb"])
            return json.dumps(content)
        case ".xyz":
            head = re.search(r'perovdb="_JSON ((?:[^"\\]|\\.)*)"', text)
            assert head
            line = again(re.sub(r"\\(.)", r"\1", head[1]))
            escaped = line.replace("\\", "\\\\").replace('"', '\\"')
            return f'{text[: head.start()]}perovdb="_JSON {escaped}"{text[head.end() :]}'
        case ".vasp":
            first, _, rest = text.partition("\n")
            title, _, line = first.partition("# perovdb ")
            return f"{title}# perovdb {again(line)}\n{rest}"
    lines = re.findall(r"^# perovdb (.*)\n", text, re.MULTILINE)
    at = text.index("# perovdb ")
    rest = re.sub(r"^# perovdb .*\n", "", text, flags=re.MULTILINE)
    return f"{rest[:at]}# perovdb {again(''.join(lines))}\n{rest[at:]}"


def attack(rng: Random, folder: Path) -> str:
    """A model whose record was altered; its atoms are as they were."""
    model, ending = rng.choice(models()), rng.choice(ENDINGS)
    path = folder / f"model{ending}"
    text = with_record(model.texts[ending], ending, lambda record: altered(rng, record))
    path.write_text(text, "utf-8", errors="surrogatepass")
    try:
        structure = read_structure(path)
    except PerovdbError:
        return "refused"
    check(structure, model)
    history = structure.properties["history"]
    if rng.random() < 0.1:
        command("read", path.name, rng.choice(("--json", "-omodel2.qe", "-oPOSCAR")))
    if rng.random() < 0.1:
        with contextlib.suppress(PerovdbError):
            perovdb.rebuild(history)
    if rng.random() < 0.2 and model is models()[0]:
        write_and_run(rng, path, folder)
        return "written and run"
    believed = history[0]["step"] != "read_structure"
    return "believed as far as it is true" if believed else "not believed"


# ------------------------------------------------------------------ what a shell makes of it


def write_and_run(rng: Random, path: Path, folder: Path) -> None:
    """Write an input set and run its scripts; programs that they start are not there.

    Raises:
        Finding: a line of a file is one of those that were drawn.
    """
    code, scheduler = rng.choice(("vasp", "cp2k", "qe")), rng.choice(("bash", "slurm", "pbs"))
    answer = command(
        *("neb", path.name, "--species", "I", "--size", "2", "--images", "1", "--code", code),
        *("--scheduler", scheduler, "--preset", "quick", "-o", "set"),
    )
    if answer.refused:
        return
    run_set(folder / "set")


def run_set(place: Path) -> None:
    """Look at every line of an input set, and run its scripts with programs that do nothing.

    Raises:
        Finding: a line is one of those that were drawn. What is run is found by its marker.
    """
    for file in place.rglob("*"):
        if file.is_file():
            for line in re.split(r"[\n\r\x0b\x0c\x85\u2028]", file.read_text("utf-8")):
                if re.match(rf"\s*(touch {MARKER}|{MARKER}\s*=)", line):
                    raise Finding(f"{file.name} has the line {line!r}")
    programs = place.parent / "programs"
    programs.mkdir(exist_ok=True)
    for name in (
        "srun",
        "mpirun",
        "mpiexec",
        "vasp_std",
        "vasp_gam",
        "cp2k.psmp",
        "pw.x",
        "neb.x",
    ):
        (programs / name).write_text("#!/bin/sh\nexit 0\n")
        (programs / name).chmod(0o755)
    for script in sorted(place.rglob("*.sh")):
        subprocess.run(
            ["bash", script.name],
            cwd=script.parent,
            env={"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(place.parent), "TERM": "dumb"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=10,
            check=False,
        )


CAMPAIGN = Campaign(
    kind="records",
    throws="records in files: names that are code, other ions, charges, cells, steps",
    promise="a record is believed only as far as the atoms bear it out; no text of it is run",
    attack=attack,
    full=1_200,
    short=50,
    words={
        *("refused", "not believed", "believed as far as it is true", "written and run"),
    },
    seconds=30,
    prepare=models,
    starts_processes=True,
)
