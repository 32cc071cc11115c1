"""Formula units other than ABX3, and sites that are partly empty."""

import pickle
from math import gcd

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovdb.composition import Composition, as_perovskite, parse
from perovdb.composition.registry import load_registry
from perovdb.composition.stoichiometry import LAYERED, MAY_LACK, name_of
from perovdb.errors import FormulaError, FormulaWarning, OutOfRange

REGISTRY = load_registry()
IONS = {"A": ["Rb", "Cs", "NH4", "MA", "FA"], "B": ["Cd", "Sn", "Pb"], "X": ["Cl", "Br", "I"]}


@pytest.mark.parametrize(
    ("text", "formula", "ratio", "layers"),
    [
        ("CsPbI3", "CsPbI3", (1, 1, 3), None),
        ("Cs2PbI2Cl2", "Cs2PbCl2I2", (2, 1, 4), 1),
        ("Cs2PbBr4", "Cs2PbBr4", (2, 1, 4), 1),
        ("Cs4Pb2Br8", "Cs2PbBr4", (2, 1, 4), 1),
        ("Cs3Pb2Br7", "Cs3Pb2Br7", (3, 2, 7), 2),
        ("Cs1.5PbBr3.5", "Cs3Pb2Br7", (3, 2, 7), 2),
        ("FA2MA2Pb3I10", "MA2FA2Pb3I10", (4, 3, 10), 3),
        ("Cs7Sn6I19", "Cs7Sn6I19", (7, 6, 19), 6),
        ("Cs4PbBr6", "Cs4PbBr6", (4, 1, 6), None),
        ("Cs3MnBr5", "Cs3MnBr5", (3, 1, 5), None),
        ("CsPb2Br5", "CsPb2Br5", (1, 2, 5), None),
        ("Cs0.5PbBr2.5", "CsPb2Br5", (1, 2, 5), None),
        ("(NH4)2PbI4", "(NH4)2PbI4", (2, 1, 4), 1),
    ],
)
def test_formula_units_are_known(text, formula, ratio, layers):
    composition = parse(text)
    assert composition.formula == formula
    assert composition.ratio == ratio
    assert composition.layers == layers
    assert composition.stoichiometry == name_of(ratio)
    assert composition.is_perovskite == (ratio == (1, 1, 3))
    assert composition.vacancies == {}
    assert composition.charge == 0
    assert parse(formula) == composition
    assert hash(parse(formula)) == hash(composition)


@pytest.mark.parametrize(
    ("text", "formula", "vacancies", "charge"),
    [
        ("Cs0.96PbI2.96", "Cs0.96PbI2.96", {"A": 0.04, "X": 0.04 / 3}, 0),
        # One V_I in a cell of eight formula units, which leaves +1.
        ("Cs8Pb8I23", "CsPbI2.875", {"X": 1 / 24}, 1 / 8),
        ("FA7.5Cs0.5Pb8I23", "Cs0.0625FA0.9375PbI2.875", {"X": 1 / 24}, 1 / 8),
        ("Cs7Pb8I24", "Cs0.875PbI3", {"A": 1 / 8}, -1 / 8),
        ("Cs8Pb7I24", "CsPb0.875I3", {"B": 1 / 8}, -2 / 8),
        ("Cs8Pb7I22", "CsPb0.875I2.75", {"B": 1 / 8, "X": 1 / 12}, 0),
        ("Cs3Pb4I11", "Cs0.75PbI2.75", {"A": 1 / 4, "X": 1 / 12}, 0),
        ("Cs0.95Pb0.98I2.91", "Cs0.95Pb0.98I2.91", {"A": 0.05, "B": 0.02, "X": 0.03}, 0),
        ("Cs0.99PbI3", "Cs0.99PbI3", {"A": 0.01}, -0.01),
        ("Cs0.33FA0.66PbI2.99", "Cs0.33FA0.66PbI2.99", {"A": 0.01, "X": 0.01 / 3}, 0),
        ("Cs31Pb16Cl32I31", "Cs1.9375PbCl2I1.9375", {"A": 1 / 32, "X": 1 / 64}, 0),
    ],
)
def test_what_is_missing_is_empty(text, formula, vacancies, charge):
    composition = parse(text)
    assert composition.formula == formula
    assert composition.vacancies == pytest.approx(vacancies, abs=1e-9)
    assert composition.charge == pytest.approx(charge, abs=1e-9)
    assert not composition.is_perovskite
    assert parse(formula) == composition
    assert composition.filled(REGISTRY).vacancies == {}
    assert sum(composition.end_members().values()) == pytest.approx(1, abs=1e-9)


