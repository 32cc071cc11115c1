"""Screening: the same values as for one composition, nothing lost between blocks."""

import json
import pickle
import sys
from itertools import permutations
from types import SimpleNamespace

import numpy as np
import pytest
from monty.json import MontyDecoder

from perovdb.calculators.gap_model import predict
from perovdb.calculators.mixing import lattice
from perovdb.calculators.screening import (
    DESCRIPTORS,
    RandomSample,
    Run,
    Screening,
    ask,
    blocks,
    gaps,
    kept_blocks,
    screen,
)
from perovdb.calculators.screening.designs import BLOCK
from perovdb.calculators.screening.gaps import Bend, GapTables
from perovdb.calculators.tolerance import tolerance
from perovdb.composition import parse
from perovdb.errors import InputError, MissingData, OutOfRange
from perovdb.store import queries

THREE_SITES = "Cs,FA,MA | Pb,Sn | I,Br"


@pytest.mark.parametrize(
    ("space", "asked"),
    [
        (THREE_SITES, {"step": 0.25}),
        ("Cs0.05,FA,MA | Pb | I,Br", {"step": RandomSample(100, seed=5)}),
    ],
)
def test_the_same_as_one_composition(space, asked):
    found = screen(space, **asked)
    assert len(found.compositions) == found.n_compositions == found.n_kept
    n_cells = 0
    for row in found.compositions.itertuples():
        one = tolerance(row.formula)
        assert (row.t, row.mu, row.tau) == pytest.approx((one.t, one.mu, one.tau), abs=1e-12)
        try:
            cell = lattice(row.formula)
        except MissingData:
            assert np.isnan(row.a_A)
            assert np.isnan(row.two_theta_100_deg)
        else:
            n_cells += 1
            assert row.a_A == pytest.approx(cell.a_pseudocubic_A, abs=1e-12)
        assert row.charge == 0
        one_gap = predict(parse(row.formula))
        assert row.gap_eV == pytest.approx(one_gap.value_eV, abs=1e-12)
    assert n_cells


def test_angle_is_braggs(store):
    found = screen("Cs,FA | Pb | I", step=0.5)
    wavelength_A = queries.wavelength("CuKa1")["wavelength_A"]
    sine = np.sin(np.radians(found.compositions.two_theta_100_deg / 2))
    assert (2 * found.compositions.a_A * sine).tolist() == pytest.approx([wavelength_A] * 3)


def test_end_members():
    found = screen("Cs,FA | Pb | I,Br", step=1)
    assert sorted(found.compositions.formula) == ["CsPbBr3", "CsPbI3", "FAPbBr3", "FAPbI3"]
    for row in found.compositions.itertuples():
        assert row.a_A == lattice(row.formula).a_pseudocubic_A
    alone = screen("Cs | Pb | I")
    assert alone.compositions.formula.tolist() == ["CsPbI3"]
    assert screen("Cs0.3,FA | Pb | I").compositions.formula.tolist() == ["Cs0.3FA0.7PbI3"]


def test_temperature():
    warm, cold = (screen("Cs | Pb | I", temperature_K=T).compositions.a_A[0] for T in (634, 298))
    assert warm == lattice("CsPbI3", 634).a_pseudocubic_A != cold


@pytest.mark.parametrize("order", list(permutations(["Cs", "FA", "MA"])))
def test_order_of_species_changes_nothing(order):
    asked = {"where": "0.9 < t < 1", "sort": "a_A", "step": RandomSample(500)}
    here = screen(f"{','.join(order)} | Sn,Pb | I,Br", **asked)
    there = screen(THREE_SITES, **asked)
    assert here.space == there.space
    assert here.compositions.equals(there.compositions)


def test_condition_over_many_blocks():
    every = screen(THREE_SITES, step=0.05)
    assert every.n_compositions > 10 * BLOCK
    kept = screen(THREE_SITES, "t < 0.92 and Br > 0.5 or a_A > 6.34", step=0.05)
    rows = every.compositions
    theirs = rows[(rows.t < 0.92) & (rows.Br > 0.5) | (rows.a_A > 6.34)].reset_index(drop=True)
    assert kept.n_kept == len(theirs) > 0
    assert kept.compositions.equals(theirs)


@pytest.mark.parametrize("descending", [False, True])
def test_order_and_limit(descending):
    asked = {"step": 0.05, "sort": "-a_A" if descending else "a_A"}
    every = screen(THREE_SITES, **asked)
    theirs = every.compositions.sort_values(
        "a_A", ascending=not descending, kind="stable", ignore_index=True
    )
    assert every.compositions.equals(theirs)
    assert every.compositions.a_A.isna().sum() == every.seen["a_A"].unknown > 0
    first = screen(THREE_SITES, limit=9000, **asked)
    assert first.n_kept == every.n_kept
    assert first.compositions.equals(every.compositions.head(9000))
    assert screen(THREE_SITES, step=0.05, limit=7).compositions.formula.tolist() == (
        screen(THREE_SITES, step=0.05).compositions.formula.head(7).tolist()
    )


