"""perovdb barrier and relax with an engine of one's own."""

import json

import pytest

MAKE = """
from perovdb import endpoints, hops
from tests.local.wells import Wells, double

def make():
    ends = endpoints("CsPbI3", hops("CsPbI3", "I", phase="alpha")[0], size=2)
    return Wells(ends, double(0.35))
"""


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    (folder / "wells.py").write_text(MAKE)
    hop = ("CsPbI3", "--phase", "alpha", "--species", "I")
    engine = ("--engine", str(folder / "wells.py:make"), "-o", str(folder / "run"))
    return ("barrier", *hop, *engine)


def test_a_barrier_is_computed_once_saved_and_stands_beside_the_literature(
    perovdb, asked, tmp_path, monkeypatch
):
    answer = perovdb(*asked, "--json")
    assert answer.code == 0
    found = json.loads(answer.out)
    assert found["barrier_forward_eV"] == pytest.approx(0.35, abs=1e-3)
    assert found["converged"]
    assert found["code"] == "local"
    assert any(one["source"] == "arber2025" for one in found["beside"])
    store = str(tmp_path / "own.sqlite")
    assert perovdb("store", "init", store).code == 0
    saved = perovdb("barrier", asked[-1], "--save", "--store", store)
    assert "saved: neb_" in saved.out
    (row,) = json.loads(
        perovdb("barriers", "--species", "I", "--host", "CsPbI3", "--json", "--store", store,
                "--source", found_source(saved.out)).out
    )  # fmt: skip
    assert row["method"].startswith("saddle search, ")
    assert "wells.py:make" in row["method"]
    assert row["barrier_eV"] == pytest.approx(0.35, abs=1e-3)


def found_source(text):
    line = next(line for line in text.splitlines() if "saved:" in line)
    return line.split("source ")[1].strip()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("CsPbI3",), "to compute a barrier here, name the ion"),
        (("CsPbI3", "--engine", "chgnet"), "name its --species"),
        (("CsPbI3", "CsPbBr3", "--species", "I"), "One hop is computed at a time"),
        (("CsPbI3", "--species", "I", "--images", "5"), "of a folder to read"),
        (("CsPbI3", "--species", "I", "--engine", "emt"), "is no engine"),
    ],
)
def test_what_cannot_be_meant(perovdb, arguments, what):
    answer = perovdb("barrier", *arguments)
    assert answer.code == 2
    assert what in answer.err


def test_relax_writes_a_structure_with_its_history(perovdb, tmp_path):
    start, rest = str(tmp_path / "cu.vasp"), str(tmp_path / "rest.cif")
    (tmp_path / "cu.vasp").write_text(
        "copper\n1.0\n3.6 0 0\n0 3.6 0\n0 0 3.6\nCu\n4\nDirect\n"
        "0 0 0\n0.5 0.5 0.02\n0.5 0 0.5\n0 0.5 0.5\n"
    )
    answer = perovdb("relax", start, "--engine", "ase.calculators.emt:EMT", "-o", rest)
    if "unknown" in answer.err or answer.code:
        pytest.fail(answer.err)
    assert "relaxed by ase.calculators.emt:EMT" in answer.out


STUDY = """
formula = "CsPbI3"
phase = "alpha"
species = "I"
engine = ["{folder}/wells.py:make", "{folder}/broken.py:make"]
"""


def test_a_study_is_computed_side_by_side_and_only_once(perovdb, tmp_path):
    (tmp_path / "wells.py").write_text(MAKE)
    (tmp_path / "broken.py").write_text(MAKE.replace("double(0.35)", "lambda q: (q / 0, 0)"))
    (tmp_path / "study.toml").write_text(STUDY.format(folder=tmp_path))
    asked = ("barrier", str(tmp_path / "study.toml"), "-o", str(tmp_path / "all"))
    first = perovdb(*asked, "--workers", "2")
    assert first.code == 1
    assert "1 of 2 folders cannot be read" in first.err
    assert "cannot be read: The engine gives no number" in first.out
    assert "mean of 1: 0.35" in first.out
    (done,) = (tmp_path / "all").glob("*/saddle.json")
    before = done.stat().st_mtime_ns
    assert "mean of 1: 0.35" in perovdb(*asked).out
    assert done.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ((), "needs a folder"),
        (("-o", "all", "--species", "I"), "belongs into the study"),
        (("-o", "all", "--size", "2"), "belongs into the study"),
    ],
)
def test_what_does_not_stand_beside_a_study(perovdb, tmp_path, arguments, what):
    (tmp_path / "study.toml").write_text(STUDY.format(folder=tmp_path))
    answer = perovdb("barrier", str(tmp_path / "study.toml"), *arguments)
    assert answer.code == 2
    assert what in answer.err
