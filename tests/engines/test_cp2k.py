"""The real CP2K reads our sets: its parser, then kinds, basis sets, potentials, coordinates."""

import re
import subprocess
from pathlib import Path

import pytest

from perovdb.inputs.potentials import potentials
from perovdb.inputs.presets import load_preset
from perovdb.inputs.sets import write_inputs
from perovdb.migration.hops import hops
from perovdb.migration.path import path

pytestmark = pytest.mark.engine("cp2k")


@pytest.fixture(
    scope="module",
    params=[
        ("CsPbI3", "I", "standard"),
        ("CsPbI3", "I", "quick"),
        ("CsPbBr3", "Br", "accurate"),
        ("CsPbBr3", "Br", "imran2020"),
        ("FAPbI3", "FA", "standard"),
    ],
    ids="-".join,
)
def folder(request, tmp_path_factory):
    formula, species, preset = request.param
    found = path(formula, hops(formula, species, phase="alpha")[0])
    return write_inputs(tmp_path_factory.mktemp("cp2k") / "c", found, code="cp2k", preset=preset)


def cp2k(folder, *arguments):
    return subprocess.run(
        ["cp2k", *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("name", ["neb.inp", "endpoint_00.inp", "endpoint_06.inp"])
def test_the_parser_accepts_the_input(folder, name):
    answer = cp2k(folder, "-c", name)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "SUCCESS, the input could be parsed correctly" in answer.stdout


def test_a_dry_run_loads_kinds_and_coordinates(folder):
    text = (folder / "neb.inp").read_text()
    (folder / "none.inp").write_text(text.replace("RUN_TYPE BAND", "RUN_TYPE NONE"))
    answer = cp2k(folder, "none.inp")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "PROGRAM ENDED" in answer.stdout
    assert "The number of warnings for this run is : 0" in answer.stdout


@pytest.mark.parametrize("family", ["gth", "uzh_pb22"])
def test_every_element_has_its_potential_and_basis_in_the_files_named(family):
    """In the data files that CP2K brings along; the electrons are the sum of the entry's."""
    data = Path("/usr/share/cp2k")
    if not data.exists():
        pytest.skip("cp2k-data is not where Debian puts it")
    preset = {"gth": "standard", "uzh_pb22": "accurate"}[family]
    values = load_preset(preset, "cp2k").values("")
    names = {
        kind: (data / values[f"{kind}_FILE_NAME"]).read_text()
        for kind in ("BASIS_SET", "POTENTIAL")
    }
    elements = [
        "H",
        "C",
        "N",
        "O",
        "F",
        "S",
        "Cl",
        "K",
        "Mn",
        "Ge",
        "Br",
        "Rb",
        "Cd",
        "Sn",
        "I",
        "Cs",
        "Pb",
    ]
    for element, potential in potentials("cp2k", elements, family).items():
        entry = re.search(
            rf"^ *{element} .*{potential.symbol}\b.*\n(.*)\n", names["POTENTIAL"], re.MULTILINE
        )
        assert sum(map(int, entry.group(1).split())) == potential.valence
        basis = potential.details.get("basis", values["BASIS_SET"])
        basis = basis.replace("{valence}", str(potential.valence))
        assert re.search(rf"^ *{element} .*{basis}\b", names["BASIS_SET"], re.MULTILINE), basis