def test_fractions_count_the_empty_sites():
    composition = parse("Cs0.96PbI2.96")
    assert dict(composition.A) == {"Cs": 0.96}
    assert dict(composition.X) == {"I": pytest.approx(0.986667, abs=1e-6)}
    assert composition.amounts == {"Cs": 0.96, "Pb": 1, "I": 2.96}
    assert composition.end_members() == {"CsPbI3": pytest.approx(1)}
    assert composition.filled(REGISTRY) == parse("CsPbI3")


@pytest.mark.parametrize(
    "text",
    [
        # As Cs2PbI2Br2 without an ion, and as what is typed for CsPbI2Br: too little to tell.
        "Cs2PbI3",
        "CsPbI2",
        # More than ABX3 holds.
        "CsPbI3Br",
        "Cs1.1PbI3.1",
        "FA1.3PbI3.3",
        "CsPb1.1I3.2",
        # Two digits of amounts that share a site, and no charge that speaks for vacancies.
        "Cs0.33FA0.66PbI3",
        "CsPbBr0.51I2.48",
        # Ions of other charges than those of the registry.
        "Cs3Pb2I9",
    ],
)
def test_what_fits_nothing_is_refused(text):
    with pytest.raises(FormulaError, match=r"stand as A : B : X = .*\. (If|Write)"):
        parse(text, strict=True)


@pytest.mark.parametrize(
    ("text", "formula", "kind", "charges"),
    [
        ("Cs2SnI6", "Cs2SnI6", "A2BX6", {"Sn": 4}),
        ("Cs2TiBr6", "Cs2TiBr6", "A2BX6", {"Ti": 4}),
        ("MA2TeI6", "MA2TeI6", "A2BX6", {"Te": 4}),
        ("CsSnI3", "CsSnI3", "ABX3", {"Sn": 2}),
        ("Cs3Bi2I9", "Cs3Bi2I9", "A3B2X9", {"Bi": 3}),
        ("FA3Sb2Cl3I6", "FA3Sb2Cl3I6", "A3B2X9", {"Sb": 3}),
        ("Cs2AgBiBr6", "Cs2AgBiBr6", "A2BB'X6", {"Ag": 1, "Bi": 3}),
        ("CsAg0.5Bi0.5Br3", "Cs2AgBiBr6", "A2BB'X6", {"Ag": 1, "Bi": 3}),
        ("AgCs2Bi0.75Sb0.25Br6", "Cs2AgSb0.25Bi0.75Br6", "A2BB'X6", {"Ag": 1, "Sb": 3}),
        # Na stands on B here, where the larger K does not.
        ("Cs2NaBiCl6", "Cs2NaBiCl6", "A2BB'X6", {"Na": 1}),
        ("K2NaInCl6", "K2NaInCl6", "A2BB'X6", {"K": 1, "Na": 1}),
        ("Cs2CuBiI6", "Cs2CuBiI6", "A2BB'X6", {"Cu": 1}),
        ("PbI2", "PbI2", "BX2", {"Pb": 2}),
        ("FAI", "FAI", "AX", {"FA": 1}),
        ("SnI4", "SnI4", "BX4", {"Sn": 4}),
        ("PbBrI", "PbBr1I1", "BX2", {"Pb": 2}),
    ],
)
def test_the_charges_are_those_that_make_a_formula_neutral(text, formula, kind, charges):
    composition = parse(text.replace("PbBrI", "PbBr1I1"))
    assert composition.formula == formula
    assert parse(formula) == composition
    assert composition.stoichiometry == kind
    assert composition.charge == 0
    assert charges.items() <= composition.charges.items()
    assert pickle.loads(pickle.dumps(composition)).charges == composition.charges


@pytest.mark.parametrize(
    ("text", "layers", "ratio"),
    [
        ("PEA2PbI4", 1, (2, 1, 4)),
        ("(PEA)2MA2Pb3I10", 3, (4, 3, 10)),
        ("BA2MA10Pb11I34", 11, (12, 11, 34)),
        ("EA2MA8Pb9I28", 9, (10, 9, 28)),
        ("(PEA)2(FA0.75MA0.25)9Sn10(I0.75Br0.25)31", 10, (11, 10, 31)),
        # Dication: one between the layers in place of two.
        ("(PDA)PbI4", 1, (1, 1, 4)),
        ("BDACsPb2Br2.1I4.9", 2, (2, 2, 7)),
        ("(3AMP)(MA)3Pb4I13", 4, (4, 4, 13)),
    ],
)
def test_layered_phases_have_any_number_of_layers(text, layers, ratio):
    composition = parse(text)
    assert (composition.layers, composition.ratio) == (layers, ratio)
    assert composition.charge == 0
    assert parse(composition.formula) == composition


