"""Barriers that we read equal those that the codes print, or that the files were made with."""

import re
import shutil

import ase.io
import numpy as np
import pytest
from ase.mep import NEBTools
from pymatgen.analysis.transition_state import NEBAnalysis
from pymatgen.io.vasp.outputs import Outcar

from perovdb.errors import InputError, ResultError
from perovdb.results.reading import read_band, read_barrier
from perovdb.results.verdict import residual_eV_A

HARTREE_EV = 27.211386


@pytest.mark.parametrize("name", ["qe", "qe_stopped"])
def test_quantum_espresso_prints_the_same(bands, name):
    text = (bands.FIXTURES / name / "neb.out").read_text()
    found = read_barrier(bands.FIXTURES / name)
    for way, ours in (
        ("->", found.profile.barrier_forward_eV),
        ("<-", found.profile.barrier_backward_eV),
    ):
        printed = re.findall(rf"activation energy \({way}\) =\s+(\S+) eV", text)[-1]
        assert ours == pytest.approx(float(printed), abs=1e-6)
    length = re.findall(r"path length\s+=\s+(\S+) bohr", text)[-1]
    assert found.profile.coordinates_A[-1] == pytest.approx(float(length) * 0.529177, abs=1e-3)
    assert found.converged == ("convergence achieved" in text)
    # The errors that neb.x prints are the largest components of the force across the path.
    errors = [float(w) for w in re.findall(r"^\s+\d\s+-\d+\.\d+\s+(\S+)\s+[TF]$", text, re.M)]
    ours = found.profile.component_eV_A
    assert ours == pytest.approx(errors[-len(ours) :], rel=0.06, abs=1e-3)


@pytest.mark.parametrize("name", ["cp2k", "cp2k_stopped"])
def test_cp2k_prints_the_same(bands, name):
    text = next((bands.FIXTURES / name).glob("*.ener")).read_text().splitlines()[-1]
    words = [float(word) for word in text.split()[1:]]
    energies, distances = np.array(words[:3]), np.array(words[3:])
    found = read_barrier(bands.FIXTURES / name)
    forward = (energies.max() - energies[0]) * HARTREE_EV
    assert found.profile.barrier_forward_eV == pytest.approx(forward, abs=1e-6)
    backward = (energies.max() - energies[-1]) * HARTREE_EV
    assert found.profile.barrier_backward_eV == pytest.approx(backward, abs=1e-6)
    lengths = np.diff(found.profile.coordinates_A)
    assert lengths == pytest.approx(distances * 0.529177, abs=1e-5)
    assert found.converged == (name == "cp2k")
    # Hartree/bohr of the last tables, one for each replica.
    (output,) = (bands.FIXTURES / name).glob("ne*[b4].out")
    text = output.read_text()
    rows = re.findall(r"NEB\|      [A-Z][a-z]? " + r"\s+(-?\d\.\d{9})" * 3, text)
    forces = np.array(rows[-12:], dtype=float).reshape(3, 4, 3) * HARTREE_EV / 0.529177
    assert read_band(bands.FIXTURES / name).forces_eV_A == pytest.approx(forces, rel=1e-5)
    # MAX_FORCE of the input, 0.006 Hartree/bohr, was reached.
    if found.converged:
        assert residual_eV_A(found.facts, found.profile) < 0.006 * HARTREE_EV / 0.529177 * 1.5


def test_an_scf_that_failed_is_told(copied):
    folder = copied("cp2k")
    output = folder / "neb-BAND2.out"
    rows = output.read_text().replace("SCF run converged in", "SCF run NOT converged")
    output.write_text(rows)
    found = read_barrier(folder)
    assert not found.converged
    assert "image 1 did not converge" in str(found.problems[0])
    folder = copied("qe", "other")
    output = folder / "neb.out"
    head, _, tail = output.read_text().rpartition("activation energy (->)")
    warning = "WARNING :  scf convergence NOT achieved on image   3\n\n     "
    output.write_text(f"{head}{warning}activation energy (->){tail}")
    assert "image 2 did not converge" in str(read_barrier(folder).problems[0])


def test_outputs_that_tell_of_the_scf_are_needed(copied):
    folder = copied("cp2k")
    (folder / "neb-BAND3.out").unlink()
    found = read_barrier(folder)
    assert not found.converged
    assert "electronic structure of each image converged cannot be told" in str(found.problems[0])


