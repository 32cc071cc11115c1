"""Average cells: positions from the store, lattices from the store or from Vegard's rule."""

import warnings

import numpy as np
import pytest
from pymatgen.analysis.diffraction.xrd import XRDCalculator
from pymatgen.core import Lattice, Structure

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.diffraction import xrd
from perovdb.calculators.mixing import lattice
from perovdb.errors import MissingData


@pytest.mark.parametrize(
    ("formula", "phase", "sites"),
    [
        ("CsPbI3", "alpha", 5),
        ("CsPbI3", "beta", 10),
        ("CsPbI3", "gamma", 20),
        ("FAPbI3", "delta", 10),
    ],
)
def test_a_pure_compound_keeps_its_own_cell(formula, phase, sites):
    cell = average_cell(formula, phase)
    assert len(cell.roles) == sites
    assert cell.roles.count("X") == 3 * cell.roles.count("B") == 3 * cell.roles.count("A")
    assert cell.template == formula


def test_names_of_lattice_systems_are_names_of_phases():
    cubic, alpha = average_cell("CsPbI3", "cubic"), average_cell("CsPbI3", "alpha")
    assert (cubic.lattice_A == alpha.lattice_A).all()


def test_the_phase_of_the_temperature_is_taken_where_none_is_named():
    assert average_cell("CsPbI3").phase == "gamma"
    assert average_cell("CsPbI3", temperature_K=510).phase == "beta"
    assert average_cell("FAPbI3").phase == "alpha"
    assert average_cell("Cs0.5FA0.5PbI3").phase == "alpha"


@pytest.mark.parametrize("phase", ["alpha", "gamma"])
def test_an_alloy_has_the_volume_that_vegard_gives(phase):
    cell = average_cell("CsPb(I0.5Br0.5)3", phase)
    volume = abs(np.linalg.det(cell.lattice_A)) / cell.roles.count("B")
    wanted = lattice("CsPb(I0.5Br0.5)3").a_pseudocubic_A
    assert volume ** (1 / 3) == pytest.approx(wanted)
    assert dict(cell.occupants[cell.roles.index("X")]) == {"Br": 0.5, "I": 0.5}
    assert cell.kind == "derived"


def test_positions_that_nobody_knows_are_not_made_up():
    with pytest.raises(MissingData, match=r"MAPbI3 in a phase 'delta'.*MAPbI3 alpha"):
        average_cell("MAPbI3", "delta")
    with pytest.raises(MissingData, match="None of its end members"):
        average_cell("RbSnI3", "alpha")


def test_an_alloy_takes_no_cell_of_a_phase_that_is_no_perovskite():
    with pytest.raises(MissingData, match="is not a perovskite"):
        average_cell("Cs0.5FA0.5PbI3", "delta")
    assert average_cell("CsPbI3", "delta").phase == "delta"


@pytest.mark.parametrize(("asked_K", "cell_K"), [(298, 299), (340, 348), (420, 399)])
def test_the_cell_nearest_in_temperature_is_taken(asked_K, cell_K):
    assert average_cell("FAPbI3", "alpha", asked_K).temperature == f"{cell_K} K"


def test_ions_of_a_layered_compound_keep_their_sites():
    cell = average_cell("Cs2PbI2Cl2")
    assert cell.phase == "Ruddlesden-Popper n=1"
    assert len(cell.roles) == 14
    held = [dict(cell.occupants[site]) for site in range(14)]
    # Li 2018: corner-sharing PbCl4I2 octahedra, I at their apices, along c.
    places = cell.fractional @ cell.lattice_A
    lead = places[held.index({"Pb": 1.0})]
    for ions, place in zip(held, places, strict=True):
        if abs(place[2] - lead[2]) < 0.1:
            assert ions in ({"Pb": 1.0}, {"Cl": 1.0})
    assert sorted(ion for ions in held for ion in ions) == sorted(
        ["Cs"] * 4 + ["Pb"] * 2 + ["Cl"] * 4 + ["I"] * 4
    )
    with pytest.raises(MissingData, match="no atomic positions for Cs2PbBr4"):
        average_cell("Cs2PbBr4")


