"""Job scripts: what the user's machine adds, and that each is a sound shell script."""

import json
import os
import shutil
import subprocess

import pytest

from perovdb.errors import InputError
from perovdb.inputs.job import Resources
from perovdb.inputs.machine import Machine, find_machine, read_machine
from perovdb.inputs.manifest import Manifest
from perovdb.inputs.schedulers import SCHEDULERS, array_files
from perovdb.inputs.sets import CODES, input_files, write_inputs

MACHINE = """\
[vasp]
command = "vasp_gam"
modules = ["VASP/6.4.2-vtst"]
setup = ["export OMP_NUM_THREADS=2"]
[cp2k]
command = "cp2k.popt"
[qe]
neb = "neb-7.3.x"
potentials = "/data/my pseudos"
[slurm]
lines = ["#SBATCH --partition=long"]
launcher = "mpiexec -n {ranks}"
[pbs]
lines = ["#PBS -q long"]
resources = "nodes=1:ppn={ranks}"
"""


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "perovdb.toml").write_text(MACHINE)
    return read_machine(tmp_path / "perovdb.toml")


@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize("code", CODES)
def test_every_script_is_sound(code, scheduler, iodide_hop, machine, tmp_path):
    scripts = {}
    for number, known in enumerate((Machine(), machine)):
        files = input_files(iodide_hop, code=code, resources=Resources(scheduler, machine=known))
        scripts |= {f"{number}-{n}": text for n, text in files.items() if n.endswith(".sh")}
        array = array_files(
            ["a", "b c"], [Manifest(ranks=8, hours=2)] * 2, "hops", scheduler, known
        )
        scripts[f"{number}-array.sh"] = array["array.sh"]
        assert array["folders.txt"] == "a\nb c\n"
    for name, text in scripts.items():
        assert text.startswith("#!/usr/bin/env bash\n")
        (tmp_path / name).write_text(text)
        subprocess.run(["bash", "-n", tmp_path / name], check=True)
    if shutil.which("shellcheck"):
        found = subprocess.run(
            ["shellcheck", *scripts], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert found.returncode == 0, found.stdout


def test_the_users_machine_stands_in_the_script(iodide_hop, machine):
    vasp = input_files(iodide_hop, code="vasp", resources=Resources(machine=machine))["job.sh"]
    for line in (
        "#SBATCH --partition=long",
        "module load VASP/6.4.2-vtst",
        "export OMP_NUM_THREADS=2",
        ': "${VASP:=vasp_gam}"',
        '  mpiexec -n "$ranks" "$@"',
    ):
        assert line in vasp.splitlines()
    assert "#SBATCH --ntasks=40\n" in vasp
    pbs = input_files(iodide_hop, code="cp2k", resources=Resources("pbs", machine=machine))[
        "job.sh"
    ]
    assert "#PBS -l nodes=1:ppn=56\n" in pbs
    assert "#PBS -q long\n" in pbs
    assert ': "${CP2K:=cp2k.popt}"' in pbs
    qe = input_files(iodide_hop, code="qe", resources=Resources("bash", machine=machine))
    assert ': "${NEB:=neb-7.3.x}"' in qe["job.sh"]
    assert "pseudo_dir = '/data/my pseudos'" in qe["neb.in"]
    assert "mpiexec" not in qe["job.sh"]


def test_what_a_scheduler_is_asked_for(iodide_hop):
    slurm = input_files(iodide_hop, code="vasp", resources=Resources(hours=7))[
        "job.sh"
    ].splitlines()
    assert "#SBATCH --ntasks=40" in slurm
    assert "#SBATCH --time=7:00:00" in slurm
    pbs = input_files(iodide_hop, code="vasp", resources=Resources("pbs", hours=7))[
        "job.sh"
    ].splitlines()
    assert "#PBS -l select=1:ncpus=40:mpiprocs=40:ompthreads=1" in pbs
    assert "#PBS -l walltime=7:00:00" in pbs
    name = next(line for line in pbs if line.startswith("#PBS -N ")).split()[2]
    assert 0 < len(name) <= 15


def test_perovdb_toml_is_looked_for_here_and_then_at_home(tmp_path, monkeypatch, iodide_hop):
    here, home = tmp_path / "here", tmp_path / "home"
    here.mkdir()
    (home / "perovdb").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    assert find_machine() == Machine()
    (home / "perovdb" / "perovdb.toml").write_text('[vasp]\ncommand = "at_home"\n')
    assert "at_home" in (write_inputs("one", iodide_hop, code="vasp") / "job.sh").read_text()
    (here / "perovdb.toml").write_text('[vasp]\ncommand = "right_here"\n')
    assert "right_here" in (write_inputs("two", iodide_hop, code="vasp") / "job.sh").read_text()
    assert "vasp_std" in input_files(iodide_hop, code="vasp")["job.sh"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[vaps]\n", "[vaps] means nothing. Did you mean 'vasp'"),
        ("[vasp]\ncomand = 'x'\n", "no key 'comand'. Did you mean 'command'"),
        ("[vasp]\nmodules = 'x'\n", "vasp.modules cannot be 'x'. Give a list"),
        ("[vasp]\nmodules = [1]\n", "Give a list of texts"),
        ("[slurm]\nlauncher = 3\n", "Give a text"),
        ("[cp2k]\ncommand = 'mpirun -np 4 cp2k.popt'\n", "one program, not 'mpirun -np 4"),
        ("[qe]\npw = 'srun pw.x'\n", 'such as launcher = "mpirun -np {ranks}"'),
        ("[vasp]\ncommand = ''\n", "one program"),
        ("[slurm]\nlauncher = 'srun -n {n}'\n", "Write {ranks} for the number of ranks"),
        ("[pbs]\nresources = 'nodes=1:ppn={'\n", "Write {ranks}"),
        ("[pbs]\nresources = '{ranks:>4000000000}'\n", "Write {ranks}"),
        ("[slurm]\nlauncher = '{ranks.__class__}'\n", "Write {ranks}"),
        ("[slurm]\nlauncher = '{ranks!r} {ranks}'\n", "Write {ranks}"),
        ('[vasp]\npotentials = "/data/$(touch x)"\n', "Write the path in full"),
        ('[cp2k]\ncommand = "cp2k$(touch${IFS}x)"\n', "Write the path in full"),
        ('[qe]\npotentials = "/data/`touch x`"\n', "Write the path in full"),
        ('[qe]\npotentials = "it\'s"\n', "Write the path in full"),
        ("[vasp]\npotentials = '~/potcars'\n", "without ~"),
        ('[qe]\npotentials = "/data\\ntouch x"\n', "Take line breaks"),
        ('[vasp]\ncommand = "vasp\\u001b[2J"\n', "Take line breaks"),
        ('[slurm]\nlines = ["#SBATCH -p x\\ntouch x"]\n', "text of its own in a list"),
        ("vasp = 3\n", "means nothing"),
        ("[vasp\n", "cannot be read"),
    ],
)
def test_a_perovdb_toml_that_means_nothing(tmp_path, text, words):
    (tmp_path / "perovdb.toml").write_text(text)
    with pytest.raises(InputError) as raised:
        read_machine(tmp_path / "perovdb.toml")
    assert words in str(raised.value)


