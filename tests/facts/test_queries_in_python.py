"""Questions in Python: data frames with units in their columns, filters that compose."""

import pandas as pd
import pytest

import perovdb
from perovdb.errors import InputError, UnknownSpecies
from perovdb.facts.properties import names_near


@pytest.fixture(scope="module")
def store():
    return perovdb.open_store()


def test_radii_by_ion_and_set(store):
    radii = store.radii("Cs", radius_set="shannon1976").set_index("coordination")["radius_A"]
    assert (radii["XII"], radii["VI"]) == (1.88, 1.67)
    stated = store.radii("Cs", radius_set="as_stated")
    # Zhao 2024 prints 167 pm for Cs and names no scale.
    assert stated[["radius_A", "source"]].values.tolist() == [[1.67, "zhao2024"]]


@pytest.mark.parametrize(
    "written", ["CsCd0.25Pb0.75Br3", "CsPb0.75Cd0.25Br3", "CsPb₀.₇₅Cd₀.₂₅Br₃"]
)
def test_both_readings_of_a_peak_stand_with_their_treatment(store, written):
    peaks = store.properties(written, name="pl_peak_nm")
    pristine = peaks[peaks["treatment"].str.startswith("none", na=False)]
    # Imran 2020: 476 nm in Table 1, 478 nm in the text.
    assert sorted(pristine["value"]) == [476, 478]
    assert set(pristine["source"]) == {"imran2020"}
    assert set(pristine["evidence"]) == {"read"}


def test_barriers_of_methylammonium(store):
    barriers = store.barriers(species="MA").set_index("id")
    # Zhao 2024: 0.96 eV in MAPbI3, 0.55 eV in MA0.5FA0.5PbI3; Eames 2015: 0.84 eV.
    of_zhao = barriers[barriers["source"] == "zhao2024"]
    assert of_zhao[of_zhao["host"] == "MAPbI3"]["barrier_eV"].tolist() == [0.96]
    assert of_zhao[of_zhao["formula"] == "MA0.5FA0.5PbI3"]["barrier_eV"].dropna().tolist() == [
        0.55
    ]
    assert {"eames2015", "azpiroz2015", "haruyama2015"} <= set(barriers["source"])
    assert barriers.loc[barriers["source"] == "eames2015", "barrier_eV"].tolist() == [0.84]


def test_an_exchange_is_found_under_either_ion(store):
    exchange = store.barriers(species="FA", host="CsPbI3/FAPbI3")
    assert "Cs;FA" in set(exchange["species"])
    assert set(exchange["id"]) <= set(store.barriers(species="Cs")["id"])


def test_a_host_may_be_a_formula_in_any_writing(store):
    assert 0.55 in set(store.barriers(species="MA", host="FA0.5MA0.5PbI3")["barrier_eV"])


def test_devices_by_efficiency(store):
    best = store.devices(min_pce_pct=17)
    assert best["pce_pct"].min() >= 17
    certified = best[best["pce_pct"] == 18.06].iloc[0]
    assert (certified["certified"], certified["jsc_mA_cm2"], certified["voc_V"]) == (
        "yes",
        20.89,
        1.14,
    )


def test_filters_compose(store):
    rows = store.properties(A="FA", X=("Br", "I"), fraction={"Cs": (0.1, 0.5)}, evidence="read")
    assert len(rows)
    for formula in rows["formula"].unique():
        sites = perovdb.parse(formula)
        assert "FA" in sites.A
        assert 0.1 <= sites.A["Cs"] <= 0.5
    assert set(rows["evidence"]) == {"read"}


def test_years_and_sources(store):
    new = store.barriers(year=(2023, None))
    assert new["year"].min() >= 2023
    assert set(store.barriers(source="zhao2024")["source"]) == {"zhao2024"}
    assert set(store.facts("kinetics", year=2020)["year"]) == {2020}


def test_evidence_means_at_least_as_sure(store):
    everything = store.phases()
    assert set(everything["evidence"]) == {"read", "secondhand", "recalled"}
    assert set(store.phases(evidence="secondhand")["evidence"]) == {"read", "secondhand"}


def test_a_table_without_an_answer_keeps_its_columns(store):
    empty = store.phases("KPbI3")
    assert isinstance(empty, pd.DataFrame)
    assert empty.empty
    assert {"a_A", "temperature_K", "source", "year"} <= set(empty.columns)


def test_compounds_that_are_not_abx3_are_found_in_any_order_of_their_ions(store):
    for text in ("Cs2PbI2Cl2", "Cs2PbCl2I2", "Cs4Pb2Cl4I4", "PbCs2I2Cl2"):
        assert store.phases(text)["id"].tolist() == ["L011"]
        assert store.properties(text, name="band_gap_eV")["value"].tolist() == [3.04]
        assert "L011" in set(store.search(text)["id"])
    assert set(store.phases(X="I", B="Pb", A="Cs")["formula"]) >= {"CsPbI3", "Cs2PbCl2I2"}
    assert set(store.phases("Cs4PbBr6")["space_group_number"]) == {167}
    assert store.phases("Cs4SnBr6").empty


