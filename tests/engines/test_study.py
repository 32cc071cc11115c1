"""The study of the tour: the real CP2K and the real neb.x read the sets of its tree."""

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from perovdb.inputs.machine import Machine
from perovdb.inputs.set_requests import read_study
from perovdb.inputs.studies import write_study

TOUR = Path(__file__).parents[2] / "docs/tour.md"

GTH = {
    "Cs": "GTH-PBE-q9",
    "Pb": "GTH-PBE-q14",
    "I": "GTH-PBE-q7",
    "C": "GTH-PBE-q4",
    "N": "GTH-PBE-q5",
    "H": "GTH-PBE-q1",
}


def tree(folder, code, more=""):
    """The six hops of the study for one code and one scheduler; its schedulers differ in scripts
    only."""
    text = TOUR.read_text(encoding="utf-8")
    (study,) = re.findall(r"`study\.toml`:\n\n```toml\n(.*?)```", text, re.DOTALL)
    study = re.sub(r"^code = .*$", f'code = "{code}"\n{more}', study, flags=re.MULTILINE)
    (folder / "study.toml").write_text(study)
    study = read_study(folder / "study.toml")
    rows = write_study(folder / "t", study, machine=Machine()).rows()
    assert [row["status"] for row in rows] == ["written"] * 6
    return [folder / "t" / row["folder"] for row in rows]


@pytest.mark.engine("cp2k")
def test_cp2k_parses_every_input(tmp_path):
    folders = tree(tmp_path, "cp2k")
    inputs = [path for folder in folders for path in sorted(folder.glob("*.inp"))]
    assert len(inputs) == 18
    with ThreadPoolExecutor(2) as pool:
        for path, answer in zip(inputs, pool.map(parsed, inputs), strict=True):
            assert "SUCCESS, the input could be parsed correctly" in answer.stdout, (path, answer)


def parsed(path):
    return subprocess.run(
        ["cp2k", "-c", path.name],
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.engine("neb.x")
def test_neb_x_writes_back_the_images(tmp_path, with_gth):
    """Of MA in the mixed lattice and of I beside a second vacancy, through a dry run."""
    more = 'settings = {nstep_path = 0, "potentials.family" = "pseudodojo_standard"}'
    folders = tree(tmp_path, "qe", more)
    for folder in (folders[1], folders[5]):
        manifest = json.loads((folder / "manifest.json").read_text())
        with_gth(folder, {element: GTH[element] for element in manifest["composition"]})
        ran = subprocess.run(
            ["neb.x", "-inp", "neb.in"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert "Error in routine" not in ran.stdout, ran.stdout[-2000:]
        given = positions((folder / "neb.in").read_text())
        assert len(given) == manifest["images"] == 7
        for number, image in enumerate(given, start=1):
            (back,) = positions((folder / f"pw_{number}.in").read_text())
            assert [element for element, _ in back] == [element for element, _ in image]
            places = [np.array([place for _, place in one]) for one in (back, image)]
            assert places[0] == pytest.approx(places[1], abs=1e-6)


def positions(text):
    """Elements and places in angstrom of each ATOMIC_POSITIONS."""
    found = []
    for unit, block in re.findall(
        r"ATOMIC_POSITIONS\W+(\w+)\W*\n((?:\s*[A-Z][a-z]? +[-+.\deE ]+\n)+)", text
    ):
        scale = {"bohr": 0.529177210903, "angstrom": 1.0}[unit]
        rows = [line.split() for line in block.splitlines()]
        found.append([(row[0], [scale * float(x) for x in row[1:4]]) for row in rows])
    return found
