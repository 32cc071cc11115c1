"""VASP sets: read back by pymatgen, and the job script run with a stand-in for VASP."""

import os
import subprocess
from collections import Counter

import numpy as np
import pytest
from pymatgen.io.vasp.inputs import Incar, Kpoints, Poscar

from perovdb.errors import InputError
from perovdb.inputs.job import Resources
from perovdb.inputs.machine import Machine
from perovdb.inputs.remaking import remake_images
from perovdb.inputs.sets import input_files, write_inputs

# Valence electrons of the potentials named in POTCAR.spec, typed again from the VASP wiki.
VALENCE = {"Cs": 9, "Pb": 14, "I": 7, "C": 4, "N": 5, "H": 1}


@pytest.fixture
def folder(iodide_hop, tmp_path):
    return write_inputs(tmp_path / "v", iodide_hop, code="vasp")


def test_pymatgen_reads_every_file(folder):
    incar = Incar.from_file(folder / "INCAR")
    incar.check_params()
    Incar.from_file(folder / "INCAR.endpoint").check_params()
    assert incar["IMAGES"] == 5
    assert Kpoints.from_file(folder / "KPOINTS").kpts == [(2, 2, 2)]
    symbols = (folder / "POTCAR.spec").read_text().split()
    assert symbols == ["Cs_sv", "Pb_d", "I"]
    structures = [Poscar.from_file(folder / f"{n:02d}" / "POSCAR").structure for n in range(7)]
    for structure in structures:
        assert len(structure) == 39
        assert structure.species == structures[0].species
        elements = dict.fromkeys(site.specie.symbol for site in structure)
        assert [symbol.split("_")[0] for symbol in symbols] == list(elements)
    positions = np.array([structure.cart_coords for structure in structures])
    steps = np.sqrt((np.diff(positions, axis=0) ** 2).sum(axis=(1, 2)))
    assert steps == pytest.approx(np.full(6, steps.mean()), rel=0.02)


def test_a_missing_iodide_takes_its_electron_along(folder):
    """V_I is +1: the cell has the electrons of its atoms less one, an even number."""
    structure = Poscar.from_file(folder / "00" / "POSCAR").structure
    counts = Counter(site.specie.symbol for site in structure)
    neutral = sum(VALENCE[element] * count for element, count in counts.items())
    incar = Incar.from_file(folder / "INCAR")
    assert incar["NELECT"] == neutral - 1 == 344
    assert Incar.from_file(folder / "INCAR.endpoint")["NELECT"] == 344
    assert incar["ISPIN"] == 1


def test_a_build_that_cannot_climb_says_so(iodide_hop):
    for build, climbs in (("plain", False), ("vtst", True)):
        files = input_files(iodide_hop, code="vasp", resources=Resources(build=build))
        assert ("LCLIMB = True" in files["INCAR"]) is climbs
        assert ("no climbing image" in files["preflight.txt"]) is not climbs


def test_a_missing_molecule_leaves_its_electron_behind(fa_hop):
    files = input_files(fa_hop, code="vasp")
    counts = Counter(site.specie.symbol for site in fa_hop.images[0])
    neutral = sum(VALENCE[element] * count for element, count in counts.items())
    assert Incar.from_str(files["INCAR"])["NELECT"] == neutral + 1
    assert files["POTCAR.spec"].split() == ["C", "N", "H", "Pb_d", "I"]


def test_the_two_builds_differ_in_who_moves_the_band(iodide_hop):
    plain = Incar.from_str(input_files(iodide_hop, code="vasp")["INCAR"])
    vtst = Incar.from_str(
        input_files(iodide_hop, code="vasp", resources=Resources(build="vtst"))["INCAR"]
    )
    assert "LCLIMB" not in plain
    assert "IOPT" not in plain
    # With POTIM = 0 only the VTST optimizers move an ion.
    assert plain.get("POTIM", 0.5) > 0
    assert vtst["LCLIMB"] is True
    assert (vtst["IBRION"], vtst["POTIM"], vtst["IOPT"]) == (3, 0, 1)
    with pytest.raises(InputError, match="plain, vtst"):
        input_files(iodide_hop, code="vasp", resources=Resources(build="gamma"))


STAND_IN = """\
#!/usr/bin/env bash
# Stands in for VASP: notes where it ran and leaves what a finished relaxation leaves.
pwd >> "$LOG"
if [ -e POSCAR ]; then
  cp POSCAR CONTCAR
  [ -n "${FAIL:-}" ] || echo "reached required accuracy" > OUTCAR
  touch OUTCAR
else
  mkdir -p 01
  [ -n "${FAIL_BAND:-}" ] || echo "reached required accuracy" > 01/OUTCAR
fi
"""


