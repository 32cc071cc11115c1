"""Job scripts under a real SLURM: from which folder they may be sent, and threads of a rank."""

import shutil
import subprocess
import time

import pytest

from perovdb.inputs.job import Resources
from perovdb.inputs.machine import Machine
from perovdb.inputs.manifest import Manifest
from perovdb.inputs.schedulers import array_files
from perovdb.inputs.sets import write_inputs

pytestmark = pytest.mark.engine("sbatch")

#: What a user's perovdb.toml may add; the node of the tests has four cores.
TWO_EACH = ["#SBATCH --ntasks=2", "#SBATCH --cpus-per-task=2"]


@pytest.fixture
def tiny_set(tmp_path, tiny_hop):
    """A set whose program is a stand-in that notes where it ran and with how many threads."""
    program = tmp_path / "stand_in"
    program.write_text(
        '#!/bin/sh\necho "$OMP_NUM_THREADS" > "$PWD/ran"\n'
        "echo ' STEP NUMBER   =   17' > neb.out\n"
    )
    program.chmod(0o755)

    def write(name, scheduler="slurm", lines=()):
        tables = {
            "cp2k": {"command": str(program)},
            scheduler: {"launcher": "env", "lines": list(lines), "resources": "nodes=1:ppn=1"},
        }
        machine = Machine(tables)
        resources = Resources(scheduler, ranks_per_image=1, hours=1, machine=machine)
        options = {"preset": "quick", "resources": resources, "relax_first": False}
        return write_inputs(tmp_path / name, tiny_hop, code="cp2k", **options), machine

    return write


def send(command, cwd, environment):
    """Submit a job and wait until it is over."""

    def told(*words):
        ran = subprocess.run(
            words, cwd=cwd, env=environment, capture_output=True, text=True, check=True
        )
        return ran.stdout.strip()

    job = told(*command).split(".")[0]
    listed = ("squeue", "--noheader", "--states=PENDING,RUNNING,COMPLETING", f"--jobs={job}")
    for _ in range(120):
        if not told(*listed):
            return
        time.sleep(0.25)
    pytest.fail(f"the job did not end: {told(*listed)}")


def said(folder):
    return "".join(path.read_text() for path in folder.iterdir() if path.is_file())


@pytest.fixture
def quiet(slurm):
    """SLURM, and a shell without a number of threads of its own."""
    return {name: value for name, value in slurm.items() if name != "OMP_NUM_THREADS"}


@pytest.mark.parametrize(("lines", "threads"), [((), "1"), (TWO_EACH, "2")])
def test_sbatch_from_another_folder(tmp_path, tiny_set, quiet, lines, threads):
    folder, _ = tiny_set("a set", lines=lines)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    send(["sbatch", "--parsable", str(folder / "job.sh")], elsewhere, quiet)
    assert (folder / "neb.done").exists(), said(elsewhere)
    assert (folder / "ran").read_text().strip() == threads
    assert not (elsewhere / "ran").exists()


def test_sbatch_of_many_sets_from_another_folder(tmp_path, tiny_set, quiet):
    folder, machine = tiny_set("one")
    shutil.copytree(folder, tmp_path / "two of it")
    names = ["one", "two of it"]
    for name, text in array_files(names, [Manifest()] * 2, "x", "slurm", machine).items():
        (tmp_path / name).write_text(text)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    send(["sbatch", "--parsable", "../array.sh"], elsewhere, quiet)
    for name in names:
        assert (tmp_path / name / "neb.done").exists(), said(elsewhere)
        assert (tmp_path / name / "ran").read_text().strip() == "1"


@pytest.mark.engine("qsub")
def test_qsub_from_another_folder_stops_with_a_word(tmp_path, tiny_set, quiet):
    folder, _ = tiny_set("set", "pbs")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    send(["qsub", str(folder / "job.sh")], elsewhere, quiet)
    assert not (folder / "ran").exists()
    assert "holds no manifest.json: go to the folder of this script" in said(elsewhere)
    send(["qsub", "job.sh"], folder, quiet)
    assert (folder / "ran").read_text().strip() == "1"
