"""Powder peaks against pymatgen, against direct averages, and under changes that leave them."""

import numpy as np
import pytest
from pymatgen.analysis.diffraction.core import AbstractDiffractionPatternCalculator
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Element, Lattice, Structure
from scipy.spatial.transform import Rotation

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction import xrd
from perovdb.calculators.diffraction.powder import peaks
from perovdb.calculators.diffraction.scatterers import Scatterer, atomic_form_factor, scattering
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.structures.builder import build

STORED = [
    *(("CsPbI3", phase) for phase in ("alpha", "beta", "gamma", "delta")),
    *(("CsPbBr3", phase) for phase in ("alpha", "beta", "gamma", "NH4CdCl3-type")),
    *(("CsSnI3", phase) for phase in ("alpha", "beta", "gamma", "delta")),
    *((f"Cs{halide}3", "alpha") for halide in ("CdBr", "PbCl", "SnBr", "SnCl", "GeI")),
    ("RbGeI3", "alpha"),
]

# Crystals made up for the symmetry alone: space group, cell, atoms.
MADE_UP = [
    ("P1", (5.1, 6.2, 7.3, 81, 93, 104), [("Cs", 0.1, 0.2, 0.3), ("I", 0.6, 0.75, 0.8)]),
    ("P-1", (5.7, 6.9, 8.3, 77, 85, 98), [("Pb", 0, 0, 0), ("Br", 0.22, 0.31, 0.43)]),
    ("P2_1", (6.1, 7.2, 8.3, 90, 108, 90), [("Cs", 0.1, 0.2, 0.3), ("Br", 0.4, 0.5, 0.8)]),
    ("P2_1/c", (6.4, 5.9, 9.1, 90, 101, 90), [("Pb", 0, 0, 0), ("I", 0.21, 0.33, 0.12)]),
    ("C2/m", (9.8, 6.1, 7.4, 90, 112, 90), [("Cs", 0, 0, 0), ("Cl", 0.3, 0, 0.4)]),
    ("Cc", (9.1, 6.2, 7.7, 90, 97, 90), [("Pb", 0, 0.1, 0), ("I", 0.27, 0.38, 0.41)]),
    ("Cmcm", (4.2, 11.3, 6.7, 90, 90, 90), [("Pb", 0, 0.1, 0.25), ("I", 0, 0.4, 0.1)]),
    ("Ima2", (8.1, 11.2, 5.9, 90, 90, 90), [("Pb", 0, 0, 0), ("Br", 0.25, 0.1, 0.3)]),
    ("Fmmm", (8.8, 9.3, 10.4, 90, 90, 90), [("Cs", 0, 0, 0), ("I", 0.27, 0, 0)]),
    ("P2_12_12_1", (5.5, 6.6, 7.7, 90, 90, 90), [("Cs", 0.1, 0.2, 0.4), ("Br", 0.6, 0.1, 0.2)]),
    ("P4mm", (4.1, 4.1, 4.3, 90, 90, 90), [("Cs", 0, 0, 0), ("Pb", 0.5, 0.5, 0.46)]),
    ("I4/mcm", (8.3, 8.3, 11.9, 90, 90, 90), [("Pb", 0, 0, 0), ("I", 0.28, 0.78, 0)]),
    ("I4_1/amd", (4.4, 4.4, 12.1, 90, 90, 90), [("Pb", 0, 0, 0), ("Cl", 0, 0, 0.21)]),
    ("P-42_1m", (6.9, 6.9, 5.1, 90, 90, 90), [("Cs", 0, 0, 0), ("I", 0.2, 0.7, 0.3)]),
    ("P3m1", (6.3, 6.3, 7.7, 90, 90, 120), [("Pb", 0, 0, 0), ("I", 0.15, 0.85, 0.3)]),
    ("R3m", (8.1, 8.1, 10.1, 90, 90, 120), [("Cs", 0, 0, 0), ("Br", 0.15, 0.85, 0.3)]),
    ("R-3c", (7.9, 7.9, 13.1, 90, 90, 120), [("Pb", 0, 0, 0), ("I", 0.45, 0, 0.25)]),
    ("P-3m1", (4.6, 4.6, 7.0, 90, 90, 120), [("Pb", 0, 0, 0), ("I", 0.333333, 0.666667, 0.26)]),
    ("P6_3mc", (8.7, 8.7, 7.9, 90, 90, 120), [("Pb", 0, 0, 0), ("I", 0.16, 0.84, 0.25)]),
    ("P6_3/mmc", (7.4, 7.4, 18.1, 90, 90, 120), [("Cs", 0, 0, 0.25), ("Br", 0.16, 0.32, 0.08)]),
    ("P6", (6.5, 6.5, 5.2, 90, 90, 120), [("Cs", 0, 0, 0), ("Cl", 0.31, 0.07, 0.4)]),
    ("Fm-3m", (11.1, 11.1, 11.1, 90, 90, 90), [("Pb", 0, 0, 0), ("Br", 0.24, 0, 0)]),
    ("F-43m", (6.1, 6.1, 6.1, 90, 90, 90), [("Pb", 0, 0, 0), ("I", 0.25, 0.25, 0.25)]),
    ("Fd-3m", (9.9, 9.9, 9.9, 90, 90, 90), [("Pb", 0, 0, 0), ("Br", 0.13, 0.13, 0.13)]),
    ("Im-3", (9.2, 9.2, 9.2, 90, 90, 90), [("Cs", 0, 0, 0), ("I", 0, 0.3, 0.16)]),
]