@pytest.fixture
def cluster(tmp_path):
    """A PATH on which srun runs what follows its options, and VASP is the stand-in."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "vasp_std").write_text(STAND_IN)
    (tools / "srun").write_text('#!/bin/sh\ncase "$1" in --*) shift;; esac\nexec "$@"\n')
    # Stands in for 'perovdb neb --again', which has tests of its own.
    (tools / "perovdb").write_text("#!/bin/sh\ntouch again.done\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "LOG": str(tmp_path / "log"),
        "PEROVDB": str(tools / "perovdb"),
    }


def submit(folder, environment):
    return subprocess.run(
        [folder / "job.sh"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_job_relaxes_both_ends_once_and_then_runs_the_band(folder, cluster, tmp_path):
    without = submit(folder, cluster)
    assert without.returncode == 1
    assert "join by hand the files of POTCAR.spec in its order (Cs_sv Pb_d I)" in without.stderr

    (folder / "POTCAR").write_text("licensed\n")
    assert submit(folder, cluster).returncode == 0
    ran = (tmp_path / "log").read_text().split()
    assert ran == [str(folder / "00"), str(folder / "06"), str(folder)]
    assert (folder / "00" / "INCAR").read_text() == (folder / "INCAR.endpoint").read_text()

    again = submit(folder, cluster)
    assert again.returncode == 0
    assert "nothing to do" in again.stdout
    assert (tmp_path / "log").read_text().split() == ran


def test_the_job_never_runs_a_band_on_images_of_other_ends(folder, cluster, tmp_path):
    """Without perovdb it stops after the ends, with the command to type; then it goes on."""
    (folder / "POTCAR").write_text("licensed\n")
    lacking = cluster | {"PEROVDB": "no-such-program"}
    stopped = submit(folder, lacking)
    assert stopped.returncode == 1
    assert f"perovdb neb --again {folder}" in stopped.stderr
    assert (tmp_path / "log").read_text().split() == [str(folder / "00"), str(folder / "06")]
    remake_images(folder)
    assert submit(folder, lacking).returncode == 0
    assert (tmp_path / "log").read_text().split()[-1] == str(folder)


def test_a_job_that_was_killed_goes_on_from_its_contcars(folder, cluster):
    (folder / "POTCAR").write_text("licensed\n")
    first = (folder / "02" / "POSCAR").read_text()
    whole = first.replace("CsPbI3", "moved")
    (folder / "02" / "CONTCAR").write_text(whole)
    (folder / "03" / "CONTCAR").write_text("cut off\n")
    third = (folder / "03" / "POSCAR").read_text()
    assert submit(folder, cluster).returncode == 0
    assert (folder / "02" / "POSCAR").read_text() == whole
    assert (folder / "02" / "POSCAR.first").read_text() == first
    assert (folder / "03" / "POSCAR").read_text() == third


def library(folder, valences):
    """A library of POTCARs with nothing in them but what is counted."""
    for symbol, valence in valences.items():
        (folder / symbol).mkdir(parents=True)
        text = (
            f"  PAW_PBE {symbol}\n   POMASS =  1.000; ZVAL   =  {valence:.3f}    mass and valenz\n"
        )
        (folder / symbol / "POTCAR").write_text(text)
    return folder


@pytest.mark.parametrize("how", ["argument", "environment", "perovdb.toml"])
def test_potcar_is_joined_from_the_users_library(iodide_hop, tmp_path, cluster, how):
    potcars = library(tmp_path / "my potcars", {"Cs_sv": 9, "Pb_d": 14, "I": 7})
    tables = {"vasp": {"potentials": str(potcars)}} if how == "perovdb.toml" else {}
    folder = write_inputs(
        tmp_path / "v", iodide_hop, code="vasp", resources=Resources(machine=Machine(tables))
    )
    if how == "argument":
        subprocess.run(["bash", folder / "make_potcar.sh", potcars], check=True)
    if how == "environment":
        cluster["PMG_VASP_PSP_DIR"] = str(potcars)
    assert submit(folder, cluster).returncode == 0
    text = (folder / "POTCAR").read_text()
    assert [line.split()[1] for line in text.splitlines()[::2]] == ["Cs_sv", "Pb_d", "I"]


def test_potcar_with_other_electrons_is_refused(folder, tmp_path):
    potcars = library(tmp_path / "p", {"Cs_sv": 9, "Pb_d": 4, "I": 7})
    ran = subprocess.run(
        ["bash", folder / "make_potcar.sh", potcars], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert "Pb_d has 4 valence electrons, not 14" in ran.stderr
    assert not list(folder.glob("POTCAR*[!c]"))
    (potcars / "I" / "POTCAR").unlink()
    (potcars / "Pb_d" / "POTCAR").write_text("ZVAL = 14.0 x\n")
    ran = subprocess.run(
        ["bash", folder / "make_potcar.sh", potcars], capture_output=True, text=True, check=False
    )
    assert "holds no POTCAR of I" in ran.stderr


def test_the_job_stops_at_an_end_that_does_not_converge(folder, cluster):
    (folder / "POTCAR").write_text("licensed\n")
    failed = submit(folder, {**cluster, "FAIL": "1"})
    assert failed.returncode == 1
    assert "endpoint 00 did not converge" in failed.stderr


def test_the_job_says_when_the_band_did_not_converge(folder, cluster):
    (folder / "POTCAR").write_text("licensed\n")
    failed = submit(folder, {**cluster, "FAIL_BAND": "1"})
    assert failed.returncode == 1
    assert "the band did not converge" in failed.stderr


def test_the_cores_divide_by_the_images(folder):
    text = (folder / "job.sh").read_text()
    tasks = int(text.split("--ntasks=")[1].split()[0])
    assert tasks % 5 == 0