def test_of_two_cp2k_runs_the_later_counts(bands, copied):
    """As after a restart, which CP2K calls by a project of its own."""
    folder = copied("cp2k_stopped")
    alone = read_barrier(folder)
    shutil.copytree(bands.FIXTURES / "cp2k", folder, dirs_exist_ok=True)
    later = read_barrier(folder)
    assert later.converged
    assert later.profile.barrier_forward_eV < alone.profile.barrier_forward_eV - 0.1
    # The restart has begun but no step is there yet: nothing is taken from the run before.
    output = folder / "neb.out"
    output.write_text(output.read_text().partition("NEB| REPLICA Nr.    2")[0])
    with pytest.raises(ResultError, match="no complete step"):
        read_barrier(folder)


@pytest.mark.parametrize("vtst", [False, True])
def test_vasp_gives_what_the_files_were_made_with(bands, tmp_path, vtst):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known, vtst=vtst)
    found = read_barrier(folder)
    top = known.energies_eV.max() - known.energies_eV[0]
    assert found.converged, found.problems
    assert found.profile.barrier_forward_eV == pytest.approx(top, abs=1e-7)
    assert found.profile.reaction_energy_eV == pytest.approx(known.reaction_eV, abs=1e-7)
    # Across the border of the cell the shortest way is the right one.
    assert found.profile.coordinates_A[-1] == pytest.approx(known.length_A, abs=1e-4)
    share = np.linspace(0, 1, 2001)
    exact = known.height_eV * np.sin(np.pi * share) ** 2 + known.reaction_eV * share
    assert found.profile.curve_forward_eV == pytest.approx(exact.max(), abs=1e-3)
    # The force along the path is the potential's, not the line that plain VASP prints.
    inner = np.linspace(0, 1, 7)[1:-1]
    slopes = known.height_eV * np.pi * np.sin(2 * np.pi * inner) + known.reaction_eV
    assert found.profile.slopes_eV_A[1:-1] == pytest.approx(slopes / known.length_A, abs=1e-4)
    assert found.other_barriers_eV["energy(sigma->0)"] == pytest.approx(top, abs=1e-7)


def test_pymatgen_reads_the_same_vasp_files(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known, vtst=True)
    found, band = read_barrier(folder), read_band(folder)
    outcars = []
    for image in range(len(band)):
        read = Outcar.__new__(Outcar)
        read.filename, read.data = str(folder / f"{image:02d}" / "OUTCAR"), {}
        read.read_neb()
        outcars.append(read)
    energies = np.array([read.data["energy"] for read in outcars])
    assert energies == pytest.approx(band.energies_eV + 2e-4, abs=1e-7)
    structures = [band.structure(image) for image in range(len(band))]
    analysis = NEBAnalysis.from_outcars(outcars, structures)
    assert analysis.r == pytest.approx(found.profile.coordinates_A, abs=1e-6)
    printed = np.array([read.data["tangent_force"] for read in outcars[1:-1]])
    assert -printed == pytest.approx(found.profile.slopes_eV_A[1:-1], abs=1e-6)


def test_vasprun_stands_in_for_the_outcar(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    for image in range(7):
        (folder / f"{image:02d}" / "vasprun.xml").write_text(bands.vasprun(known, image))
    both = read_barrier(folder)
    assert both.converged
    for image in range(7):
        (folder / f"{image:02d}" / "OUTCAR").unlink()
    alone = read_barrier(folder)
    assert alone.profile.energies_eV == pytest.approx(both.profile.energies_eV, abs=1e-7)
    # It does not tell whether the band came to rest, and its forces may hold the springs.
    assert not alone.converged
    assert "monotone" in alone.profile.curve_from


def test_an_end_told_by_its_vasprun_alone_still_tells_its_forces(bands, tmp_path):
    known = bands.model()
    known.forces_eV_A[0, 1] = [0.0, 0.3, 0.4]
    folder = bands.write_vasp(tmp_path / "v", known)
    (folder / "00" / "OUTCAR").unlink()
    (folder / "00" / "vasprun.xml").write_text(bands.vasprun(known, 0))
    found = read_barrier(folder)
    assert found.profile.forces_eV_A[0] == pytest.approx(0.5)
    assert any("first image is not relaxed: a force of 0.500" in p.what for p in found.problems)


def test_a_vasprun_of_another_potcar_is_refused(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    for image in range(7):
        (folder / f"{image:02d}" / "OUTCAR").unlink()
        text = bands.vasprun(known, image)
        if image == 3:
            text = text.replace("PAW_PBE Pb 08Apr2002", "PAW_PBE Pb_d 06Sep2000")
        (folder / f"{image:02d}" / "vasprun.xml").write_text(text)
    with pytest.raises(ResultError, match=r"03/vasprun\.xml was run with other POTCARs than 00"):
        read_barrier(folder)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("NIONS =      4", "NIONS =      5", "cut or damaged before its first step"),
        ("   VRHFIN =Pb: 5s6s\n", "", "cut or damaged before its first step"),
        # The table of the last step; the run went on to its end all the same.
        (" POSITION   ", " PLACES     ", "lacks energy or forces of an ionic step"),
        ("Iteration      2(", "Iteration      3(", "lacks an ionic step"),
        ("(eV)         0.000000 for", "(eV)         0.010000 for", "the springs add"),
    ],
)
def test_an_outcar_that_lacks_what_its_end_promises_is_refused(bands, tmp_path, old, new, words):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    output = folder / "03" / "OUTCAR"
    text = output.read_text()
    # The last of them, but all of a number of a step.
    head, found, tail = text.rpartition(old)
    assert found
    output.write_text(text.replace(old, new) if "Iteration" in old else head + new + tail)
    with pytest.raises(ResultError, match=words):
        read_barrier(folder)


