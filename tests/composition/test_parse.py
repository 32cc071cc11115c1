"""Formulas as people write them, and those that must not be guessed."""

import contextlib
import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovdb.composition import Composition, parse
from perovdb.composition.parse import layers_in
from perovdb.composition.registry import load_registry
from perovdb.errors import FormulaError, FormulaWarning, UnknownSpecies


@pytest.mark.parametrize(
    ("text", "formula", "sites"),
    [
        ("CsPbI3", "CsPbI3", ({"Cs": 1}, {"Pb": 1}, {"I": 1})),
        ("FAPbI3", "FAPbI3", ({"FA": 1}, {"Pb": 1}, {"I": 1})),
        (
            "Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3",
            "Cs0.05MA0.1615FA0.7885PbBr0.51I2.49",
            ({"Cs": 0.05, "MA": 0.1615, "FA": 0.7885}, {"Pb": 1}, {"Br": 0.17, "I": 0.83}),
        ),
        (
            "(FAPbI3)0.85(MAPbBr3)0.15",
            "MA0.15FA0.85PbBr0.45I2.55",
            ({"MA": 0.15, "FA": 0.85}, {"Pb": 1}, {"Br": 0.15, "I": 0.85}),
        ),
        ("CH3NH3PbI3", "MAPbI3", ({"MA": 1}, {"Pb": 1}, {"I": 1})),
        ("HC(NH2)2PbI3", "FAPbI3", ({"FA": 1}, {"Pb": 1}, {"I": 1})),
        ("(CH3NH3)0.5[CH(NH2)2]0.5PbI3", "MA0.5FA0.5PbI3", None),
        ("CsPbI₃", "CsPbI3", None),
        ("Cs₀.₅FA₀.₅PbI₃", "Cs0.5FA0.5PbI3", None),
        (
            "CsCd0.25Pb0.75Br3",
            "CsCd0.25Pb0.75Br3",
            ({"Cs": 1}, {"Cd": 0.25, "Pb": 0.75}, {"Br": 1}),
        ),
        ("Cs Pb I3", "CsPbI3", None),
        ("Cs2Pb2I6", "CsPbI3", None),
        ("PbCsI3", "CsPbI3", None),
        ("CsPbBrI2", "CsPbBrI2", ({"Cs": 1}, {"Pb": 1}, {"Br": 1 / 3, "I": 2 / 3})),
        ("Cs0.333MA0.333FA0.334PbI3", "Cs0.333MA0.333FA0.334PbI3", None),
        ("[FA]PbI3", "FAPbI3", None),
        ("CsPb(I.83Br.17)3", "CsPbBr0.51I2.49", None),
    ],
)
def test_formulas_are_read(text, formula, sites):
    composition = parse(text)
    assert str(composition) == formula
    assert parse(str(composition)) == composition
    assert composition.charge == 0
    if sites:
        for found, wanted in zip(composition.sites.values(), sites, strict=True):
            assert dict(found) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("XePbI3", UnknownSpecies, ["'Xe' at position 1"]),
        ("MOPbI3", UnknownSpecies, ["'MO' at position 1"]),
        ("AYPbI3", UnknownSpecies, ["'AY' at position 1"]),
        ("FAPbI3F", FormulaError, ["1 : 1 : 4", "ABX3", "A2BX4"]),
        ("CsPBI3", UnknownSpecies, ["'PB' at position 3", "Pb"]),
        ("AlPbI3", UnknownSpecies, ["'Al' at position 1"]),
        ("xpbi3", FormulaError, ["position 1", "not a number"]),
        ("cspbi3w", UnknownSpecies, ["'cspbi' at position 1", "capitals"]),
        ("MAPbI3-xClx", FormulaError, ["position 7", "not a number", "MAPbI2.9Cl0.1"]),
        ("MAPb(I1-xBrx)3", FormulaError, ["position 8", "not a number"]),
        ("CsxFA1-xPbI3", FormulaError, ["position 3", "not a number"]),
        ("CsPb", FormulaError, ["no X-site ion"]),
        ("I2", FormulaError, ["no A-site ion"]),
        ("PbI3", FormulaError, ["0 : 1 : 3", "BX2"]),
        ("Cs0.37FA0.67PbI3", FormulaError, ["1.04 : 1 : 3", "rounding"]),
        ("(CsPbI3", FormulaError, ["position 1", "not closed"]),
        ("(CsPbI3]", FormulaError, ["position 1", "not closed"]),
        ("CsPbI3)", FormulaError, ["position 7", "was not opened"]),
        ("Cs()PbI3", FormulaError, ["position 3", "holds nothing"]),
        ("CsPbI0", FormulaError, ["position 6", "above 0"]),
        ("CsPbI3!", FormulaError, ["'!'"]),
        ("3CsPbI3", FormulaError, ["'3'"]),
        ("", FormulaError, ["empty"]),
        ("(" * 50 + "CsPbI3" + ")" * 50, FormulaError, ["too deep"]),
        ("Cs" * 1000, FormulaError, ["2000 characters"]),
    ],
)
def test_what_cannot_be_placed_is_refused_with_its_place(text, error, words):
    with pytest.raises(error) as caught:
        parse(text)
    for word in words:
        assert word in str(caught.value)


