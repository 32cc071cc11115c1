"""One number where the store has many."""

import json

import pytest

import perovdb
from perovdb.errors import InputError, MissingData
from perovdb.facts.preferred import Preferred, choose


@pytest.fixture(scope="module")
def store():
    return perovdb.open_store()


def row(**values):
    given = {
        "value": None, "uncertainty": None, "min": None, "max": None, "phase": None,
        "temperature_K": None, "source": "a", "kind": "measured", "evidence": "read",
        "qualifier": "=", "note": None, "locator": None,
        "id": "X1", "meaning": None, "table": "optical",
    }  # fmt: skip
    return {**given, **values}


def test_a_cell_at_room_temperature_comes_before_a_hot_one(store):
    # Sutton 2018 (gamma, room temperature) is second-hand; Trots 2008 (alpha, 634 K) was read.
    found = store.preferred("CsPbI3", "a_pseudocubic_A")
    assert (found.source, found.phase) == ("sutton2018", "gamma")
    hot = store.preferred("CsPbI3", "a_pseudocubic_A", temperature_K=634)
    assert (hot.value, hot.source) == (6.2894, "trots2008")


def test_a_phase_that_is_asked_for_is_kept_to(store):
    found = store.preferred("FAPbI3", "band_gap_eV", phase="cubic")
    assert found.phase == "alpha"
    assert {entry["phase"] for entry in found.competing} == {"alpha"}
    assert found.min <= found.value <= found.max
    assert found.n_sources <= found.n_values <= len(found.competing)


def test_what_was_measured_comes_before_what_was_computed(store):
    found = store.preferred("MAPbBr3", "band_gap_eV")
    assert found.kind == "measured"
    assert "computed" in {entry["kind"] for entry in found.competing}


def test_a_range_gives_its_middle_and_half_its_width_only_if_no_number_is_known():
    only_range = choose("CsPbI3", "x", [row(min=1.0, max=1.4)])
    assert only_range.value == pytest.approx(1.2)
    assert only_range.uncertainty == pytest.approx(0.2)
    both = choose("CsPbI3", "x", [row(min=1.0, max=1.4), row(value=1.3, source="b", id="X2")])
    assert (both.value, both.uncertainty) == (1.3, None)
    assert (both.min, both.max, both.n_sources) == (1.0, 1.4, 2)


def test_an_unknown_temperature_comes_after_the_one_asked_for():
    rows = [row(value=1.0), row(value=2.0, temperature_K=300.0, id="X2")]
    assert choose("CsPbI3", "x", rows, temperature_K=298).value == 2.0
    with pytest.raises(MissingData, match="at 100 K"):
        choose("CsPbI3", "x", rows[1:], temperature_K=100)


def test_what_is_not_known_is_said(store):
    with pytest.raises(MissingData, match="no band_gap_eV of KPbI3"):
        store.preferred("KPbI3", "band_gap_eV")
    with pytest.raises(MissingData, match="in the beta phase"):
        store.preferred("CsPbBr3", "band_gap_eV", phase="beta")
    with pytest.raises(InputError, match="'gap' is not a property"):
        store.preferred("CsPbI3", "gap")


def test_the_spread_is_over_values_that_say_the_same(store):
    # delta-CsPbI3 has 2.82 eV, computed gaps go from 1.6 up: neither is a spread of the measured.
    found = store.preferred("CsPbI3", "band_gap_eV")
    assert found.max < 2
    energies = store.preferred("FAPbI3", "defect_energy_eV")
    same = [
        row for row in energies.competing if row["meaning"] == energies.competing[0]["meaning"]
    ]
    assert energies.n_values == len(same)


def test_confidence_counts_before_the_year(store):
    # The newest gap of CsPbBr3 is of a crystal edge that its note warns of.
    found = store.preferred("CsPbBr3", "band_gap_eV")
    (doubtful,) = [row for row in found.competing if row["source"] == "gupta2022"]
    assert found.source != "gupta2022"
    assert doubtful["value"] == 2.18


def test_a_preferred_value_shows_itself_and_comes_back_from_json(store):
    gap = store.preferred("CsPbI3", "band_gap_eV")
    assert repr(gap) == "Preferred(CsPbI3, band_gap_eV: 1.63 ± 0.03, read, straus2019)"
    assert Preferred.from_dict(json.loads(json.dumps(gap.as_dict()))) == gap
    assert {"source", "kind", "evidence", "notes"} <= set(gap.rows()[0])
