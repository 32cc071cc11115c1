"""Names of files: planted links, pipes, devices, folders in place of files, studies that
lead out of their tree. Nothing that is there changes, and what is refused leaves nothing."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.models import models
from tests.results.bands import FIXTURES

#: Names that a person or a table may give.
_STRANGE = (
    *(
        "",
        ".",
        "..",
        "/",
        "//",
        "~",
        "-",
        "--",
        "-o",
        "*",
        "?",
        "a b",
        "a'b",
        'a"b',
        "$HOME",
        "%s",
    ),
    *("a\nb", "a\tb", "\x1b[2J", "\u202etxt", "\u200b", "é", "😀", "a\x7f", "a\x85b", "\udcff"),
    *("x" * 255, "x" * 300, "y/" * 3000, "nowhere/x", "canary/x", "link/../x", "/proc/self/mem"),
    *(
        "/dev/null",
        "/dev/full",
        "/dev/zero",
        "/dev/stdin",
        "pipe",
        "loop",
        "folder",
        "link",
        "dead",
    ),
)
_ENDINGS = ("", ".cif", ".csv", ".png", ".vasp", ".sqlite", ".toml", ".gz", ".json", ".xyz")

_STUDY = """\
code = "qe"
preset = "quick"
phase = "alpha"
images = 1
[[hops]]
formula = "CsPbI3"
species = "I"
"""


#: The arguments of a command, and the name of what it may make, "" if it makes nothing.
Line = tuple[list[str], str]


def attack(rng: Random, folder: Path) -> str:
    """One command, in a folder with traps."""
    _plant(rng)
    arguments, asked = rng.choice(_COMMANDS)(rng)
    place = os.path.relpath(os.path.realpath(asked)) if asked else "nothing"
    before = _state(folder)
    answer = perovdb(*arguments)
    after = _state(folder)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        # A study brings its table of contents up to date.
        if name in before and not name.startswith("study/"):
            raise Finding(f"{name!r} was changed: {answer}")
        if name != place and not name.startswith(place + "/"):
            raise Finding(f"{name!r} was left beside {place!r}: {answer}")
    # A study keeps what it could write.
    if answer.refused and after != before and place != "study":
        raise Finding(f"refused, and {sorted(after.keys() - before.keys())} is there: {answer}")
    return answer.word


def _plant(rng: Random) -> None:
    """Traps: what is outside, and links to it under the names that are written to."""
    for place in ("outside", "folder"):
        Path(place).mkdir()
    for canary in ("outside/canary", "folder/canary", "canary"):
        Path(canary).write_text("a year of work\n")
    for link, target in (("loop", "loop"), ("link", "outside"), ("dead", "outside/new")):
        Path(link).symlink_to(target)
    os.mkfifo("pipe")
    for ending in _ENDINGS[1:]:
        target = rng.choice(("outside/canary", "outside/new", "loop", "nowhere/at/all"))
        Path(f"linked{ending}").symlink_to(target)
        for part in (f"new{ending}.part{os.getpid()}", f".new{ending}.part", f"new{ending}.part"):
            Path(part).symlink_to("outside/canary")
    for ending in (".cif", ".vasp", ".xyz"):
        Path(f"model{ending}").write_text(models()[0].texts[ending], "utf-8")
    Path("study.toml").write_text(_STUDY)


def _state(folder: Path) -> dict[str, str]:
    """Every name below a folder, and what stands there."""
    found = {}
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            what = (
                f"-> {os.readlink(path)}"
                if path.is_symlink()
                else f"{path.stat().st_ino} {path.read_bytes()!r}"
                if path.is_file()
                else "folder"
            )
            found[str(path.relative_to(folder))] = what
    return found


def _name(rng: Random, *endings: str) -> str:
    """A name of a file: new, a planted link or strange."""
    ending = rng.choice(endings or _ENDINGS)
    return rng.choice(
        ("new" + ending, "linked" + ending, rng.choice(_STRANGE) + ending, rng.choice(_STRANGE))
    )


def _writes(rng: Random) -> Line:
    """A command that writes the file that it is told."""
    lines = (
        (["read", "model.cif", "-o"], (".cif", ".vasp", ".xyz", ".json")),
        (["build", "CsPbI3", "--phase", "alpha", "-o"], (".cif", ".vasp", ".json")),
        (["supercell", "model.vasp", "--size", "1", "-o"], (".cif", ".xyz")),
        (["screen", "Cs,FA | Pb | I", "--step", "0.5", "-o"], (".csv",)),
        (["xrd", "model.cif", "--curve"], (".csv",)),
        (["tolerance", "CsPbI3", "--plot"], (".png",)),
        (["store", "init"], (".sqlite", "")),
    )
    line, endings = rng.choice(lines)
    name = _name(rng, *endings).lstrip("/")
    return [*line, name], name


def _reads(rng: Random) -> Line:
    """A command that reads the file that it is told."""
    name = _name(rng)
    line = rng.choice(
        (
            ["read", name], ["octahedra", name], ["xrd", name], ["hops", name, "--species", "I"],
            ["arrhenius", name], ["barrier", name], ["store", "check", name],
            ["neb", name, "-o", "x"],
            ["store", "info", "--store", name], ["show", "CsPbI3", "--store", name],
            ["store", "add", name, name], ["store", "migrate", name],
            ["read", "model.cif", "--style", name], ["infer", "--a", "6.1", name],
            ["identify", name], ["neb", "model.cif", "--end", name, "--code", "qe", "-o", "x"],
            ["xrd", "model.cif", "--measured", name],
        )
    )  # fmt: skip
    return line, "x"


def _sets(rng: Random) -> Line:
    """A folder of an input set."""
    name = _name(rng, "").lstrip("/")
    line = ["neb", "CsPbI3", "--phase", "alpha", "--species", "I", "--images", "1", "--code", "qe"]
    force = ["--force"] if rng.random() < 0.5 else []
    return [*line, "-o", name, *force], name


@cache
def _study_tree() -> Path:
    """A study as it is written."""
    place = Path(tempfile.mkdtemp())
    (place / "study.toml").write_text(_STUDY)
    before = Path.cwd()
    os.chdir(place)
    try:
        perovdb("neb", "study.toml", "-o", "study")
    finally:
        os.chdir(before)
    return place / "study"


def _studies(rng: Random) -> Line:
    """A study whose table of contents or manifests lead out of its tree."""
    shutil.copytree(_study_tree(), "study", symlinks=True)
    place = Path("study")
    out = rng.choice(
        ("../outside", "../folder", "../link", "/tmp", "..", ".", "link", "x\ny", "\x1b[2J")
    )
    contents = (place / "contents.csv").read_text()
    sets = sorted(path.parent for path in place.rglob("manifest.json"))
    match rng.randrange(4):
        case 0:
            row = contents.splitlines()[1].split(",")
            row[0] = json.dumps(out) if "\n" in out else out
            (place / "contents.csv").write_text(contents + ",".join(row) + "\n")
        case 1:
            (place / "contents.csv").write_text(
                contents.replace(str(sets[0].relative_to(place)), out)
            )
        case 2:
            shutil.rmtree(sets[0])
            sets[0].symlink_to(Path("../outside").resolve())
        case 3:
            manifest = json.loads((sets[0] / "manifest.json").read_text())
            manifest[rng.choice(list(manifest))] = out
            (sets[0] / "manifest.json").write_text(json.dumps(manifest))
    force = ["--force"] if rng.random() < 0.5 else []
    return ["neb", "study.toml", "-o", "study", *force], "study"


def _saves(rng: Random) -> Line:
    """A barrier that is saved in a store behind a link, or in what is none."""
    shutil.copytree(FIXTURES / "qe", "band")
    name = _name(rng, ".sqlite")
    return ["barrier", "band", "--save", "--source", "lab", "--store", name], name


_COMMANDS: tuple[Callable[[Random], Line], ...] = (
    *(_writes, _writes, _writes, _reads, _reads, _reads, _sets, _studies, _saves),
)

CAMPAIGN = Campaign(
    kind="paths",
    throws="planted links, pipes, devices, names that are none, tables that lead out of a tree",
    promise="nothing that is there is changed; a link that was planted is not followed",
    attack=attack,
    full=1_000,
    short=30,
    words={"answered", "refused"},
    seconds=30,
    prepare=models,
)