def test_fa_holds_no_fluorine():
    assert parse("FAPbI3").species == ["FA", "Pb", "I"]


# Amounts on a grid of 1/1000, at least one ion a site.
def site(ions):
    weights = st.lists(st.integers(1, 1000), min_size=1, max_size=len(ions))
    return weights.map(lambda w: dict(zip(ions, w, strict=False)))


@given(site(["Cs", "FA", "MA", "Rb"]), site(["Pb", "Sn", "Cd"]), site(["I", "Br", "Cl"]))
def test_every_composition_survives_the_round_trip(a, b, x):
    registry = load_registry()
    amounts = {}
    for ions, count in ((a, 1), (b, 1), (x, 3)):
        total = sum(ions.values())
        amounts |= {ion: count * weight / total for ion, weight in ions.items()}
    composition = Composition.from_amounts(amounts, registry)
    again = parse(str(composition))
    assert again == composition
    assert str(again) == str(composition)
    for ions in composition.sites.values():
        assert sum(ions.values()) == pytest.approx(1, abs=1e-9)
    assert composition.charge == pytest.approx(0, abs=1e-5)
    assert sum(composition.end_members().values()) == pytest.approx(1, abs=1e-9)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_never_worse(text):
    with contextlib.suppress(FormulaError, UnknownSpecies):
        parse(text)


def test_compositions_travel():
    composition = parse("Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3")
    assert pickle.loads(pickle.dumps(composition)) == composition
    same = copy.deepcopy(composition) != composition
    assert same is False


def test_a_trace_below_the_digits_is_refused():
    with pytest.raises(FormulaError, match="amount of Br is below"):
        parse("CsPbI2.9999997Br0.0000003")


def test_an_absent_ion_has_no_site():
    with pytest.raises(UnknownSpecies, match="no Br in CsPbI3"):
        parse("CsPbI3").site_of("Br")


def test_latex_subscripts_are_read_and_positions_stay():
    assert parse("Cs_{0.5}FA_{0.5}PbI_3").formula == "Cs0.5FA0.5PbI3"
    with pytest.raises(UnknownSpecies, match="'Xx' at position 9"):
        parse("Cs_{0.5}Xx_{0.5}PbI_3")
    with pytest.raises(FormulaError):
        parse("Cs}Pb{I_3")


def test_an_ion_that_would_run_into_its_amount_is_bracketed():
    text = parse("NH4PbI3").formula
    assert text == "NH4PbI3"
    mixed = parse("(NH4)0.5Cs0.5Pb(HCOO)3")
    assert mixed.formula == "Cs0.5(NH4)0.5Pb(HCOO)3"
    assert parse(mixed.formula) == mixed
    assert list(mixed.end_members()) == ["CsPb(HCOO)3", "NH4Pb(HCOO)3"]


def test_fluorine_is_in_fluorides_and_never_in_formamidinium():
    assert dict(parse("CsPbF3").X) == {"F": 1}
    assert dict(parse("FAPbF3").A) == {"FA": 1}
    assert dict(parse("FAPbI3").X) == {"I": 1}


def test_a_composition_does_not_change_and_goes_through_monty():
    import json

    from monty.json import MontyDecoder, MontyEncoder

    composition = parse("Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3")
    with pytest.raises(TypeError, match="does not change"):
        composition.A["Cs"] = 1.0
    with pytest.raises(TypeError, match="does not change"):
        composition.X.update(I=1.0)
    again = json.loads(json.dumps(composition, cls=MontyEncoder), cls=MontyDecoder)
    assert again == composition
    assert again.charge == composition.charge


