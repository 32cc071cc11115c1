"""300 damaged folders: a verdict or one clear error each, never a wrong barrier, never a crash.

Damage is done to folders whose barrier is known. What is left to be read must say that it cannot
be trusted, or give that barrier.
"""

import json
import shutil
from collections import Counter
from pathlib import Path

import ase.io
import numpy as np
import pytest

from perovdb.errors import ResultError
from perovdb.results.reading import read_barrier

KINDS = ("vasp", "vtst", "qe", "cp2k", "traj", "extxyz")

#: Folders of each kind and way of damage, with another seed each.
TIMES = {"cut": 14, "number": 16, "line": 8, "missing": 6, "swapped": 6, "junk": 8, "nan": 6}

#: A barrier that is right to less than this is not a wrong one.
TOLERANCE_EV = 2e-3


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Good folders by kind, and their barriers."""
    place = Path(__file__).parent
    written = _conftest(place)
    folder = tmp_path_factory.mktemp("whole")
    known = written["model"](images=6, height_eV=0.5)
    for kind in ("qe", "cp2k"):
        shutil.copytree(place / "fixtures" / kind, folder / kind)
    written["write_vasp"](folder / "vasp", known)
    written["write_vasp"](folder / "vtst", known, vtst=True)
    for kind in ("traj", "extxyz"):
        (folder / kind).mkdir()
        ase.io.write(folder / kind / f"neb.{kind}", written["frames"](known))
    return {kind: (folder / kind, read_barrier(folder / kind)) for kind in KINDS}


def _conftest(place: Path) -> dict:
    """The functions that write folders; fixtures of a module cannot take those of a test."""
    namespace: dict = {"__file__": str(place / "conftest.py"), "__name__": "writers"}
    exec((place / "conftest.py").read_text(), namespace)
    return namespace


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _outputs(folder: Path) -> list[Path]:
    """Files that hold energies or positions."""
    inputs = {"INCAR", "neb.in", "neb.inp"}
    return [path for path in _files(folder) if path.name not in inputs]


def cut(folder, rng):
    path = rng.choice(_outputs(folder))
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.uniform(0, len(content) - 1))])
    return path.name


def number(folder, rng):
    """Another digit somewhere before a decimal point, or among the first four behind it."""
    path = rng.choice([path for path in _outputs(folder) if path.suffix not in (".traj", ".ener")])
    content = bytearray(path.read_bytes())
    places = [
        place
        for place in range(5, len(content) - 5)
        if chr(content[place]).isdigit() and b"." in content[place - 4 : place + 5]
    ]
    place = rng.choice(places)
    content[place] = ord("0") + (content[place] - ord("0") + int(rng.integers(1, 10))) % 10
    path.write_bytes(bytes(content))
    return path.name


def line(folder, rng):
    """A line is lost."""
    path = rng.choice([path for path in _outputs(folder) if path.suffix != ".traj"])
    rows = path.read_text().splitlines(keepends=True)
    del rows[int(rng.integers(len(rows)))]
    path.write_text("".join(rows))
    return path.name


def missing(folder, rng):
    path = rng.choice(_outputs(folder))
    if path.parent != folder:
        shutil.rmtree(path.parent)
    else:
        path.unlink()
    return path.name


def swapped(folder, rng):
    """Two images, or two frames, change places."""
    if (folder / "00").is_dir():
        names = [path.name for path in sorted(folder.iterdir()) if path.is_dir()]
    elif list(folder.glob("*-pos-*")):
        names = [path.name for path in sorted(folder.glob("*-pos-*"))]
    elif list(folder.glob("*.path")):
        return _swap_blocks(folder, rng)
    else:
        path = _files(folder)[0]
        frames = ase.io.read(path, index=":")
        one, other = rng.choice(len(frames), 2, replace=False)
        frames[one], frames[other] = frames[other], frames[one]
        ase.io.write(path, frames)
        return path.name
    one, other = rng.choice(names, 2, replace=False)
    (folder / one).rename(folder / "between")
    (folder / other).rename(folder / one)
    (folder / "between").rename(folder / other)
    return f"{one} {other}"


def _swap_blocks(folder, rng):
    path = next(folder.glob("*.path"))
    head, *blocks = path.read_text().split("Image:")
    one, other = rng.choice(np.arange(1, len(blocks)), 2, replace=False)
    tails = [block.split("\n", 1) for block in blocks]
    tails[one][1], tails[other][1] = tails[other][1], tails[one][1]
    path.write_text("Image:".join([head, *("\n".join(tail) for tail in tails)]))
    return path.name


def junk(folder, rng):
    path = rng.choice(_outputs(folder))
    content = bytearray(path.read_bytes())
    start = int(rng.integers(len(content)))
    content[start : start + 200] = rng.bytes(200)
    path.write_bytes(bytes(content))
    return path.name


def nan(folder, rng):
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
    paths = [path for path in _outputs(folder) if path.suffix != ".traj"]
    if not paths:
        path = _files(folder)[0]
        frames = ase.io.read(path, index=":")
        frames[int(rng.integers(len(frames)))].calc.results["energy"] = np.nan
        ase.io.write(path, frames)
        return path.name
    fitting = [
        (path, text)
        for path in paths
        for ending, text in texts.items()
        if path.name.endswith(ending) and text in path.read_text() and "BAND" not in path.name
    ]
    path, text = fitting[int(rng.integers(len(fitting)))]
    head, mark, tail = path.read_text().rpartition(text)
    spaces = len(tail) - len(tail.lstrip())
    rest = tail.lstrip().split(None, 1)
    after = tail.lstrip()[len(rest[0]) :]
    mark = mark if text.strip().endswith(("=", ":")) else "      "
    path.write_text(head + mark + tail[:spaces] + word + after)
    return path.name


DAMAGE = {f.__name__: f for f in (cut, number, line, missing, swapped, junk, nan)}

#: A lone trajectory holds each energy once, with nothing to compare a digit with; a .traj has no
#: lines.
CASES = [
    (kind, way)
    for kind in KINDS
    for way in TIMES
    if not (kind in ("traj", "extxyz") and way == "number") and (kind, way) != ("traj", "line")
]


def test_there_are_as_many_as_were_asked_for():
    assert sum(TIMES[way] for _, way in CASES) >= 300


def _outcome(folder, true_eV):
    """ "error", "verdict" or "right"; anything else fails the test."""
    try:
        found = read_barrier(folder)
    except ResultError as error:
        return "error" if error.what and error.mend else "no words"
    json.dumps(found.as_dict(), allow_nan=False)
    if found.converged:
        assert found.profile.barrier_forward_eV == pytest.approx(true_eV[0], abs=TOLERANCE_EV)
        assert found.profile.reaction_energy_eV == pytest.approx(true_eV[1], abs=TOLERANCE_EV)
        return "right"
    assert any(problem.blocks for problem in found.problems)
    return "verdict"


@pytest.mark.parametrize(("kind", "way"), CASES)
def test_damage_gives_a_verdict_or_an_error(whole, tmp_path, kind, way):
    good, true = whole[kind]
    assert true.converged
    true_eV = true.profile.barrier_forward_eV, true.profile.reaction_energy_eV
    outcomes = Counter()
    for seed in range(TIMES[way]):
        folder = tmp_path / str(seed)
        shutil.copytree(good, folder)
        rng = np.random.default_rng([seed, list(TIMES).index(way), KINDS.index(kind)])
        DAMAGE[way](folder, rng)
        outcomes[_outcome(folder, true_eV)] += 1
    assert set(outcomes) <= {"error", "verdict", "right"}
    if way in ("missing", "nan"):
        assert outcomes["right"] <= TIMES[way] // 2, outcomes


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", ["vasp", "qe", "cp2k"])
def test_files_of_another_code_are_refused_or_left_alone(whole, tmp_path, kind, other):
    good, _ = whole[kind]
    folder = shutil.copytree(good, tmp_path / "band")
    shutil.copytree(whole[other][0], folder, dirs_exist_ok=True)
    same = {"vasp", "vtst"} >= {kind, other} or kind == other
    if same:
        return
    if kind in ("traj", "extxyz"):
        # A trajectory beside a code's own output is not what the barrier is read from.
        assert read_barrier(folder).code == other
    else:
        with pytest.raises(ResultError, match="Keep those of one code"):
            read_barrier(folder)


@pytest.mark.parametrize("kind", ["qe", "cp2k", "vasp"])
def test_images_of_another_run_of_the_same_code_are_refused(whole, tmp_path, kind):
    good, _ = whole[kind]
    folder = shutil.copytree(good, tmp_path / "band")
    if kind == "vasp":
        written = _conftest(Path(__file__).parent)
        other = written["model"](images=6, height_eV=0.9)
        text = written["outcar"](other, 3, steps=3)
        (folder / "03" / "OUTCAR").write_text(text)
    else:
        stopped = Path(__file__).parent / "fixtures" / f"{kind}_stopped"
        for path in stopped.iterdir():
            renamed = path.name.replace("neb4", "neb")
            if path.suffix in (".path", ".xyz"):
                shutil.copy(path, folder / renamed)
    with pytest.raises(ResultError):
        read_barrier(folder)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '{"images": 40}', '{"atoms": 3}', '{"code": "vasp"}', "\0\1"),
        *('{"images": "5"}', '{"hop": 3}', '{"settings": [1]}', '{"charge": [1]}'),
    ],
)
def test_manifests_that_are_not_of_the_folder(whole, tmp_path, text):
    good, true = whole["qe"]
    folder = shutil.copytree(good, tmp_path / "band")
    (folder / "manifest.json").write_text(text)
    expected = "right" if text == "{}" else "error"
    true_eV = true.profile.barrier_forward_eV, true.profile.reaction_energy_eV
    assert _outcome(folder, true_eV) == expected


@pytest.mark.parametrize("name", ["OUTCAR", "neb.path", "neb.inp", "neb.traj", "neb.extxyz"])
@pytest.mark.parametrize("content", [b"", b"\0\xff" * 300, b"{'a': 1}\n", b"0\n0\n" * 5])
def test_folders_of_junk(tmp_path, name, content):
    place = tmp_path / "00" if name == "OUTCAR" else tmp_path
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(content)
    with pytest.raises(ResultError):
        read_barrier(tmp_path)
