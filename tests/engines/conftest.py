"""Real programs: a loopback SLURM, and pseudopotentials for Quantum ESPRESSO out of CP2K's."""

import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from pymatgen.core import Element

from perovdb.migration.hops import hops
from perovdb.migration.path import path

GTH = Path("/usr/share/cp2k/GTH_POTENTIALS")
DAEMONS = ("munged", "slurmctld", "slurmd")


@pytest.fixture(scope="session")
def tiny_hop():
    """A hop in a cell of four atoms: it proves that the chain runs, not what it gives."""
    return path("CsPbI3", hops("CsPbI3", "I", phase="alpha")[0], size=1, images=1)


@pytest.fixture(scope="session")
def with_gth():
    """Give a Quantum ESPRESSO set pseudopotentials that its program reads."""
    if not GTH.exists():
        pytest.skip(f"{GTH} is not there: it belongs to cp2k-data")

    def furnish(folder, potentials):
        pseudo = folder / "pseudo"
        pseudo.mkdir()
        for element, name in potentials.items():
            (pseudo / f"{element}.gth").write_text(gth_file(element, name))
        for name in [*folder.glob("*.in"), folder / "job.sh"]:
            name.write_text(name.read_text().replace(".upf", ".gth"))
        (folder / "pseudo.md5").unlink(missing_ok=True)

    return furnish


def gth_file(element: str, name: str) -> str:
    """An entry of CP2K's GTH_POTENTIALS in the HGH-K format (pspcod 10) that pw.x reads."""
    text = GTH.read_text()
    entry = re.search(rf"^{element} {name}\b.*\n((?: .*\n)+)", text, flags=re.MULTILINE)
    electrons, *rest = entry.group(1).splitlines()
    numbers = iter(" ".join(rest).split())
    radius = float(next(numbers))
    local = [float(next(numbers)) for _ in range(int(next(numbers)))]
    lines = [
        f"{element} {name}, out of GTH_POTENTIALS",
        f"{Element(element).Z} {sum(map(int, electrons.split()))} 010101 zatom,zion,pspdat",
    ]
    channels = []
    for _ in range(int(next(numbers))):
        reach, rank = float(next(numbers)), int(next(numbers))
        upper = [[float(next(numbers)) for _ in range(row, rank)] for row in range(rank)]
        channels.append((reach, rank, upper))
    lines.append(f"10 11 {max(len(channels) - 1, 0)} 0 2001 0 pspcod,pspxc,lmax,lloc,mmax,r2well")
    lines.append(f"{radius} {len(local)} " + " ".join(map(str, local)))
    lines.append(str(len(channels)))
    for channel, (reach, rank, upper) in enumerate(channels):
        lines.append(f"{reach} {rank} " + " ".join(map(str, upper[0] if rank else [])))
        lines += [" ".join(map(str, row)) for row in upper[1:]]
        if channel > 0:  # spin-orbit terms: none
            lines += [" ".join(["0.0"] * (rank - row)) for row in range(rank)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def slurm():
    """The environment in which sbatch reaches a SLURM of one node, made for this session."""
    missing = [name for name in DAEMONS if shutil.which(name, path="/usr/sbin:/usr/bin") is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} is not installed")
    folder = Path(tempfile.mkdtemp(prefix="perovdb-slurm-"))
    folder.chmod(0o755)
    environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
    try:
        start(folder, environment)
        yield environment
    finally:
        stop(folder)
        shutil.rmtree(folder, ignore_errors=True)


def start(folder, environment):
    """munged, slurmctld and slurmd on ports and keys of their own."""
    for name in ("state", "spool", "log"):
        (folder / name).mkdir()
    key = folder / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    host = socket.gethostname().split(".")[0]
    control, node = free_port(), free_port()
    socket_file = folder / "munge.sock"
    # PBS_* variables for scripts that qsub sends.
    (folder / "plugstack.conf").write_text("optional spank_pbs.so\n")
    # Four CPUs, whatever there are: the jobs are small and may take turns.
    (folder / "slurm.conf").write_text(
        f"""\
ClusterName=perovdb
SlurmctldHost={host}(127.0.0.1)
SlurmUser={getpass.getuser()}
SlurmdUser={getpass.getuser()}
AuthType=auth/munge
AuthInfo=socket={socket_file}
SlurmctldPort={control}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/slurmd
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
PlugStackConfig={folder}/plugstack.conf
MpiDefault=none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=debug Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""
    )
    munged = [
        "/usr/sbin/munged",
        "--force",
        f"--key-file={key}",
        f"--socket={socket_file}",
        f"--pid-file={folder}/munged.pid",
        f"--log-file={folder}/log/munged",
        f"--seed-file={folder}/munged.seed",
    ]
    quiet = {"env": environment, "check": True, "capture_output": True, "timeout": 30}
    subprocess.run(munged, **quiet)
    subprocess.run(["/usr/sbin/slurmctld", "-c"], **quiet)
    subprocess.run(["/usr/sbin/slurmd"], **quiet)
    for _ in range(60):
        state = subprocess.run(
            ["sinfo", "-h", "-o", "%t"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if "idle" in state.stdout:
            return
        time.sleep(0.25)
    logs = "\n".join(log.read_text()[-800:] for log in (folder / "log").iterdir())
    pytest.fail(f"SLURM does not come up here: {logs}")


def stop(folder):
    """End the daemons, by the process numbers that they wrote, and wait until they are gone."""
    for name in reversed(DAEMONS):
        path = folder / f"{name}.pid"
        if not (path.exists() and path.read_text().strip()):
            continue
        number = int(path.read_text())
        try:
            os.kill(number, signal.SIGTERM)
            for _ in range(100):
                time.sleep(0.1)
                os.kill(number, 0)
        except ProcessLookupError:
            continue


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
