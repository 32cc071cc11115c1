"""Anomalous dispersion against other tables, the optical theorem and another program."""

import sys

import numpy as np
import pytest
import xraydb

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction import xrd
from perovdb.calculators.diffraction.powder import peaks
from perovdb.calculators.diffraction.radiation import HC_EV_A, alpha2_share, dispersion
from perovdb.calculators.diffraction.scatterers import Scatterer
from perovdb.errors import MissingData

HEAVY = ("Cs", "Pb", "I", "Br", "Sn")

#: Classical radius of the electron in angstrom, CODATA 2018, as in scipy.
ELECTRON_RADIUS_A = 2.8179403262e-5


@pytest.mark.parametrize("wavelength_A", [0.7093, 1.05, 1.54056])
@pytest.mark.parametrize("element", HEAVY)
def test_absorption_follows_from_the_imaginary_part(element, wavelength_A):
    """sigma = 2 r_e lambda f'', with the photoabsorption of another table, that of Elam.

    Tables differ by a few percent: by 6 at 1.05 A, not far below the K edge of bromine.
    """
    per_mass = float(xraydb.mu_elam(element, HC_EV_A / wavelength_A, kind="photo"))
    # cm2/g to angstrom^2 per atom.
    sigma_A2 = per_mass * xraydb.atomic_mass(element) / 6.02214076e23 * 1e16
    imaginary = sigma_A2 / (2 * ELECTRON_RADIUS_A * wavelength_A)
    assert dispersion(element, wavelength_A).imag == pytest.approx(imaginary, rel=0.08)


@pytest.mark.parametrize("element", HEAVY)
def test_another_table_is_near(element):
    elements = pytest.importorskip(
        "xrayutilities", reason="xrayutilities is not installed"
    ).materials.elements
    other = getattr(elements, element)
    energy_eV = HC_EV_A / 1.54056
    assert dispersion(element, 1.54056).real == pytest.approx(other.f1(energy_eV), abs=0.3)
    assert dispersion(element, 1.54056).imag == pytest.approx(other.f2(energy_eV), rel=0.05)


def test_the_second_line_is_half_as_strong():
    assert alpha2_share("Cu") == pytest.approx(0.5, abs=0.02)


class TableOfXrayutilities(Scatterer):
    """An atom with f0, f' and f'' of xrayutilities, so that only the sums are compared."""

    def form_factor(self, q_inv_A, wavelength_A=None):
        from xrayutilities.materials import elements

        atom = getattr(elements, self.elements[0])
        still = np.array([atom.f0(float(q)) for q in q_inv_A])
        if wavelength_A is None:
            return still
        energy_eV = HC_EV_A / wavelength_A
        return still + complex(atom.f1(energy_eV), atom.f2(energy_eV))


#: Phases of the store, which have a centre, and one without: the ions moved along c.
CRYSTALS = [
    ("CsPbBr3", "alpha"),
    ("CsPbBr3", "gamma"),
    ("CsPbI3", "alpha"),
    ("CsPbI3", "gamma"),
    ("CsPbI3", "delta"),
    ("CsPbBr3", "polar"),
]


