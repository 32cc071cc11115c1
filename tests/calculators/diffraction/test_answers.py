"""Any material is taken, and what comes back shows itself and survives JSON."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from monty.json import MontyDecoder, MontyEncoder
from pymatgen.core import Composition, Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from perovdb.calculators.diffraction import Instrument, diffractogram, xrd
from perovdb.calculators.diffraction.debye import debye, debye_sum
from perovdb.calculators.diffraction.identification import identify
from perovdb.composition import parse
from perovdb.errors import FormulaError, InputError

CRYSTAL = Structure.from_spacegroup(
    "Pm-3m", Lattice.cubic(6.2894), ["Cs", "Pb", "I"], [[0.5] * 3, [0] * 3, [0.5, 0, 0]]
)
ATOMS = Atoms(CRYSTAL.labels, cell=CRYSTAL.lattice.matrix, positions=CRYSTAL.cart_coords, pbc=True)
WINDOW = (10.0, 50.0)


def peaks_of(x, **options):
    found = xrd(x, two_theta_deg=WINDOW, **options)
    return [(peak.two_theta_deg, peak.intensity) for peak in found.peaks]


def same(one, other):
    return np.array(one) == pytest.approx(np.array(other), abs=1e-4)


def test_a_crystal_is_one_in_every_form(tmp_path):
    expected = peaks_of(CRYSTAL)
    path = tmp_path / "x.cif"
    CRYSTAL.to(str(path))
    for x in (str(path), path, ATOMS, AseAtomsAdaptor.get_atoms(CRYSTAL), CRYSTAL.copy()):
        assert same(peaks_of(x), expected)
    for formula in ("CsPbI3", parse("CsPbI3"), Composition("CsPbI3")):
        assert same(peaks_of(formula, phase="alpha"), expected)
    assert xrd(path).origin == f"atoms of {path}"


def test_a_wavelength_is_a_name_or_a_number_also_as_a_text():
    assert peaks_of(CRYSTAL, wavelength="1.05") == peaks_of(CRYSTAL, wavelength=1.05)
    assert xrd(CRYSTAL, wavelength="1.05").radiation == "1.05 A"


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        (lambda: xrd(3), FormulaError, "not a material"),
        (lambda: xrd("gone.cif"), InputError, "gone.cif cannot be read: there is no file"),
        (lambda: xrd(CRYSTAL, "alpha"), InputError, "whose atoms are given"),
        (lambda: xrd(bulk("Pb")[:0]), InputError, "no atoms"),
        (lambda: debye("CsPbI3", [1.0]), InputError, "no particle"),
        (lambda: debye(3, [1.0]), FormulaError, "not a material"),
        (lambda: debye(Path("gone.xyz"), [1.0]), InputError, "no file"),
        (
            lambda: debye(Structure(Lattice.cubic(9), [{"I": 0.5, "Br": 0.5}], [[0] * 3]), [1.0]),
            InputError,
            "Site 0 of the structure is shared",
        ),
    ],
)
def test_what_is_no_material(question, error, words):
    with pytest.raises(error, match=words):
        question()


def test_atoms_that_repeat_along_two_vectors_have_no_cell():
    layer = Structure(Lattice(np.diag([6, 6, 20]), pbc=(True, True, False)), ["Pb"], [[0] * 3])
    with pytest.raises(InputError, match=r"no cell in the structure.*debye"):
        xrd(layer)


def test_debye_takes_atoms_as_they_stand():
    q = np.linspace(0.5, 4, 50)
    block = CRYSTAL.copy().make_supercell(2)
    elements = [site.specie.symbol for site in block]
    expected = debye_sum(elements, block.cart_coords, q)
    found = debye(block, q)
    assert found.intensity_e2 == pytest.approx(expected)
    assert (found.formula, found.n_atoms) == ("Cs8Pb8I24", 40)
    assert "not repeated" in found.notes[0]
    particle = AseAtomsAdaptor.get_atoms(block)
    particle.pbc = False
    assert debye(particle, q).intensity_e2 == pytest.approx(expected)
    assert debye(particle, q).notes == ()
    copper = debye_sum(elements, block.cart_coords, q, wavelength_A=1.54056)
    assert debye(block, q, wavelength="CuKa1").intensity_e2 == pytest.approx(copper)


def answers():
    alpha = xrd("CsPbI3", "alpha", two_theta_deg=WINDOW)
    measured = np.linspace(10, 50, 300), np.linspace(1, 2, 300)
    return {
        "pattern": alpha,
        "crystal": xrd(CRYSTAL, None, "CuKa12", WINDOW),
        "curve": alpha.curve(x_axis="q", size_nm=20.0),
        "curves": diffractogram(
            [alpha, xrd("CsPbBr3", "alpha", two_theta_deg=WINDOW)],
            measured,
            instrument=Instrument(caglioti=(0.1, -0.05, 0.02)),
        ),
        "scattering": debye(CRYSTAL, [0.5, 1.0, 2.0]),
        "phases": identify([14.07, 19.95, 24.49], [37, 36, 39], limit=3),
        "places": identify(d_A=[6.2894, 4.4473]),
    }


@pytest.fixture(scope="module")
def every():
    return answers()


@pytest.mark.parametrize("name", list(answers()))
def test_answers_go_through_json_and_show_themselves(every, name):
    answer = every[name]
    text = json.dumps(answer.as_dict())
    assert json.dumps(type(answer).from_dict(json.loads(text)).as_dict()) == text
    decoded = json.loads(json.dumps(answer, cls=MontyEncoder), cls=MontyDecoder)
    assert type(decoded) is type(answer)
    assert repr(decoded) == repr(answer)
    assert str(decoded) == str(answer)
    assert "\n" not in repr(answer)
    assert len(repr(answer)) < 120
    assert len(answer.to_frame()) == len(answer.rows()) > 0
    assert "<" in answer._repr_html_()


def test_a_frame_of_peaks_says_where_they_are_from(every):
    frame = every["pattern"].to_frame()
    assert list(frame.columns[-5:]) == ["origin", "source", "kind", "evidence", "notes"]
    assert set(frame["source"]) == {"trots2008"}
    assert frame["hkl"][0] == "(1 0 0)"
    assert "not of 298 K" in frame["notes"][0]


def test_the_card_lists_what_can_be_seen_and_the_rows_all():
    gamma = xrd("CsPbI3", "gamma")
    weak = [peak for peak in gamma.peaks if peak.intensity < 0.1]
    assert weak
    assert len(str(gamma).splitlines()) == len(gamma.peaks) - len(weak) + 3
    assert len(gamma.rows()) == len(gamma.peaks)
    assert len(str(gamma.above(0)).splitlines()) == len(gamma.peaks) + 3
    assert all(peak.intensity >= 20 for peak in gamma.above(20).peaks)


def test_the_second_line_of_a_doublet_is_told_apart(every):
    assert "wavelength_A" in str(every["crystal"])
    assert "wavelength_A" not in str(every["pattern"])


def test_a_curve_is_written_whole_and_never_over_a_file(every, tmp_path):
    path = str(tmp_path / "curve.csv")
    every["curve"].write_csv(path)
    table = np.loadtxt(path, delimiter=",", skiprows=1)
    columns = np.array(list(every["curve"].columns().values()))
    np.testing.assert_allclose(table.T, columns, rtol=1e-6)
    with pytest.raises(InputError, match="exists already"):
        every["curve"].write_csv(path)


def test_peaks_are_given_once(tmp_path):
    path = tmp_path / "peaks.csv"
    path.write_text("two_theta_deg,intensity\n14.07,37\n19.95,36\n")
    assert identify(path).candidates == identify([14.07, 19.95], [37, 36]).candidates
    with pytest.raises(InputError, match="given twice"):
        identify(str(path), [1, 2])
    with pytest.raises(InputError, match="given twice"):
        identify(str(path), d_A=[6.3])
