"""Band gaps of alloys: end members and bowing from the store, and nothing silently zero."""

import numpy as np
import pytest

from perovdb.calculators.gap import gap, gap_eV, gap_tables
from perovdb.errors import InputError, MissingData, OutOfRange


@pytest.mark.parametrize("x", [0.0, 0.2, 0.5, 1.0])
def test_the_series_of_noh_2013_is_given_back_between_its_own_ends(x):
    # E(x) = 1.57 + 0.39 x + 0.33 x^2 for MAPb(I1-xBrx)3.
    ends = {"MAPbI3": 1.57, "MAPbBr3": 1.57 + 0.39 + 0.33}
    formula = {0.0: "MAPbI3", 1.0: "MAPbBr3"}.get(x, f"MAPb(I{1 - x:g}Br{x:g})3")
    found = gap(formula, end_members_eV=ends)
    assert found.gap_eV == pytest.approx(1.57 + 0.39 * x + 0.33 * x**2, abs=1e-9)


def test_the_wavelength_is_that_of_the_gap():
    # Xu 2025 states 686 nm = 1.81 eV and 740 nm = 1.68 eV.
    assert gap("CsPbI3", end_members_eV={"CsPbI3": 1.81}).pl_nm == pytest.approx(686, abs=2)
    assert gap("CsPbI3", end_members_eV={"CsPbI3": 1.68}).pl_nm == pytest.approx(740, abs=3)


def test_an_unknown_bowing_is_said_and_not_taken_as_zero():
    with pytest.raises(MissingData, match=r"not known for B Ge-Sn"):
        gap("MASn0.5Ge0.5I3")
    linear = gap("MASn0.5Ge0.5I3", linear_where_unknown=True)
    assert linear.unknown == ("B Ge-Sn",)
    assert any("taken as linear" in note for note in linear.notes)
    ends = [end.value for end in linear.end_members.values()]
    assert linear.gap_eV == pytest.approx(np.mean(ends))


def test_a_missing_end_member_is_named():
    with pytest.raises(MissingData, match="gap of KPbI3"):
        gap("K0.5Cs0.5PbI3", linear_where_unknown=True)


def test_the_gap_of_a_yellow_phase_is_not_that_of_the_perovskite():
    found = gap("CsPbI3").end_members["CsPbI3"]
    # delta-CsPbI3 has 2.82 eV in the store.
    assert found.max < 2.5


def test_a_gap_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="gap of -1 eV"):
        gap("CsPbI3", end_members_eV={"CsPbI3": -1})


def test_competing_bowings_are_told():
    notes = gap("MAPb(I0.5Br0.5)3").notes
    assert any("0.33 eV from MAPb(I1-xBrx)3" in n and "other series" in n for n in notes)


def test_arrays_give_what_one_composition_gives():
    A, B, X = ["Cs", "FA"], ["Pb"], ["Br", "I"]
    tables = gap_tables(A, B, X)
    rng = np.random.default_rng(0)
    a, x = rng.dirichlet([1, 1], 20), rng.dirichlet([1, 1], 20)
    found = gap_eV(a, np.ones((20, 1)), x, tables)
    for row in range(20):
        # Formulas keep six decimals.
        one = gap(
            f"Cs{a[row, 0]:.6f}FA{1 - a[row, 0]:.6f}Pb(Br{x[row, 0]:.6f}I{1 - x[row, 0]:.6f})3"
        )
        assert found[row] == pytest.approx(one.gap_eV, abs=1e-5)


def test_arrays_tell_unknown_from_zero():
    tables = gap_tables(["MA"], ["Ge", "Sn"], ["I"])
    half = np.array([[0.5, 0.5], [1.0, 0.0]])
    ones = np.ones((2, 1))
    found = gap_eV(ones, half, ones, tables)
    assert np.isnan(found[0])
    assert not np.isnan(found[1])
    assert not np.isnan(gap_eV(ones, half, ones, tables, linear_where_unknown=True)).any()
    assert any("Ge" in note and "not known" in note for note in tables.notes)


def test_a_bowing_of_other_neighbours_is_borrowed_or_does_not_count():
    # MASnxPb1-xBr3 (b = 0) shares MA with the chloride; CsPbxSn1-xBr3 (b = 0.9) shares nothing.
    found = gap("MAPb0.5Sn0.5Cl3", end_members_eV={"MAPbCl3": 3.0, "MASnCl3": 3.5})
    (b,) = found.bowings
    assert (b.series, b.borrowed) == ("MASnxPb1-xBr3", True)
    assert any("borrowed from MASnxPb1-xBr3" in note for note in found.notes)
    measured = gap("MAPb0.5Sn0.5I3").bowings[0]
    assert (measured.series, measured.borrowed) == ("MAPb1-xSnxI3", False)
    own = gap("MAPbBr1.5I1.5").bowings[0]
    assert (own.series, own.borrowed) == ("MAPb(I1-xBrx)3", False)
    with pytest.raises(MissingData, match="not known for B Sn-Pb"):
        gap("RbPb0.5Sn0.5Cl3", end_members_eV={"RbPbCl3": 3.7, "RbSnCl3": 3.3})


def test_gaps_given_must_leave_a_gap():
    with pytest.raises(OutOfRange, match="closes the gap"):
        gap("CsPb0.5Sn0.5Br3", end_members_eV={"CsPbBr3": 0.1, "CsSnBr3": 0.1})
