"""Facts of the general table, series and medians are found by name, with kind and evidence."""

import pytest

from perovdb.facts.properties import properties
from perovdb.facts.search import search


@pytest.mark.parametrize(
    ("formula", "name", "value"),
    [
        ("MAPbI3", "exciton_binding_energy_meV", 16),
        ("CsPbI3", "thermal_conductivity_W_per_m_K", 0.45),
        ("FAPbBr3", "gap_slope_meV_per_K", 0.498),
        ("MAPbI3", "ionization_energy_eV", 5.93),
        ("CsSnI3", "dielectric_constant_static", 48.2),
        ("CsPbBr3", "refractive_index", 2.0851),
        ("MAPb(I0.9Br0.1)3", "median_gap_eV", 1.5845),
        ("CsPb(I0.5Br0.5)3", "series_gap_eV", 1.946),
    ],
)
def test_a_property_is_found_with_where_it_is_from(formula, name, value):
    rows = properties(formula, name)
    assert value in [row["value"] for row in rows]
    assert all(
        row["meaning"] and row["kind"] and row["evidence"] and row["source"] for row in rows
    )


def test_a_median_says_of_how_many_records_and_its_licence():
    (row,) = properties("MAPb(I0.9Br0.1)3", "median_gap_eV")
    assert row["meaning"] == "median of 4 records"
    assert "CC BY 4.0" in row["note"]
    assert row["min"] <= row["value"] <= row["max"]


def test_no_temperature_is_lost_in_a_range():
    (row,) = (r for r in properties("CsPbBr3", "gap_slope_meV_per_K") if r["value"] == 0.341)
    assert row["statement"].startswith("A = 2.242")
    assert "380-435 K" in row["statement"]


def test_search_finds_them():
    assert {row["table"] for row in search("photosegregation threshold")} == {"other_property"}