def test_pareto_over_blocks():
    objectives = ["min abs(t - 0.95)", "max a_A", "min Sn"]
    found = screen(THREE_SITES, step=0.05, pareto=objectives, sort="t")
    every = screen(THREE_SITES, step=0.05).compositions.dropna(subset="a_A")
    costs = np.column_stack([abs(every.t - 0.95), -every.a_A, every.Sn])
    for row in found.compositions.itertuples():
        cost = np.array([abs(row.t - 0.95), -row.a_A, row.Sn])
        assert not ((costs <= cost).all(axis=1) & (costs < cost).any(axis=1)).any()
    assert found.n_front == len(found.compositions) > 1
    assert found.n_kept == found.n_compositions
    assert found.compositions.t.is_monotonic_increasing
    few = screen(THREE_SITES, step=0.05, pareto=objectives, sort="t", limit=2)
    assert few.n_front == found.n_front
    assert few.compositions.equals(found.compositions.head(2))


def test_what_is_not_known(monkeypatch):
    """End members that are missing and bowings that are unsure spoil what they take part in."""
    nan = np.nan

    def tables(A, B, X, temperature_K):
        assert (A, B, X) == (("Cs", "MA", "FA"), ("Pb",), ("Br", "I"))
        ends = np.array([2.0, 1.7, nan, 1.6, 2.2, 1.5])
        bowings = (
            Bend("A", 0, 1, None, 0.0, 2.0),
            Bend("A", 0, 2, None, 0.1, 0.0),
            Bend("X", 0, 1, None, 0.4, 0.0),
        )
        return GapTables(ends, np.full(6, 0.1), bowings, 0.05, ("from a stub",))

    monkeypatch.setattr(gaps, "gap_tables", tables)
    found = screen("Cs,MA,FA | Pb | Br,I", step=0.5, where="gap_eV < 9 or Cs >= 0")
    of = dict(zip(found.compositions.formula, found.compositions.gap_eV, strict=True))
    assert of["CsPbI3"] == 1.7
    assert of["MAPbI3"] == 1.6
    assert np.isnan(of["MAPbBr3"])
    assert np.isnan(of["MAPbBr1.5I1.5"])
    # A bowing known to 2 eV leaves a mixture of equal parts unsure by half an eV.
    assert np.isnan(of["Cs0.5MA0.5PbI3"])
    assert of["Cs0.5FA0.5PbI3"] == pytest.approx(1.6 - 0.1 / 4)
    assert of["Cs0.5FA0.5PbBr1.5I1.5"] == pytest.approx(7.4 / 4 - 0.1 / 4 - 0.4 / 4)
    assert "from a stub" in found.notes
    unknown = found.compositions.gap_eV.isna().sum()
    assert found.seen["gap_eV"].unknown == unknown
    assert any(f"gap_eV is not known for {unknown} of 18" in note for note in found.notes)
    for text in ("gap_eV > 0", "not gap_eV > 0", "gap_eV != 1", "gap_eV <= 0"):
        rows = screen("Cs,MA,FA | Pb | Br,I", text, step=0.5).compositions
        assert rows.gap_eV.notna().all()


def test_missing_cells_and_radii_are_named(monkeypatch):
    found = screen("FA | Sn | Br,I", step=0.5)
    assert found.compositions.a_A.isna().tolist() == [True, True, False]
    (note,) = (note for note in found.notes if "no perovskite cell" in note)
    assert note.endswith("FASnBr3")
    real = queries.radii
    monkeypatch.setattr(queries, "radii", lambda ion: [] if ion == "FA" else real(ion))
    found = screen("Cs,FA | Pb | I", step=0.5)
    assert found.compositions.t.isna().tolist() == [False, True, True]
    assert found.compositions.a_A.notna().all()
    assert any("with FA are not known" in note for note in found.notes)


def test_tau_without_meaning_is_unknown():
    # Bartel's tau needs an A ion larger than the B ion.
    found = screen("Li | Pb | I", "t > 0")
    assert np.isnan(found.compositions.tau[0])
    assert screen("Li | Pb | I", "tau < 9 or tau >= 9").n_kept == 0


def test_nothing_kept():
    found = screen("Cs,FA | Pb | I", "t > 2")
    assert (found.n_compositions, found.n_kept, len(found.compositions)) == (11, 0, 0)
    assert found.compositions.columns.tolist() == ["formula", *DESCRIPTORS, "Cs", "FA", "Pb", "I"]
    assert (found.seen["t"].lowest, found.seen["t"].highest) == pytest.approx(
        (0.851, 0.987), abs=1e-3
    )
    assert screen("Cs | Pb | I", "t > 2", pareto=["min t"], sort="t").n_front == 0


