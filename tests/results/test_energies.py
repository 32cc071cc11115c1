"""Energies of single points and relaxations: real outputs of CP2K and Quantum ESPRESSO."""

import json
import shutil

import numpy as np
import pytest
from tests.results.bands import FIXTURES, model, outcar

from perovdb.errors import InputError, ResultError
from perovdb.results.energies import read_energies, read_energy

RUNS = FIXTURES / "runs"

#: Read off the outputs by eye: last total energy in hartree or rydberg, largest component lines of
#: forces in atomic units, pressure in GPa or kbar.
HARTREE_EV, RYDBERG_EV = 27.211386246, 13.605693123


@pytest.mark.parametrize(
    ("name", "energy_eV", "relaxed"),
    [
        ("cp2k_static", -58.386468143826406 * HARTREE_EV, False),
        ("cp2k_relax", -58.389329152657851 * HARTREE_EV, True),
        ("qe_static", -219.14244380 * RYDBERG_EV, False),
        ("qe_relax", -219.14246357 * RYDBERG_EV, True),
    ],
)
def test_the_last_energy_of_a_real_output(name, energy_eV, relaxed):
    energy = read_energy(RUNS / name)
    assert energy.energy_eV == pytest.approx(energy_eV, abs=2e-5)
    assert energy.task == ("relax" if relaxed else "static")
    assert energy.formula == "Cs1Pb1I3"
    assert (energy.charge, energy.level, energy.notes) == (0, "PBE", ())


def test_forces_pressure_and_gap():
    """CP2K prints a gap of 3.846435 eV and a mean stress of -0.696294 GPa, its largest force is on
    the third iodide; pw.x prints P = -1269.53 kbar and the largest force on lead."""
    static = read_energy(RUNS / "cp2k_static")
    assert static.gap_eV == pytest.approx(3.846435)
    assert static.pressure_GPa == pytest.approx(-0.696294, abs=1e-6)
    largest = np.linalg.norm([-0.00019262, 0.00026199, -0.00078423])
    assert static.max_force_eV_A == pytest.approx(largest * HARTREE_EV / 0.529177210903, abs=1e-5)
    static = read_energy(RUNS / "qe_static")
    assert static.pressure_GPa == pytest.approx(-126.953, abs=2e-2)
    largest = np.linalg.norm([-0.00221595, -0.00074635, -0.00408049])
    assert static.max_force_eV_A == pytest.approx(largest * RYDBERG_EV / 0.529177210903, abs=1e-4)


def test_a_relaxed_cell_is_that_of_the_end():
    relaxed = read_energy(RUNS / "cp2k_relax").structure
    assert relaxed.lattice.abc == pytest.approx((6.287920, 6.287348, 6.287625), abs=1e-3)
    start = read_energy(RUNS / "cp2k_static").structure
    assert start.lattice.abc == pytest.approx((6.2894,) * 3, abs=1e-3)
    # Both sets hold the same atoms, in the order of their files.
    assert relaxed.species == start.species


@pytest.fixture
def vasp(tmp_path):
    """A folder in which VASP relaxed one structure; the energy is -50 eV."""
    folder = tmp_path / "vasp"
    folder.mkdir()
    (folder / "OUTCAR").write_text(outcar(model(), 0))
    return folder


def test_vasp(vasp):
    energy = read_energy(vasp)
    assert energy.energy_eV == pytest.approx(-50)
    assert energy.task == "relax"
    assert energy.max_force_eV_A == 0
    assert energy.charge is None
    assert any("no manifest.json" in note for note in energy.notes)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"finished": False}, "did not come to its end"),
        ({"rest": False}, "did not come to rest"),
    ],
)
def test_what_is_not_finished_is_refused(vasp, changed, words):
    (vasp / "OUTCAR").write_text(outcar(model(), 0, **changed))
    with pytest.raises(ResultError, match=words):
        read_energy(vasp)


