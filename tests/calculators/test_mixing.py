"""Lattice parameters: the right phase at the temperature, and Vegard's rule."""

import pytest

from perovdb.calculators.mixing import lattice
from perovdb.errors import InputError, MissingData, OutOfRange


def test_room_temperature_cspbi3_is_gamma_not_the_hot_cubic_cell():
    found = lattice("CsPbI3")
    # Sutton 2018: 8.8561 x 8.5766 x 12.4722 A with Z = 4.
    assert found.a_pseudocubic_A == pytest.approx(
        (8.8561 * 8.5766 * 12.4722 / 4) ** (1 / 3), abs=1e-4
    )
    assert found.method == "cell of the gamma phase"
    assert any("alpha 6.289 A at 634 K" in note for note in found.notes)
    assert any("delta" in note for note in found.notes)


def test_the_hot_cubic_cell_is_there_when_asked_for():
    found = lattice("CsPbI3", temperature_K=634)
    assert found.a_pseudocubic_A == 6.2894
    assert found.sources == ("trots2008",)


def test_a_phases_own_cell_comes_before_a_cubic_index_of_it():
    member = lattice("MAPbI3").end_members[0]
    assert member.cell.phase == "beta"
    assert "pseudo-cubic" in {cell.phase for cell in member.competing}


def test_alloys_follow_vegard_between_their_end_members():
    cs, fa = (lattice(formula).a_pseudocubic_A for formula in ("CsPbI3", "FAPbI3"))
    mixed = lattice("Cs0.25FA0.75PbI3")
    assert mixed.a_pseudocubic_A == pytest.approx(0.25 * cs + 0.75 * fa)
    assert mixed.sources == ("sutton2018", "fabini2016")


def test_both_sites_mix_at_once():
    found = lattice("Cs0.2FA0.8Pb(I0.9Br0.1)3")
    weights = {member.formula: member.fraction for member in found.end_members}
    assert weights == pytest.approx(
        {"CsPbI3": 0.18, "CsPbBr3": 0.02, "FAPbI3": 0.72, "FAPbBr3": 0.08}
    )
    wanted = sum(w * lattice(formula).a_pseudocubic_A for formula, w in weights.items())
    assert found.a_pseudocubic_A == pytest.approx(wanted)


def test_the_spread_of_competing_values_is_kept():
    low, high = lattice("FAPbI3").end_members[0].range_A
    assert low < lattice("FAPbI3").a_pseudocubic_A < high


def test_a_missing_end_member_is_named_with_what_is_known():
    with pytest.raises(MissingData, match=r"CsPbI3 at 450 K.*beta at 510 K"):
        lattice("CsPbI3", temperature_K=450)
    with pytest.raises(MissingData, match="no perovskite cell of CsPbF3"):
        lattice("CsPb(I0.9F0.1)3")


def test_an_open_range_is_not_read_without_limit():
    # The cubic cell of MAPbI3 stated for temperatures above 327 K says nothing of 1000 K.
    assert "> 327.4 K" in lattice("MAPbI3", 330).notes[0]
    with pytest.raises(MissingData, match="no perovskite cell of MAPbI3 at 1000 K"):
        lattice("MAPbI3", 1000)


def test_a_bowing_is_taken_off_between_two_ions():
    straight = lattice("CsPbBr1.5I1.5").a_pseudocubic_A
    bent = lattice("CsPbBr1.5I1.5", bowing_A={"Br-I": 0.04})
    assert bent.a_pseudocubic_A == pytest.approx(straight - 0.04 / 4)
    assert any("as given" in note for note in bent.notes)
    for pair in ("Br-Cl", "Br", "Br-Br", "Cs-I"):
        with pytest.raises(InputError, match="share a site"):
            lattice("CsPbBr1.5I1.5", bowing_A={pair: 0.04})


def test_vacancies_take_the_full_lattice_and_say_so():
    found, full = lattice("Cs0.48FA0.48PbI2.96"), lattice("Cs0.5FA0.5PbI3")
    assert found.formula == "Cs0.48FA0.48PbI2.96"
    assert found.a_pseudocubic_A == full.a_pseudocubic_A
    assert [member.fraction for member in found.end_members] == [0.5, 0.5]
    assert any("with all sites full" in note for note in found.notes)
    with pytest.raises(OutOfRange, match="Cs2PbBr4 is A2BX4"):
        lattice("Cs2PbBr4")