def test_progress_and_blocks():
    calls = []
    found = screen(
        THREE_SITES,
        step=RandomSample(2 * BLOCK + 1),
        run=Run(progress=lambda *call: calls.append(call)),
    )
    total = 2 * BLOCK + 1
    assert calls == [(BLOCK, total), (2 * BLOCK, total), (total, total)]
    question = ask(THREE_SITES, step=RandomSample(total))
    parts = list(kept_blocks(question))
    assert [part.n_compositions for part in parts] == [BLOCK, BLOCK, 1]
    assert question.frame(parts[2].rows).equals(found.compositions.tail(1).reset_index(drop=True))


@pytest.mark.parametrize(
    "asked",
    [
        {"step": RandomSample(0)},
        {"limit": 0},
        {"sort": "formula"},
        {"sort": "t < 1"},
        {"where": "Cl < 1"},
        {"pareto": ["t"]},
        {"step": RandomSample(5, seed=-1)},
        {"step": 0.3},
    ],
)
def test_refused(asked):
    with pytest.raises(InputError):
        screen("Cs,FA | Pb | I", **asked)


def test_too_many_are_not_kept(monkeypatch):
    monkeypatch.setattr(blocks, "MOST_KEPT", BLOCK)
    with pytest.raises(OutOfRange, match="limit"):
        screen(THREE_SITES, step=RandomSample(3 * BLOCK))
    assert len(screen(THREE_SITES, step=RandomSample(3 * BLOCK), limit=3).compositions) == 3


class Cluster:
    """Stands for dask.distributed's client: whatever it shares goes through pickle."""

    def __init__(self, address, timeout):
        if address != "tcp://here:1":
            raise OSError("nobody there")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def scatter(self, value, broadcast):
        return pickle.dumps(value)

    def submit(self, function, shared, numbers, pure):
        answer = function(pickle.loads(shared), numbers)
        return SimpleNamespace(result=lambda: pickle.loads(pickle.dumps(answer)))


def test_shared_among_workers(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", SimpleNamespace(Client=Cluster))
    monkeypatch.setattr(blocks, "BLOCKS_A_TASK", 2)
    monkeypatch.setattr(blocks, "TASKS_AHEAD", 3)
    for asked in (
        {"where": "t > 0.95", "sort": "abs(t - 1)"},
        {"pareto": ["min t", "max a_A"]},
        {"limit": 5, "sort": "t"},
    ):
        alone = screen(THREE_SITES, step=0.05, **asked)
        shared = screen(THREE_SITES, step=0.05, run=Run(scheduler="tcp://here:1"), **asked)
        assert shared.compositions.equals(alone.compositions)
        assert (shared.n_kept, shared.n_front) == (alone.n_kept, alone.n_front)
        assert shared.seen == alone.seen
    with pytest.raises(InputError, match="no Dask scheduler at tcp://there:1"):
        screen(THREE_SITES, run=Run(scheduler="tcp://there:1"))


def test_scheduler_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match="not installed"):
        screen("Cs,FA | Pb | I", run=Run(scheduler="tcp://here:1"))


@pytest.mark.parametrize(
    ("space", "asked"),
    [
        ("Cs,FA | Pb | I", {"where": "t > 0.9", "sort": "-t", "limit": 3}),
        ("Cs,MA,FA | Pb | I", {"pareto": ["min t", "max a_A"]}),
        ("Cs,FA | Pb | I", {"where": "t > 2"}),
        ("Cs0.5,MA | Pb | I", {"where": "gap_eV < 9 or t < 9"}),
    ],
)
def test_it_is_given_back_by_its_dictionary(space, asked):
    screening = screen(space, **asked)
    through_json = json.loads(json.dumps(screening.as_dict()))
    for again in (
        Screening.from_dict(through_json),
        MontyDecoder().process_decoded(through_json),
    ):
        assert again.compositions.equals(screening.compositions)
        assert repr(again) == repr(screening)
        assert again.windows == screening.windows
        assert str(again) == str(screening)
    assert "\n" not in repr(screening)


def test_its_card_shows_the_first_twenty_or_those_of_a_limit():
    every = screen(THREE_SITES, step=0.25)
    assert ", the first 20 shown" in str(every)
    assert "the first 30 shown" in str(every.first(30))
    assert "the first 30 shown" in str(screen(THREE_SITES, step=0.25, limit=30))
    assert len(every.rows()) == every.n_kept == len(every.to_frame())
    assert every.plot().get_xlabel() == "tolerance factor $t$"