def structure_of(cell):
    ions = {site: next(iter(ions)) for site, ions in cell.composition.sites.items()}
    return Structure(cell.lattice_A, [ions[role] for role in cell.roles], cell.fractional)


def made_up(group, cell, atoms):
    return Structure.from_spacegroup(
        group,
        Lattice.from_parameters(*cell),
        [element for element, *_ in atoms],
        [position for _, *position in atoms],
    )


def pymatgens_peaks(structure, wavelength, window):
    """Angle, intensity and multiplicity, with the parts of a line that a bin edge cut joined."""
    calculator = XRDCalculator(wavelength)
    with pytest.MonkeyPatch.context() as patch:
        # Weak parts of a line that was cut must not be lost.
        patch.setattr(AbstractDiffractionPatternCalculator, "SCALED_INTENSITY_TOL", -1.0)
        found = calculator.get_pattern(structure, scaled=False, two_theta_range=window)
    starts = np.flatnonzero(np.diff(found.x, prepend=-1.0) > 1e-5)
    counts = [sum(family["multiplicity"] for family in line) for line in found.hkls]
    sums = np.add.reduceat(found.y, starts)
    share = 100 * sums / sums.max()
    seen = share > 1e-3
    return found.x[starts][seen], share[seen], np.add.reduceat(counts, starts)[seen]


def compare_with_pymatgen(found, structure, wavelength, window):
    angles, intensities, multiplicities = pymatgens_peaks(structure, wavelength, window)
    assert len(found) == len(angles)
    np.testing.assert_allclose([p.two_theta_deg for p in found], angles, rtol=0, atol=1e-9)
    np.testing.assert_allclose([p.intensity for p in found], intensities, rtol=0, atol=1e-6)
    assert [peak.multiplicity for peak in found] == multiplicities.tolist()


@pytest.mark.parametrize(("formula", "phase"), STORED)
def test_peaks_of_stored_phases_are_those_of_pymatgen(formula, phase):
    pattern = xrd(formula, phase, two_theta_deg=(5, 80), dispersion=False)
    compare_with_pymatgen(
        pattern.peaks, structure_of(average_cell(formula, phase)), "CuKa1", (5, 80)
    )


@pytest.mark.parametrize(
    ("group", "cell", "atoms"), MADE_UP, ids=[group.replace("/", "|") for group, *_ in MADE_UP]
)
def test_peaks_in_every_crystal_system_are_those_of_pymatgen(group, cell, atoms):
    structure = made_up(group, cell, atoms)
    sites = [[(Scatterer((site.specie.symbol,), (0.0,)), 1.0)] for site in structure]
    found = peaks(structure.lattice.matrix, structure.frac_coords, sites, 0.7093, (3, 60))
    compare_with_pymatgen(found, structure, 0.7093, (3, 60))


def test_every_crystal_system_is_compared():
    systems = {made_up(*case).get_space_group_info()[1] for case in MADE_UP}
    last_of_system = [2, 15, 74, 142, 167, 194, 230]
    assert set(np.searchsorted(last_of_system, sorted(systems))) == set(range(7))
    assert len(STORED) + len(MADE_UP) >= 30


def test_shared_sites_scatter_as_pymatgens_partial_occupancies():
    pattern = xrd("CsPb(I0.5Br0.5)3", "alpha", two_theta_deg=(5, 80), dispersion=False)
    cell = average_cell("CsPb(I0.5Br0.5)3", "alpha")
    species = [dict(cell.occupants[site]) for site in range(5)]
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


