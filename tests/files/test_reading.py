"""Every file enters by one door: bounded in size, plain, refused in words."""

import ast
import bz2
import gzip
import hashlib
import json
import lzma
import os
import random
import tracemalloc
from pathlib import Path

import pytest
from ase.io import Trajectory
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure

import perovdb
from perovdb import plots
from perovdb.calculators.diffraction import xrd
from perovdb.errors import InputError, PerovdbError, ResultError
from perovdb.files import atoms, reading
from perovdb.files.columns import read_peaks
from perovdb.files.crystals import read_crystal
from perovdb.files.diffractograms import read_scan
from perovdb.files.names import COMPRESSED
from perovdb.files.reading import KINDS, digest_of, lines_of, opened, read_bytes, read_text
from perovdb.inputs.machine import read_machine
from perovdb.inputs.manifest import MANIFEST, read_manifest
from perovdb.inputs.set_requests import read_study
from perovdb.results import ase, text
from perovdb.results.outcar import read_outcar
from perovdb.results.vasprun import read_vasprun
from perovdb.store.csv_rows import read_csv
from perovdb.structures.adoption import as_structure
from perovdb.structures.molecules.foreign import read_molecule

PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}

#: What takes a file -> how, and a name that such a file may have.
READERS = {
    "structure": (lambda path: read_crystal(str(path)), "POSCAR"),
    "cif": (lambda path: read_crystal(str(path)), "a.cif"),
    "pattern": (xrd, "a.xyz"),
    "hops": (lambda path: perovdb.hops(path, "I"), "a.xyz"),
    "molecule": (lambda path: read_molecule(path, "MA"), "a.xyz"),
    "curve": (lambda path: read_scan(str(path)), "a.txt"),
    "peaks": (lambda path: read_peaks(str(path)), "a.csv"),
    "study": (read_study, "a.toml"),
    "machine": (read_machine, "a.toml"),
    "style": (lambda path: plots.panels(1, str(path)), "a.mplstyle"),
    "rows": (lambda path: list(read_csv(path, {"id": "TEXT"}, whole=False)), "a.csv"),
    "outcar": (read_outcar, "OUTCAR"),
    "vasprun": (read_vasprun, "vasprun.xml"),
    "report": (text.whole, "neb.out"),
    "trajectory": (lambda path: ase.read(path.parent), "a.traj"),
}


def refused(reader, path, words):
    tracemalloc.start()
    try:
        with pytest.raises(PerovdbError) as told:
            reader(path)
        assert tracemalloc.get_traced_memory()[1] < 5e6
    finally:
        tracemalloc.stop()
    assert words in str(told.value)
    assert path.name in str(told.value)


@pytest.mark.parametrize("name", READERS)
def test_what_is_no_plain_file_or_too_large_is_refused_at_once(tmp_path, name):
    reader, called = READERS[name]
    path = tmp_path / called
    if name not in ("style", "trajectory"):
        refused(reader, path, "there is no file")
        path.mkdir()
        refused(reader, path, "is a folder")
        path.rmdir()
        path.symlink_to("/dev/zero")
        refused(reader, path, "is a device")
        path.unlink()
        os.mkfifo(path)
        refused(reader, path, "is a pipe")
        path.unlink()
    with path.open("wb") as handle:
        handle.truncate(20_000_000_000)
    refused(reader, path, "20000 MB, more than")


@pytest.mark.parametrize("ending", COMPRESSED)
@pytest.mark.parametrize("kind", ["structure", "report"])
def test_a_bomb_ends_at_the_limit(tmp_path, monkeypatch, ending, kind):
    monkeypatch.setitem(KINDS, kind, KINDS[kind]._replace(most_bytes=1_000_000))
    path = tmp_path / f"POSCAR{ending}"
    path.write_bytes(PACK[ending](b"a line\n" * 500_000))
    read = {"structure": read_crystal, "report": lambda path: text.whole(Path(path))}[kind]
    tracemalloc.start()
    try:
        with pytest.raises(PerovdbError, match="holds more than 1 MB"):
            read(str(path))
        # Lines are held as long as the limit is not met.
        assert tracemalloc.get_traced_memory()[1] < 2e7
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["structure", "report"])
@pytest.mark.parametrize("ending", COMPRESSED)
def test_many_empty_parts_are_not_gone_through(tmp_path, monkeypatch, ending, kind):
    monkeypatch.setattr(reading, "MB", 300_000)
    path = tmp_path / f"a{ending}"
    path.write_bytes(PACK[ending](b"a line\n") + PACK[ending](b"") * 40_000)
    with pytest.raises(PerovdbError, match="many parts that hold next to nothing"):
        read_text(path, kind)
    path.write_bytes(PACK[ending](b"a line of an output that is as short as lines are\n") * 10_000)
    assert len(read_text(path, kind).splitlines()) == 10_000


