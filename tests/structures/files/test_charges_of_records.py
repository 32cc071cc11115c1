"""The charge that a file's record says is checked against the ions and the steps."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import perovdb


@pytest.fixture(scope="module")
def host():
    return perovdb.build("CsPbI3", "alpha")


def written(structure, path, **changes):
    """A JSON file of a structure, with something of its record put otherwise."""
    path.unlink(missing_ok=True)
    perovdb.write_structure(structure, path)
    content = json.loads(path.read_text())
    content["properties"]["perovdb"].update(changes)
    content["charge"] = None
    path.write_text(json.dumps(content))
    return path


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(charge=st.integers().filter(bool))
def test_a_charge_that_nobody_asked_for_is_not_believed(host, tmp_path, charge):
    read = perovdb.read_structure(written(host, tmp_path / "x.json", charge=charge))
    assert read.properties["charge"] == 0
    (step,) = read.properties["history"]
    assert any(f"{charge:+d}" in note for note in step["notes"])


@pytest.mark.parametrize(
    "change", [{"charge": 0}, {"charge": -2}, {"neutral": "cell"}, {"neutral": "partner"}, {}]
)
def test_a_charge_that_a_step_asked_for_is_kept_through_later_steps(host, tmp_path, change):
    wide = perovdb.supercell(perovdb.defects(perovdb.supercell(host, 2), ["V_I"], **change), 2)
    for form in ("vasp", "cif", "xyz", "json"):
        path = tmp_path / f"x.{form}"
        perovdb.write_structure(wide, path)
        read = perovdb.read_structure(path)
        assert read.properties == wide.properties
        assert read.charge == wide.charge


def test_no_step_makes_a_charge_that_atoms_cannot_have_believed(host, tmp_path):
    defect = perovdb.defects(perovdb.supercell(host, 2), ["V_I"], charge=0)
    read = perovdb.read_structure(written(defect, tmp_path / "x.json", charge=10**30))
    assert read.properties["charge"] == 1
