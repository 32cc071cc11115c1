"""Cells at other temperatures, of ions that make no perovskite, and of measured alloys."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.calculators.average_cell import average_cell
from perovdb.calculators.mixing import end_member, lattice, perovskite_lattice
from perovdb.calculators.radii import choose_radius
from perovdb.calculators.screening import screen
from perovdb.composition import as_composition
from perovdb.composition.registry import load_registry
from perovdb.errors import MissingData
from perovdb.facts.select import select
from perovdb.store import queries

#: Fabini 2016: cubic cells of FAPbI3.
FABINI = ((299, 6.3579), (348, 6.3726), (399, 6.3840))


@given(temperature_K=st.floats(299, 399))
@settings(max_examples=25)
def test_between_cells_of_one_source_and_phase_it_is_a_line(temperature_K):
    kelvin, a_A = zip(*FABINI, strict=True)
    found = lattice("FAPbI3", temperature_K)
    # A cell within 2 K is taken as it is; the lattice grows by 3e-4 A per kelvin.
    assert found.a_pseudocubic_A == pytest.approx(np.interp(temperature_K, kelvin, a_A), abs=8e-4)
    assert found.sources == ("fabini2016",)


def test_it_says_which_cells_or_which_coefficient():
    (note, *_) = lattice("FAPbI3", 330).notes
    assert "between the cells of 299 K (fabini2016) and 348 K (fabini2016)" in note
    # Singh 2016: a volume of tetragonal MAPbI3 that grows by 1.35e-4 per K between 163 K and room.
    warm, cold = lattice("MAPbI3", 298), lattice("MAPbI3", 240)
    assert "4.5e-05 per K (read, singh2016)" in cold.notes[0]
    grown = warm.a_pseudocubic_A / cold.a_pseudocubic_A - 1
    assert grown == pytest.approx(1.35e-4 / 3 * 58, rel=0.01)
    assert 0 < cold.su_A < 0.01


@pytest.mark.parametrize(
    ("formula", "temperature_K"),
    # Beyond the data; through a transition; a coefficient of which nobody says whether linear.
    [("FAPbI3", 430), ("FAPbI3", 240), ("CsPbI3", 420), ("MAPbI3", 1000), ("CsPbBr3", 330)],
)
def test_beyond_the_data_it_is_refused(formula, temperature_K):
    with pytest.raises(MissingData, match=f"no perovskite cell of {formula} at {temperature_K} K"):
        lattice(formula, temperature_K)


def test_the_regression_is_that_of_the_cells():
    registry = load_registry()

    def radius_A(species):
        ion = registry.ion(species)
        return choose_radius(queries.radii(ion.species), ion)["radius_A"]

    rows, a_A = [], []
    for a, b, x in product(("Cs", "MA", "FA"), ("Pb", "Sn"), ("Cl", "Br", "I")):
        try:
            cell = end_member(as_composition(f"{a}{b}({x})3").formula, 1.0, 298).cell
        except MissingData:
            continue
        rows.append([1.0, radius_A(a), radius_A(b), radius_A(x)])
        a_A.append(cell.a_pseudocubic_A)
    design, a_A = np.array(rows), np.array(a_A)
    coefficients = np.linalg.lstsq(design, a_A, rcond=None)[0]
    own = np.diag(design @ np.linalg.pinv(design))
    left_out_A = np.sqrt(np.mean(((a_A - design @ coefficients) / (1 - own)) ** 2))
    known = {row["property"]: row for row in select("other_property", source="perovdb")}
    for name, value in zip(("A", "B", "X"), coefficients[1:], strict=True):
        row = known[f"lattice_slope_of_{name}_radius"]
        assert row["value"] == pytest.approx(value, abs=row["su_value"] / 2)
    told_A = known["lattice_regression_left_out_A"]["value"]
    assert told_A == pytest.approx(left_out_A, abs=2e-3)
    # 0.24 % of a lattice parameter of 6 A.
    assert left_out_A < 0.02


@pytest.mark.parametrize("b", ["Pb", "Sn"])
@pytest.mark.parametrize("x", ["Br", "I"])
@pytest.mark.parametrize("a", ["Rb", "GUA", "DMA", "EA"])
def test_ions_on_A_that_make_no_perovskite_stop_nothing(a, b, x):
    host = f"Cs{b}{x}3"
    dilute = as_composition(f"{a}0.05Cs0.95{b}({x})3")
    found = lattice(dilute)
    assert 0 < found.su_A < 0.003
    shift_A = found.a_pseudocubic_A - lattice(host).a_pseudocubic_A
    assert shift_A < 0 if a == "Rb" else shift_A > 0
    assert abs(shift_A) < 0.05
    assert any("an estimate" in note for note in found.notes)
    assert found.kind == "derived"
    assert average_cell(dilute).composition == dilute


def test_the_cell_of_rubidium_lead_iodide_is_an_estimate():
    # By the regression over all cells, not as a difference: 6.16 +- 0.03 A.
    found = perovskite_lattice("RbPbI3")
    assert found.a_pseudocubic_A == pytest.approx(6.16, abs=0.03)
    assert found.method == "estimate"
    assert found.su_A == pytest.approx(0.02, abs=0.005)
    assert lattice("Rb0.5Cs0.5PbI3").su_A == pytest.approx(found.su_A / 2)
    # Its own cell is that of the yellow phase; the estimate stands beside it.
    assert any("as a perovskite" in note and "6.14" in note for note in lattice("RbPbI3").notes)


def test_measured_alloys_decide_over_a_regression():
    # Imran 2020: 5.869(5) A in perovskite regions, 5.831(12) A in RP regions, 5.876 and 5.888 A
    # with other ligands; the regression would give 5.79 A.
    found = lattice("CsCd0.25Pb0.75Br3")
    assert (found.a_pseudocubic_A, found.method) == (5.869, "measured of this composition")
    assert found.sources == ("imran2020",)
    for value in ("5.831 A", "5.876 A", "5.888 A"):
        assert any(value in note for note in found.notes)
    ends = lattice("CsPbBr3").a_pseudocubic_A
    between = lattice("CsCd0.1Pb0.9Br3")
    assert between.a_pseudocubic_A == pytest.approx(ends + 0.4 * (5.869 - ends))
    assert between.su_A == pytest.approx(0.04 * 0.4)
    with pytest.raises(MissingData, match=r"measured up to 0\.25 \(imran2020\)"):
        lattice("CsCd0.3Pb0.7Br3")
    assert lattice("MASn0.43Pb0.57I3").sources == ("stoumpos2013ic",)
    # Ye 2022: of a film of dots whose end members have cells.
    mixed = lattice("CsPbBr0.54I2.46")
    assert mixed.method.startswith("Vegard")
    assert any("also measured: 6.11 A" in note for note in mixed.notes)


def test_a_hypothetical_end_member_serves_where_nothing_else_is_known():
    found = lattice("CsMn0.1Pb0.9Br3")
    assert any("CsMnBr3" in note and "hypothetical" in note for note in found.notes)
    assert found.su_A == pytest.approx(0.03)
    assert found.a_pseudocubic_A < lattice("CsPbBr3").a_pseudocubic_A
    with pytest.raises(MissingData, match=r"not known to better than 0\.15 A"):
        lattice("CsMn0.5Pb0.5Br3")
    for pure in ("CsMnBr3", "CsCdBr3"):
        with pytest.raises(MissingData, match=f"no perovskite cell of {pure}"):
            lattice(pure)


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("MAPbCl0.3I2.7", "3.1(1.1) %"),
        ("FAPbCl0.2I2.8", "3.1(1.1) %"),
        ("CsCd0.3Pb0.7Br3", "25(2) %"),
        ("Cs0.15FA0.85PbI3", "15 % of Cs"),
        ("DMA0.4MA0.6PbBr3", "30 % of MA"),
    ],
)
def test_where_experiment_says_that_an_ion_does_not_enter(perovdb, formula, says):
    shown = perovdb("show", formula, "--all")
    assert shown.code == 0
    assert says in shown.out
    if formula != "CsCd0.3Pb0.7Br3":
        assert any(says in note for note in lattice(formula).notes)
    sites = as_composition(formula).sites
    space = " | ".join(",".join(ions) for ions in sites.values())
    assert any(says in note for note in screen(space, step=0.5).notes)


@pytest.mark.parametrize("formula", ["MAPbCl0.09I2.91", "CsCd0.25Pb0.75Br3", "Cs0.14FA0.86PbI3"])
def test_below_a_limit_nothing_is_said(formula):
    assert not any("gives way" in note or "segregate" in note for note in lattice(formula).notes)


@pytest.mark.parametrize(
    "command",
    [
        ("lattice",),
        ("gap",),
        ("xrd",),
        ("build", "--size", "2", "-o", "{}.cif"),
        ("slab", "-o", "{}.cif"),
        ("particle", "--edge", "2.4", "-o", "{}.xyz"),
        ("layers", "--size", "2x1x1", "-o", "{}.cif"),
    ],
)
@pytest.mark.parametrize("formula", ["CsCd0.25Pb0.75Br3", "CsMn0.25Pb0.75Br3"])
def test_all_commands_treat_an_ion_without_a_perovskite_alike(perovdb, tmp_path, command, formula):
    name, *rest = (word.format(tmp_path / "model") for word in command)
    answer = perovdb(name, formula, *rest)
    assert (answer.code, answer.err) == (0, "")
    assert "cannot be mixed" not in answer.out
