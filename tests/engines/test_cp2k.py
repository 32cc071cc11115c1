"""The real CP2K reads our sets: its parser, then kinds, basis sets, potentials, coordinates."""

import subprocess

import pytest

from perovdb.inputs.neb import write_neb
from perovdb.migration.paths import path

pytestmark = pytest.mark.engine("cp2k")


@pytest.fixture(
    scope="module",
    params=[("CsPbI3", "I", "standard"), ("CsPbI3", "I", "quick"), ("FAPbI3", "FA", "standard")],
    ids="-".join,
)
def folder(request, tmp_path_factory):
    formula, species, preset = request.param
    found = path(formula, species, "alpha", (2, 2, 2), images=5)
    return write_neb(tmp_path_factory.mktemp("cp2k") / "c", found, "cp2k", preset=preset)


def cp2k(folder, *arguments):
    return subprocess.run(
        ["cp2k", *arguments], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_parser_accepts_the_input(folder):
    answer = cp2k(folder, "-c", "neb.inp")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "SUCCESS, the input could be parsed correctly" in answer.stdout


def test_a_dry_run_loads_kinds_and_coordinates(folder):
    text = (folder / "neb.inp").read_text()
    (folder / "none.inp").write_text(text.replace("RUN_TYPE BAND", "RUN_TYPE NONE"))
    answer = cp2k(folder, "none.inp")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "PROGRAM ENDED" in answer.stdout
    assert "The number of warnings for this run is : 0" in answer.stdout
