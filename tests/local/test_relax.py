"""Relaxations by calculators of ASE whose minimum is known."""

import numpy as np
import pytest
from ase.calculators.emt import EMT
from ase.calculators.lj import LennardJones
from pymatgen.core import Lattice, Structure

from perovdb import InputError, MissingData, ResultError, adopt, relax
from perovdb.local.curvature import Modes, corrected, guessed
from perovdb.local.engines import ENGINES, Engine, as_engine
from perovdb.structures.files.ase_adapter import to_ase


@pytest.fixture(scope="module")
def copper():
    """Fcc copper, a bit too large and shaken."""
    lattice = Lattice.cubic(3.7)
    places = [[0, 0, 0], [0.5, 0.5, 0.02], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    return adopt(Structure(lattice, ["Cu"] * 4, places), unknown="keep", charge=0)


def test_atoms_come_to_rest_in_their_cell(copper):
    rest = relax(copper, EMT(), fmax_eV_A=0.005)
    assert np.allclose(rest.lattice.matrix, copper.lattice.matrix)
    atoms = to_ase(rest)
    atoms.calc = EMT()
    assert np.linalg.norm(atoms.get_forces(), axis=1).max() <= 0.005
    last = rest.properties["history"][-1]
    assert last["step"] == "relax"
    assert "EMT" in last["text"]


def test_the_cell_comes_to_that_of_the_engine(copper):
    rest = relax(copper, EMT(), cell=True, fmax_eV_A=0.005)
    # ASE's own documentation: a = 3.59 A for copper by EMT (4 atoms a cell).
    assert rest.lattice.volume ** (1 / 3) == pytest.approx(3.59, abs=0.01)


def test_too_few_calls_are_told(copper):
    with pytest.raises(ResultError, match="did not come to rest in 1 calls"):
        relax(copper, EMT(), fmax_eV_A=1e-4, most_calls=1)


def test_an_engine_by_module_and_factory(copper):
    by_name = relax(copper, "ase.calculators.emt:EMT", fmax_eV_A=0.005)
    assert np.allclose(by_name.cart_coords, relax(copper, EMT(), fmax_eV_A=0.005).cart_coords)


@pytest.mark.parametrize(
    ("engine", "what"),
    [
        ("nonsense", "is no engine"),
        ("nowhere.at.all:make", "cannot be loaded"),
        ("missing.py:make", "no file missing.py"),
        ("ase.calculators.emt:nothing", "cannot be loaded"),
        (3, "cannot compute energies"),
    ],
)
def test_what_is_no_engine(engine, what):
    with pytest.raises(InputError, match=what):
        as_engine(engine)


@pytest.mark.parametrize("name", ENGINES)
def test_a_missing_extra_says_the_line_to_install(name, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    with pytest.raises(MissingData, match=r"pip install torch==.* 'perovdb\[local\]'"):
        as_engine(name)


def test_a_calculator_that_fails_is_told(copper):
    with pytest.raises(ResultError, match="fails at relax"):
        relax("CsPbI3", EMT())


def test_objects_are_told_apart_by_their_parameters():
    soft, stiff = (as_engine(LennardJones(epsilon=value)) for value in (0.1, 0.2))
    assert soft.title != stiff.title
    assert as_engine(soft) is soft
    assert isinstance(soft, Engine)


def test_the_guessed_curvature_is_of_springs(copper):
    curvature = guessed(to_ase(copper))
    assert np.allclose(curvature, curvature.T)
    assert np.linalg.eigvalsh(curvature).min() > 0


def test_a_correction_explains_the_step_and_stays_symmetric():
    random = np.random.default_rng(0)
    true = random.normal(size=(6, 6))
    true = true + true.T
    curvature = np.eye(6)
    for _ in range(3):
        step = random.normal(size=6)
        curvature = corrected(curvature, step, true @ step)
        assert np.allclose(curvature, curvature.T)
        assert np.allclose(curvature @ step, true @ step)


def test_modes_of_a_known_curvature():
    random = np.random.default_rng(1)
    turn = np.linalg.qr(random.normal(size=(9, 9)))[0]
    shifts = np.tile(np.eye(3), (3, 1)) / np.sqrt(3)
    across = np.eye(9) - shifts @ shifts.T
    true = across @ (turn * np.array([-1.0, -0.2, 0.3, 1, 2, 3, 4, 5, 6])) @ turn.T @ across
    wanted = np.linalg.eigvalsh(true + 100 * shifts @ shifts.T)
    modes = Modes(lambda x: true @ x, np.zeros(9), np.zeros(9), random.normal(size=9))
    # Six directions are all there are beside the shifts.
    for number in (0, 0, 1, 1, 2, 2, 2):
        modes.refine(np.eye(9), number)
    assert len(modes.directions) == 6
    assert modes.values_eV_A2 == pytest.approx(wanted[:6], abs=1e-6)
