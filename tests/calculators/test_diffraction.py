"""Powder peaks against pymatgen, against direct averages, and under changes that leave them."""

import numpy as np
import pytest
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Element, Lattice, Structure
from scipy.spatial.transform import Rotation

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction import peaks, xrd
from perovdb.calculators.scatterers import Scatterer, atomic_form_factor
from perovdb.errors import InputError, MissingData, OutOfRange

ORDERED = [
    ("CsPbI3", "alpha"),
    ("CsPbI3", "beta"),
    ("CsPbI3", "gamma"),
    ("CsPbI3", "delta"),
    ("CsPbBr3", "gamma"),
    ("CsPbCl3", "alpha"),
]


def structure_of(cell):
    ions = {site: next(iter(ions)) for site, ions in cell.composition.sites.items()}
    return Structure(cell.lattice_A, [ions[role] for role in cell.roles], cell.fractional)


@pytest.mark.parametrize(("formula", "phase"), ORDERED)
def test_peaks_are_those_of_pymatgen(formula, phase):
    pattern = xrd(formula, phase, two_theta_deg=(5, 80))
    reference = XRDCalculator(wavelength="CuKa1").get_pattern(
        structure_of(pattern.cell), two_theta_range=(5, 80)
    )
    assert len(pattern.peaks) == len(reference.x)
    angles = np.array([peak.two_theta_deg for peak in pattern.peaks])
    intensities = np.array([peak.intensity for peak in pattern.peaks])
    np.testing.assert_allclose(angles, reference.x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(intensities, reference.y, rtol=0, atol=1e-8)
    multiplicities = [sum(f["multiplicity"] for f in family) for family in reference.hkls]
    assert [peak.multiplicity for peak in pattern.peaks] == multiplicities


def test_shared_sites_scatter_as_pymatgens_partial_occupancies():
    pattern = xrd("CsPb(I0.5Br0.5)3", "alpha", two_theta_deg=(5, 80))
    cell = pattern.cell
    species = [dict(cell.occupancy(site)) for site in range(5)]
    structure = Structure(cell.lattice_A, species, cell.fractional)
    reference = XRDCalculator(wavelength="CuKa1").get_pattern(structure, two_theta_range=(5, 80))
    np.testing.assert_allclose(
        [peak.intensity for peak in pattern.peaks], reference.y, rtol=0, atol=1e-8
    )


def test_alpha_cspbi3_by_braggs_law():
    found = {peak.hkl[0]: peak for peak in xrd("CsPbI3", "alpha").peaks}
    assert round(found[1, 0, 0].two_theta_deg, 2) == 14.07
    assert round(found[2, 0, 0].two_theta_deg, 2) == 28.36
    assert found[1, 0, 0].multiplicity == 6
    assert found[1, 1, 0].multiplicity == 12
    assert found[1, 0, 0].q_inv_A == pytest.approx(2 * np.pi / 6.2894)


def test_orthorhombic_cspbbr3_has_the_markers_that_the_cubic_phase_lacks():
    # Imran 2020, doi 10.1021/acs.chemmater.0c03825: near 24, 25 and 28 degrees, Cu K-alpha.
    def angles(phase):
        return [p.two_theta_deg for p in xrd("CsPbBr3", phase).peaks if p.intensity > 0.5]

    for marker in (24, 25, 28):
        assert min(abs(angle - marker) for angle in angles("gamma")) < 0.6
        assert min(abs(angle - marker) for angle in angles("alpha")) > 0.6


def test_an_atom_scatters_with_all_its_electrons_at_zero_angle():
    for element in ("H", "C", "N", "Cs", "Pb", "I", "Br"):
        assert atomic_form_factor(element, np.zeros(1))[0] == pytest.approx(Element(element).Z)


def test_a_rotor_is_the_average_over_orientations():
    """sin(qr)/(qr) against a sum of exp(i q.r) over many random orientations."""
    positions = np.array([[0.7, 0.2, 0.0], [-0.5, 0.1, 0.3], [0.0, 1.4, -0.2]])
    elements = ("C", "N", "H")
    radii = tuple(np.linalg.norm(positions, axis=1))
    q = np.array([0.5, 1.5, 3.0])
    turns = Rotation.random(40000, rng=np.random.default_rng(1))
    total = np.zeros(len(q))
    for element, position in zip(elements, positions, strict=True):
        along = turns.apply(position)[:, 2]
        wave = np.cos(np.outer(q, along)).mean(axis=1)
        total += atomic_form_factor(element, q) * wave
    assert Scatterer(elements, radii).form_factor(q) == pytest.approx(total, abs=0.05)


def test_a_rotor_at_zero_angle_has_all_its_electrons():
    cation = Scatterer(("C", "N", "H", "H"), (0.7, 0.8, 1.3, 1.4))
    assert cation.form_factor(np.zeros(1))[0] == pytest.approx(6 + 7 + 1 + 1)


def scatterers(cell):
    ions = {site: next(iter(ions)) for site, ions in cell.composition.sites.items()}
    return [[(Scatterer((ions[role],), (0.0,)), 1.0)] for role in cell.roles]


def compare(one, other):
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert a.two_theta_deg == pytest.approx(b.two_theta_deg, abs=1e-7)
        assert a.intensity == pytest.approx(b.intensity, abs=1e-6)


def test_origin_and_supercell_change_nothing():
    cell = average_cell("CsPbBr3", "gamma")
    window = (10.0, 60.0)
    plain = peaks(cell.lattice_A, cell.fractional, scatterers(cell), 1.54056, window)
    shifted = peaks(
        cell.lattice_A,
        cell.fractional + np.array([0.1, 0.2, 0.3]),
        scatterers(cell),
        1.54056,
        window,
    )
    compare(plain, shifted)
    doubled = np.concatenate([cell.fractional, cell.fractional + np.array([1, 0, 0])]) / [2, 1, 1]
    twice = peaks(cell.lattice_A * [[2], [1], [1]], doubled, scatterers(cell) * 2, 1.54056, window)
    compare(plain, twice)


def test_another_wavelength_moves_angles_and_keeps_q():
    copper, synchrotron = xrd("CsPbI3", "alpha"), xrd("CsPbI3", "alpha", wavelength=1.05)
    assert synchrotron.peaks[0].two_theta_deg < copper.peaks[0].two_theta_deg
    assert synchrotron.peaks[0].q_inv_A == pytest.approx(copper.peaks[0].q_inv_A)


def test_hexagonal_families_are_counted_together():
    first = xrd("FAPbI3", "delta").peaks[0]
    assert first.hkl == ((1, 0, 0),)
    assert first.multiplicity == 6


def test_an_alloy_lies_between_its_end_members():
    angles = [
        xrd(formula, "alpha").peaks[0].two_theta_deg for formula in ("FAPbI3", "Cs0.5FA0.5PbI3")
    ]
    # Less FA, smaller cell, higher angle.
    assert angles[0] < angles[1]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"wavelength": 50.0}, InputError, "wavelength"),
        ({"wavelength": "CuKx"}, InputError, "CuKa1"),
        ({"two_theta_deg": (40, 20)}, InputError, "the lower first"),
        ({"phase": "omega"}, MissingData, "Positions are known for"),
    ],
)
def test_questions_that_cannot_be_answered(arguments, error, words):
    with pytest.raises(error, match=words):
        xrd("CsPbI3", **{"phase": "alpha", **arguments})


def test_a_range_without_peaks_is_empty():
    assert xrd("CsPbI3", "alpha", two_theta_deg=(5, 6)).peaks == ()


def test_too_many_reflections_are_refused():
    huge = Lattice.cubic(300).matrix
    with pytest.raises(OutOfRange, match="too many reflections"):
        peaks(huge, np.zeros((1, 3)), [[(Scatterer(("Pb",), (0.0,)), 1.0)]], 0.5, (5.0, 150.0))


def test_extinct_reflections_are_no_peaks():
    # (001) at 7.08 deg is forbidden by the glide plane of Pnam.
    assert xrd("CsPbI3", "gamma", two_theta_deg=(6, 8)).peaks == ()


def test_a_beam_that_comes_straight_back_is_refused():
    with pytest.raises(InputError, match="between 0 and 179"):
        xrd("CsPbI3", "alpha", two_theta_deg=(10, 180))