@given(st.integers(1, 60), st.sampled_from(["PEA", "BA", "PDA", "3AMP"]))
def test_layers_of_spacers_survive_the_round_trip_for_any_n(n, spacer):
    divalent = REGISTRY.ion(spacer).charge == 2
    amounts = {spacer: 1 if divalent else 2, "Pb": n, "I": 3 * n + 1}
    composition = Composition.from_amounts(amounts | ({"MA": n - 1} if n > 1 else {}), REGISTRY)
    assert composition.layers == n
    assert composition.charge == 0
    assert parse(composition.formula) == composition


@pytest.mark.parametrize(
    ("text", "site", "ions"),
    [
        ("FAMAPbIBr3", "A", "FA and MA"),
        ("(MAFA)Pb(IBr)3", "A", "MA and FA"),
        ("CsPb(IBr)3", "X", "I and Br"),
        ("CsFAPbBr0.3I2.7", "A", "Cs and FA"),
        ("CsFAMAPbBrI", "A", "Cs and FA and MA"),
        ("CsPbIBr", "X", "I and Br"),
    ],
)
def test_shorthand_is_no_formula(text, site, ions):
    with pytest.raises(FormulaError, match=f"does not say how {ions} share site {site}"):
        parse(text)


@pytest.mark.parametrize(
    "text", ["BA2MA3Pb4I12", "BAPbI4", "Cs3Pb2I9", "CsAgBiBr6", "MA3Bi2I11", "PbI", "CsI2"]
)
def test_ions_that_miss_a_formula_unit_never_make_another(text):
    with pytest.raises(FormulaError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "formula", "note"),
    [
        ("Cs0.05FA0.78MA0.16PbBr0.5I2.5", "Cs0.050505MA0.161616FA0.787879PbBr0.5I2.5", "A sums"),
        ("FA0.43MA0.57PbBr0.13I2.93", "MA0.57FA0.43PbBr0.127451I2.872549", "X sums to 3.06"),
        ("MAPb1.0Br0.33I2.66", "MAPbBr0.331104I2.668896", "X sums to 2.99, not 3"),
        ("Cs0.2FA0.8PbBr0.17I0.83", "Cs0.2FA0.8PbBr0.51I2.49", "fractions of the site: times 3"),
    ],
)
def test_amounts_that_are_a_little_off_are_read_with_a_note_or_refused(text, formula, note):
    with pytest.warns(FormulaWarning, match=text):
        composition = parse(text)
    assert composition.formula == formula
    assert note in composition.notes[0]
    assert composition.charge == pytest.approx(0, abs=1e-5)
    with pytest.raises(FormulaError):
        parse(text, strict=True)


@given(st.floats(-0.2, 0.2), st.sampled_from("AB"))
def test_a_sum_is_scaled_within_three_per_cent_and_never_beyond(off, site):
    amounts = {"Cs": 0.4, "FA": 0.6, "Sn": 0.3, "Pb": 0.7, "Br": 1.0, "I": 2.0}
    for ion in {"A": ["Cs", "FA"], "B": ["Sn", "Pb"]}[site]:
        amounts[ion] *= 1 + off
    try:
        composition = Composition.from_amounts(amounts, REGISTRY, strict=False)
    except FormulaError:
        assert abs(off) > 0.03
        return
    if composition.notes:
        assert 0 < abs(off) <= 0.0301
        assert composition == parse("Cs0.4FA0.6Sn0.3Pb0.7BrI2")
    else:
        assert composition.vacancies or abs(off) < 0.002


def test_layered_ratios_are_neutral_with_ions_of_one_two_and_one_charge():
    for (a, b, x), n in LAYERED.items():
        assert (a, b, x) == (n + 1, n, 3 * n + 1)
        assert a + 2 * b == x


def test_formulas_of_perovskites_say_what_they_are_asked_for():
    assert as_perovskite("CsPbI3", "It") == parse("CsPbI3")
    assert as_perovskite("CsPbI2.9", "It", vacancies=True) == parse("CsPbI2.9")
    with pytest.raises(OutOfRange, match=r"It is defined for full sites.*X 3.33 %.*CsPbI3;"):
        as_perovskite("CsPbI2.9", "It")
    with pytest.raises(OutOfRange, match="It is defined for perovskites ABX3, and Cs4PbI6 is A4"):
        as_perovskite("Cs4PbI6", "It", vacancies=True)


