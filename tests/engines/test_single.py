"""Real programs run tiny single points and relaxations of a crystal, a slab and a particle."""

import subprocess

import pytest
from pymatgen.core import Lattice, Structure
from tests.engines.test_end_to_end import GTH, LOOSE, by_hand, machine, wait_for

from perovdb import build, slab
from perovdb.inputs.job import Resources
from perovdb.inputs.sets import write_inputs
from perovdb.results.energies import read_energies, read_energy
from perovdb.structures.particles.slabs import Surface

LOOSER = {
    "cp2k": {"PRESSURE_TOLERANCE": 1e5},
    "qe": {"ecutwfc": 20.0, "mixing_beta": 0.2, "press_conv_thr": 5000.0},
}


@pytest.fixture(scope="module")
def models():
    """Five atoms each way: they prove that the chain runs, not what it gives."""
    # A neutral pair keeps the box of the particle small: the correction wants twice its length.
    pair = Structure(
        Lattice.cubic(9.0, pbc=(False, False, False)),
        ["Cs", "I"],
        [[3, 4.5, 4.5], [6.5, 4.5, 4.5]],
        coords_are_cartesian=True,
    )
    return {
        "crystal": build("CsPbI3", phase="alpha"),
        "slab": slab("CsPbI3", 1, surface=Surface(vacuum_A=13.0)),
        "particle": pair,
    }


CASES = [
    pytest.param(code, kind, task, cell, marks=pytest.mark.engine(program))
    for code, program in (("cp2k", "cp2k"), ("qe", "pw.x"))
    for kind, task, cell in (
        ("crystal", "static", "fixed"),
        ("crystal", "relax", "free"),
        ("slab", "static", "fixed"),
        ("particle", "relax", "fixed"),
    )
]


def tiny(folder, x, code, task, cell, with_gth, scheduler="bash"):
    made = write_inputs(
        folder, x, code=code, task=task, cell=cell, preset="quick",
        settings=LOOSE[code] | LOOSER[code],
        resources=Resources(scheduler, ranks_per_image=1, hours=1, machine=machine(scheduler)),
    )  # fmt: skip
    if code == "qe":
        elements = {site.specie.symbol for site in x}
        with_gth(made, {name: GTH[name] for name in elements})
    return made


@pytest.mark.parametrize(("code", "kind", "task", "cell"), CASES)
def test_a_set_runs_to_an_energy(tmp_path, models, with_gth, code, kind, task, cell):
    folder = tiny(tmp_path / "s", models[kind], code, task, cell, with_gth)
    ran = by_hand(folder)
    assert ran.returncode == 0, ran.stderr
    energy = read_energy(folder)
    assert energy.task == task
    assert energy.structure.composition == models[kind].composition
    # Valence electrons in these potentials are bound by tens to hundreds of eV each.
    assert -200 < energy.energy_eV / len(models[kind]) / 8 < -10
    assert (energy.pressure_GPa is None) is (kind != "crystal")
    again = by_hand(folder)
    assert "nothing to do" in again.stdout


@pytest.mark.engine("sbatch")
@pytest.mark.engine("cp2k")
def test_a_series_runs_under_slurm(tmp_path, models, slurm, with_gth):
    folder = tiny(tmp_path / "c", models["crystal"], "cp2k", "static", "fixed", with_gth, "slurm")
    sent = subprocess.run(
        ["sbatch", "--parsable", "job.sh"],
        cwd=folder, env=slurm, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert wait_for(sent.stdout.strip(), slurm) == {"COMPLETED"}
    (energy,) = read_energies([folder]).energies
    assert energy.code == "cp2k"
