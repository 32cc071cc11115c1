"""Gaps: measured ones first, then a model fitted to them, and how sure each is."""

import importlib.util
import itertools
from pathlib import Path

import numpy as np
import pytest

from perovdb.calculators.gap import gap
from perovdb.calculators.gap_model import LARGEST_SU_EV, predict, scatter_eV
from perovdb.calculators.gap_slopes import slope
from perovdb.calculators.screening import screen
from perovdb.calculators.screening.gaps import gap_eV, gap_tables
from perovdb.composition import as_composition
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.facts.select import select


@pytest.fixture(scope="module")
def fit_gaps():
    path = Path(__file__).parents[2] / "data" / "fit_gaps.py"
    spec = importlib.util.spec_from_file_location("fit_gaps", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def fit(fit_gaps):
    return fit_gaps.fit(fit_gaps.points())


def test_a_recalled_gap_is_not_fitted(fit_gaps):
    row = {"kind": "measured", "evidence": "read", "temperature_K": 298.0}
    assert fit_gaps._counts(row, "optical gap")
    assert not fit_gaps._counts(row | {"evidence": "recalled"}, "optical gap")


def model_eV(formula):
    return predict(as_composition(formula)).value_eV


def mixed(x, first="I", second="Br"):
    return {0.0: f"MAPb{first}3", 1.0: f"MAPb{second}3"}.get(
        x, f"MAPb({first}{1 - x:g}{second}{x:g})3"
    )


@pytest.mark.parametrize("x", [0.0, 0.1, 0.25, 0.5, 0.75, 1.0])
def test_the_model_follows_the_series_of_iodide_and_bromide(x):
    # Noh 2013: 1.57 + 0.39 x + 0.33 x2; a fit of 54 compositions of the store's MAPb(I,Br)3
    # alone: 1.58 + 0.37 x + 0.32 x2. Sources on one composition differ by 0.06 eV.
    assert model_eV(mixed(x)) == pytest.approx(1.57 + 0.39 * x + 0.33 * x**2, abs=0.04)
    assert model_eV(mixed(x)) == pytest.approx(1.58 + 0.37 * x + 0.32 * x**2, abs=0.05)


@pytest.mark.parametrize(
    ("formula", "low", "high"),
    [
        # Kim 2025 (review of wide gaps), and McMeekin 2016 as its devices are told.
        ("Cs0.17FA0.83PbBr1.2I1.8", 1.74, 1.74),
        ("Cs0.17FA0.83PbBr0.69I2.31", 1.67, 1.68),
        # Eperon 2016 and Hao 2014: from 1.17 to 1.24 eV.
        ("MAPb0.5Sn0.5I3", 1.17, 1.24),
        # Mannodi-Kanakkithodi 2022 and Eperon 2016.
        ("FAPb0.5Sn0.5I3", 1.29, 1.29),
        ("Cs0.25FA0.75Pb0.5Sn0.5I3", 1.20, 1.20),
        # Rajagopal 2019, which the fit does not know.
        ("MA0.24FA0.61Cs0.15Pb0.35Sn0.65I3", 1.23, 1.23),
    ],
)
def test_published_alloys_are_given_back_by_the_model(formula, low, high):
    assert low - 0.05 < model_eV(formula) < high + 0.05


def test_measured_values_of_the_composition_stand_first():
    assert 1.17 <= gap("MAPb0.5Sn0.5I3").gap_eV <= 1.24
    assert gap("Cs0.25FA0.75Pb0.5Sn0.5I3").gap_eV == 1.20
    assert any("1.29 eV" in note for note in gap("FAPb0.5Sn0.5I3").notes)
    assert any("1.34 eV" in note for note in gap("MAPb0.5Sn0.5I3").notes)
    # Of every composition of the store, a value of its own is the answer.
    rows = [row for row in select("gap_series") if row["formula"] and row["kind"] == "measured"]
    for row in rows[::12]:
        if row["gap_eV"] is None or "PL" in row["quantity"]:
            continue
        found = gap(row["formula"])
        assert found.measured
        assert found.method == "measured"
        shown = [found.gap_eV, *(float(v) for n in found.notes for v in n.split() if _number(v))]
        assert any(value == pytest.approx(row["gap_eV"], abs=6e-7) for value in shown)


def _number(word):
    return word.replace(".", "", 1).isdigit()


def test_tin_and_lead_bend_by_halide():
    # A quadratic fit of CsPb1-xSnxI3 alone has 0.68, of FAPb1-xSnxI3 0.74 eV (Qin 2025).
    bowings = {row["beside"]: row for row in select("gap_term") if row["ions"] == "Pb-Sn"}
    iodide = bowings["I"]
    assert iodide["value_eV"] - 2 * iodide["su_eV"] < 0.74
    assert iodide["value_eV"] + 2 * iodide["su_eV"] > 0.68
    assert set(bowings) == {"Br", "I"}


def test_a_bowing_on_B_never_crosses_halides():
    # Beside chloride none is measured: what is expected is told, with how far it may be off.
    with pytest.raises(MissingData, match=r"gap of RbSn0\.5Pb0\.5Cl3 is not known"):
        gap("RbPb0.5Sn0.5Cl3")
    found = gap("MAPb0.5Sn0.5Cl3")
    assert found.unknown == ("bowing B Sn-Pb beside Cl",)
    assert found.su_eV > 0.12
    for a, x in itertools.product(("Cs", "MA", "FA"), ("Cl", "Br", "I")):
        terms = predict(as_composition(f"{a}Pb0.5Sn0.5({x})3")).terms
        assert {term.beside for term in terms if term.site == "B"} == {x}


def test_the_error_that_is_told_is_the_error_that_is_made(fit):
    alloys = [len(point.composition.end_members()) > 1 for point in fit.points]
    off_eV = np.abs(fit.left_out_eV[alloys])
    su_eV = np.array([predict(point.composition).su_eV for point in fit.points])[alloys]
    assert fit.scatter_eV == pytest.approx(0.06, abs=0.015)
    assert scatter_eV("alloys") == pytest.approx(fit.scatter_eV, abs=6e-4)
    assert np.mean(off_eV < su_eV) > 0.68
    assert np.mean(off_eV < 2 * su_eV) > 0.95


def test_uncertainties_that_add_up_are_not_too_narrow(fit):
    diagonal = fit.design**2 @ np.diag(fit.covariance)
    full = np.einsum("nm,mk,nk->n", fit.design, fit.covariance, fit.design)
    assert np.mean(full <= diagonal * 1.001) > 0.9
    assert np.sqrt(np.max(full - diagonal)) < scatter_eV("alloys")


def test_the_table_is_what_the_gaps_give(fit, fit_gaps):
    assert fit_gaps.text(fit) == fit_gaps.TABLE.read_text(encoding="utf-8")


def test_a_lead_tin_mixture_has_the_lowest_gap():
    for a in ("MA", "FA", "Cs"):
        found = screen(f"{a} | Pb,Sn | I", sort="gap_eV", limit=1).compositions
        assert 0 < found.Sn[0] < 1


def test_no_triple_cation_is_unknown():
    found = screen("Cs,MA,FA | Pb | I,Br", "gap_eV > 0", step=0.05)
    assert found.n_kept == found.n_compositions
    assert found.seen["gap_eV"].unknown == 0


def test_the_wavelength_is_that_of_the_gap_and_says_so():
    # Xu 2025 states 686 nm = 1.81 eV and 740 nm = 1.68 eV.
    assert gap("CsPbI3", end_members_eV={"CsPbI3": 1.81}).pl_nm == pytest.approx(686, abs=2)
    assert gap("CsPbI3", end_members_eV={"CsPbI3": 1.68}).pl_nm == pytest.approx(740, abs=3)
    (note,) = (note for note in gap("CsCd0.25Pb0.75Br3").notes if note.startswith("pl_nm"))
    assert "h c / gap" in note
    # Imran 2020, Table 1.
    assert "476 nm (NC, imran2020)" in note


def test_an_ion_of_which_no_gap_is_known_widens_the_answer():
    assert gap("Rb0.05Cs0.05FA0.9PbI3").su_eV < 0.06 < gap("Rb0.2FA0.8PbI3").su_eV
    # 25 % Cd moves the light of the dots from 507 to 476 nm: 0.16 eV.
    found = gap("CsCd0.25Pb0.75Br3")
    assert found.su_eV > 1239.84 / 476 - 1239.84 / 507
    assert found.unknown == ("gap of CsCdBr3",)
    for formula in ("RbPbI3", "KPbI3", "FASnCl3", "CsMnBr3"):
        with pytest.raises(MissingData, match=f"none was measured of {formula} as a perovskite"):
            gap(formula)
    with pytest.raises(MissingData, match="perovskite with F on X"):
        gap("CsPbF3")


def test_a_refusal_shows_what_is_stored():
    with pytest.raises(MissingData, match=r"Stored: .*CsPbCl3 3\.02 eV at 298 K"):
        gap("CsPbCl3", 330)
    with pytest.raises(MissingData, match=r"Stored: .*CsPbBr3 .* eV"):
        gap("CsPb0.5Mn0.5Br3")
    with pytest.raises(OutOfRange, match=r"defined for perovskites ABX3"):
        gap("Cs2PbCl2I2")


@pytest.mark.parametrize(
    "formula", ["Cs0.2MA0.3FA0.5Pb0.5Sn0.5Br1I1Cl1", "MAPbCl0.3Br2.7", "MAPbCl3"]
)
def test_a_refusal_stays_short(formula):
    with pytest.raises(MissingData) as refused:
        gap(formula, 330)
    assert "Stored: " in str(refused.value)
    assert len(str(refused.value)) < 900


def test_the_gap_of_a_yellow_phase_is_not_that_of_the_perovskite():
    found = gap("CsPbI3")
    # delta-CsPbI3 has 2.82 eV in the store.
    assert found.measured.max < 2.5
    assert not any("2.82" in note for note in found.notes)


def test_gaps_grow_with_temperature_in_iodides_and_bromides_alone():
    # Francisco-Lopez 2019: 0.26 +- 0.05 meV/K; Mannino 2020: 0.498 meV/K of FAPbBr3.
    assert slope(as_composition("MAPbI3"), 320).meV_per_K == 0.26
    assert slope(as_composition("FAPbBr3"), 250).meV_per_K == 0.498
    near, far = (gap("Cs0.1FA0.9PbBr0.3I2.7", kelvin) for kelvin in (298, 360))
    assert 0.01 < far.gap_eV - near.gap_eV < 0.05
    assert far.su_eV > near.su_eV
    for formula in ("CsPbCl3", "MAPbCl0.3Br2.7", "MAPbCl0.1I2.9"):
        with pytest.raises(MissingData, match="with Cl it may grow or shrink"):
            gap(formula, 330)
    with pytest.raises(MissingData, match="is beta at 298 K and alpha at 340 K"):
        gap("MAPbI3", 340)
    with pytest.raises(MissingData, match="from 183 to 435 K"):
        gap("FAPbI3", 600)


def test_gaps_given_take_the_place_of_the_models():
    found = gap("MAPbBr1.5I1.5", end_members_eV={"MAPbI3": 1.0, "MAPbBr3": 2.0})
    (b,) = (term for term in found.terms if term.site == "X")
    assert found.gap_eV == pytest.approx(1.5 - b.value_eV / 4)
    assert found.measured is None
    cold = gap("MAPbBr1.5I1.5", 20, {"MAPbI3": 1.0, "MAPbBr3": 2.0})
    assert (cold.gap_eV, cold.slope) == (found.gap_eV, None)
    with pytest.raises(OutOfRange, match="closes the gap"):
        gap("CsPb0.5Sn0.5Br3", end_members_eV={"CsPbBr3": 0.1, "CsSnBr3": 0.1})
    with pytest.raises(InputError, match="gap of -1 eV"):
        gap("CsPbI3", end_members_eV={"CsPbI3": -1})


@pytest.mark.parametrize("temperature_K", [298, 330])
def test_arrays_give_what_one_composition_gives(temperature_K):
    A, B, X = ("Cs", "FA", "Rb"), ("Pb", "Sn", "Cd"), ("Br", "I")
    tables = gap_tables(A, B, X, temperature_K)
    rng = np.random.default_rng(0)
    block = [np.round(rng.dirichlet([1] * n, 60), 3) for n in (3, 3, 2)]
    for fractions in block:
        fractions[:, 0] += 1 - fractions.sum(axis=1)
    found = gap_eV(*block, tables)
    refused = 0
    for row, value in enumerate(found):
        parts = zip((A, B, X), block, (1, 1, 3), strict=True)
        formula = "".join(
            f"({ion}){n * x:.6f}"
            for ions, of, n in parts
            for ion, x in zip(ions, of[row], strict=True)
            if x
        )
        model = predict(as_composition(formula))
        if np.isnan(value):
            refused += 1
            assert np.hypot(model.su_eV, 0.02) > LARGEST_SU_EV
            continue
        move_eV = 0.0
        if temperature_K != 298:
            move_eV = slope(as_composition(formula), temperature_K).change_eV
        assert value == pytest.approx(model.value_eV + move_eV, abs=1e-9)
    assert 0 < refused < 60


def test_what_a_halide_without_gaps_spoils():
    tables = gap_tables(["Cs"], ["Pb"], ["F", "I"])
    assert np.isnan(tables.ends_eV).all()
    assert any("with F on X" in note for note in tables.notes)
