"""Numbers and formulas of every table: ranges, duplicates, and what follows from what."""

import itertools
import re
from collections import Counter
from decimal import Decimal
from math import log, sqrt

import pytest
from pymatgen.analysis.diffraction.xrd import WAVELENGTHS
from pymatgen.core import Composition

import perovdb
from perovdb.errors import PerovdbError
from perovdb.store import Store, queries

STORE = Store()

#: Compounds of the tables without ions on each of the sites A, B and X: of two elements.
BINARY = {"PbS", "PbSe"}

#: Compounds of the tables that have them, in other ratios than 1 : 1 : 3: of other dimensions.
NOT_ABX3 = {
    "BA2MASn2I7", "BA2PbI4", "Cs2AgBiBr6", "Cs2AgBiCl6", "Cs2PbBr4", "Cs2PbCl2I2",
    "Cs2SnBr6", "Cs3Bi2I9", "Cs4PbBr6", "Cs4PbCl6", "Cs4PbI6", "CsI",
    "CsPb2Br5", "CsSn2Br5", "GUA2SnI4", "IPA3SnI5", "PEA2PbCl4", "PEA2PbI4",
    "PbI2",
}  # fmt: skip

#: Devices whose printed efficiency is not the product of what is printed beside it.
NOT_THE_PRODUCT = {"DEV042", "DEV060"}

#: hc in eV nm (CODATA).
HC = 1239.842


def cells(tables):
    """(table, id of the row, row) of every row with an id."""
    for table, rows in tables.items():
        for row in rows:
            if "id" in row:
                yield table, row["id"], row


def formulas(tables):
    for table, key, row in cells(tables):
        for column in ("formula", "end_1", "end_2"):
            if row.get(column):
                yield f"{table} {key}", row[column]


def printed(text):
    """The lowest and the highest number that is printed like this."""
    half = Decimal(1).scaleb(Decimal(text).as_tuple().exponent) / 2
    return Decimal(text) - half, Decimal(text) + half


# ------------------------------------------------------------------- formulas


def test_formulas_are_canonical_or_of_two_elements(tables):
    others = set()
    for place, formula in formulas(tables):
        if formula in BINARY:
            continue
        composition = perovdb.parse(formula)
        assert str(composition) == formula, place
        assert not composition.vacancies, place
        assert composition.charge == pytest.approx(0, abs=1e-5), place
        others |= set() if composition.is_perovskite else {formula}
    # More may come: all that holds of them was asked above.
    assert others >= NOT_ABX3


@pytest.mark.parametrize("formula", sorted(BINARY))
def test_compounds_of_two_elements_are_used_refused_and_neutral(tables, formula):
    assert formula in {text for _, text in formulas(tables)}
    with pytest.raises(PerovdbError):
        perovdb.parse(formula)
    charge = {row["species"]: row["charge"] for row in queries.ions()}
    assert sum(charge[ion] * n for ion, n in Composition(formula).as_dict().items()) == 0


def test_a_compound_that_is_no_perovskite_has_one_spelling():
    for one, two in itertools.combinations(sorted(NOT_ABX3 | BINARY), 2):
        assert Composition(one) != Composition(two)


# ----------------------------------------------------------------- duplicates


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (
            "radius",
            "species, charge, coordination, spin, host_anion, radius_set, source, radius_A",
        ),
        ("phase", "formula, phase, space_group, a_A, b_A, c_A, temperature_K, source"),
        ("phase_site", "phase_id, x, y, z, species"),
        (
            "transition",
            "formula, isotopes, from_phase, to_phase, temperature_K, direction, source",
        ),
        ("band_gap", "formula, phase, quantity, value_eV, min_eV, temperature_K, source, sample"),
        ("gap_series", "series, quantity, source, formula, gap_eV, x"),
        ("gap_median", "formula, source"),
        (
            "barrier",
            "host, species, mechanism, charge_state, barrier_eV, min_eV, method, environment, "
            "statement, sample, source",
        ),
        ("formability", "formula"),
        ("descriptor_window", "descriptor, min_value, max_value, source"),
        (
            "device",
            "label, treatment, formula, pce_role, pce_pct, test_condition, source, locator",
        ),
        ("solvent_ligand", "class, name, role, effect, source, locator"),
        ("method", "technique, system, parameter, value, source"),
        ("synthesis", "product, step, parameter, value, source, locator"),
        ("radiation", "wavelength_A"),
        ("ion", "name"),
        ("conflict", "statement"),
    ],
)
def test_no_fact_stands_twice(table, key):
    doubles = STORE.rows(
        f"SELECT {key}, group_concat(rowid) FROM {table} GROUP BY {key} HAVING count(*) > 1"
    )
    assert doubles == []


