"""Lists of ions with coefficients, as databases exchange them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perovdb.composition import parse
from perovdb.composition.ion_lists import from_ion_lists, to_ion_lists
from perovdb.errors import FormulaError, PerovdbError, UnknownSpecies

#: Typed after an entry of the public database: coefficients are texts there.
ENTRY = {
    "data": {
        "long_form": "Cs0.05FA0.18MA0.79PbBr0.5I2.5",
        "ions_a_site": [
            {"abbreviation": "Cs", "coefficient": "0.05", "smiles": "[Cs+]"},
            {"abbreviation": "FA", "coefficient": "0.18"},
            {"abbreviation": "MA", "coefficient": "0.77"},
        ],
        "ions_b_site": [{"abbreviation": "Pb", "coefficient": "1"}],
        "ions_x_site": [
            {"abbreviation": "Br", "coefficient": "0.5"},
            {"abbreviation": "I", "coefficient": "2.5"},
        ],
    }
}


def test_an_entry_of_the_database_is_read():
    assert from_ion_lists(ENTRY) == parse("Cs0.05MA0.77FA0.18PbBr0.5I2.5")


@pytest.mark.parametrize(
    "text",
    [
        "CsPbI3",
        "Cs0.05(MA0.17FA0.83)0.95Pb(I0.83Br0.17)3",
        "(PEA)2MA2Pb3I10",
        "Cs2AgBiBr6",
        "Cs2SnI6",
        "PbI2",
    ],
)
def test_a_composition_survives_json(text):
    composition = parse(text)
    lists = json.loads(json.dumps(to_ion_lists(composition)))
    assert from_ion_lists(lists) == composition
    assert lists["long_form"] == composition.formula


def test_an_ion_of_another_name_is_known_by_its_smiles():
    lists = to_ion_lists(parse("MAPbI3"))
    lists["ions_a_site"][0]["abbreviation"] = "methyl ammonium"
    assert from_ion_lists(lists) == parse("MAPbI3")
    assert lists["ions_b_site"][0]["molecular_formula"] == "Pb2+"
    lists["ions_a_site"][0]["smiles"] = "CCCCCCCCC[NH3+]"
    with pytest.raises(UnknownSpecies, match="methyl ammonium"):
        from_ion_lists(lists)


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.floats() | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(
                st.sampled_from(
                    ["data", "ions_a_site", "ions_b_site", "abbreviation", "coefficient"]
                ),
                inner,
            )
        ),
        max_leaves=6,
    )
)
def test_any_json_is_read_or_refused(value):
    lists = value if isinstance(value, dict) else {"data": value}
    with pytest.raises(PerovdbError):
        from_ion_lists(lists)


def test_a_coefficient_must_be_a_number():
    lists = to_ion_lists(parse("MAPbI3"))
    for wrong in ("x", None, "nan", 0, -1, "1e9"):
        lists["ions_x_site"][0]["coefficient"] = wrong
        with pytest.raises(FormulaError, match="I has no coefficient above 0"):
            from_ion_lists(lists)
    del lists["ions_x_site"][0]["coefficient"]
    with pytest.raises(FormulaError, match="no coefficient"):
        from_ion_lists(lists)
