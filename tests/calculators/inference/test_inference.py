"""Composition from a lattice parameter, a spacing, peaks or percents, and Bragg's law."""

import json
from itertools import combinations
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monty.json import MontyDecoder
from pymatgen.core import Lattice
from scipy.optimize import curve_fit

from perovdb.calculators.diffraction import bragg, xrd
from perovdb.calculators.inference import (
    Inference,
    Reading,
    composition_from_percent,
    end_members,
    infer,
    read_number,
    vegard_fraction,
)
from perovdb.calculators.mixing import lattice
from perovdb.composition import parse
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.store import current_store

WAVELENGTH_A = 1.54056
ENDS = ["CsPbBr3", "CsPbI3"]
GIVEN = {"CsPbBr3": "6.02", "CsPbI3": "6.41"}
fractions = st.floats(0, 1)


def known_at_room_temperature():
    """Compounds of the store with a perovskite cell at 298 K."""
    found = {}
    for row in current_store().rows("SELECT DISTINCT formula FROM phase WHERE perovskite = 1"):
        try:
            found[row["formula"]] = lattice(row["formula"]).a_pseudocubic_A
        except MissingData:
            continue
    return found


KNOWN = known_at_room_temperature()
PAIRS = [pair for pair in combinations(sorted(KNOWN), 2) if KNOWN[pair[0]] != KNOWN[pair[1]]]


def mixed(first, second, x):
    return parse("".join(f"({f}){share:.6f}" for f, share in ((first, 1 - x), (second, x))))


def one_site_differs(first, second):
    one, other = parse(first).sites, parse(second).sites
    return sum(dict(one[site]) != dict(other[site]) for site in "ABX") == 1


# Vegard's rule backwards


def test_there_are_pairs_to_try():
    assert len(PAIRS) > 50
    assert sum(one_site_differs(*pair) for pair in PAIRS) > 15


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_a_mixture_is_found_again(pair):
    for x in (0.0, 0.03125, 0.5, 0.71875, 1.0):
        found = infer(pair, a_A=(1 - x) * KNOWN[pair[0]] + x * KNOWN[pair[1]])
        assert found.fraction == pytest.approx(x, abs=1e-9)
        assert found.in_range


def compounds(pair):
    """Whether both ends are; what is measured of an alloy is not what Vegard's rule gives."""
    return all(len(parse(formula).end_members()) == 1 for formula in pair)


@pytest.mark.parametrize(
    "pair", [p for p in PAIRS if one_site_differs(*p) and compounds(p)], ids="-".join
)
def test_it_undoes_lattice(pair):
    for x in (0.125, 0.5, 0.8):
        alloy = mixed(*pair, x)
        found = infer(pair, a_A=Reading(lattice(alloy).a_pseudocubic_A, 1e-6))
        assert found.fraction == pytest.approx(x, abs=2e-6)
        members = {ion: f for site in alloy.sites.values() for ion, f in site.items()}
        told = {ion: f for site in parse(found.formula).sites.values() for ion, f in site.items()}
        assert told == pytest.approx(members, abs=1e-4)


@pytest.mark.parametrize("x", [0, 1])
def test_the_ends_are_given_back(x):
    found = infer(ENDS, a_A=str(round(KNOWN[ENDS[x]], 4)))
    assert found.formula == ENDS[x]
    assert found.in_range


@given(a=st.floats(5.5, 6.9))
def test_swapped_ends_give_the_rest(a):
    here = infer(GIVEN, a_A=a)
    there = infer(dict(reversed(GIVEN.items())), a_A=a)
    assert here.fraction == pytest.approx(1 - there.fraction, abs=1e-9)
    assert here.point.uncertainty == pytest.approx(there.point.uncertainty)
    assert (here.in_range, here.formula) == (there.in_range, there.formula)


@given(x=fractions, a1=st.floats(5, 7), width=st.floats(0.01, 1))
def test_the_rule_itself(x, a1, width):
    a2 = a1 + width
    assert vegard_fraction((1 - x) * a1 + x * a2, a1, a2) == pytest.approx(x, abs=1e-9)