def by_pymatgen(structure):
    """2theta -> intensity, without anomalous dispersion, as pymatgen has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pattern = XRDCalculator(1.54056).get_pattern(structure, two_theta_range=(5, 60))
    return [(x, y) for x, y in zip(pattern.x, pattern.y, strict=True) if y > 0.1]


def by_perovdb(formula, phase=None):
    found = xrd(formula, phase, 1.54056, (5, 60), dispersion=False).peaks
    return [(peak.two_theta_deg, peak.intensity) for peak in found if peak.intensity > 0.1]


def test_the_pattern_of_a_layered_compound_is_that_of_its_crystal():
    # Li 2018, row L011: I4/mmm, the coordinates of the asymmetric unit.
    crystal = Structure.from_spacegroup(
        "I4/mmm",
        Lattice.tetragonal(5.6385, 18.879),
        ["Pb", "Cs", "I", "Cl"],
        [[0.5, 0.5, 0.5], [0, 0, 0.36821], [0.5, 0.5, 0.66796], [0.5, 0, 0.5]],
    )
    ours, theirs = by_perovdb("Cs2PbI2Cl2"), by_pymatgen(crystal)
    assert len(ours) == len(theirs) > 10
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)


def test_vacancies_scatter_nothing_and_leave_the_lattice():
    full, vacant = average_cell("CsPbI3", "alpha"), average_cell("Cs0.96PbI2.96", "alpha")
    assert (full.lattice_A == vacant.lattice_A).all()
    assert dict(vacant.occupants[vacant.roles.index("A")]) == {"Cs": pytest.approx(0.96)}
    assert dict(vacant.occupants[vacant.roles.index("X")]) == {"I": pytest.approx(2.96 / 3)}
    assert any("all sites full" in note for note in vacant.notes)
    crystal = Structure(
        Lattice(vacant.lattice_A),
        [dict(vacant.occupants[site]) for site in range(5)],
        vacant.fractional,
    )
    np.testing.assert_allclose(
        by_perovdb("Cs0.96PbI2.96", "alpha"), by_pymatgen(crystal), rtol=1e-6, atol=1e-6
    )
    # A phase that is no perovskite may lack ions too.
    assert average_cell("CsPbI2.9", "delta").template == "CsPbI3"


def test_vacancies_of_an_alloy_and_of_a_layered_compound():
    cell = average_cell("Cs0.48FA0.48PbI2.96", "alpha")
    assert dict(cell.occupants[cell.roles.index("A")]) == {"Cs": 0.48, "FA": 0.48}
    wanted = lattice("Cs0.5FA0.5PbI3").a_pseudocubic_A
    assert abs(np.linalg.det(cell.lattice_A)) ** (1 / 3) == pytest.approx(wanted)
    layered = average_cell("Cs1.95PbCl1.975I1.975")
    held = {ion: x for site in range(14) for ion, x in layered.occupants[site].items()}
    assert held == pytest.approx({"Cs": 0.975, "Pb": 1, "Cl": 0.9875, "I": 0.9875})


def test_a_row_of_the_phase_table_is_taken_by_its_id():
    """L007 is the gamma cell of CsPbBr3, L004 that of CsPbI3."""
    by_id = average_cell("CsPbBr3", "L007")
    assert by_id.phase == "gamma"
    assert np.linalg.norm(by_id.lattice_A, axis=1) == pytest.approx([8.207, 8.255, 11.759])
    mixed = average_cell("CsPb(I0.9Br0.1)3", "L004")
    assert (mixed.phase, mixed.template) == ("gamma", "CsPbI3")
    with pytest.raises(MissingData):
        average_cell("CsPbI3", "L007")
