"""Texts that go into scripts and inputs: of perovdb.toml, of --set, of a study, names of files.
What is written is run by a real shell."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import Answer, perovdb
from tests.attack.guard import MARKER
from tests.attack.models import models
from tests.attack.records import CODE, run_set

#: Without spaces, as the name of a program is.
_WORDS = (
    f"vasp$(touch${{IFS}}{MARKER})", f"a;touch${{IFS}}{MARKER}", f"a|touch\t{MARKER}",
    f"}}>{MARKER}", f"a>{MARKER}", f"x}}\";touch${{IFS}}{MARKER};\"${{y", f"a&&>{MARKER}",
    f"`touch${{IFS}}{MARKER}`", f"/data/$(>{MARKER})", f"'>{MARKER}'", f"~/../{MARKER}",
    f"$PWD>{MARKER}", "*", "-n", "--", "#",
)  # fmt: skip
#: Tables of perovdb.toml -> keys whose texts are names, and are never shell.
_NAMES = {
    "vasp": ("command", "potentials", "modules"),
    "cp2k": ("command", "modules"),
    "qe": ("neb", "pw", "potentials", "modules"),
}
_SETTINGS = {
    "vasp": ("SYSTEM", "ENCUT", "ALGO", "GGA", "LREAL", "PREC", "mesh", "NELECT", "x y"),
    "cp2k": ("CUTOFF", "BASIS_SET", "functional", "cutoff_Ry", "family", "XC"),
    "qe": ("ecutwfc", "prefix", "pseudo_dir", "title", "outdir", "occupations"),
}


def attack(rng: Random, folder: Path) -> str:
    """A set whose settings, machine, names or study hold what a shell would run."""
    code = rng.choice(tuple(_NAMES))
    scheduler = rng.choice(("bash", "slurm", "pbs"))
    source = ["CsPbI3", "--phase", "alpha"]
    arguments: list[str] = []
    match rng.randrange(5):
        case 0 | 1:
            _machine(rng, code)
        case 2:
            for _ in range(rng.choice((1, 2))):
                key = rng.choice(_SETTINGS[code])
                value = rng.choice((*CODE, *_WORDS)).replace("\0", "")
                arguments += ["--set", f"{key}={value}"]
        case 3:
            source = [_file(rng)]
        case 4:
            return _judged(_study(rng, code, scheduler), folder / "study")
    answer = perovdb(
        *("neb", *source, "--species", "I", "--images", "1", "--code", code, *arguments),
        *("--scheduler", scheduler, "--preset", "quick", "-o", "set"),
    )
    return _judged(answer, folder / "set")


def _judged(answer: Answer, place: Path) -> str:
    # A study that could write some of its sets says what became of the others.
    if place.exists() and (not answer.refused or place.name == "study"):
        run_set(place)
        return "written and run"
    if place.exists():
        raise Finding(f"refused, and {place.name} is there: {answer.err}")
    return "refused"


def _machine(rng: Random, code: str) -> None:
    """A perovdb.toml in the folder in which one works."""
    lines = [f"[{code}]"]
    for key in rng.sample(_NAMES[code], rng.choice((1, 2))):
        text = rng.choice((*CODE, *_WORDS, *_WORDS))
        # What JSON writes is read by TOML.
        value = json.dumps(text if key != "modules" else [text])
        lines.append(f"{key} = {value}")
    Path("perovdb.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _file(rng: Random) -> str:
    """A structure under a name that a shell would run."""
    text = rng.choice((*CODE, *_WORDS)).replace("/", "_").replace("\0", "")[:100]
    name = f"{text}.cif"
    Path(name).write_text(models()[0].texts[".cif"], "utf-8")
    return f"./{name}" if name.startswith("-") else name


def _study(rng: Random, code: str, scheduler: str) -> Answer:
    """A study one of whose choices holds what a shell would run."""
    choices = {
        "code": code, "scheduler": scheduler, "phase": "alpha", "preset": "quick", "images": 1,
    }  # fmt: skip
    hop = {"formula": "CsPbI3", "species": "I"}
    table = rng.choice((choices, hop, hop))
    text = rng.choice((*CODE, *_WORDS, "../../x", "/etc/passwd"))
    table[rng.choice([*table, "size", "end", "file", "into", "neutral", "path", "order"])] = text
    if rng.random() < 0.3:
        hop["settings"] = {rng.choice(_SETTINGS[code]): text}
    lines = [f"{key} = {json.dumps(value)}" for key, value in choices.items()]
    lines += ["[[hops]]", *(f"{key} = {_toml(value)}" for key, value in hop.items())]
    Path("study.toml").write_text("\n".join(lines) + "\n", "utf-8")
    return perovdb("neb", "study.toml", "-o", "study")


def _toml(value: object) -> str:
    if isinstance(value, dict):
        inside = (f"{json.dumps(key)} = {json.dumps(one)}" for key, one in value.items())
        return "{" + ", ".join(inside) + "}"
    return json.dumps(value)


CAMPAIGN = Campaign(
    kind="scripts",
    throws="perovdb.toml, --set, studies and names of files with shell in their texts",
    promise="a name is a name: what goes into scripts and inputs is quoted or refused, never run",
    attack=attack,
    full=600,
    short=20,
    words={"refused", "written and run"},
    seconds=30,
    prepare=models,
    starts_processes=True,
)
