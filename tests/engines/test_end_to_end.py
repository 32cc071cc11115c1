"""A tiny band runs from our own scripts: by hand and resumed, under SLURM, and as PBS scripts."""

import json
import re
import shutil
import subprocess
import time

import pytest

from perovdb.inputs.job import Resources
from perovdb.inputs.machine import Machine
from perovdb.inputs.manifest import Manifest
from perovdb.inputs.schedulers import array_files
from perovdb.inputs.sets import write_inputs
from perovdb.results.reading import read_barrier

GTH = {"Cs": "GTH-PBE-q9", "Pb": "GTH-PBE-q14", "I": "GTH-PBE-q7"}

# So loose that a step or two is enough.
LOOSE = {
    "qe": {
        "potentials.family": "pseudodojo_standard",
        "ecutwfc": 16.0,
        "conv_thr": 1e-3,
        "path_thr": 20.0,
        "forc_conv_thr": 1.0,
        "etot_conv_thr": 1.0,
        "mesh": "1 1 1",
    },
    "cp2k": {
        "BASIS_SET": "SZV-MOLOPT-SR-GTH",
        "CUTOFF_Ry": 60.0,
        "EPS_DEFAULT": 1e-6,
        "REL_CUTOFF_Ry": 20.0,
        "EPS_SCF": 1e-2,
        "MAX_FORCE": 1.0,
        "RMS_FORCE": 1.0,
        "MAX_DR": 1.0,
        "RMS_DR": 1.0,
        "MAX_STEPS": 3,
    },
}

ENGINES = [
    pytest.param("cp2k", marks=pytest.mark.engine("cp2k")),
    pytest.param("qe", marks=pytest.mark.engine("neb.x")),
]


def machine(scheduler):
    """As a user's perovdb.toml would say it on this machine."""
    launcher = {"bash": "env"}.get(
        scheduler, "mpirun --oversubscribe --mca mpi_yield_when_idle 1 -np {ranks}"
    )
    setup = [
        "export OMP_NUM_THREADS=1",
        "export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1",
    ]
    return Machine(
        {
            scheduler: {"launcher": launcher, "resources": "nodes=1:ppn={ranks}"},
            "cp2k": {"command": "cp2k", "setup": setup},
            "qe": {"setup": setup},
        }
    )


def tiny_set(folder, hop, code, scheduler, with_gth, relax_first=True, **changed):
    settings = LOOSE[code] | changed
    made = write_inputs(
        folder, hop, code=code, preset="quick", settings=settings, relax_first=relax_first,
        resources=Resources(scheduler, ranks_per_image=1, hours=1, machine=machine(scheduler)),
    )  # fmt: skip
    if code == "qe":
        with_gth(made, GTH)
    return made


