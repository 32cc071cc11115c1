"""What all codes share: manifest, presets with sources, and folders that are whole or absent."""

import hashlib
import json
import os
import stat

import numpy as np
import pytest
from monty.json import MontyDecoder

import perovdb
from perovdb.errors import InputError
from perovdb.inputs.job import Resources
from perovdb.inputs.manifest import read_manifest
from perovdb.inputs.sets import CODES, input_files, write_inputs
from perovdb.migration.path import path


@pytest.mark.parametrize("code", CODES)
def test_the_manifest_tells_what_the_set_is(code, iodide_hop):
    manifest = json.loads(input_files(iodide_hop, code=code)["manifest.json"])
    assert (manifest["task"], manifest["code"]) == ("band", code)
    assert manifest["perovdb"] == perovdb.__version__
    assert manifest["charge"] == 1
    assert manifest["atoms"] == 39
    assert manifest["images"] == 7
    assert manifest["hop"]["species"] == "I"
    assert manifest["hop"]["distance_A"] == pytest.approx(6.2894 / 2**0.5)
    assert len(manifest["moving_atoms"]) == 1
    assert (manifest["source"], manifest["phase"]) == ("trots2008", "alpha")
    assert manifest["size"] == [2, 2, 2]
    for settings in manifest["settings"].values():
        for setting in settings.values():
            assert set(setting) == {"value", "source"}


@pytest.mark.parametrize("code", CODES)
def test_the_manifest_keeps_the_hash_of_every_file(code, iodide_hop, tmp_path):
    folder = write_inputs(tmp_path / "set", iodide_hop, code=code)
    hashes = json.loads((folder / "manifest.json").read_text())["files"]
    found = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    assert set(hashes) == found - {"manifest.json"}
    for name, digest in hashes.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("code", "options", "keys"),
    [
        ("vasp", {}, {"kresse1993", "kresse1996", "grimme2010", "grimme2011"}),
        ("vasp", {}, {"blochl1994", "kresse1999", "smidstrup2014"}),
        ("vasp", {"preset": "imran2020"}, {"imran2020"}),
        ("cp2k", {"preset": "imran2020"}, {"imran2020"}),
        ("vasp", {"resources": Resources(build="vtst")}, {"kresse1993", "henkelman2000"}),
        ("cp2k", {}, {"hutter2014", "vandevondele2005", "henkelman2000"}),
        ("qe", {}, {"giannozzi2009", "giannozzi2017", "prandini2018", "henkelman2000"}),
    ],
)
def test_what_to_cite(iodide_hop, code, options, keys):
    files = input_files(iodide_hop, code=code, **options)
    cited = json.loads(files["manifest.json"])["citations"]
    assert keys | {"perdew1996", "trots2008"} <= set(cited)
    for key in cited:
        assert f"{{{key}," in files["citations.bib"]
    plain = input_files(iodide_hop, code="vasp", preset="imran2020")
    assert not {"grimme2010", "henkelman2000"} & set(
        json.loads(plain["manifest.json"])["citations"]
    )


@pytest.mark.parametrize("code", CODES)
def test_the_job_script_is_a_shell_script(code, iodide_hop, tmp_path):
    folder = write_inputs(tmp_path / "set", iodide_hop, code=code)
    script = folder / "job.sh"
    assert script.read_text().startswith(
        "#!/usr/bin/env bash\n#SBATCH --job-name=CsPbI3-alpha-I-hop\n"
    )
    assert os.system(f"bash -n {script}") == 0
    assert script.stat().st_mode & stat.S_IXUSR


@pytest.mark.parametrize(
    ("code", "options", "words"),
    [
        ("espresso", {}, "cp2k, qe, vasp"),
        ("vasp", {"preset": "perfect"}, "accurate, imran2020, quick, standard"),
        ("vasp", {"task": "phonons"}, "vasp has no task 'phonons'. Choose one of: band"),
        ("vasp", {"relax_first": False}, "cannot relax the ends"),
        ("vasp", {"resources": Resources(build="gamma")}, "plain, vtst"),
        ("cp2k", {"resources": Resources(build="vtst")}, "cp2k has no build 'vtst'"),
        ("qe", {"resources": Resources(build="vtst")}, "qe has no build 'vtst'"),
        (
            "vasp",
            {"resources": Resources(cores=24)},
            "24 cores .* shared by the 5 images .* such as 25",
        ),
        ("cp2k", {"resources": Resources(cores=20)}, "7 images"),
    ],
)
def test_what_cannot_be_written(iodide_hop, tmp_path, code, options, words):
    with pytest.raises(InputError, match=words):
        write_inputs(tmp_path / "set", iodide_hop, code=code, **options)
    assert list(tmp_path.iterdir()) == []


def test_a_structure_is_no_path(iodide_hop):
    with pytest.raises(InputError, match="images of a path, and no Structure"):
        input_files(iodide_hop.images[0], code="vasp")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ranks_per_image": 0}, "'ranks_per_image' cannot be 0. Give whole numbers"),
        ({"hours": 0}, "whole numbers"),
        ({"hours": 1.5}, "whole numbers"),
        ({"cores": -1}, "'cores' cannot be -1"),
        ({"scheduler": "cron"}, "slurm, pbs, bash"),
        ({"build": 3}, "'build' cannot be 3"),
    ],
)
def test_how_no_set_can_be_run(options, words):
    with pytest.raises(InputError, match=words):
        Resources(**options)


@pytest.mark.parametrize(("code", "cores"), [("vasp", 40), ("vasp", 15), ("cp2k", 14), ("qe", 20)])
def test_cores_are_shared_by_the_images(iodide_hop, code, cores):
    """Five images between the ends; CP2K computes the ends too."""
    images = 7 if code == "cp2k" else 5
    manifest = json.loads(
        input_files(iodide_hop, code=code, resources=Resources(cores=cores))["manifest.json"]
    )
    assert (manifest["ranks"], manifest["ranks_per_image"]) == (cores, cores // images)


@pytest.mark.parametrize("code", CODES)
def test_a_chain_between_two_structures_is_enough(code, iodide_hop):
    """A path between ends of any host: no average cell, no class of hops."""
    hop = iodide_hop
    start, end = hop.images[0], hop.images[-1]
    vector = (end.cart_coords - start.cart_coords)[hop.mover].mean(axis=0)
    chain = path(start, end, images=3)
    files = input_files(chain, code=code)
    manifest = json.loads(files["manifest.json"])
    assert manifest["source"] is None
    moved = np.subtract(manifest["hop"]["end"], manifest["hop"]["start"])
    assert start.lattice.get_cartesian_coords(moved) == pytest.approx(vector, abs=1e-6)
    assert manifest["hop"]["distance_A"] == pytest.approx(hop.distance_A)
    assert manifest["history"]
    assert manifest["images"] == 5
    assert "I hop into a vacancy" in manifest["title"]


@pytest.mark.parametrize("code", CODES)
def test_a_manifest_is_read_as_it_was_written(code, fa_hop, tmp_path):
    folder = write_inputs(tmp_path / "set", fa_hop, code=code)
    manifest = read_manifest(folder)
    assert manifest.text() == (folder / "manifest.json").read_text()
    assert MontyDecoder().decode(manifest.text()) == manifest
    assert manifest.settings["potentials"]["family"].source
    assert manifest.potentials["Pb"]["valence"] in (4, 14)
    assert (manifest.hop.species, manifest.images, manifest.phase) == ("FA", 5, "alpha")
    assert read_manifest(tmp_path) is None
