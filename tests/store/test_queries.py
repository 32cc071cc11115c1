"""The order of preference: read, second-hand, recalled; measured, computed; newest."""

import pytest

from perovdb.errors import InputError, MissingData
from perovdb.store import queries


def test_what_is_recalled_or_computed_comes_last_then_evidence_kind_confidence_year(store):
    years = {row["key"]: row["year"] or 0 for row in store.rows("SELECT key, year FROM source")}
    evidence = {"read": 0, "secondhand": 1, "recalled": 2}
    kind = {"measured": 0, "computed": 3}
    for formula in ("CsPbI3", "MAPbI3", "CsPbBr3", "FAPbI3"):
        for rows in (
            queries.phases(formula),
            queries.facts("band_gap", {"formula": formula}),
        ):
            keys = [
                (
                    row["evidence"] == "recalled",
                    row["kind"] == "computed",
                    evidence[row["evidence"]],
                    kind[row["kind"]],
                    {"low": 2, "medium": 1}.get(row["confidence"], 0),
                    -years[row["source"]],
                )
                for row in rows
            ]
            assert keys == sorted(keys)


def test_competing_values_stay(store):
    gaps = [row["value_eV"] for row in queries.facts("band_gap", {"formula": "CsPbI3"})]
    assert 1.63 in gaps
    assert 1.72 in gaps


def test_what_is_not_there_is_said(store):
    with pytest.raises(MissingData, match="Near it: trots2008"):
        queries.sources(["trot2007"])
    with pytest.raises(MissingData, match="no geometry"):
        queries.molecule_atoms("Cs")
    with pytest.raises(InputError, match="CuKa1"):
        queries.wavelength("CuKalpha")


def test_sources_come_in_the_order_asked_for_each_once(store):
    rows = queries.sources(["trots2008", "shannon1976", "trots2008"])
    assert [row["key"] for row in rows] == ["trots2008", "shannon1976"]