def test_energies_of_other_systems_are_refused(bands, tmp_path):
    known = bands.model()
    energies = known.energies_eV.copy()
    energies[3] -= 60
    ase.io.write(tmp_path / "neb.traj", bands.frames(known._replace(energies_eV=energies)))
    with pytest.raises(ResultError, match=f"images differ by {np.ptp(energies):.1f} eV"):
        read_barrier(tmp_path)


def test_an_outcar_of_another_run_beside_its_vasprun_is_refused(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    (folder / "03" / "vasprun.xml").write_text(bands.vasprun(known, 2))
    with pytest.raises(ResultError, match="do not end at the same energy"):
        read_barrier(folder)


@pytest.mark.parametrize("ending", ["traj", "extxyz"])
def test_ase_gives_the_same_as_its_own_tools(bands, tmp_path, ending):
    chain = bands.frames(bands.model())
    ase.io.write(tmp_path / f"neb.{ending}", chain * 3)
    found = read_barrier(tmp_path)
    barrier, reaction = NEBTools(chain).get_barrier(fit=False)
    assert len(found.profile.energies_eV) == 7
    assert found.profile.barrier_forward_eV == pytest.approx(barrier, abs=1e-6)
    assert found.profile.reaction_energy_eV == pytest.approx(reaction, abs=1e-6)
    fit = NEBTools(chain).get_barrier(fit=True)[0]
    assert found.profile.curve_forward_eV == pytest.approx(fit, abs=2e-3)
    assert found.converged, found.problems


def test_ase_without_forces_says_so(bands, tmp_path):
    ase.io.write(tmp_path / "neb.traj", bands.frames(bands.model(), forces=False))
    found = read_barrier(tmp_path)
    assert "no forces" in found.profile.curve_from
    assert found.profile.curve_forward_eV == pytest.approx(found.profile.barrier_forward_eV)
    assert not found.converged


def test_the_number_of_images_can_be_given(bands, tmp_path):
    chain = bands.frames(bands.model())
    early = [atoms.copy() for atoms in chain]
    for atoms, one in zip(early, chain, strict=True):
        atoms.calc = one.calc
        atoms.positions += 0.01
    ase.io.write(tmp_path / "neb.traj", early + chain)
    with pytest.raises(ResultError):
        read_barrier(tmp_path)
    assert len(read_band(tmp_path, images=7)) == 7
    with pytest.raises(ResultError, match="no steps of 5 images"):
        read_barrier(tmp_path, images=5)


def test_folders_that_hold_no_band(bands, tmp_path):
    with pytest.raises(InputError, match="no folder"):
        read_barrier(tmp_path / "none")
    with pytest.raises(ResultError, match="no band of a code"):
        read_barrier(tmp_path)
    shutil.copytree(bands.FIXTURES / "qe", tmp_path / "both")
    bands.write_vasp(tmp_path / "vasp", bands.model())
    shutil.copytree(tmp_path / "vasp", tmp_path / "both", dirs_exist_ok=True)
    with pytest.raises(ResultError, match="files of vasp and qe"):
        read_barrier(tmp_path / "both")