def settings(lattice_A, fractional):
    """The same crystal with permuted axes, and in a sheared cell of the same volume."""
    for axes in ([1, 2, 0], [2, 1, 0]):
        yield lattice_A[axes], fractional[:, axes]
    shear = np.array([[1, 0, 0], [1, 1, 0], [0, -1, 1]])
    yield shear @ lattice_A, fractional @ np.linalg.inv(shear)


@pytest.mark.parametrize("dispersion", [False, True])
@pytest.mark.parametrize("formula", ["CsPbBr3", "MAPbI3"])
def test_the_setting_changes_nothing(formula, dispersion):
    cell = average_cell(formula, "gamma")
    _, sites = scattering(cell.lattice_A, cell.fractional, cell.occupants)
    plain = peaks(cell.lattice_A, cell.fractional, sites, 1.54056, (10, 60), dispersion=dispersion)
    for lattice_A, fractional in settings(cell.lattice_A, cell.fractional):
        other = peaks(lattice_A, fractional, sites, 1.54056, (10, 60), dispersion=dispersion)
        compare(plain, other)
        assert [peak.multiplicity for peak in other] == [peak.multiplicity for peak in plain]


def test_debye_waller_factors_are_those_of_pymatgen():
    b_iso = {"Cs": 3.1, "Pb": 1.2, "I": 2.5}
    pattern = xrd("CsPbI3", "gamma", two_theta_deg=(5, 60), dispersion=False, b_iso_A2=b_iso)
    reference = XRDCalculator("CuKa1", debye_waller_factors=b_iso).get_pattern(
        crystal_of("CsPbI3", "gamma"), two_theta_range=(5, 60)
    )
    strong = {round(x, 6): y for x, y in zip(reference.x, reference.y, strict=True) if y > 0.01}
    found = {round(p.two_theta_deg, 6): p.intensity for p in pattern.peaks}
    assert [found[angle] for angle in strong] == pytest.approx(list(strong.values()), abs=1e-6)


def test_one_debye_waller_parameter_for_all_damps_each_peak_by_itself():
    still = xrd("CsPb(I0.5Br0.5)3", "alpha").peaks
    moving = xrd("CsPb(I0.5Br0.5)3", "alpha", b_iso_A2=2.0).peaks
    ratio = [b.intensity / a.intensity for a, b in zip(still, moving, strict=True)]
    expected = np.array([np.exp(-2 * 2.0 * (p.q_inv_A / (4 * np.pi)) ** 2) for p in still])
    assert ratio == pytest.approx(expected * ratio[0] / expected[0])


def test_the_doublet_is_two_patterns_together():
    both = xrd("CsPbI3", "alpha", "CuKa12", two_theta_deg=(10, 80)).peaks
    angles = [peak.two_theta_deg for peak in both]
    assert angles == sorted(angles)
    for line in ("CuKa1", "CuKa2"):
        alone = xrd("CsPbI3", "alpha", line, two_theta_deg=(10, 80))
        part = [peak for peak in both if peak.wavelength_A == alone.wavelength_A]
        assert [p.two_theta_deg for p in part] == [p.two_theta_deg for p in alone.peaks]
        scale = part[0].intensity / alone.peaks[0].intensity
        assert [p.intensity for p in part] == pytest.approx(
            [scale * p.intensity for p in alone.peaks]
        )
    # Four electrons of the shell 2p3/2 fill the hole for one line, two of 2p1/2 for the other.
    second = max(peak.intensity for peak in both if peak.wavelength_A > 1.542)
    assert second == pytest.approx(50, abs=2)


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
        ({"wavelength": "CuKa3"}, InputError, "CuKa2"),
        ({"wavelength": "CuKb12"}, InputError, "CuKb1"),
        ({"wavelength": [1.54056, 1.54439]}, InputError, "not one line.*CuKa12"),
        ({"wavelength": None}, InputError, "not one line"),
        ({"b_iso_A2": -1.0}, InputError, "zero or more"),
        ({"b_iso_A2": {"Cs": 1.0}}, InputError, "one for each of Cs, Pb, I"),
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


# --- crystals as they are ---------------------------------------------------------------------


def crystal_of(formula, phase):
    """The stored cell as a structure of pymatgen; its ions are atoms."""
    return structure_of(average_cell(formula, phase))


CRYSTALS = [("CsPbBr3", "gamma"), ("CsPbI3", "delta"), ("CsSnI3", "beta"), ("CsPbI3", "alpha")]


@pytest.mark.parametrize(("formula", "phase"), CRYSTALS)
def test_a_structure_has_the_peaks_of_its_formula(formula, phase):
    window = (10, 60)
    found = xrd(crystal_of(formula, phase), two_theta_deg=window)
    assert found.formula == formula
    assert (found.source, found.kind) == (None, "given")
    compare(found.peaks, xrd(formula, phase, two_theta_deg=window).peaks)


