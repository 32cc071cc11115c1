"""The verdict on bands that are not what they should be."""

import gzip
import json

import ase.io
import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from monty.json import MontyDecoder, MontyEncoder

from perovdb.calculators.kinetics import hop_rate_Hz
from perovdb.errors import ResultError
from perovdb.results.reading import read_barrier, read_barriers


def told(found):
    return " ".join(str(problem) for problem in found.problems)


def test_a_killed_run_is_not_converged(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    for image in range(1, 6):
        text = bands.outcar(known, image, rest=False, finished=False)
        (folder / f"{image:02d}" / "OUTCAR").write_text(text)
    found = read_barrier(folder)
    assert not found.converged
    assert "did not come to its end" in told(found)


def test_an_end_that_was_not_relaxed(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    (folder / "06" / "OUTCAR").write_text(bands.outcar(known, 6, rest=False))
    found = read_barrier(folder)
    assert not found.converged
    assert "last image is not relaxed" in told(found)


def test_other_numbers_of_electrons_are_refused(bands, tmp_path):
    known = bands.model()
    folder = bands.write_vasp(tmp_path / "v", known)
    (folder / "00" / "OUTCAR").write_text(bands.outcar(known, 0, nelect=27))
    with pytest.raises(ResultError, match="same electrons"):
        read_barrier(folder)


def test_a_manifest_of_another_charge(bands, tmp_path):
    folder = bands.write_vasp(tmp_path / "v", bands.model())
    (folder / "manifest.json").write_text('{"valence_electrons": 27, "code": "vasp"}')
    assert "26 electrons, but the set was written for 27" in told(read_barrier(folder))
    (folder / "manifest.json").write_text('{"valence_electrons": 26}')
    assert read_barrier(folder).converged


def test_packed_outputs_are_read(bands, tmp_path):
    folder = bands.write_vasp(tmp_path / "v", bands.model())
    plain = read_barrier(folder)
    for path in folder.glob("*/OUTCAR"):
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    packed = read_barrier(folder)
    assert packed.converged
    assert packed.profile.barrier_forward_eV == plain.profile.barrier_forward_eV
    cut = folder / "02" / "OUTCAR.gz"
    cut.write_bytes(cut.read_bytes()[:-40])
    with pytest.raises(ResultError, match="cannot be read"):
        read_barrier(folder)


def test_a_saddle_between_images_asks_for_more(bands, tmp_path):
    ase.io.write(tmp_path / "neb.traj", bands.frames(bands.model(images=6, height_eV=1.0)))
    found = read_barrier(tmp_path)
    assert "saddle lies between images 2 and 3" in told(found)
    assert "climb" in told(found)
    # The true barrier is known: the curve finds it, the highest image is too low.
    assert found.profile.curve_forward_eV == pytest.approx(1.05, abs=0.02)
    assert found.profile.barrier_forward_eV < 1.0


def test_no_barrier_between_the_ends(bands, tmp_path):
    chain = bands.frames(bands.model(height_eV=0.0, reaction_eV=-0.5))
    ase.io.write(tmp_path / "neb.traj", chain)
    found = read_barrier(tmp_path)
    assert not found.converged
    assert "first image is the highest" in told(found)


def test_a_minimum_on_the_way(bands, tmp_path):
    known = bands.model(images=9)
    share = np.linspace(0, 1, 9)
    known = known._replace(energies_eV=0.4 * np.sin(2 * np.pi * share) ** 2)
    chain = bands.frames(known._replace(forces_eV_A=np.zeros_like(known.forces_eV_A)))
    ase.io.write(tmp_path / "neb.traj", chain)
    assert "minimum at image 4" in told(read_barrier(tmp_path))


def test_what_blocks_is_told_first(bands, tmp_path):
    """A minimum on the way does not block, a molecule that falls apart does."""
    known = bands.model(images=9)
    share = np.linspace(0, 1, 9)
    energies = 0.4 * np.sin(2 * np.pi * share) ** 2
    molecule = np.tile([[1.5, 5.0, 1.0], [2.65, 5.0, 1.0]], (9, 1, 1))
    molecule[:, 1, 0] += 0.9 * share
    known = known._replace(
        elements=[*known.elements, "C", "O"],
        positions_A=np.concatenate([known.positions_A, molecule], axis=1),
        energies_eV=energies,
        forces_eV_A=np.zeros((9, 6, 3)),
    )
    ase.io.write(tmp_path / "neb.traj", bands.frames(known))
    found = read_barrier(tmp_path).problems
    assert "minimum at image 4" in " ".join(one.what for one in found if not one.blocks)
    assert "image 8: C5-O6 is 2.05 A long" in " ".join(one.what for one in found if one.blocks)
    assert [one.blocks for one in found] == sorted((one.blocks for one in found), reverse=True)


def test_the_bottom_of_a_valley_is_the_minimum_not_its_side(bands, tmp_path):
    known = bands.model(images=8)
    energies = np.array([0, 0.5, 0.2, 0.1, 0.3, 0.6, 0.4, 0.0])
    known = known._replace(energies_eV=energies, forces_eV_A=np.zeros_like(known.forces_eV_A))
    for way, bottom in ((1, 3), (-1, 4)):
        turned = known._replace(energies_eV=energies[::way])
        ase.io.write(tmp_path / "neb.traj", bands.frames(turned))
        assert f"minimum at image {bottom}: it is of several hops" in told(read_barrier(tmp_path))


def test_a_shift_of_the_whole_cell(bands, tmp_path):
    chain = bands.frames(bands.model())
    for number, atoms in enumerate(chain):
        atoms.positions += [0, 0.3 * number, 0]
        forces = atoms.calc.results["forces"]
        forces[:3] = -forces[3] / 3
        atoms.calc = SinglePointCalculator(atoms, **atoms.calc.results)
    ase.io.write(tmp_path / "neb.traj", chain)
    found = read_barrier(tmp_path)
    assert [p.blocks for p in found.problems if "shifts by 0.30 A" in p.what] == [False]
    # Forces add up to nothing in a shift: heights stay, over a longer path.
    ase.io.write(tmp_path / "still.extxyz", bands.frames(bands.model()))
    (tmp_path / "neb.traj").unlink()
    still = read_barrier(tmp_path)
    assert found.profile.coordinates_A[-1] > 1.5 * still.profile.coordinates_A[-1]
    assert found.profile.curve_forward_eV == pytest.approx(still.profile.curve_forward_eV)


@pytest.fixture
def ammonium():
    """A cell with NH4+ and the hop of an iodide beside it."""

    def chain(torn):
        found = []
        h = 1.03 / np.sqrt(3)
        for number, share in enumerate(np.linspace(0, 1, 5)):
            tetrahedron = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * h
            positions = np.vstack([[[0, 0, 0]], tetrahedron, [[4 + share, 4, 4]]])
            if torn and number >= 2:
                positions[1] += 1.2
            atoms = ase.Atoms("NH4I", positions + 0.2, cell=[9, 9, 9], pbc=True)
            atoms.wrap()
            energy = 0.3 * np.sin(np.pi * share) ** 2
            atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=np.zeros((6, 3)))
            found.append(atoms)
        return found

    return chain


def test_molecules_must_stay_whole(ammonium, tmp_path):
    (tmp_path / "whole").mkdir()
    (tmp_path / "torn").mkdir()
    ase.io.write(tmp_path / "whole" / "neb.traj", ammonium(False))
    ase.io.write(tmp_path / "torn" / "neb.traj", ammonium(True))
    # Wrapped over the border of the cell it is whole all the same.
    assert read_barrier(tmp_path / "whole").converged
    torn = read_barrier(tmp_path / "torn")
    assert not torn.converged
    assert "image 2: N1-H2 is 3." in told(torn)


def test_a_series_has_mean_spread_and_rates(bands, tmp_path):
    heights = (0.3, 0.4, 0.5)
    for height in heights:
        bands.write_vasp(tmp_path / f"{height}", bands.model(height_eV=height, reaction_eV=0.0))
    folders = [tmp_path / f"{height}" for height in heights]
    mean = read_barriers(folders, temperature_K=300)
    assert (mean.count, mean.left_out) == (3, ())
    assert mean.mean_eV == pytest.approx(0.4)
    assert mean.deviation_eV == pytest.approx(0.1)
    assert mean.rate_Hz == pytest.approx(np.mean(hop_rate_Hz(np.array(heights), 300)))
    hops = read_barrier(folders[1], temperature_K=300, neighbours=8, distance_A=4.447).kinetics
    # D = z d^2 nu / 6
    expected = 8 * (4.447e-8) ** 2 * 1e12 * np.exp(-0.4 / (8.617333e-5 * 300)) / 6
    assert hops.vacancy_diffusion_cm2_s == pytest.approx(expected, rel=1e-4)
    assert mean.barriers[1].kinetics.vacancy_diffusion_cm2_s is None


def test_answers_go_through_json_and_back(bands, tmp_path):
    """As monty's decoder takes them, NaN and missing forces among them."""
    folder = bands.write_vasp(tmp_path / "v", bands.model())
    manifest = {"code": "vasp", "hop": {"species": "I", "distance_A": 4.4, "multiplicity": 8}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    ase.io.write(tmp_path / "neb.traj", bands.frames(bands.model(), forces=False))
    (tmp_path / "empty").mkdir()
    several = read_barriers([folder, tmp_path, tmp_path / "empty"])
    assert list(several.unreadable) == [str(tmp_path / "empty")]
    for answer in (several, *several.barriers, several.barriers[0].profile):
        text = json.dumps(answer, cls=MontyEncoder)
        back = MontyDecoder().decode(text)
        assert type(back) is type(answer)
        assert (str(back), repr(back)) == (str(answer), repr(answer))
        assert json.dumps(back, cls=MontyEncoder) == text
        assert len(repr(answer)) < 200
        assert "\n" not in repr(answer)
        assert len(answer.to_frame()) == len(answer.rows())
    assert several.barriers[0].plot().get_ylabel() == "energy / eV"
    assert several.barriers[0].kinetics.neighbours == 8
    assert several.barriers[0].kinetics.vacancy_diffusion_cm2_s > 0
