"""Zhao et al., J. Am. Chem. Soc. 146, 4913 (2024): spacings of APbI3 quantum dots by HRTEM.

6.2 A for (100) of CsPbI3, 3.1 A for (200) of MAPbI3, called (220) elsewhere in the same paper,
and 3.2 A for (200) of FAPbI3.
"""

import pytest

from perovdb.calculators.inference import infer
from perovdb.calculators.mixing import lattice

SPACINGS = [
    # formula, d in A as printed, index as printed, setting that is meant
    ("CsPbI3", "6.2", (1, 0, 0), "pseudo-cubic"),
    ("MAPbI3", "3.1", (2, 0, 0), "pseudo-cubic"),
    ("MAPbI3", "3.1", (2, 2, 0), "sqrt2 x sqrt2 x 2"),
    ("FAPbI3", "3.2", (2, 0, 0), "pseudo-cubic"),
]
OTHER = {"CsPbI3": "FAPbI3", "MAPbI3": "FAPbI3", "FAPbI3": "CsPbI3"}


@pytest.mark.parametrize(("formula", "d", "hkl", "cell"), SPACINGS)
def test_the_setting_is_told_by_the_composition(formula, d, hkl, cell):
    found = infer([OTHER[formula], formula], d_A=d, hkl=hkl)
    assert found.in_range
    assert found.setting.chosen.cell == cell
    assert not found.setting.ambiguous


@pytest.mark.parametrize(("formula", "d", "hkl", "cell"), SPACINGS)
def test_the_spacings_are_those_of_the_compounds_within_their_digits(formula, d, hkl, cell):
    found = infer([OTHER[formula], formula], d_A=d, hkl=hkl)
    assert found.a_A == pytest.approx(lattice(formula).a_pseudocubic_A, abs=found.a_su_A + 1e-9)
    # 0.1 A is too coarse to tell a composition, and the answer says so.
    if d.startswith("3"):
        assert any("hardly tells" in note for note in found.notes)


def test_one_spacing_by_both_of_its_names():
    by_cubic, by_tetragonal = (
        infer(["CsPbI3", "MAPbI3"], d_A="3.1", hkl=hkl) for hkl in ((2, 0, 0), (2, 2, 0))
    )
    assert by_cubic.a_A == pytest.approx(by_tetragonal.a_A) == 6.2
    assert by_cubic.fraction == pytest.approx(by_tetragonal.fraction)


@pytest.mark.parametrize(
    "ends", [("CsPbI3", "MAPbI3"), ("CsPbI3", "FAPbI3"), ("MAPbI3", "FAPbI3")], ids="-".join
)
def test_half_the_cations_lie_half_way_in_d100(ends):
    """Figure 4e: d(100) is linear in the composition for all three pairs."""
    d = sum(lattice(formula).a_pseudocubic_A for formula in ends) / 2
    assert infer(ends, d_A=d, hkl=(1, 0, 0)).fraction == pytest.approx(0.5)