def shared(site):
    weights = st.lists(st.integers(1, 1000), min_size=1, max_size=len(IONS[site]))
    return weights.map(lambda w: dict(zip(IONS[site], w, strict=False)))


@st.composite
def amounts(draw, lacking):
    """Amounts of a formula unit, with sites empty up to its limit."""
    known = [ratio for ratio, most in MAY_LACK.items() if most or not lacking]
    ratio = draw(st.sampled_from(known))
    found = {}
    for site, number in zip("ABX", ratio, strict=True):
        ions = draw(shared(site))
        lack = draw(st.floats(0, MAY_LACK[ratio])) if lacking else 0.0
        total = sum(ions.values())
        found |= {ion: number * (1 - lack) * weight / total for ion, weight in ions.items()}
    return ratio, found


@given(amounts(lacking=False), st.integers(1, 8))
def test_full_formula_units_survive_the_round_trip_in_any_multiple(asked, multiple):
    ratio, of_unit = asked
    composition = Composition.from_amounts(
        {ion: amount * multiple for ion, amount in of_unit.items()}, REGISTRY
    )
    assert composition.ratio == ratio
    assert composition.vacancies == {}
    assert composition.amounts == pytest.approx(of_unit, abs=2e-6)
    again = parse(str(composition))
    assert again == composition
    assert again.sites == composition.sites
    assert again.ratio == ratio
    assert pickle.loads(pickle.dumps(composition)).ratio == ratio
    assert sum(composition.end_members().values()) == pytest.approx(1, abs=1e-9)


@given(amounts(lacking=True))
def test_vacancies_survive_the_round_trip(asked):
    ratio, of_unit = asked
    try:
        composition = Composition.from_amounts(of_unit, REGISTRY)
    except FormulaError:
        # So little is missing that it may be rounding.
        sites = {site: [ion for ion in of_unit if ion in IONS[site]] for site in "ABX"}
        lacks = [
            number - sum(of_unit[ion] for ion in ions)
            for ions, number in zip(sites.values(), ratio, strict=True)
            if len(ions) > 1
        ]
        assert any(1e-6 < lack <= 0.026 for lack in lacks)
        return
    again = parse(str(composition))
    assert again == composition
    assert again.sites == composition.sites
    assert again.charge == composition.charge
    assert again.vacancies == composition.vacancies
    assert pickle.loads(pickle.dumps(composition)) == composition
    for site, ions in composition.sites.items():
        empty = composition.vacancies.get(site, 0.0)
        assert sum(ions.values()) + empty == pytest.approx(1, abs=1e-8)
        assert 0 <= empty <= MAY_LACK[composition.ratio] + 1e-5
    charge = sum(REGISTRY.ion(ion).charge * x for ion, x in composition.amounts.items())
    assert charge == pytest.approx(composition.charge, abs=1e-4)
    # Ions stand in the ratio that was asked for, to within what counts as rounding.
    scale = sum(of_unit.values()) / sum(composition.amounts.values())
    for ion, amount in composition.amounts.items():
        assert amount * scale == pytest.approx(of_unit[ion], rel=0.01, abs=1e-5)


@given(
    st.tuples(*[st.sampled_from(IONS[site]) for site in "ABX"]),
    st.tuples(*[st.integers(1, 6)] * 3),
    st.sampled_from([0.0, 0.0, 1e-3, 0.3]),
)
def test_any_amounts_are_placed_for_good_or_refused(ions, numbers, off):
    """Whole numbers in a known ratio are always placed; others, or the same a little off, may."""
    found = dict(zip(ions, (numbers[0] + off, *numbers[1:]), strict=True))
    ratio = tuple(number // gcd(*numbers) for number in numbers)
    try:
        composition = Composition.from_amounts(found, REGISTRY)
    except FormulaError:
        assert off or ratio not in MAY_LACK
        return
    if off == 0 and ratio in MAY_LACK:
        assert composition.ratio == ratio
    assert parse(str(composition)) == composition


@given(
    st.dictionaries(
        st.sampled_from([ion for ion in REGISTRY.ions if REGISTRY.ions[ion].site != "X"]),
        st.floats(0.05, 2),
        min_size=2,
        max_size=5,
    ),
    st.sampled_from(["F", "Cl", "I", "SCN", "BF4", "HCOO"]),
    st.floats(1, 7),
)
def test_any_ions_of_the_registry_are_placed_for_good_or_refused(cations, anion, amount):
    try:
        composition = Composition.from_amounts({**cations, anion: amount}, REGISTRY)
    except FormulaError:
        return
    again = parse(str(composition))
    assert again == composition
    assert again.charge == composition.charge
    assert again.ratio == composition.ratio
