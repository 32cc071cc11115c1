"""What is recalled or computed gives way, in every table; phases have one vocabulary."""

from contextlib import suppress

import pytest

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.phase_at import phase_at
from perovdb.calculators.radii import known_radii
from perovdb.errors import MissingData
from perovdb.facts.preferred import choose
from perovdb.facts.properties import properties
from perovdb.facts.select import select
from perovdb.store import Store, queries

STORE = Store()
TABLES = [
    table
    for table in queries.statistics()["tables"]
    if {"evidence", "kind", "formula"} <= set(queries.columns(table))
]


@pytest.mark.parametrize("table", TABLES)
def test_no_recalled_row_stands_before_a_surer_one_and_no_computed_before_a_measured(table):
    by_formula = {}
    for row in select(table):
        by_formula.setdefault(row["formula"], []).append(row)
    for rows in by_formula.values():
        order = [(row["evidence"] == "recalled", row["kind"] == "computed") for row in rows]
        assert order == sorted(order)


def test_a_recalled_value_is_preferred_where_no_other_of_its_phase_and_temperature_is_known():
    by_quantity = {}
    for row in properties():
        if row["formula"]:
            by_quantity.setdefault((row["formula"], row["name"]), []).append(row)
    tried = 0
    for (formula, quantity), rows in by_quantity.items():
        phases = {row["phase"] for row in rows if row["evidence"] == "recalled"}
        for phase in phases and {None, *phases}:
            with suppress(MissingData):
                best = choose(formula, quantity, rows, 298, phase)
                same = [row for row in best.competing if row["phase"] == best.phase]
                if best.evidence == "recalled":
                    assert {row["evidence"] for row in same} == {"recalled"}, best.id
                tried += 1
    assert tried > 30


def test_no_descriptor_takes_a_recalled_radius_where_another_is_known():
    for row in STORE.rows("SELECT DISTINCT species FROM radius"):
        used = [radius["evidence"] for radius in known_radii(row["species"]) if radius["used"]]
        assert "recalled" not in used, row["species"]


def test_the_positions_of_a_phase_are_not_recalled_where_others_are_known():
    for formula in {row["formula"] for row in STORE.rows("SELECT formula FROM phase")}:
        usable = [row for row in queries.phases(formula) if queries.phase_sites(row["id"])]
        for phase in {row["phase"] for row in usable}:
            surest = min(row["evidence"] == "recalled" for row in usable if row["phase"] == phase)
            cell = average_cell(formula, phase, 298)
            assert (cell.evidence == "recalled") == surest, (formula, phase)
    assert average_cell("CsPbBr3", "alpha").source == "sakata1979"


def test_phases_by_transitions_are_called_as_in_the_phase_table():
    names = {row["phase"] for row in STORE.rows("SELECT phase FROM phase")}
    # What the source alone tells of, and no cell of the store.
    own = {"Pn21a", "P212121", "Pmc21", "P2221", "phase II", "phase I (polar, chiral)"}
    own |= {"intermediate", "unknown (triclinic?)", "not named"}
    for formula in {row["formula"] for row in STORE.rows("SELECT formula FROM transition")}:
        for kelvin in (50, 150, 200, 298, 312, 340, 420, 600):
            answer = phase_at(formula, kelvin)
            if answer.basis == "transitions":
                assert answer.phase in names | own, (formula, kelvin)


@pytest.mark.parametrize(
    ("formula", "kelvin", "phase"),
    [
        ("CsPbBr3", 340, "gamma"),
        ("CsPbBr3", 370, "beta"),
        ("CsPbCl3", 298, "gamma"),
        ("CsGeI3", 298, "trigonal"),
    ],
)
def test_a_measured_transition_decides(formula, kelvin, phase):
    answer = phase_at(formula, kelvin)
    assert (answer.phase, answer.basis) == (phase, "transitions")
