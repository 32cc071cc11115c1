"""Folders of finished bands, damaged: their own barrier, a verdict, or an error."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

import ase.io
import numpy as np
from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.results import bands

from perovdb.errors import ResultError
from perovdb.results.barrier import Barrier
from perovdb.results.reading import read_barrier

KINDS = ("vasp", "vtst", "qe", "cp2k", "traj", "extxyz")

#: A barrier that is right to less than this is not a wrong one.
_TOLERANCE_EV = 2e-3

#: Files that hold neither energies nor positions.
_INPUTS = {"INCAR", "neb.in", "neb.inp"}


@cache
def whole_bands() -> dict[str, tuple[Path, Barrier]]:
    """Good folders by kind, and their barriers: of real runs, and of a model."""
    place = Path(tempfile.mkdtemp())
    known = bands.model(images=6, height_eV=0.5)
    for kind in ("qe", "cp2k"):
        shutil.copytree(bands.FIXTURES / kind, place / kind)
    bands.write_vasp(place / "vasp", known)
    bands.write_vasp(place / "vtst", known, vtst=True)
    for kind in ("traj", "extxyz"):
        (place / kind).mkdir()
        ase.io.write(place / kind / f"neb.{kind}", bands.frames(known))
    return {kind: (place / kind, read_barrier(place / kind)) for kind in KINDS}


def outcome(folder: Path, true_eV: tuple[float, float]) -> str:
    """ "error", "verdict" or "right".

    Args:
        folder: damaged.
        true_eV: barrier forward and reaction energy of the undamaged one.

    Raises:
        Finding: another barrier is said to be converged, or there are no words.
    """
    try:
        found = read_barrier(folder)
    except ResultError as error:
        if not (error.what and error.mend):
            raise Finding("an error without words") from None
        return "error"
    json.dumps(found.as_dict(), allow_nan=False)
    if not found.converged:
        if not any(problem.blocks for problem in found.problems):
            raise Finding("not converged, and no problem is named")
        return "verdict"
    read_eV = found.profile.barrier_forward_eV, found.profile.reaction_energy_eV
    if not np.allclose(read_eV, true_eV, rtol=0, atol=_TOLERANCE_EV):
        raise Finding(f"a barrier and reaction energy of {read_eV} eV, of {true_eV}")
    return "right"


# ------------------------------------------------------------------ damage


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _outputs(folder: Path, *without: str) -> list[Path]:
    """Files that hold energies or positions, but those of some endings."""
    return [
        path for path in _files(folder) if path.name not in _INPUTS and path.suffix not in without
    ]


def cut(folder: Path, rng: Random) -> None:
    path = rng.choice(_outputs(folder))
    content = path.read_bytes()
    path.write_bytes(content[: rng.randrange(len(content))])


def number(folder: Path, rng: Random) -> None:
    """Another digit somewhere before a decimal point, or among the first four behind it."""
    path = rng.choice(_outputs(folder, ".traj", ".ener"))
    content = bytearray(path.read_bytes())
    places = [
        place
        for place in range(5, len(content) - 5)
        if chr(content[place]).isdigit() and b"." in content[place - 4 : place + 5]
    ]
    place = rng.choice(places)
    content[place] = ord("0") + (content[place] - ord("0") + rng.randint(1, 9)) % 10
    path.write_bytes(bytes(content))


def line(folder: Path, rng: Random) -> None:
    """A line is lost."""
    path = rng.choice(_outputs(folder, ".traj"))
    rows = path.read_text().splitlines(keepends=True)
    del rows[rng.randrange(len(rows))]
    path.write_text("".join(rows))


def missing(folder: Path, rng: Random) -> None:
    """A file or the folder of an image is lost."""
    path = rng.choice(_outputs(folder))
    if path.parent != folder:
        shutil.rmtree(path.parent)
    else:
        path.unlink()


def swapped(folder: Path, rng: Random) -> None:
    """Two images, or two frames, change places."""
    if (folder / "00").is_dir():
        names = [path.name for path in sorted(folder.iterdir()) if path.is_dir()]
    elif list(folder.glob("*-pos-*")):
        names = [path.name for path in sorted(folder.glob("*-pos-*"))]
    elif list(folder.glob("*.path")):
        _swap_blocks(folder, rng)
        return
    else:
        path = _files(folder)[0]
        frames = ase.io.read(path, index=":")
        one, other = rng.sample(range(len(frames)), 2)
        frames[one], frames[other] = frames[other], frames[one]
        ase.io.write(path, frames)
        return
    first, second = rng.sample(names, 2)
    (folder / first).rename(folder / "between")
    (folder / second).rename(folder / first)
    (folder / "between").rename(folder / second)


def _swap_blocks(folder: Path, rng: Random) -> None:
    path = next(folder.glob("*.path"))
    head, *blocks = path.read_text().split("Image:")
    one, other = rng.sample(range(1, len(blocks)), 2)
    tails = [block.split("\n", 1) for block in blocks]
    tails[one][1], tails[other][1] = tails[other][1], tails[one][1]
    path.write_text("Image:".join([head, *("\n".join(tail) for tail in tails)]))


def junk(folder: Path, rng: Random) -> None:
    path = rng.choice(_outputs(folder))
    content = bytearray(path.read_bytes())
    start = rng.randrange(len(content))
    content[start : start + 200] = rng.randbytes(200)
    path.write_bytes(bytes(content))


def nan(folder: Path, rng: Random) -> None:
    """The energy of an image, or a force, is NaN or stars."""
    word = rng.choice(["NaN", "********", "Infinity"])
    texts = {
        "OUTCAR": "  free  energy   TOTEN  =",
        ".path": "      -46.",
        ".out": "Total energy:",
        ".xyz": "E =",
        ".extxyz": "energy=",
        ".dat": "      0.5",
    }
    paths = _outputs(folder, ".traj")
    if not paths:
        path = _files(folder)[0]
        frames = ase.io.read(path, index=":")
        rng.choice(frames).calc.results["energy"] = np.nan
        ase.io.write(path, frames)
        return
    path, text = rng.choice(
        [
            (path, text)
            for path in paths
            for ending, text in texts.items()
            if path.name.endswith(ending) and text in path.read_text() and "BAND" not in path.name
        ]
    )
    head, mark, tail = path.read_text().rpartition(text)
    spaces = len(tail) - len(tail.lstrip())
    rest = tail.lstrip().split(None, 1)
    after = tail.lstrip()[len(rest[0]) :]
    mark = mark if text.strip().endswith(("=", ":")) else "      "
    path.write_text(head + mark + tail[:spaces] + word + after)


DAMAGE: tuple[Callable[[Path, Random], None], ...] = (
    cut,
    number,
    line,
    missing,
    swapped,
    junk,
    nan,
)


def attack(rng: Random, folder: Path) -> str:
    """A band of one kind, damaged in one way.

    A lone trajectory holds each energy once, with nothing to compare a digit with; a .traj has no
    lines.
    """
    kind, damage = rng.choice(
        [
            (kind, damage)
            for kind in KINDS
            for damage in DAMAGE
            if not (kind in ("traj", "extxyz") and damage is number)
            and (kind, damage) != ("traj", line)
        ]
    )
    good, true = whole_bands()[kind]
    band = Path(shutil.copytree(good, folder / "band"))
    damage(band, rng)
    word = outcome(band, (true.profile.barrier_forward_eV, true.profile.reaction_energy_eV))
    if rng.random() < 0.2:
        answer = perovdb("barrier", "band", "--json")
        if answer.refused != (word == "error"):
            raise Finding(f"read_barrier: {word}; perovdb barrier: exit {answer.code}")
    return word


CAMPAIGN = Campaign(
    kind="results",
    throws="finished bands of four codes: cut, digits changed, lines lost, images swapped",
    promise="a barrier of a damaged band is right, or it is said that it cannot be trusted",
    attack=attack,
    full=1_000,
    short=30,
    words={"error", "verdict", "right"},
    prepare=whole_bands,
)