@pytest.mark.parametrize(("formula", "phase"), CRYSTALS)
def test_origin_supercell_and_setting_of_a_structure_change_nothing(formula, phase):
    crystal = crystal_of(formula, phase)
    plain = xrd(crystal, two_theta_deg=(10, 50)).peaks
    moved = crystal.copy()
    moved.translate_sites(range(len(moved)), [0.13, 0.27, 0.41], to_unit_cell=False)
    others = [moved, crystal.copy().make_supercell([2, 1, 2])]
    # A supercell on slanted vectors.
    others.append(crystal.copy().make_supercell([[1, 1, 0], [-1, 1, 0], [0, 0, 1]]))
    others += [
        Structure(lattice_A, crystal.species, fractional)
        for lattice_A, fractional in settings(crystal.lattice.matrix, crystal.frac_coords)
    ]
    others.append(crystal.get_reduced_structure())
    # Turned in space, and seen in a mirror.
    turned = crystal.lattice.matrix @ Rotation.random(rng=3).as_matrix()
    others += [
        Structure(matrix, crystal.species, crystal.frac_coords) for matrix in (turned, -turned)
    ]
    for other in others:
        compare(xrd(other, two_theta_deg=(10, 50)).peaks, plain)


def test_shared_sites_of_a_structure_are_those_of_an_alloy():
    pattern = xrd("CsPb(I0.6Br0.4)3", "alpha", two_theta_deg=(10, 60))
    cell = average_cell("CsPb(I0.6Br0.4)3", "alpha")
    species = [dict(cell.occupants[i]) for i in range(5)]
    crystal = Structure(cell.lattice_A, species, cell.fractional)
    compare(xrd(crystal, two_theta_deg=(10, 60)).peaks, pattern.peaks)


def test_partly_empty_sites_and_charges_as_in_pymatgen():
    crystal = Structure(
        Lattice.orthorhombic(6.1, 6.3, 6.6),
        [{"Cs+": 0.8}, {"Pb2+": 0.5, "Sn2+": 0.4}, "I-", "I-", {"Br-": 0.7, "I-": 0.2}],
        [[0.5] * 3, [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]],
    )
    found = xrd(crystal, None, "CuKa1", (10, 60), dispersion=False)
    reference = XRDCalculator("CuKa1").get_pattern(crystal, two_theta_range=(10, 60))
    strong = {round(x, 5): y for x, y in zip(reference.x, reference.y, strict=True) if y > 0.01}
    listed = {round(p.two_theta_deg, 5): p.intensity for p in found.peaks}
    assert [listed[angle] for angle in strong] == pytest.approx(list(strong.values()), abs=1e-4)


def test_a_molecule_in_a_structure_scatters_as_it_stands():
    crystal = build("MAPbI3", phase="alpha")
    found = xrd(crystal, two_theta_deg=(10, 50), dispersion=False)
    elements = [site.specie.symbol for site in crystal]
    direct = peaks(
        crystal.lattice.matrix,
        crystal.frac_coords,
        [[(Scatterer((element,), (0.0,)), 1.0)] for element in elements],
        found.wavelength_A,
        (10, 50),
    )
    compare(found.peaks, direct)


def test_b_of_a_structure_goes_by_element():
    crystal = crystal_of("CsPbI3", "alpha")
    b = {"Cs": 3.0, "Pb": 1.0, "I": 2.0}
    compare(xrd(crystal, b_iso_A2=b).peaks, xrd("CsPbI3", "alpha", b_iso_A2=b).peaks)


@pytest.mark.parametrize(
    ("crystal", "error", "words"),
    [
        (Structure(Lattice.cubic(6), [], []), InputError, "no atoms"),
        (Structure(Lattice.cubic(6), ["X"], [[0] * 3]), InputError, "no element"),
        (Structure(Lattice.cubic(6), ["Md"], [[0] * 3]), MissingData, "form factor"),
        (Structure(Lattice.cubic(6), ["Cs"], [[np.nan] * 3]), InputError, "is not a number"),
        (Structure(Lattice(np.diag([6, 6, 0])), ["Cs"], [[0] * 3]), InputError, "no volume"),
        (Structure(Lattice.cubic(900), ["Cs"], [[0] * 3]), OutOfRange, "too many reflections"),
    ],
)
def test_structures_that_have_no_pattern(crystal, error, words):
    with pytest.raises(error, match=words):
        xrd(crystal)
