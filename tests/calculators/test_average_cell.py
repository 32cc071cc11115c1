"""Average cells: positions from the store, lattices from the store or from Vegard's rule."""

import numpy as np
import pytest

from perovdb.calculators.average_cell import average_cell
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
    assert dict(cell.occupancy(cell.roles.index("X"))) == {"Br": 0.5, "I": 0.5}
    assert cell.kind == "derived"


def test_positions_that_nobody_knows_are_not_made_up():
    with pytest.raises(MissingData, match=r"MAPbI3 in a phase 'beta'.*MAPbI3 alpha"):
        average_cell("MAPbI3", "beta")
    with pytest.raises(MissingData, match="None of its end members"):
        average_cell("RbSnI3", "alpha")


def test_an_alloy_takes_no_cell_of_a_phase_that_is_no_perovskite():
    with pytest.raises(MissingData, match="is not a perovskite"):
        average_cell("Cs0.5FA0.5PbI3", "delta")
    assert average_cell("CsPbI3", "delta").phase == "delta"


@pytest.mark.parametrize(("asked_K", "cell_K"), [(298, 299), (340, 348), (420, 399)])
def test_the_cell_nearest_in_temperature_is_taken(asked_K, cell_K):
    assert average_cell("FAPbI3", "alpha", asked_K).temperature == f"{cell_K} K"