def test_the_rule_takes_arrays():
    found = vegard_fraction(np.array([[6.0], [6.1]]), np.array([6.0, 5.9]), 6.2)
    assert found == pytest.approx(np.array([[0, 1 / 3], [0.5, 2 / 3]]))


# Uncertainty


@pytest.mark.parametrize(
    ("text", "value", "su"),
    [
        ("6.11", 6.11, 0.005),
        ("6.110", 6.11, 0.0005),
        ("6", 6, 0.5),
        ("6.", 6, 0.5),
        (".5", 0.5, 0.05),
        ("6.110(4)", 6.11, 0.004),
        ("6.11(12)", 6.11, 0.12),
        ("611e-2", 6.11, 0.005),
        (" 6.11 ", 6.11, 0.005),
        (6.11, 6.11, 0.005),
        (np.float64(6.11), 6.11, 0.005),
    ],
)
def test_digits_tell_the_uncertainty(text, value, su):
    reading = read_number(text)
    assert (reading.value, reading.su) == pytest.approx((value, su))


@pytest.mark.parametrize("text", ["", "six", "-6.1", "0", "0.00", "nan", "inf", "6,11", "6.1(x)"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(InputError, match="not a number above 0"):
        read_number(text)


def test_a_given_uncertainty_comes_first():
    assert read_number("6.11(3)", "0.001").su == 0.001
    with pytest.raises(InputError):
        read_number("6.11", "0")


def test_uncertainty_is_that_of_drawn_numbers():
    found = infer({"CsPbBr3": "6.02(2)", "CsPbI3": "6.41(3)"}, a_A="6.20(1)")
    random = np.random.default_rng(1)
    a, first, second = (
        random.normal(value, su, 200_000)
        for value, su in ((6.20, 0.01), (6.02, 0.02), (6.41, 0.03))
    )
    assert found.point.uncertainty == pytest.approx(
        np.std(vegard_fraction(a, first, second)), rel=0.03
    )
    assert found.point.from_measured == pytest.approx(
        np.std(vegard_fraction(a, 6.02, 6.41)), rel=0.03
    )
    assert found.point.from_ends == pytest.approx(
        np.std(vegard_fraction(6.20, first, second)), rel=0.03
    )


def test_what_the_store_knows_of_its_cells_enters():
    # FAPbI3 at 299 K: 6.357878(4) A, kept as 6.3579; CsPbBr3 comes without uncertainty.
    cs, fa = end_members(["CsPbBr3", "FAPbI3"])
    assert fa.su_A == pytest.approx(5e-5, rel=0.01)
    assert abs(fa.a_A - 6.357878) < fa.su_A
    # Two more sources measured it at this temperature: 6.352 and 6.362(1) A.
    assert fa.range_A == pytest.approx((6.3521, 6.362))
    assert any("6.3521 to 6.3620 A" in note for note in fa.notes)
    assert cs.su_A is None
    found = infer(["CsPbBr3", "FAPbI3"], a_A="6.25")
    assert found.point.from_ends == pytest.approx(found.fraction * 5e-5 / 0.5180, rel=0.01)
    assert any("no uncertainty is known for a of CsPbBr3" in note for note in found.notes)


def test_a_blunt_measurement_is_said():
    found = infer(["CsPbI3", "MAPbI3"], d_A="3.1", hkl=(2, 0, 0))
    assert found.point.uncertainty > 0.5
    assert any("hardly tells the composition" in note for note in found.notes)


def test_one_end_may_be_given_and_the_other_looked_up():
    found = infer({"CsPbI3": None, "CsPbBr3": "6.02"}, a_A="6.1")
    assert [end.a_A for end in found.ends] == [KNOWN["CsPbI3"], 6.02]
    assert found.sources == [cell.source for cell in found.ends[0].cells]


# Range


@pytest.mark.parametrize(("a", "side"), [("5.90", "below"), ("6.50", "above")])
def test_out_of_range_is_said_and_not_clipped(a, side):
    found = infer(GIVEN, a_A=a)
    assert not found.in_range
    assert found.fraction == pytest.approx((float(a) - 6.02) / 0.39)
    assert found.formula is None
    assert side in found.reason


@pytest.mark.parametrize(
    ("a", "in_range"), [("6.0150", True), ("6.0140", False), ("6.4150", True), ("6.4160", False)]
)
def test_a_little_beyond_an_end_is_the_end(a, in_range):
    # The digits of the end count for 0.005, those of the measured value for 0.00005.
    found = infer(GIVEN, a_A=a)
    assert found.in_range == in_range
    if in_range:
        assert found.formula == ENDS[float(a) > 6.2]
        assert any("within its uncertainty" in note for note in found.notes)


def test_far_ends_do_not_widen_the_range():
    assert not infer({"CsPbBr3": "6.0(3)", "CsPbI3": "6.41"}, a_A="7.00").in_range


# Three end members

THREE = ["CsPbI3", "MAPbI3", "FAPbI3"]


@given(x=fractions, y=fractions)
def test_a_point_lies_on_its_line(x, y):
    low, middle, high = 6.1, 6.2, 6.4
    x, y = sorted((x, y))
    shares = (x, y - x, 1 - y)
    a = sum(share * value for share, value in zip(shares, (low, middle, high), strict=True))
    found = infer(dict(zip(THREE, ["6.1", "6.2", "6.4"], strict=True)), a_A=a)
    assert found.in_range
    assert found.fraction is None
    assert found.formula is None
    assert 1 <= len(found.segment) <= 2
    corners = np.array([[p.fractions.get(name, 0) for name in THREE] for p in found.segment])
    assert corners @ [low, middle, high] == pytest.approx([a] * len(corners))
    assert corners.sum(axis=1) == pytest.approx([1] * len(corners))
    start, along = corners[0], corners[-1] - corners[0]
    where = (np.array(shares) - start) @ along / max(along @ along, 1e-12)
    assert -1e-6 <= where <= 1 + 1e-6
    assert start + where * along == pytest.approx(np.array(shares), abs=1e-6)


def test_one_number_is_not_enough_for_three():
    found = infer(THREE, a_A="6.25")
    assert "two independent numbers" in found.reason
    pairs = [set(parse(point.formula).A) for point in found.segment]
    assert pairs == [{"Cs", "MA"}, {"Cs", "FA"}]


def test_two_of_three_may_share_a():
    found = infer(dict(zip(THREE, ["6.2", "6.2", "6.4"], strict=True)), a_A="6.2")
    assert [point.formula for point in found.segment] == ["CsPbI3", "MAPbI3"]


def test_three_out_of_range():
    found = infer(THREE, a_A="6.60")
    assert (found.in_range, found.segment) == (False, ())
    assert "above the largest" in found.reason


# Bragg's law


@given(d=st.floats(0.8, 12), wavelength=st.floats(0.2, 1.59))
def test_angle_and_spacing_are_inverse(d, wavelength):
    angle = bragg.two_theta_deg(d, wavelength)
    assert bragg.d_from_two_theta(angle, wavelength) == pytest.approx(d, rel=1e-9)


def test_bragg_agrees_with_the_pattern():
    pattern = xrd("CsPbI3", "alpha")
    d = np.array([peak.d_A for peak in pattern.peaks])
    angles = [peak.two_theta_deg for peak in pattern.peaks]
    assert bragg.two_theta_deg(d, pattern.wavelength_A) == pytest.approx(angles)
    assert bragg.q_from_d(d) == pytest.approx([peak.q_inv_A for peak in pattern.peaks])


def test_impossible_waves_are_refused():
    with pytest.raises(OutOfRange, match="half the wavelength"):
        bragg.two_theta_deg([6.0, 0.7], 1.5406)
    for angle in (0, -3, 181, float("nan")):
        with pytest.raises(OutOfRange, match="No planes reflect"):
            bragg.d_from_two_theta([14.0, angle], 1.5406)
    for d in (0, -1, float("nan"), float("inf")):
        with pytest.raises(OutOfRange, match="spacing"):
            bragg.q_from_d(d)
    with pytest.raises(OutOfRange, match="wavelength"):
        bragg.two_theta_deg(6.0, 0)


CELLS = {
    bragg.PSEUDOCUBIC: (1, 1, 1),
    bragg.DOUBLED: (sqrt(2), sqrt(2), 2),
    bragg.IN_PLANE: (sqrt(2), sqrt(2), 1),
    bragg.LONG_B: (sqrt(2), 2, sqrt(2)),
}
indices = st.tuples(*[st.integers(-6, 6)] * 3).filter(any)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
@given(hkl=indices)
def test_spacings_are_those_of_the_cell_itself(cell, hkl):
    box = Lattice.orthorhombic(*(6.2 * length for length in CELLS[cell]))
    assert 6.2 / bragg.a_over_d(hkl, cell) == pytest.approx(box.d_hkl(hkl))


# Settings


@pytest.mark.parametrize("hkl", [(2, 0, 0), (2, 2, 0), (0, 0, 4)])
def test_planes_go_by_several_names(hkl):
    found = infer(GIVEN, d_A="3.05", hkl=hkl)
    assert found.a_A == pytest.approx(6.10)
    cells = {(2, 0, 0): "pseudo-cubic"}
    assert found.setting.chosen.cell == cells.get(hkl, "sqrt2 x sqrt2 x 2")
    assert not found.setting.ambiguous
    assert [one.cell for one in found.setting.tried] == [cell.name for cell in CELLS]


def test_a_named_setting_is_kept_to():
    found = infer(GIVEN, d_A="3.05", hkl=(2, 0, 0), setting="tetragonal")
    assert not found.in_range
    assert found.a_A == pytest.approx(3.05 * sqrt(2))
    assert infer(GIVEN, d_A="3.05", hkl=(0, 4, 0), setting="orthorhombic").in_range


def test_an_ambiguous_index_is_said():
    # (1 0 4) would be d = a / sqrt(17), a / sqrt(4.5), a / sqrt(16.5) or a / sqrt(8.5).
    found = infer({"CsPbCl3": "5.600", "CsPbI3": "6.200"}, d_A="1.400", hkl=(1, 0, 4))
    assert found.setting.ambiguous
    assert sum(one.in_range for one in found.setting.tried) == 2
    assert found.setting.chosen.cell == "pseudo-cubic"
    assert any(note.startswith("ambiguous") for note in found.notes)


def test_cells_of_one_spacing_are_not_ambiguous():
    found = infer(GIVEN, d_A="3.05", hkl=(2, 2, 0))
    assert sum(one.in_range for one in found.setting.tried) == 2
    assert not found.setting.ambiguous


def test_ends_of_different_phases_are_said():
    notes = infer(["CsPbI3", "FAPbI3"], a_A="6.25").notes
    assert any("differ in phase (CsPbI3 gamma, FAPbI3 alpha)" in note for note in notes)
    assert any(note.startswith("CsPbI3: gamma phase") for note in notes)
    same = infer(["CsPbI3", "CsPbBr3"], a_A="6.00").notes
    assert not any("differ in phase" in note for note in same)


def test_ends_that_differ_on_two_sites_are_said():
    notes = infer(["MAPbBr3", "FAPbI3"], a_A="6.25").notes
    assert any("on the sites A and X" in note for note in notes)


# Peaks

HKL = [(1, 0, 0), (1, 1, 0), (2, 0, 0), (2, 1, 0), (2, 2, 0)]


def angles_of(a, hkl, zero=0.0, cell=bragg.PSEUDOCUBIC):
    d = [a / bragg.a_over_d(index, cell) for index in hkl]
    return list(bragg.two_theta_deg(d, WAVELENGTH_A) + zero)


@given(a=st.floats(5.5, 6.6), zero=st.floats(-0.8, 0.8), n=st.integers(2, 5))
def test_the_zero_shift_is_recovered(a, zero, n):
    ratios = [bragg.a_over_d(hkl) for hkl in HKL[:n]]
    found = bragg.refine(angles_of(a, HKL[:n], zero), [0.01] * n, ratios, WAVELENGTH_A)
    assert found.a_A == pytest.approx(a, rel=1e-8)
    assert found.zero_shift_deg == pytest.approx(zero, abs=1e-7)
    assert max(map(abs, found.residuals_deg)) < 1e-7


@pytest.mark.parametrize("noise", [0.001, 0.05])
def test_the_fit_is_that_of_another_program(noise):
    ratios = np.array([bragg.a_over_d(hkl) for hkl in HKL])
    su = np.array([0.01, 0.02, 0.01, 0.02, 0.03])
    measured = np.array(angles_of(6.11, HKL, 0.1))
    measured += np.random.default_rng(3).normal(0, noise, 5)
    found = bragg.refine(measured, su, ratios, WAVELENGTH_A)

    def model(ratio, a, zero):
        return np.degrees(2 * np.arcsin(WAVELENGTH_A * ratio / (2 * a))) + zero

    best, stated = curve_fit(model, ratios, measured, [6, 0], su, absolute_sigma=True)
    scaled = curve_fit(model, ratios, measured, [6, 0], su)[1]
    assert (found.a_A, found.zero_shift_deg) == pytest.approx(tuple(best), rel=1e-6, abs=1e-7)
    wanted = np.sqrt(np.maximum(np.diag(stated), np.diag(scaled)))
    assert (found.a_su_A, found.zero_shift_su_deg) == pytest.approx(tuple(wanted), rel=1e-3)
    assert measured - model(ratios, *best) == pytest.approx(found.residuals_deg, abs=1e-6)


def test_several_peaks_give_one_composition():
    measured = [f"{angle:.2f}" for angle in angles_of(6.11, HKL, 0.20)]
    found = infer(GIVEN, two_theta_deg=measured, hkl=HKL)
    refined = found.setting.chosen.refined
    assert refined.zero_shift_deg == pytest.approx(0.20, abs=3 * refined.zero_shift_su_deg)
    assert found.a_A == pytest.approx(6.11, abs=3 * found.a_su_A)
    assert found.a_su_A < 0.005
    alone = infer(GIVEN, two_theta_deg=measured[0], hkl=HKL[0])
    assert abs(alone.a_A - 6.11) > 0.05
    assert any("zero shift" in note for note in alone.notes)


def test_peaks_tell_the_setting():
    hkl = [(1, 1, 0), (2, 0, 0), (2, 2, 0), (0, 0, 4), (3, 1, 0)]
    measured = [f"{angle:.2f}" for angle in angles_of(6.11, hkl, 0.05, bragg.DOUBLED)]
    found = infer(GIVEN, two_theta_deg=measured, hkl=hkl)
    assert found.setting.chosen.cell == "sqrt2 x sqrt2 x 2"
    assert not found.setting.ambiguous
    assert found.a_A == pytest.approx(6.11, abs=0.005)


def test_a_wrong_index_is_said():
    measured = [f"{angle:.2f}" for angle in angles_of(6.11, HKL)]
    wrong = [(1, 0, 0), (1, 1, 0), (2, 0, 0), (2, 1, 1), (2, 2, 0)]
    found = infer(GIVEN, two_theta_deg=measured, hkl=wrong, setting="pseudo-cubic")
    assert found.in_range
    assert not found.setting.chosen.plausible
    assert any("check the indices" in note for note in found.notes)


@pytest.mark.parametrize(
    ("miss_deg", "su", "plausible"),
    [(0, "0.01", True), (0.3, "0.01", False), (0.3, "0.2", True)],
)
def test_a_peak_may_miss_by_what_its_uncertainty_allows(miss_deg, su, plausible):
    """Exact peaks are believed, one that misses by more than a tenth of a degree is not, unless
    it is known no better."""
    angles = angles_of(6.11, HKL)
    angles[2] += miss_deg
    found = infer(GIVEN, two_theta_deg=[read_number(a, su) for a in angles], hkl=HKL)
    residuals = np.abs(found.setting.chosen.refined.residuals_deg)
    assert residuals.max() == pytest.approx(miss_deg, abs=miss_deg / 2 + 1e-9)
    assert found.in_range
    assert found.setting.chosen.plausible is plausible


@given(
    angles=st.lists(st.floats(5, 120), min_size=2, max_size=4),
    hkl=st.lists(st.sampled_from(HKL), min_size=4, max_size=4),
)
def test_peaks_that_do_not_belong_together_are_refused_or_give_angles_that_exist(angles, hkl):
    """Whatever the fit runs into: the cell that is answered reflects at all these indices."""
    ratios = [bragg.a_over_d(index) for index in hkl[: len(angles)]]
    try:
        found = bragg.refine(angles, [0.02] * len(angles), ratios, WAVELENGTH_A)
    except InputError:
        return
    sines = WAVELENGTH_A * np.array(ratios) / (2 * found.a_A)
    assert 0 < sines.min() <= sines.max() < 1
    model = np.degrees(2 * np.arcsin(sines)) + found.zero_shift_deg
    assert np.array(angles) - model == pytest.approx(found.residuals_deg, abs=1e-6)


def test_the_uncertainty_of_one_peak():
    found = infer(GIVEN, two_theta_deg=read_number("14.49", "0.02"), hkl=(1, 0, 0))
    low, high = (bragg.d_from_two_theta(14.49 + step, WAVELENGTH_A) for step in (0.02, -0.02))
    assert found.a_su_A == pytest.approx((high - low) / 2, rel=1e-4)


def test_a_wavelength_is_a_line_or_a_number():
    by_line = infer(GIVEN, two_theta_deg="14.49", hkl=(1, 0, 0))
    by_number = infer(GIVEN, two_theta_deg="14.49", hkl=(1, 0, 0), wavelength=WAVELENGTH_A)
    as_text = infer(GIVEN, two_theta_deg="14.49", hkl=(1, 0, 0), wavelength="1.54056")
    assert by_line.a_A == by_number.a_A == as_text.a_A
    assert by_line.measured.wavelength_name == "CuKa1"
    # The mean of the doublet, its second line half as strong: 1.5418 A in every textbook.
    both = infer(GIVEN, two_theta_deg="14.49", hkl=(1, 0, 0), wavelength="CuKa12")
    assert both.measured.wavelength_A == pytest.approx(1.5418, abs=1e-4)


# The answer shows itself


@pytest.mark.parametrize(
    ("ends", "measured"),
    [
        (ENDS, {"a_A": "6.0"}),
        (GIVEN, {"a_A": "6.60"}),
        (THREE, {"a_A": "6.25"}),
        (THREE, {"a_A": "6.60"}),
        (GIVEN, {"d_A": "3.06", "hkl": (2, 2, 0)}),
        (GIVEN, {"two_theta_deg": ["14.49", "29.21"], "hkl": [(1, 0, 0), (2, 0, 0)]}),
    ],
)
def test_it_is_given_back_by_its_dictionary(ends, measured):
    found = infer(ends, **measured)
    through_json = json.loads(json.dumps(found.as_dict()))
    assert Inference.from_dict(through_json) == found
    assert MontyDecoder().process_decoded(through_json) == found
    assert "\n" not in repr(found)
    assert len(repr(found)) < 100


def test_its_rows_say_where_it_comes_from():
    (row,) = infer(ENDS, a_A="6.1").rows()
    assert list(row)[-4:] == ["source", "kind", "evidence", "notes"]
    assert "CsPbBr3: " in row["notes"]
    (own,) = infer(GIVEN, a_A="6.60").rows()
    assert own["source"] == "given"
    assert own["notes"].startswith("a = 6.6000 A is above the largest")
    assert len(infer(THREE, a_A="6.25").to_frame()) == 2


def test_it_draws_itself():
    assert infer(GIVEN, a_A="6.11").plot().get_ylabel() == "pseudo-cubic $a$ / Å"


# What is refused


@pytest.mark.parametrize(
    ("ends", "arguments", "error", "says"),
    [
        (ENDS, {}, InputError, "Kinds of measured values given: 0"),
        (ENDS, {"a_A": "6.1", "d_A": "3.0"}, InputError, "Kinds of measured values given: 2"),
        (ENDS, {"a_A": "6.1", "hkl": (1, 0, 0)}, InputError, "has no index"),
        (ENDS, {"a_A": "6.1", "wavelength": "CuKa1"}, InputError, "belongs to peaks"),
        (ENDS, {"d_A": "3.1"}, InputError, "Indices hkl given: 0"),
        (ENDS, {"d_A": "3.1", "hkl": (0, 0, 0)}, InputError, "no family of planes"),
        (ENDS, {"d_A": "3.1", "hkl": (1, 0)}, InputError, "no index"),
        (ENDS, {"d_A": "3.1", "hkl": (1, 0.5, 0)}, InputError, "no index"),
        (
            ENDS,
            {"d_A": "3.1", "hkl": (2, 0, 0), "setting": "cubic"},
            InputError,
            "pseudo-cubic, tetragonal",
        ),
        (ENDS, {"two_theta_deg": "190", "hkl": (1, 0, 0)}, InputError, "Give it from 0 to 180"),
        (
            ENDS,
            {"two_theta_deg": "14", "hkl": (1, 0, 0), "wavelength": "XKa"},
            InputError,
            "not an X-ray line",
        ),
        (
            ENDS,
            {"two_theta_deg": "14", "hkl": (1, 0, 0), "wavelength": 50},
            InputError,
            "not that of a diffraction",
        ),
        (
            ENDS,
            {"two_theta_deg": ["14.5", "14.6"], "hkl": [(1, 0, 0), (0, 1, 0)]},
            InputError,
            "belong to one spacing",
        ),
        (
            ENDS,
            {
                "two_theta_deg": ["171.81", "101.29"],
                "hkl": [(0, 2, 2), (0, 1, 3)],
                "setting": "pseudo-cubic",
            },
            InputError,
            "Check the indices",
        ),
        (ENDS, {"a_A": Reading(6.1, 0.0)}, InputError, "above 0"),
        (["CsPbI3"], {"a_A": "6.1"}, InputError, "End members given: 1"),
        (["CsPbI3", "PbCsI3"], {"a_A": "6.1"}, InputError, "are the same"),
        ({**GIVEN, "CsPbI3": "6.0x"}, {"a_A": "6.1"}, InputError, "'6.0x' is not a number"),
        ({"CsPbBr3": "6.0", "CsPbI3": "6.00"}, {"a_A": "6.1"}, OutOfRange, "same lattice"),
        (["CsPbI3", "CsPbF3"], {"a_A": "6.1"}, MissingData, "no perovskite cell of CsPbF3"),
    ],
)
def test_what_cannot_be_answered_is_refused(ends, arguments, error, says):
    with pytest.raises(error, match=says):
        infer(ends, **arguments)


# Atomic percents


@given(i=st.floats(0.01, 99.99))
def test_percents_of_the_site_and_of_the_sample_agree(i):
    alone = composition_from_percent("CsPbI3", {"I": i}, rest="Br")
    both = composition_from_percent("CsPbBr3", {"I": 0.6 * i, "Br": 0.6 * (100 - i)})
    assert dict(alone.X) == pytest.approx(dict(both.X), abs=1e-6)
    assert alone.X["I"] == pytest.approx(i / 100, abs=1e-6)


def test_any_site_can_be_shared_out():
    cadmium = composition_from_percent("CsPbBr3", {"Cd": 25}, rest="Pb")
    assert cadmium == parse("CsCd0.25Pb0.75Br3")
    triple = composition_from_percent("CsPb(I0.8Br0.2)3", {"Cs": 5, "MA": 10, "FA": 85})
    assert triple == parse("Cs0.05MA0.10FA0.85Pb(I0.8Br0.2)3")
    assert composition_from_percent("CsPbI3", {"I": 100, "Br": 0}) == parse("CsPbI3")


@pytest.mark.parametrize(
    ("percent", "rest", "says"),
    [
        ({"I": 82, "Cs": 18}, None, "do not share out one site"),
        ({"I": -1, "Br": 101}, None, "cannot be"),
        ({"I": float("nan")}, "Br", "cannot be"),
        ({"I": 120}, "Br", "at most 100"),
        ({"I": 80}, "I", "at most 100"),
        ({"I": 0}, None, "do not share out one site"),
        ({}, None, "do not share out one site"),
        ({"MA": 50, "CH3NH3": 50}, None, "given twice"),
    ],
)
def test_percents_that_cannot_be_are_refused(percent, rest, says):
    with pytest.raises(InputError, match=says):
        composition_from_percent("CsPbI3", percent, rest)