def test_no_row_repeats_another_under_a_new_id(tables):
    aside = {"id", "locator", "quote", "quote_2", "note", "evidence", "confidence", "kind"}
    for table, rows in tables.items():
        seen = Counter(tuple(v for c, v in row.items() if c not in aside) for row in rows)
        assert [row for row, count in seen.items() if count > 1] == [], table


# --------------------------------------------------------------------- ranges


@pytest.mark.parametrize(
    ("unit", "lowest", "highest"),
    [
        ("_K", 0, 1000),
        ("_eV", -10, 15),
        ("_deg", 0, 180),
        ("_nm", -100, 5000),
        ("_V", 0, 3),
        ("_mA_cm2", 0, 35),
    ],
)
def test_quantities_are_in_a_range_that_halides_can_have(tables, unit, lowest, highest):
    found = 0
    for table, key, row in cells(tables):
        for column, text in row.items():
            if column.endswith(unit) and text:
                found += 1
                assert lowest <= float(text) <= highest, f"{table} {key} {column}"
    assert found


def test_radii_gaps_and_angles_are_in_their_ranges(tables):
    ranges = {
        ("radius", "radius_A"): (0.1, 4),
        ("radius", "crystal_radius_A"): (0.1, 4),
        ("band_gap", "value_eV"): (0.5, 7),
        ("band_gap", "min_eV"): (0.5, 7),
        ("band_gap", "max_eV"): (0.5, 7),
        ("barrier", "barrier_eV"): (0, 5),
        ("phase", "alpha_deg"): (60, 120),
        ("phase", "beta_deg"): (80, 125),
        ("phase", "gamma_deg"): (80, 120),
        ("phase", "a_pseudocubic_A"): (5, 6.6),
        ("phase", "temperature_K"): (4, 700),
        ("transition", "temperature_K"): (4, 800),
        # No single junction under one sun passes the limit of Shockley and Queisser.
        ("device", "pce_pct"): (0, 33.7),
        ("device", "ff_pct"): (25, 90),
    }
    for (table, column), (lowest, highest) in ranges.items():
        numbers = [(float(row[column]), row["id"]) for row in tables[table] if row[column]]
        assert numbers
        for number, key in numbers:
            assert lowest <= number <= highest, f"{table} {key} {column}"


def test_the_lower_end_of_a_range_is_not_above_the_upper(tables):
    found = 0
    for table, key, row in cells(tables):
        for low in row:
            if "min" in low.split("_"):
                high = "_".join("max" if word == "min" else word for word in low.split("_"))
                if row[low] and row[high]:
                    found += 1
                    assert float(row[low]) <= float(row[high]), f"{table} {key} {low}"
    assert found > 30


def test_an_uncertainty_is_smaller_than_its_value(tables):
    found = 0
    for table, key, row in cells(tables):
        for column in row:
            words = column.split("_")
            value = row.get("_".join(word for word in words if word != "su"))
            if "su" in words and row[column] and value:
                found += 1
                assert float(row[column]) < abs(float(value)), f"{table} {key} {column}"
    assert found > 20


def test_room_temperature_is_298_K(tables):
    for table, key, row in cells(tables):
        if row.get("temperature_basis") == "room":
            assert row["temperature_K"] == "298", f"{table} {key}"


# ------------------------------------------------------ what follows from what