@pytest.mark.parametrize(
    ("text", "formula", "phase"),
    [
        ("alpha-FAPbI3", "FAPbI3", "alpha"),
        ("δ-CsPbI3", "CsPbI3", "delta"),
        ("γ–CsPbI₃", "CsPbI3", "gamma"),
        ("cubic (FAPbI3)0.85(MAPbBr3)0.15", "MA0.15FA0.85PbBr0.45I2.55", "cubic"),
        ("FAPbI3", "FAPbI3", ""),
    ],
)
def test_a_phase_before_a_formula_is_told(text, formula, phase):
    composition = parse(text)
    assert (composition.formula, composition.phase) == (formula, phase)
    assert composition == parse(formula)
    assert pickle.loads(pickle.dumps(composition)).phase == phase


@pytest.mark.parametrize(
    ("text", "formula", "rest"),
    [
        ("MAPbI3 w/ MACl", "MAPbI3", "w/ MACl"),
        ("CsPbBr3 QDs", "CsPbBr3", "QDs"),
        ("FAPbI3·0.008MAPbBr3", "FAPbI3", "·0.008MAPbBr3"),
        ("Cs0.1FA0.9PbBr0.3I2.7:3EO-TFB", "Cs0.1FA0.9PbBr0.3I2.7", ":3EO-TFB"),
        ("GA0.2FA0.8SnI3-1% EDAI2", "FA0.8GUA0.2SnI3", "-1% EDAI2"),
    ],
)
def test_words_behind_a_formula_are_passed_over_when_asked(text, formula, rest):
    with pytest.raises(FormulaError, match="is not part of a formula"):
        parse(text)
    with pytest.warns(FormulaWarning, match="ignoring"):
        composition = parse(text, lenient=True)
    assert composition.formula == formula
    assert composition.notes == (f"read as {formula}, ignoring '{rest}'",)


@pytest.mark.parametrize(
    "text",
    [
        "FA-based perovskite with 0.8 mol% MAPbBr3",
        "MAPbI3-xClx",
        "MAPbI3 | MAPbBr3",
        "n-type MAPI",
    ],
)
def test_what_is_no_formula_with_words_is_refused_also_when_lenient(text):
    with pytest.raises((FormulaError, UnknownSpecies)):
        parse(text, lenient=True)


def test_layers_with_a_bar_are_several_compositions():
    with pytest.raises(FormulaError, match=r"names 2 layers.*Ask for each: MAPbI3, MAPbBr3"):
        parse("MAPbI3 | MAPbBr3")
    assert layers_in("MAPbI3 | (PEA)2PbI4") == ["MAPbI3", "(PEA)2PbI4"]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("mapbi3", "MAPbI3"),
        ("cspbbr3", "CsPbBr3"),
        ("MAPbl3", "MAPbI3"),
        ("CsPBI3", "CsPbI3"),
        ("fa0.9cs0.1pbi3", "FA0.9Cs0.1PbI3"),
        ("Cs0,05FA0,95PbI3", "Cs0.05FA0.95PbI3"),
    ],
)
def test_a_slip_of_the_pen_gets_a_hint_that_can_be_read(text, meant):
    with pytest.raises((FormulaError, UnknownSpecies), match=f"Did you mean {meant}"):
        parse(text)


@pytest.mark.parametrize("text", ["MAPbI(3-x)Clx", "MAPbI3-xClx", "FA1-xMAxPb(I1-yBry)3"])
def test_a_variable_is_asked_for_and_nothing_is_dropped(text):
    with pytest.raises(FormulaError, match="Give numbers for x") as caught:
        parse(text)
    assert "Remove" not in str(caught.value)


@given(st.text("FClBrIEAPMHX35", min_size=1, max_size=6))
def test_a_name_in_brackets_is_one_ion_or_none(name):
    """Nothing between brackets is taken apart into an anion and a cation."""
    try:
        composition = parse(f"({name})2PbI4")
    except (FormulaError, UnknownSpecies):
        return
    (species,) = composition.A
    registry = load_registry()
    assert registry.spellings[name] == species
    assert dict(composition.X) == {"I": 1}


def test_hexylammonium_is_told_from_hydroxylammonium():
    assert parse("HAPbI3").A == {"NH3OH": 1}
    with pytest.raises(FormulaError, match="HxA for hexylammonium"):
        parse("HA2PbI4")
    assert parse("HxA2PbI4").layers == 1
    composition = parse("(NH3OH)2PbI4")
    assert composition.layers == 1
    assert parse(composition.formula) == composition