@pytest.mark.parametrize(("formula", "phase"), CRYSTALS)
def test_structure_factors_are_those_of_xrayutilities(formula, phase):
    """To 0.01 % of each intensity above 0.01 % of the strongest."""
    xu = pytest.importorskip("xrayutilities", reason="xrayutilities is not installed")
    cell = average_cell(formula, "gamma" if phase == "polar" else phase)
    ions = {site: next(iter(ions)) for site, ions in cell.composition.sites.items()}
    symbols = [ions[role] for role in cell.roles]
    fractional = cell.fractional.copy()
    if phase == "polar":
        fractional[[role == "X" for role in cell.roles], 2] += 0.031
        fractional[[role == "A" for role in cell.roles], 2] += 0.017
    wavelength_A, window = 1.54056, (10.0, 50.0)
    sites = [[(TableOfXrayutilities((symbol,), (0.0,)), 1.0)] for symbol in symbols]
    found = peaks(cell.lattice_A, fractional, sites, wavelength_A, window, dispersion=True)

    lengths = np.linalg.norm(cell.lattice_A, axis=1)
    assert np.allclose(cell.lattice_A, np.diag(lengths))
    atoms = [getattr(xu.materials.elements, symbol) for symbol in symbols]
    lattice = xu.materials.SGLattice(
        1, *lengths, 90, 90, 90, atoms=atoms, pos=[("1a", tuple(x)) for x in fractional]
    )
    crystal = xu.materials.Crystal(formula, lattice)
    reach = np.floor(2 * np.sin(np.radians(25)) / wavelength_A * lengths).astype(int)
    sums = {round(peak.q_inv_A, 7): 0.0 for peak in found}
    for hkl in np.ndindex(*(2 * reach + 1)):
        vector = crystal.Q(*(np.array(hkl) - reach))
        key = round(float(np.linalg.norm(vector)), 7)
        if key in sums:
            sums[key] += abs(crystal.StructureFactor(vector, HC_EV_A / wavelength_A)) ** 2
    theta = np.radians([peak.two_theta_deg / 2 for peak in found])
    lorentz = (1 + np.cos(2 * theta) ** 2) / (np.sin(theta) ** 2 * np.cos(theta))
    expected = np.array(list(sums.values())) * lorentz
    expected *= 100 / expected.max()
    strong = expected > 0.01
    assert strong.sum() > 5
    np.testing.assert_allclose(
        np.array([peak.intensity for peak in found])[strong], expected[strong], rtol=1e-4
    )


def test_both_friedel_mates_count():
    """A polar cell and its inverse have the same powder peaks, but F(h) and F(-h) differ."""
    lattice = np.diag([4.0, 4.0, 4.4])
    up = np.array([[0, 0, 0], [0.5, 0.5, 0.43]])
    sites = [[(Scatterer((element,), (0.0,)), 1.0)] for element in ("Cs", "Pb")]
    one = peaks(lattice, up, sites, 1.54056, (10, 80), dispersion=True)
    other = peaks(lattice, -up, sites, 1.54056, (10, 80), dispersion=True)
    assert [p.intensity for p in one] == pytest.approx([p.intensity for p in other])
    q = np.array([2 * np.pi * np.sqrt(2 / 4.0**2 + 1 / 4.4**2)])
    f = [s[0][0].form_factor(q, 1.54056)[0] for s in sites]
    both = [
        abs(sum(a * np.exp(2j * np.pi * np.dot(h, x)) for a, x in zip(f, up, strict=True))) ** 2
        for h in ([1, 1, 1], [-1, -1, -1])
    ]
    assert abs(both[0] / both[1] - 1) > 0.01


def test_dispersion_changes_what_pymatgen_leaves_out():
    with_it, without = (
        {p.hkl[0]: p.intensity for p in xrd("CsPbI3", "alpha", dispersion=on).peaks}
        for on in (True, False)
    )
    assert with_it[1, 0, 0] != pytest.approx(without[1, 0, 0], abs=0.5)


def test_far_from_every_edge_little_is_left():
    assert abs(dispersion("C", 0.1)) < 0.01


def test_an_element_without_dispersion_is_named():
    with pytest.raises(MissingData, match="no anomalous dispersion for Xx"):
        dispersion("Xx", 1.5)
    with pytest.raises(MissingData, match="not known at"):
        dispersion("Pb", 1e6)


def test_a_missing_table_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "xraydb", None)
    from perovdb.calculators.diffraction import radiation as module

    module._table.cache_clear()
    module.dispersion.cache_clear()
    with pytest.raises(MissingData, match="pip install xraydb"):
        dispersion("Pb", 1.54)
    module._table.cache_clear()
