"""What all codes share: manifest, presets with sources, and folders that are whole or absent."""

import json
import os
import stat
import tomllib
from pathlib import Path

import pytest

import perovdb.inputs.presets as presets
from perovdb.errors import InputError, MissingData
from perovdb.inputs import writer
from perovdb.inputs.neb import CODES, neb_files, write_neb
from perovdb.inputs.presets import electron_count, load_preset, potentials, preset_names


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("preset", preset_names())
def test_every_setting_names_its_source(code, preset):
    for settings in load_preset(preset, code).sections.values():
        for setting in settings.values():
            assert len(setting.source) > 10


def test_every_source_of_a_preset_is_used():
    folder = Path(presets.__file__).parent / "presets"
    for path in folder.glob("*.toml"):
        text = path.read_text()
        for key in tomllib.loads(text)["sources"]:
            assert f'source = "{key}"' in text, (path.name, key)


@pytest.mark.parametrize("code", CODES)
def test_the_elements_of_the_field_have_a_potential(code):
    elements = {"K", "Rb", "Cs", "C", "N", "H", "Cd", "Sn", "Pb", "Cl", "Br", "I"}
    assert set(potentials(code, sorted(elements))) == elements


def test_an_element_without_a_potential_is_named():
    with pytest.raises(MissingData, match="No vasp potential is listed for U"):
        potentials("vasp", ["Pb", "U"])


def test_a_positive_cell_has_fewer_electrons():
    table = potentials("vasp", ["Cs", "Pb", "I"])
    assert electron_count(["Cs", "Pb", "I", "I", "I"], table, 0) == 9 + 14 + 3 * 7
    assert electron_count(["Cs", "Pb", "I", "I"], table, +1) == 9 + 14 + 2 * 7 - 1


@pytest.mark.parametrize("code", CODES)
def test_the_manifest_tells_what_the_set_is(code, iodide_hop):
    manifest = json.loads(neb_files(iodide_hop, code)["manifest.json"])
    assert manifest["charge"] == 1
    assert manifest["atoms"] == 39
    assert manifest["images"] == 7
    assert manifest["hop"]["species"] == "I"
    assert manifest["hop"]["distance_A"] == pytest.approx(6.2894 / 2**0.5)
    assert len(manifest["moving_atoms"]) == 1
    assert manifest["cell"]["source"] == "trots2008"
    for settings in manifest["settings"].values():
        for setting in settings.values():
            assert set(setting) == {"value", "source"}


@pytest.mark.parametrize("code", CODES)
def test_the_job_script_is_a_shell_script(code, iodide_hop, tmp_path):
    folder = write_neb(tmp_path / "set", iodide_hop, code)
    script = folder / "job.sh"
    assert script.read_text().startswith(
        "#!/usr/bin/env bash\n#SBATCH --job-name=CsPbI3-alpha-I-hop\n"
    )
    assert os.system(f"bash -n {script}") == 0
    assert script.stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    ("code", "options", "words"),
    [
        ("espresso", {}, "cp2k, vasp"),
        ("vasp", {"preset": "perfect"}, "quick, standard"),
        ("vasp", {"ranks_per_image": 0}, "whole numbers"),
        ("vasp", {"hours": 0}, "whole numbers"),
    ],
)
def test_what_cannot_be_written(iodide_hop, tmp_path, code, options, words):
    with pytest.raises(InputError, match=words):
        write_neb(tmp_path / "set", iodide_hop, code, **options)
    assert list(tmp_path.iterdir()) == []


FILES = {"a.txt": "one\n", "00/b.txt": "two\n", "job.sh": "#!/bin/sh\n"}


def test_a_set_is_written_whole(tmp_path):
    folder = writer.write(tmp_path / "set", FILES)
    found = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert found == FILES
    assert [p.name for p in tmp_path.iterdir()] == ["set"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o777 & ~mask


def test_a_folder_that_exists_is_left_alone(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "mine").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        writer.write(tmp_path / "set", FILES)
    assert [p.name for p in (tmp_path / "set").iterdir()] == ["mine"]


def test_a_dangling_link_counts_as_existing(tmp_path):
    (tmp_path / "set").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="exists already"):
        writer.write(tmp_path / "set", FILES)


def test_the_folder_around_it_must_be_there(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        writer.write(tmp_path / "no" / "set", FILES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_disk_that_fills_up_leaves_nothing(tmp_path, monkeypatch, at):
    written = []
    write_text = Path.write_text

    def full(self, *arguments, **options):
        if len(written) == at:
            raise OSError(28, "No space left on device")
        written.append(self)
        return write_text(self, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(InputError, match="No space left on device"):
        writer.write(tmp_path / "set", FILES)
    assert list(tmp_path.iterdir()) == []
