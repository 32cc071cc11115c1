"""Barriers and rates as commands: what they say, and what they refuse."""

import json

import ase.io
import pytest
from ase.calculators.singlepoint import SinglePointCalculator


def frames_with(bands, force_eV_A):
    """A band at rest, but for a force on an atom of each inner image."""
    found = bands.frames(bands.model())
    for atoms in found[1:-1]:
        forces = atoms.calc.results["forces"].copy()
        forces[0] += [0, force_eV_A, 0]
        energy = atoms.calc.results["energy"]
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
    return found


def test_a_trajectory_is_not_called_converged_by_its_own_word(perovdb, bands, tmp_path):
    ase.io.write(tmp_path / "neb.traj", bands.frames(bands.model()))
    told = perovdb("barrier", str(tmp_path)).out.splitlines()[0]
    assert "ends and forces are within the limit; a trajectory does not tell" in told
    assert "converged (" not in told
    ase.io.write(tmp_path / "neb.traj", frames_with(bands, 0.4))
    answer = perovdb("barrier", str(tmp_path)).out
    assert "NOT CONVERGED" in answer.splitlines()[0]
    assert "problem: The band is not at rest: a force of " in answer


def test_a_source_that_comes_too_late_is_told(perovdb, copied, tmp_path):
    lab = str(tmp_path / "lab.sqlite")
    assert perovdb("store", "init", lab).code == 0
    save = ("barrier", str(copied("qe")), "--save", "--unconverged", "--store", lab)
    first = json.loads(perovdb(*save, "--source", "one2026", "--json").out)["saved"]
    assert (first["source"], first["new"]) == ("one2026", True)
    assert first["note"] is None
    again = perovdb(*save, "--source", "two2026").out
    assert "stands in your store already" in again
    assert "source one2026" in again
    assert "--source two2026 was not taken" in again


def test_a_row_that_is_not_converged_says_so_in_the_table(perovdb, copied, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    lab = str(tmp_path / "lab.sqlite")
    assert perovdb("store", "init", lab).code == 0
    folder = str(copied("qe_stopped"))
    perovdb("barrier", folder, "--save", "--unconverged", "--source", "lab2026", "--store", lab)
    table = perovdb("barriers", "--source", "lab2026", "--store", lab).out
    assert "not converged: NEB" in table


@pytest.mark.parametrize("barrier", ["-0.1", "-1e-9"])
def test_no_rate_over_a_barrier_below_zero(perovdb, barrier):
    answer = perovdb("rate", "--", barrier)
    assert answer.code == 2
    assert "is not in the range 0<=x<=20" in answer.err
    assert perovdb("rate", "0", "--json").code == 0


def test_an_attempt_frequency(perovdb):
    assert "range 1000000.0<=x<=1e+16" in perovdb("rate", "0.3", "--attempts", "-1").err


def test_rates_that_fall_with_temperature(perovdb, tmp_path):
    table = tmp_path / "rates.csv"
    table.write_text("temperature_K,rate\n300,3\n320,2\n340,1.5\n")
    assert "note: the rates fall with temperature" in perovdb("arrhenius", str(table)).out
    assert json.loads(perovdb("arrhenius", str(table), "--json").out)["notes"]
    table.write_text("temperature_K,rate\n300,1\n320,2\n340,3\n")
    assert json.loads(perovdb("arrhenius", str(table), "--json").out)["notes"] == []