@pytest.mark.parametrize("name", ["cp2k_static", "cp2k_relax", "qe_static", "qe_relax"])
def test_an_output_that_is_cut_is_refused_at_every_length(tmp_path, name):
    """Each tenth of the file: never a number of a run that did not end."""
    for tenth in range(10):
        folder = shutil.copytree(RUNS / name, tmp_path / str(tenth))
        (output,) = folder.glob("*.out")
        text = output.read_text()
        output.write_text(text[: len(text) * tenth // 10])
        with pytest.raises(ResultError):
            read_energy(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("composition", {"Cs": 1.0, "Sn": 1.0, "I": 3.0}),
        ("valence_electrons", 45),
        ("code", "vasp"),
        ("task", "band"),
    ],
)
@pytest.mark.parametrize("name", ["cp2k_static", "qe_relax"])
def test_a_manifest_of_another_set_is_refused(tmp_path, name, key, value):
    folder = shutil.copytree(RUNS / name, tmp_path / "run")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {key: value}))
    with pytest.raises(ResultError):
        read_energy(folder)


def test_trees_and_codes(tmp_path):
    every = read_energies([RUNS])
    names = {one.name for one in every.energies}
    assert names == {"cp2k_relax", "cp2k_static", "qe_relax", "qe_static"}
    mixed = shutil.copytree(RUNS / "qe_static", tmp_path / "mixed")
    shutil.copy(RUNS / "cp2k_static" / "static.out", mixed / "cp2k.out")
    with pytest.raises(ResultError):
        read_energy(mixed)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ResultError, match="Looked for"):
        read_energy(tmp_path / "empty")
    with pytest.raises(InputError):
        read_energy(tmp_path / "nowhere")


def test_a_reaction_is_the_difference_of_its_cells():
    every = read_energies([RUNS])
    energies = {one.name: one.energy_eV for one in every.energies}
    once = every.reaction("qe_static -> qe_relax")
    assert once.energy_eV == pytest.approx(energies["qe_relax"] - energies["qe_static"])
    assert once.per_formula_unit_eV == pytest.approx(once.energy_eV)
    assert once.per_atom_eV == pytest.approx(once.energy_eV / 5)
    twice = every.reaction("2 qe_static -> qe_relax + qe_static")
    assert twice.energy_eV == pytest.approx(once.energy_eV)
    assert twice.per_formula_unit_eV == pytest.approx(once.energy_eV / 2)
    back = every.reaction("qe_relax -> qe_static")
    assert back.energy_eV == pytest.approx(-once.energy_eV)
    assert any("relaxed" in note for note in once.notes)


@pytest.mark.parametrize(
    ("equation", "kind"),
    [
        ("qe_static -> cp2k_static", ResultError),
        ("qe_static -> 2 qe_relax", InputError),
        ("qe_static -> missing", InputError),
        ("qe_static", InputError),
        ("-> qe_static", InputError),
        ("qe_static -> -1 qe_relax", InputError),
        ("", InputError),
    ],
)
def test_reactions_that_cannot_be(equation, kind):
    with pytest.raises(kind):
        read_energies([RUNS]).reaction(equation)


@pytest.mark.parametrize(
    ("section", "key", "value"), [("system", "ecutwfc", 99.0), ("electrons", "conv_thr", 1e-9)]
)
def test_other_settings_are_told_apart(tmp_path, section, key, value):
    other = shutil.copytree(RUNS / "qe_relax", tmp_path / "other")
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["settings"][section][key]["value"] = value
    (other / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ResultError, match="different settings"):
        read_energies([RUNS / "qe_static", other]).reaction("qe_static -> other")


def test_a_charge_has_no_place_in_a_reaction(tmp_path):
    charged = shutil.copytree(RUNS / "qe_relax", tmp_path / "charged")
    manifest = json.loads((charged / "manifest.json").read_text())
    (charged / "manifest.json").write_text(json.dumps(manifest | {"charge": 1}))
    with pytest.raises(InputError, match="formation energy of a defect"):
        read_energies([RUNS / "qe_static", charged]).reaction("qe_static -> charged")


def test_the_command_line(perovdb, tmp_path):
    answer = perovdb("energies", str(RUNS / "qe_static"), str(RUNS / "qe_relax"))
    assert answer.code == 0
    assert "-2981.58" in answer.out
    told = perovdb("energies", str(RUNS), "--reaction", "qe_static -> qe_relax", "--json")
    assert json.loads(told.out)["energy_eV"] == pytest.approx(-0.000269, abs=1e-5)
    (tmp_path / "none").mkdir()
    assert perovdb("energies", str(tmp_path / "none")).code != 0