def test_the_efficiency_is_the_product_of_what_is_printed(tables):
    """Within the rounding of the printed digits, for all devices but two, which say so."""
    parts = ("jsc_mA_cm2", "voc_V", "ff_pct")
    complete = [r for r in tables["device"] if r["pce_pct"] and all(r[part] for part in parts)]
    assert len(complete) >= 17
    off = set()
    for row in complete:
        low, high = Decimal(1) / 100, Decimal(1) / 100
        for part in parts:
            low, high = low * printed(row[part])[0], high * printed(row[part])[1]
        least, most = printed(row["pce_pct"])
        if most < low or high < least:
            off.add(row["id"])
            product = float(row["jsc_mA_cm2"]) * float(row["voc_V"]) * float(row["ff_pct"]) / 100
            stated = f"{product:.2f}, not {row['pce_pct']}"
            assert f"Product Jsc*Voc*FF = {stated}" in row["note"]
    assert off == NOT_THE_PRODUCT


def test_a_fill_factor_in_percent_is_the_one_that_is_printed(tables):
    for row in tables["device"]:
        if row["ff_as_stated"]:
            text = row["ff_as_stated"]
            scale = 1 if text.endswith("%") else 100
            percent = Decimal(text.rstrip("%")) * scale
            assert percent == Decimal(row["ff_pct"]), row["id"]


def test_a_luminescence_wavelength_is_the_energy_beside_it(tables):
    found = 0
    for row in tables["band_gap"]:
        peak = re.search(r"PL (\d+) nm", row["method"])
        if peak and row["value_eV"]:
            found += 1
            assert float(row["value_eV"]) == pytest.approx(HC / float(peak[1]), abs=0.01)
    assert found


def test_descriptors_of_formability_follow_from_the_radii_beside_them(tables):
    """t of Goldschmidt, mu, and tau of Bartel et al. 2019, to the printed digits."""
    charge = {row["species"]: row["charge"] for row in queries.ions()} | {"Cu": 1}
    for row in tables["formability"]:
        a, b, x = (float(row[key]) for key in ("r_A_A", "r_B_A", "r_X_A"))
        values = {"t": (a + x) / (sqrt(2) * (b + x)), "mu": b / x}
        if a > b and "the printed r_B is rounded" not in (row["note"] or ""):
            n = charge[row["A"]]
            values["tau"] = x / b - n * (n - (a / b) / log(a / b))
        for name in ("t", "mu", "tau"):
            if row[name] and name in values:
                low, high = printed(row[name])
                slack = Decimal("1e-9")
                assert low - slack <= Decimal(values[name]) <= high + slack, row["id"]
        if row["t_predicts_perovskite"]:
            assert int(row["t_predicts_perovskite"]) == (0.825 < values["t"] < 1.059), row["id"]
        if row["tau_predicts_perovskite"] and "tau" in values:
            assert int(row["tau_predicts_perovskite"]) == (values["tau"] < 4.18), row["id"]


def test_formulas_of_formability_are_their_ions(tables):
    for row in tables["formability"]:
        ions = (row["A"], row["B"])
        assert row["formula"] in {f"{a}{b}{row['X']}3" for a, b in (ions, ions[::-1])}


def test_labels_of_formability_follow_from_both_sources(tables):
    """Where Bartel and Filip contradict each other the label is no plain yes or no."""
    for row in tables["formability"]:
        labels = {row["label_bartel"], row["label_filip"]} - {""}
        if {"1", "-1"} <= labels:
            assert row["label"] in ("polymorphic", "disputed"), row["id"]
        elif labels == {"1"}:
            assert row["label"] != "non-perovskite", row["id"]
        elif labels == {"-1"}:
            assert row["label"] != "perovskite", row["id"]


def test_wavelengths_are_those_of_pymatgen(tables):
    for row in tables["radiation"]:
        assert float(row["wavelength_A"]) == WAVELENGTHS[row["name"]]


def test_the_mean_copper_line_weighs_its_two_parts_two_to_one():
    mean, one, two = (queries.wavelength(f"CuKa{k}")["wavelength_A"] for k in ("", "1", "2"))
    assert mean == pytest.approx((2 * one + two) / 3, abs=1e-5)