def by_hand(folder):
    return subprocess.run(
        ["bash", "job.sh"], cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def wait_for(job, environment, limit_s=300):
    """The state in which a job ended."""
    for _ in range(limit_s * 4):
        shown = subprocess.run(
            ["scontrol", "show", "job", job],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        states = {word.split("=")[1] for word in shown.split() if word.startswith("JobState=")}
        if states <= {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL"}:
            return states
        time.sleep(0.25)
    pytest.fail(f"the job did not end:\n{shown}")


@pytest.fixture(scope="module", params=ENGINES)
def finished(request, tmp_path_factory, tiny_hop, slurm, with_gth):
    """A code, the folder in which its band ran under SLURM, and how the job ended."""
    code = request.param
    folder = tiny_set(tmp_path_factory.mktemp(code) / "set", tiny_hop, code, "slurm", with_gth)
    sent = subprocess.run(
        ["sbatch", "--parsable", "job.sh"],
        cwd=folder,
        env=slurm,
        capture_output=True,
        text=True,
        check=True,
    )
    return code, folder, wait_for(sent.stdout.strip(), slurm)


@pytest.mark.engine("sbatch")
def test_a_band_runs_under_slurm(finished):
    _, folder, state = finished
    log = "".join(path.read_text() for path in folder.glob("slurm-*.out"))
    assert state == {"COMPLETED"}, log
    assert (folder / "neb.done").exists()


def printed(folder, code):
    """Barrier forward and back in eV, and energies of the images above the first, as the code
    has them: by neb.x in eV in neb.out and neb.dat, by CP2K in hartree in the *.ener file."""
    if code == "qe":
        text = (folder / "neb.out").read_text()
        ways = [float(re.findall(rf"activation energy \({way}\) = +(\S+) eV", text)[-1])
                for way in ("->", "<-")]  # fmt: skip
        rows = (folder / "neb.dat").read_text().splitlines()
        return ways, [float(row.split()[1]) for row in rows]
    (file,) = folder.glob("*-1.ener")
    last = [float(word) for word in file.read_text().splitlines()[-1].split()]
    # Step, energies of the replicas, the distances between them, ...
    above = [27.211386 * (energy - last[1]) for energy in last[1:4]]
    return [max(above), max(above) - above[-1]], above


@pytest.mark.engine("sbatch")
def test_the_barrier_that_is_read_is_the_one_that_the_code_prints(finished):
    code, folder, _ = finished
    (forward, backward), above = printed(folder, code)
    found = read_barrier(folder)
    assert found.code == code
    assert len(found.profile.energies_eV) == len(above) == 3
    assert found.profile.energies_eV == pytest.approx(above, abs=2e-5)
    assert found.profile.barrier_forward_eV == pytest.approx(forward, abs=2e-5)
    assert found.profile.barrier_backward_eV == pytest.approx(backward, abs=2e-5)
    assert 0.1 < forward < 10


@pytest.mark.engine("sbatch")
def test_the_barrier_is_saved_with_where_it_comes_from(finished, perovdb, tmp_path):
    code, folder, _ = finished
    lab = str(tmp_path / "lab.sqlite")
    assert perovdb("store", "init", lab).code == 0
    answer = perovdb("barrier", str(folder), "--save", "--store", lab, "--json")
    assert answer.code == 0, answer.err
    saved = json.loads(answer.out)["saved"]
    (row,) = json.loads(
        perovdb("barriers", "--source", saved["source"], "--store", lab, "--json").out
    )
    assert row["id"] == saved["id"]
    assert row["barrier_eV"] == pytest.approx(printed(folder, code)[0][0], abs=2e-5)
    assert (row["formula"], row["phase"], row["species"]) == ("CsPbI3", "alpha", "I")
    assert row["charge_state"] == "+1 (cell)"
    name = {"qe": "Quantum ESPRESSO", "cp2k": "CP2K"}[code]
    assert re.search(rf"NEB, {name} \d+\.\d+.*, preset quick", row["method"])
    assert "trots2008" in row["cited_sources"].split(";")
    assert "cell from trots2008" in row["note"]
    assert perovdb("store", "check", lab).code == 0
    (told,) = json.loads(perovdb("source", saved["source"], "--store", lab, "--json").out)
    assert "input set by perovdb" in told["citation"]


@pytest.mark.parametrize("code", ENGINES)
def test_a_band_that_is_not_done_goes_on(tmp_path, tiny_hop, code, with_gth):
    """A band that may take one step only stops; the next run begins where it stopped."""
    tight = {
        "cp2k": {"MAX_STEPS": 1, "MAX_FORCE": 1e-6, "EPS_SCF": 1e-4, "relax_first": False},
        "qe": {"nstep_path": 1, "path_thr": 1e-6},
    }
    folder = tiny_set(tmp_path / "set", tiny_hop, code, "bash", with_gth, **tight[code])
    first = by_hand(folder)
    assert first.returncode == 1
    assert "submit again to go on" in first.stderr
    assert (folder / "endpoint_02.done").exists() == (code == "qe")
    assert not (folder / "neb.done").exists()
    reached = cp2k_energies(folder)[-1] if code == "cp2k" else None
    second = by_hand(folder)
    assert "submit again to go on" in second.stderr, second.stderr
    if code == "qe":
        assert "iteration   2" in (folder / "neb.out").read_text()
        assert "iteration   1" in (folder / "neb.previous.out").read_text()
    else:
        assert cp2k_energies(folder)[0] == pytest.approx(reached, abs=1e-3)
        assert cp2k_energies(folder / "previous.1")[0] != pytest.approx(reached, abs=4e-3)


def cp2k_energies(folder):
    """Energies in hartree of the images, step by step."""
    blocks = (folder / "neb.out").read_text().split("ENERGIES [au] =")[1:]
    return [[float(word) for word in block.splitlines()[0].split()] for block in blocks]


@pytest.mark.engine("qsub")
@pytest.mark.engine("neb.x")
def test_qsub_runs_many_sets_as_an_array(tmp_path, tiny_hop, slurm, with_gth):
    """The PBS scripts, through the qsub that SLURM has for them."""
    tiny_set(tmp_path / "one", tiny_hop, "qe", "pbs", with_gth)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    manifest = Manifest(ranks=1, hours=1)
    scripts = array_files(["one", "two"], [manifest, manifest], "two hops", "pbs", machine("pbs"))
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
    sent = subprocess.run(
        ["qsub", "array.sh"], cwd=tmp_path, env=slurm, capture_output=True, text=True, check=False
    )
    assert sent.returncode == 0, sent.stderr
    wait_for(sent.stdout.strip().split(".")[0], slurm)
    for name in ("one", "two"):
        assert (tmp_path / name / "neb.done").exists(), logs(tmp_path)


def logs(folder):
    return "\n".join(path.read_text() for path in folder.iterdir() if path.is_file())


@pytest.mark.engine("sbatch")
@pytest.mark.engine("neb.x")
def test_sbatch_runs_many_sets_as_an_array(tmp_path, tiny_hop, slurm, with_gth):
    tiny_set(tmp_path / "one", tiny_hop, "qe", "slurm", with_gth)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    manifest = Manifest(ranks=1, hours=1)
    scripts = array_files(
        ["one", "two"], [manifest, manifest], "two hops", "slurm", machine("slurm")
    )
    for name, text in scripts.items():
        (tmp_path / name).write_text(text)
    sent = subprocess.run(
        ["sbatch", "--parsable", "array.sh"],
        cwd=tmp_path,
        env=slurm,
        capture_output=True,
        text=True,
        check=True,
    )
    assert wait_for(sent.stdout.strip(), slurm) == {"COMPLETED"}, logs(tmp_path)
    for name in ("one", "two"):
        assert (tmp_path / name / "neb.done").exists()
