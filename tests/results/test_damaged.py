"""Folders of bands that are not what they seem: of two codes, of two runs, of other sets, of junk.

Damage to bands whose barrier is known is a campaign, `tests.attack.results`.
"""

import shutil

import pytest
from tests.attack.results import KINDS, outcome, whole_bands
from tests.results.bands import FIXTURES, model, outcar

from perovdb.errors import ResultError
from perovdb.results.reading import read_barrier


@pytest.fixture(scope="module")
def whole():
    return whole_bands()


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
        other = model(images=6, height_eV=0.9)
        (folder / "03" / "OUTCAR").write_text(outcar(other, 3, steps=3))
    else:
        stopped = FIXTURES / f"{kind}_stopped"
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
    assert outcome(folder, true_eV) == expected


@pytest.mark.parametrize("name", ["OUTCAR", "neb.path", "neb.inp", "neb.traj", "neb.extxyz"])
@pytest.mark.parametrize("content", [b"", b"\0\xff" * 300, b"{'a': 1}\n", b"0\n0\n" * 5])
def test_folders_of_junk(tmp_path, name, content):
    place = tmp_path / "00" if name == "OUTCAR" else tmp_path
    place.mkdir(exist_ok=True)
    (place / name).write_bytes(content)
    with pytest.raises(ResultError):
        read_barrier(tmp_path)