def test_a_compound_of_two_ions_is_found(store):
    assert set(store.phases("PbI2")["formula"]) == {"PbI2"}
    assert store.phases("SnI2").empty


@pytest.mark.parametrize(
    ("question", "error", "words"),
    [
        (lambda s: s.properties("XePbI3"), UnknownSpecies, "'Xe'"),
        (lambda s: s.properties(name="colour"), InputError, "'colour' is not a property"),
        (lambda s: s.properties(A="Q"), UnknownSpecies, "'Q'"),
        (lambda s: s.phases(evidence="sure"), InputError, "read, secondhand, recalled"),
        (lambda s: s.barriers(kind="guessed"), InputError, "measured"),
        (lambda s: s.facts("weather"), InputError, "There is no table 'weather'"),
        (lambda s: s.search("  "), InputError, "no word"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused(store, question, error, words):
    with pytest.raises(error, match=words):
        question(store)


def test_every_row_tells_where_it_comes_from(store):
    for rows in (
        store.radii(),
        store.phases(),
        store.properties(),
        store.barriers(),
        store.devices(),
    ):
        assert rows[["source", "kind", "evidence"]].notna().all(axis=None)
    known = set(store.sources()["key"])
    assert set(store.properties()["source"]) <= known


def test_every_fact_about_a_material_is_among_the_properties(store):
    ids = set(store.properties()["id"])
    for table in (
        "band_gap", "optical", "structure_record", "material", "defect_energy", "other_property",
    ):  # fmt: skip
        facts = store.facts(table)
        assert set(facts["id"]) <= ids, table


def test_search_finds_words_in_notes_and_citations(store):
    found = store.search("DDABr", limit=50)
    assert {"optical", "solvent_ligand"} <= set(found["table"])
    assert "weller2015ma" in set(store.search("Weller 2015", limit=50)["id"])


def test_conflicts_name_the_rows_that_they_concern(store):
    conflicts = store.conflicts()
    assert len(conflicts) >= 58
    # Pristine CsCd0.25Pb0.75Br3: 476 against 478 nm.
    (peak,) = [c for c in conflicts.itertuples() if "476 nm" in c.statement]
    assert {"optical:OPT070", "optical:OPT073"} <= set(peak.rows.split(";"))


def test_plain_sql_is_handed_out_read_only():
    connection = perovdb.open_store().connection
    (count,) = connection.execute("SELECT count(*) FROM phase WHERE formula = 'CsPbI3'").fetchone()
    assert count >= 8
    with pytest.raises(Exception, match="readonly"):
        connection.execute("DELETE FROM phase")


def test_sources_as_bibtex(store):
    text = store.bibtex(["trots2008", "sutton2018"])
    assert text.startswith("@article{trots2008,\n  author = {Trots D.M. and Myagkota S.V.},")
    assert "doi = {10.1016/j.jpcs.2008.05.007}" in text
    assert text.count("@article{") == 2
    preprint = store.bibtex(["tyagi2025"])
    assert preprint.startswith("@misc{tyagi2025,")
    assert "eprint = {2409.16051}" in preprint
    # Brivio 2015's DOI is from memory: it must not pass as checked.
    recalled = store.bibtex(["brivio2015"])
    assert "  doi = " not in recalled
    assert "recalled, to be checked" in recalled


def test_the_phase_of_a_sample_is_a_property_of_it(store):
    # Zhao 2024 calls the CsPbI3 quantum dots orthorhombic, Hao 2020 cubic.
    phases = store.properties("CsPbI3", name="phase", form="QD").set_index("source")["statement"]
    assert (phases["zhao2024"], phases["hao2020"]) == ("gamma", "alpha")


def test_a_store_shows_what_it_holds(store):
    assert "\n" not in repr(store)
    assert f"{len(store.sources())} sources" in repr(store)
    assert "barrier_eV" in store._repr_html_()


@pytest.mark.parametrize(
    "reversed_",
    [
        {"fraction": {"Cs": (0.9, 0.1)}},
        {"within": {"value": (3, 1)}},
        {"within": {"temperature_K": (400, 300)}},
        {"year": (2020, 2010)},
    ],
)
def test_a_range_the_wrong_way_round_is_no_missing_value(store, reversed_):
    with pytest.raises(InputError, match=r"is reversed.*lowest first"):
        store.properties(**reversed_)


@pytest.mark.parametrize(
    ("meant", "name"),
    [("band_gap_eV", "BandGap"), ("plqy_pct", "plqy"), ("pl_peak_nm", "pl peak")],
)
def test_a_name_that_is_none_is_answered_with_those_near_it(store, meant, name):
    assert meant in names_near(name)
    with pytest.raises(InputError, match=meant):
        store.properties(name=name)


def test_a_name_like_none_is_answered_with_the_first(store):
    with pytest.raises(InputError, match=r"It has \d+: band_gap_eV.*defect_energy_eV.* search"):
        store.properties(name="xyzzy")