def test_an_array_by_hand_runs_every_folder_and_names_what_failed(tmp_path):
    for name, code in (("-a", 0), ("b c", 3), ("d", 0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.sh").write_text(f"touch '{tmp_path / name}/ran'\nexit {code}\n")
    for name, text in array_files(["-a", "b c", "d"], [Manifest()] * 3, "hops", "bash").items():
        (tmp_path / name).write_text(text)
    ran = subprocess.run(
        ["bash", "array.sh"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr == "b c failed\n"
    assert all((tmp_path / name / "ran").exists() for name in ("-a", "b c", "d"))


@pytest.mark.parametrize(
    ("scheduler", "index"), [("slurm", "SLURM_ARRAY_TASK_ID"), ("pbs", "PBS_ARRAY_INDEX")]
)
def test_a_task_of_an_array_runs_the_folder_beside_it(scheduler, index, tmp_path):
    for place in ("tree", "other"):
        (tmp_path / place / "-a").mkdir(parents=True)
        (tmp_path / place / "-a" / "job.sh").write_text(f"echo {place}\n")
    for name, text in array_files(["-a"], [Manifest()], "hops", scheduler).items():
        (tmp_path / "tree" / name).write_text(text)
    environment = {**os.environ, index: "1", "CDPATH": str(tmp_path / "other")}
    ran = subprocess.run(
        ["bash", "array.sh"],
        cwd=tmp_path / "tree",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("tree\n", "")


def test_an_array_asks_for_the_most():
    manifests = [Manifest(ranks=8, hours=2), Manifest(ranks=40, hours=1)]
    text = array_files(["a", "b"], manifests, "MA hops", "slurm")["array.sh"]
    assert "#SBATCH --array=1-2\n#SBATCH --ntasks=40\n#SBATCH --time=2:00:00\n" in text
    for folders in ([], ["a\nb"]):
        with pytest.raises(InputError, match="no array of jobs"):
            array_files(folders, manifests, "MA hops")


def test_qe_says_which_pseudopotential_is_missing_or_another(tmp_path, iodide_hop):
    folder = write_inputs(tmp_path / "q", iodide_hop, code="qe", resources=Resources("bash"))

    def run():
        return subprocess.run(
            ["bash", "job.sh"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "NEB": "true", "PW": "true"},
        )

    missing = run()
    assert missing.returncode == 1
    assert (
        "./pseudo/Cs_pbe_v1.uspp.F.UPF is missing: it belongs to the family sssp" in missing.stderr
    )
    (folder / "pseudo").mkdir()
    for line in (folder / "pseudo.md5").read_text().splitlines():
        (folder / "pseudo" / line.split()[1]).write_text("another one\n")
    other = run()
    assert other.returncode == 1
    assert "not that of the family sssp_efficiency" in other.stderr


def ran_with(folder, script="job.sh", cwd="/", **environment):
    """A script whose programs are stand-ins that write what they see."""
    return subprocess.run(
        ["bash", folder / script],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def stand_in(tmp_path):
    """A program in place of CP2K that notes where it ran and with how many threads."""
    program = tmp_path / "stand_in"
    program.write_text(
        '#!/bin/sh\necho "$PWD $OMP_NUM_THREADS ${SRUN_CPUS_PER_TASK:-}" >> "$LOG"\n'
        "echo ' STEP NUMBER   =   17' > neb.out\n"
    )
    program.chmod(0o755)
    return {"CP2K": str(program), "LOG": str(tmp_path / "log")}


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_a_rank_has_one_thread_and_the_script_finds_its_folder(
    scheduler, iodide_hop, tmp_path, stand_in, monkeypatch
):
    for name in ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK", "SRUN_CPUS_PER_TASK"):
        monkeypatch.delenv(name, raising=False)
    machine = Machine({scheduler: {"launcher": "env"}})
    options = {"resources": Resources(scheduler, machine=machine), "relax_first": False}
    folder = write_inputs(tmp_path / "a set", iodide_hop, code="cp2k", **options)
    # A set of the same name where CDPATH leads is not run.
    shutil.copytree(folder, tmp_path / "other" / "a set")
    monkeypatch.setenv("CDPATH", str(tmp_path / "other"))
    seen = []
    for more in ({}, {"OMP_NUM_THREADS": "3"}, {"SLURM_CPUS_PER_TASK": "2"}):
        (folder / "neb.done").unlink(missing_ok=True)
        ran = ran_with(folder, **stand_in, **more)
        assert ran.returncode == 0, ran.stderr
        place, _, threads = (tmp_path / "log").read_text().splitlines()[-1].rpartition("a set ")
        assert place == f"{tmp_path}/"
        seen.append(threads.strip())
    assert seen == ["1", "3", "2 2" if scheduler == "slurm" else "1"]


@pytest.mark.parametrize("scheduler", ["slurm", "pbs"])
def test_a_copy_of_the_script_that_finds_no_set_says_so(scheduler, iodide_hop, tmp_path, stand_in):
    """Schedulers run a copy; submitted from elsewhere, PBS does not tell of which file."""
    folder = write_inputs(
        tmp_path / "set", iodide_hop, code="cp2k", resources=Resources(scheduler)
    )
    (tmp_path / "spool").mkdir()
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(folder / "job.sh", tmp_path / "spool" / "job_script")
    place = {"PBS_O_WORKDIR": str(tmp_path / "elsewhere"), "SLURM_JOB_ID": "0"}
    ran = ran_with(tmp_path / "spool", "job_script", tmp_path / "elsewhere", **stand_in, **place)
    assert ran.returncode == 1
    assert f"{tmp_path}/elsewhere holds no manifest.json" in ran.stderr


def test_shell_from_a_file_that_was_found_is_said(tmp_path, monkeypatch, iodide_hop):
    monkeypatch.chdir(tmp_path)
    notes = []
    for text in ("", '[cp2k]\ncommand = "y"\n', '[vasp]\nsetup = ["touch /tmp/x"]\n'):
        (tmp_path / "perovdb.toml").write_text(text)
        folder = write_inputs(f"set{len(text)}", iodide_hop, code="vasp")
        manifest = json.loads((folder / "manifest.json").read_text())
        notes.append([note for note in manifest["notes"] if "perovdb.toml" in note])
    assert notes[:2] == [[], []]
    (said,) = notes[2]
    assert said.startswith("perovdb.toml of the working folder says how the code is run, [vasp]")
    assert "vasp.setup = ['touch /tmp/x']" in said
    assert said in (folder / "preflight.txt").read_text()