@given(content=st.binary(max_size=300), ending=st.sampled_from(["", *COMPRESSED]))
def test_contents_come_whole_packed_or_not(tmp_path_factory, content, ending):
    path = tmp_path_factory.mktemp("packed") / f"file{ending}"
    packed = PACK.get(ending, bytes)(content)
    path.write_bytes(packed)
    with opened(path, "structure") as handle:
        assert handle.read() == content
    assert read_bytes(path, "structure") == packed
    assert digest_of(path, "structure") == hashlib.sha256(packed).hexdigest()
    cut = packed[: len(packed) // 2]
    path.write_bytes(cut)
    try:
        with opened(path, "structure") as handle:
            read = handle.read()
    except InputError as error:
        read, words = None, str(error)
    if read is None:
        assert ending
        assert str(path) in words
    else:
        assert ending == "" or cut == b""
        assert read == content[: len(cut)]


def test_a_file_that_grows_is_read_as_it_was(tmp_path):
    path = tmp_path / "OUTCAR"
    path.write_text("one line\n" * 20_000)
    with lines_of(path, "output") as rows:
        read = 0
        for row in rows:
            assert row == "one line\n"
            read += 1
            with path.open("a") as more:
                more.write("one line\n")
    assert read == 20_000


def test_a_line_may_not_be_as_long_as_the_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("1" * 10_001)
    with pytest.raises(InputError, match="a line of more than 10000 characters"):
        read_scan(str(path))
    path.write_text("10 1\n" * 5000 + "x")
    with pytest.raises(InputError, match="line 5001: 1 entries"):
        read_scan(str(path))


def test_what_is_not_utf8_is_refused_in_words(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes("code = 'vasp' # ä".encode("latin-1"))
    for reader in (read_machine, read_study, lambda path: read_scan(str(path))):
        with pytest.raises(InputError, match="not a text in UTF-8"):
            reader(path)
    with pytest.raises(InputError, match="is not the name of a file"):
        read_text("a\0b", "settings")


@pytest.mark.parametrize("most", [4, 5])
def test_every_door_counts_the_atoms(tmp_path, monkeypatch, most):
    monkeypatch.setattr(atoms, "MOST_ATOMS", most)
    cell = Structure(
        Lattice.cubic(6.2),
        ["Cs", "Pb", "I", "I", "I"],
        [[0.5] * 3, [0] * 3, [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
    )
    given_as = [cell, cell.to_ase_atoms()]
    for name, form in (("POSCAR", "poscar"), ("a.cif", "cif"), ("a.json", "json")):
        cell.to(str(tmp_path / name), fmt=form)
        given_as.append(str(tmp_path / name))
    given_as.append(str(tmp_path / "a.xyz"))
    cell.to_ase_atoms().write(given_as[-1], format="extxyz")
    doors = (
        perovdb.xrd, perovdb.octahedra, perovdb.tolerance, as_structure,
        lambda x: perovdb.hops(x, "I"),
        lambda x: perovdb.supercell(x, 1), lambda x: perovdb.defects(x, ["V_I"]),
    )  # fmt: skip
    for door in doors:
        for x in given_as:
            if most == 5:
                door(x)
                continue
            with pytest.raises(InputError, match=r"5 atoms\. Give 4 of them at the most"):
                door(x)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("POSCAR", "x\n1\n1 0 0\n0 1 0\n0 0 1\nI\n1000000000\nDirect\n0 0 0\n", "1000000000 at"),
        ("a.xyz", "100000000\n\nI 0 0 0\n", "100000000 atoms, but only 1 lines"),
        ("a.xyz", '1\nProperties=species:S:1:pos:R:100000000\nI 0 0 0\n', "100000001 columns"),
        ("a.json", "[" * 100_000, "not JSON"),
        ("a.json", '{"lattice": {"a": ' + "9" * 10_000 + '}, "sites": []}', "not JSON"),
        ("a.cif", "data_x\nloop_\n_a\n_b\n" + "1 2\n" * 1_600_000, "more than 3,000,000 words"),
        ("POSCAR", "x\n" + "1" * 10**6 + "\n", "numbers of atoms"),
        (
            "vasprun.xml",
            '<!DOCTYPE a [<!ENTITY a "' + "b" * 99 + '"><!ENTITY c "&a;&a;">]><modeling>&c;',
            "declares entities",
        ),
        ("vasprun.xml", "<modeling>" + "<a>" * 40, "is no vasprun.xml"),
        ("vasprun.xml", "<modeling>" + ("x" * 900_000 + "\n") * 14, "is no vasprun.xml"),
        ("vasprun.xml", '<modeling><atominfo>' + "<a/>" * 200_001, "is no vasprun.xml"),
        ("OUTCAR", " vasp.6\n   ions per type = 999999999999\n", "more than 200,000 atoms"),
        ("OUTCAR", " vasp.6\n" + "   VRHFIN =I: 5s\n" * 1001, "more than 1,000 elements"),
    ],
)  # fmt: skip
def test_what_a_file_announces_is_not_believed(tmp_path, name, content, words):
    (tmp_path / name).write_text(content)
    read = {"vasprun.xml": read_vasprun, "OUTCAR": read_outcar}.get(
        name, lambda path: read_crystal(str(path))
    )
    with pytest.raises((InputError, ResultError), match=words):
        read(tmp_path / name)


def test_a_long_run_is_read_in_memory_that_does_not_grow(tmp_path):
    step = (
        "<calculation><structure><crystal><varray name='basis'>"
        + "<v>5 0 0</v><v>0 5 0</v><v>0 0 5</v></varray></crystal><varray name='positions'>"
        + "<v>0 0 0</v>" * 100
        + "</varray></structure><varray name='forces'>"
        + "<v>0 0 0</v>" * 100
        + "</varray><scstep>"
        + "<i>0.1</i>\n" * 100
        + "</scstep><dos>"
        + "<r>0 0 0</r>\n" * 200
        + "</dos><energy><i name='e_fr_energy'>-1.0</i><i name='e_0_energy'>-1.0</i></energy>"
        + "</calculation>\n"
    )
    path = tmp_path / "vasprun.xml"
    head = "<modeling><atominfo><array name='atoms'><set>" + "<rc><c>I</c></rc>" * 100
    peaks = []
    for count in (6, 30):
        path.write_text(head + "</set></array></atominfo>" + step * count + "</modeling>")
        tracemalloc.start()
        image = read_vasprun(path)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(image.steps) == count
        assert image.finished
        assert image.steps[-2].positions_A.shape == (100, 3)
    assert peaks[1] < 1.2 * peaks[0] + 200_000


def test_a_trajectory_that_announces_atoms_is_refused(tmp_path):
    (tmp_path / "a.extxyz").write_text("100000000\n\n")
    with pytest.raises(ResultError, match="100000000 atoms, but only 0 lines"):
        ase.read(tmp_path)
    (tmp_path / "a.extxyz").unlink()
    with Trajectory(tmp_path / "a.traj", "w") as written:
        written.write(Structure(Lattice.cubic(3), ["I"], [[0] * 3]).to_ase_atoms())
    content = bytearray((tmp_path / "a.traj").read_bytes())
    generator = random.Random(3)
    for _ in range(20):
        damaged = bytearray(content)
        for place in generator.sample(range(len(content)), 4):
            damaged[place] = generator.randrange(256)
        (tmp_path / "a.traj").write_bytes(damaged)
        with pytest.raises(ResultError):
            ase.read(tmp_path)


def test_a_manifest_is_a_plain_file(tmp_path):
    (tmp_path / MANIFEST).write_text(" " * (KINDS["manifest"].most_bytes + 1))
    with pytest.raises(ResultError, match="more than 20 MB"):
        read_manifest(tmp_path)


#: Modules that open files of the package itself, or to write, and what they call.
OTHERS = {
    "__init__.py": {"read_text"},
    "calculators/photovoltaics/suns.py": {"loadtxt"},
    "files/locks.py": {"open"},
    "files/new_files.py": {"open"},
    "files/new_folders.py": {"open"},
    "files/parts.py": {"open"},
    "files/reading.py": {"open"},
    "inputs/limits.py": {"read_text"},
    "inputs/presets.py": {"read_text"},
    "inputs/schedulers.py": {"read_text"},
    "local/engines.py": {"from_file"},
    "local/trace.py": {"open"},
    "results/save.py": {"open"},
    "store/cells.py": {"read_text"},
    "store/gate.py": {"open"},
    "store/schema.py": {"read_bytes"},
}


def test_there_is_no_other_door():
    calls = {"open", "read_text", "read_bytes", "zopen", "from_file", "loadtxt", "genfromtxt"}
    calls |= {"read_csv", "fdopen", "fromfile", "memmap", "loadfn"}
    root = Path(reading.__file__).parents[1]
    found = {}
    for path in root.rglob("*.py"):
        ours = set()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for one in ast.walk(tree):
            if isinstance(one, ast.ImportFrom) and one.module == "perovdb.files.reading":
                ours |= {name.name for name in one.names}
            if isinstance(one, ast.ImportFrom) and one.module == "perovdb.store.csv_rows":
                ours |= {name.name for name in one.names}
        for one in ast.walk(tree):
            if not isinstance(one, ast.Call):
                continue
            name = getattr(one.func, "id", getattr(one.func, "attr", ""))
            if name in calls - ours:
                found.setdefault(path.relative_to(root).as_posix(), set()).add(name)
    assert found == OTHERS


@pytest.mark.parametrize("place", ["property", "species", "lattice", "properties", "deep"])
@pytest.mark.parametrize("named", ["@class", "@callable"])
def test_no_module_is_run_for_a_json(tmp_path, monkeypatch, place, named):
    (tmp_path / "beside_a_model.py").write_text("raise SystemExit('run')")
    monkeypatch.syspath_prepend(tmp_path)
    evil = {"@module": "beside_a_model", named: "x"}
    data = Structure(Lattice.cubic(4), ["Cs"], [[0, 0, 0]], site_properties={"k": [1]}).as_dict()
    if place in ("property", "deep"):
        data["sites"][0]["properties"]["k"] = evil if place == "property" else [{"a": [evil]}]
    elif place == "species":
        data["sites"][0]["species"][0]["spin"] = evil
    else:
        data[place] |= {"k": evil}
    (tmp_path / "a.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match="the Python module 'beside_a_model'"):
        read_crystal(str(tmp_path / "a.json"))


def test_what_is_tagged_in_a_json_is_taken_as_data(tmp_path):
    import numpy as np
    from monty.json import MontyEncoder

    salt = Structure(Lattice.cubic(4), ["Cs"], [[0, 0, 0]])
    salt.add_site_property("force", [np.array([1.0, 2.0, 3.0])])
    (tmp_path / "a.json").write_text(json.dumps(salt.as_dict(), cls=MontyEncoder))
    (site,) = read_crystal(str(tmp_path / "a.json")).structure
    assert list(site.properties["force"]) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    "name", ["a.yaml", "a.yml", "a.mson", "a.yaml.gz", "a.xsf", "a.res", "a.config", "vasprun.xml"]
)
def test_a_format_that_is_not_ours_is_not_read(tmp_path, name):
    path = tmp_path / name
    content = json.dumps(Structure(Lattice.cubic(4), ["Cs"], [[0, 0, 0]]).as_dict()).encode()
    path.write_bytes(PACK.get(path.suffix, bytes)(content))
    with pytest.raises(InputError, match=r"does not tell a format\. Give a POSCAR"):
        read_crystal(str(path))
