"""Files that are larger than they look, or announce more than they hold: their answer comes within
a limit of time and memory."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import IO

from tests.attack.campaign import Campaign
from tests.attack.command import perovdb
from tests.attack.models import models

_PACKED: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": lambda file: gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1),
    ".bz2": lambda file: bz2.BZ2File(file, "wb", compresslevel=1),
    ".xz": lambda file: lzma.LZMAFile(file, "wb", preset=0),  # noqa: SIM115
}


@cache
def _bombs() -> dict[str, bytes]:
    """Ending -> 200 MB of zeros, packed; blanks for what reads texts."""
    found = {}
    for ending, opened in _PACKED.items():
        for byte in (b"\0", b" "):
            packed = io.BytesIO()
            with opened(packed) as file:
                for _ in range(50):
                    file.write(byte * 4_000_000)
            found[byte.decode() + ending] = packed.getvalue()
    return found


def _bomb(rng: Random, path: Path) -> Path:
    byte, ending = rng.choice("\0 "), rng.choice(tuple(_PACKED))
    path = path.with_name(path.name + ending)
    path.write_bytes(_bombs()[byte + ending])
    return path


def _sparse(rng: Random, path: Path) -> Path:
    """Of a size that no disk holds; there is nothing in it."""
    with path.open("wb") as file:
        file.write(rng.choice((b"", b"SQLite format 3\0", b"1\n", b"{", b"data_x\n")))
        file.truncate(rng.choice((2**31, 2**34, 2**40)))
    return path


def _announces(rng: Random, path: Path) -> Path:
    """Counts of atoms, sites, columns or images that are not there."""
    many = rng.choice((10**8, 10**9, 10**18, 2**63, 10**30))
    text = {
        ".xyz": f"{many}\n\n",
        ".vasp": f"x\n1.0\n6 0 0\n0 6 0\n0 0 6\nCs Pb I\n{many} 1 3\ndirect\n",
        ".qe": f"&SYSTEM\n nat = {many}\n/\nATOMIC_POSITIONS angstrom\n",
        ".json": json.dumps({"lattice": {"matrix": [[many] * 3] * 3}, "sites": []}),
    }.get(path.suffix, f"{many}\n")
    if path.suffix == ".xyz" and rng.random() < 0.5:
        text = f'1\nLattice="6 0 0 0 6 0 0 0 6" Properties=species:S:1:pos:R:{many}\nCs 0 0 0\n'
    path.write_text(text)
    return path


def _deep(rng: Random, path: Path) -> Path:
    opened, closed = rng.choice(("[]", "{}", "()", "<>"))
    depth = rng.choice((1000, 10**5, 10**6))
    path.write_text(rng.choice(("", "a = ", "data_")) + opened * depth + closed * depth)
    return path


def _long(rng: Random, path: Path) -> Path:
    """One line, one word, one number; many lines; many columns; a loop of many sites."""
    many = rng.choice((10**4, 10**5, 10**6))
    path.write_text(
        rng.choice(
            (
                "9" * many,
                "a = " + "9" * many,
                "x," * many + "\n" + "1," * many,
                "1\n" * many,
                "x\n1.0\n6 0 0\n0 6 0\n0 0 6\n" + "Cs " * many + "\n" + "1 " * many + "\n",
                f"{many}\n\n" + "Cs 0 0 0\n" * many,
                _cif(many),
                "[[hops]]\n" * many,
                "#" * many,
            )
        )
    )
    return path


def _cif(sites: int) -> str:
    """Fm-3m and more sites than anybody means."""
    head = (
        "data_x\n_cell_length_a 10\n_cell_length_b 10\n_cell_length_c 10\n_cell_angle_alpha 90\n"
        "_cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_IT_number 225\nloop_\n"
        "_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n"
        "_atom_site_fract_z\n"
    )
    return head + "".join(f"I{n} I 0.{n % 997:03} 0.1 0.2\n" for n in range(min(sites, 10**5)))


def _lines(path: str) -> Iterator[tuple[str, list[str]]]:
    """Ending of a file -> a command that reads it."""
    for ending in (".xyz", ".vasp", ".cif", ".qe", ".inc", ".json"):
        for line in (["read"], ["xrd"], ["octahedra"], ["hops", "--species", "I"]):
            yield ending, [*line, path + ending]
    yield ".csv", ["arrhenius", path + ".csv"]
    yield ".csv", ["xrd", "CsPbI3:alpha", "--measured", path + ".csv", "--plot", "p.png"]
    yield ".toml", ["neb", path + ".toml", "-o", "study"]
    yield ".mplstyle", ["tolerance", "CsPbI3", "--plot", "p.png", "--style", path + ".mplstyle"]
    yield ".sqlite", ["show", "CsPbI3", "--store", path + ".sqlite"]
    yield ".sqlite", ["store", "check", path + ".sqlite"]


def _fair(rng: Random, path: Path) -> Path:
    """A file of ordinary size: limits that refused everything would be none."""
    path.write_text(models()[0].texts.get(path.suffix, "x,y\n1,2\n"))
    return path


_LOOKED_FOR = (
    *("perovdb.toml", "rows.csv", "band/manifest.json", "band/00/OUTCAR", "band/neb.path"),
    *("band/neb.inp", "band/neb.traj", "band/neb.extxyz"),
)
_LINES = tuple(_lines("big"))
_MADE: tuple[Callable[[Random, Path], Path], ...] = (
    *(_bomb, _sparse, _announces, _announces, _deep, _long, _long, _fair),
)


def attack(rng: Random, folder: Path) -> str:
    """A command that reads such a file, or finds it where it looks."""
    if rng.random() < 0.2:
        return _found(rng, folder)
    ending, line = rng.choice(_LINES)
    path = Path("big" + ending)
    made = rng.choice(_MADE)(rng, path)
    return perovdb(*(made.name if word == path.name else word for word in line)).word


def _found(rng: Random, folder: Path) -> str:
    """What a command looks for by itself: perovdb.toml, a manifest, outputs of codes."""
    name = rng.choice(_LOOKED_FOR)
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    rng.choice((_sparse, _announces, _deep, _long))(rng, path)
    if name == "rows.csv":
        perovdb("store", "init", "lab.sqlite")
        return perovdb("store", "add", "lab.sqlite", name, "--table", "barriers").word
    if name == "perovdb.toml":
        return perovdb(
            "neb", "CsPbI3", "--species", "I", "--phase", "alpha", "--code", "qe", "-oset"
        ).word
    return perovdb("barrier", "band").word


def _prepare() -> None:
    _bombs()
    models()


CAMPAIGN = Campaign(
    kind="sizes",
    throws="packed bombs, sparse files of a terabyte, counts of 1e30, deep nesting, long lines",
    promise="a file that is too large is refused, in seconds and in little memory",
    attack=attack,
    full=200,
    short=8,
    words={"answered", "refused"},
    seconds=30,
    memory_GB=3,
    prepare=_prepare,
)
