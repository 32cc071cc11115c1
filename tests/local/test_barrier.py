"""Barriers by a calculator whose barrier is known, and calculators that provoke each guard."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tests.local.wells import Wells, double, single, triple

from perovdb import (
    InputError,
    MissingData,
    ResultError,
    endpoints,
    hops,
    path_through_saddle,
    read_barrier,
)
from perovdb.inputs.manifest import read_manifest
from perovdb.local import barriers
from perovdb.local.barriers import STEPS, barrier
from perovdb.local.curvature import guessed
from perovdb.local.engines import Engine
from perovdb.local.search import held, start_at
from perovdb.local.surface import Surface
from perovdb.results.local import SEARCH
from perovdb.results.reading import read_band
from perovdb.results.search import Search, problems_of
from perovdb.structures.files.ase_adapter import to_ase


@pytest.fixture(scope="module", autouse=True)
def _hardly_shaken():
    """The wells have one saddle: it is not looked for as often as that of an engine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("perovdb.local.strategy._SHAKES", 1)
        yield


@pytest.fixture(scope="module")
def ends():
    return endpoints("CsPbI3", hops("CsPbI3", "I", phase="alpha")[0], size=2)


@pytest.fixture(scope="module")
def small():
    return endpoints("CsPbI3", hops("CsPbI3", "I", phase="alpha")[0], size=(2, 1, 1))


def engine(ends, energy, made=None, **more):
    """An engine of wells; the calculators that it makes are put into `made`."""

    def make():
        calculator = Wells(ends, energy, **more)
        if made is not None:
            made.append(calculator)
        return calculator

    return Engine("wells", "1", None, frozenset({"Cs", "Pb", "I"}), make)


def told(found):
    return " ".join(str(problem) for problem in found.problems if problem.blocks)


@pytest.fixture(scope="module")
def plain(ends, tmp_path_factory):
    """A barrier of 0.4 eV, with the folder of its run."""
    folder = tmp_path_factory.mktemp("runs") / "plain"
    return barrier(ends, engine=engine(ends, double(0.4)), folder=folder)


def test_the_barrier_is_the_one_that_was_put_in(plain, ends):
    assert plain.converged, plain.problems
    assert plain.barrier_forward_eV == pytest.approx(0.4, abs=1e-3)
    assert plain.reaction_energy_eV == pytest.approx(0.0, abs=1e-4)
    search = plain.facts.search
    assert search.negative_modes == 1
    assert {descent.end for descent in search.descents} == {0, 1}
    # d2V/dq2 = -4 V at the top, over the square of half the hop.
    half = np.linalg.norm(ends.vector_A) / 2
    assert search.curvatures_eV_A2[0] == pytest.approx(-1.6 / half**2, rel=0.05)


def test_the_folder_reads_as_that_of_a_code_does(plain):
    assert plain.beside
    assert read_barrier(plain.folder) == replace(plain, beside=())
    assert plain.manifest.hop.species == "I"
    assert plain.manifest.settings["engine"]["name"].value == "wells"
    assert plain.mover == "I"
    assert plain.plot().lines


def test_the_charge_is_always_told(plain):
    assert any("charge of +1 e is ignored" in str(problem) for problem in plain.problems)


def test_ends_of_one_symmetry_are_relaxed_once(plain):
    assert plain.facts.search.mirrored
    assert plain.facts.search.calls["end"] == 1


def test_a_mirrored_end_that_is_not_equivalent_is_relaxed(ends, tmp_path):
    tilted = engine(ends, double(0.4, tilt_eV=0.1))
    found = barrier(ends, engine=tilted, folder=tmp_path / "run")
    assert not found.facts.search.mirrored
    assert found.converged, found.problems
    assert found.reaction_energy_eV == pytest.approx(0.1, abs=2e-3)


def test_a_saddle_that_does_not_connect_the_ends(ends, tmp_path):
    found = barrier(ends, engine=engine(ends, triple(0.3)), folder=tmp_path / "run")
    assert not found.converged
    assert "not shown to connect" in told(found)
    assert "NOT TRUSTED" in str(found)
    assert "barrier, not to be trusted" in str(found)


def test_a_place_below_the_ends(ends, tmp_path):
    found = barrier(ends, engine=engine(ends, triple(0.3, depth_eV=0.2)), folder=tmp_path / "run")
    assert "below the" in told(found)


def test_an_end_that_leaves_its_site(ends, tmp_path):
    found = barrier(ends, engine=engine(ends, single(1.0)), folder=tmp_path / "run")
    assert "has left its site" in told(found)
    assert not found.converged


def test_a_search_that_does_not_come_to_rest(ends, tmp_path, monkeypatch):
    monkeypatch.setattr("perovdb.local.strategy._CALLS_SADDLE", 12)
    monkeypatch.setattr("perovdb.local.strategy._CALLS_END", 12)
    noisy = engine(ends, double(0.4), noise_eV_A=0.2)
    found = barrier(ends, engine=noisy, folder=tmp_path / "run")
    assert "not converged" in told(found)
    assert not found.converged


def test_a_cell_that_is_too_small(small, tmp_path):
    found = barrier(small, engine=engine(small, double(0.4)), folder=tmp_path / "run")
    assert "too small" in told(found)


def test_modes_of_a_false_saddle(plain):
    search = replace(plain.facts.search, negative_modes=2)
    told = [str(problem) for problem in problems_of(search, (0.0, 0.0), 0.4) if problem.blocks]
    assert any("2 negative modes" in text for text in told)
    none = replace(search, negative_modes=0)
    assert any("no negative mode" in str(problem) for problem in problems_of(none, (0, 0), 0.4))


def test_atoms_on_each_other_are_outside_what_engines_know(plain):
    search = replace(plain.facts.search, contact=0.4)
    assert any("covalent radii" in str(p) and p.blocks for p in problems_of(search, (0, 0), 0.4))


def test_an_element_that_an_engine_does_not_know(ends, tmp_path):
    blind = replace(engine(ends, double(0.4)), elements=frozenset({"Cs", "Pb"}))
    with pytest.raises(MissingData, match="does not know I"):
        barrier(ends, engine=blind, folder=tmp_path / "run")


def test_an_engine_that_gives_no_number(ends, tmp_path):
    nowhere = engine(ends, lambda q: (np.nan, np.nan))
    with pytest.raises(ResultError, match="no number"):
        barrier(ends, engine=nowhere, folder=tmp_path / "run")
    assert not (tmp_path / "run" / SEARCH).exists()


def test_a_run_that_was_killed_goes_on_where_it_was(ends, plain, tmp_path):
    class Killed(BaseException):
        pass

    def kill(stage, calls, energy_eV, fmax_eV_A):
        if calls == 25:
            raise Killed

    made = []
    with pytest.raises(Killed):
        barrier(
            ends, engine=engine(ends, double(0.4), made), folder=tmp_path / "run", progress=kill
        )
    # The kill came in the middle of a frame.
    steps = tmp_path / "run" / STEPS
    steps.write_bytes(steps.read_bytes()[:-100])
    again = barrier(ends, engine=engine(ends, double(0.4), made), folder=tmp_path / "run")
    assert again.facts.search.calls == plain.facts.search.calls
    assert again.barrier_forward_eV == plain.barrier_forward_eV
    assert sum(one.count for one in made) == sum(plain.facts.search.calls.values()) + 1


def test_what_is_there_is_not_computed_again(plain, ends):
    def never():
        raise AssertionError("the engine was started")

    same = replace(engine(ends, double(0.4)), make=never)
    assert barrier(ends, engine=same, folder=plain.folder) == plain


def test_a_folder_of_another_run_is_left_alone(plain, ends, tmp_path):
    other = replace(engine(ends, double(0.4)), version="2")
    with pytest.raises(InputError, match="another run"):
        barrier(ends, engine=other, folder=plain.folder)
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        barrier(ends, engine=other, folder=tmp_path)


def test_runs_without_a_folder_stand_in_the_cache(plain, ends, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(barriers, "_run", lambda place, *_: (place / SEARCH).write_text("{}"))
    with pytest.raises(ResultError):
        barrier(ends, engine=engine(ends, double(0.4)))
    (request,) = tmp_path.glob("perovdb/barriers/*/request.json")
    assert json.loads(request.read_text())["digest"] == request.parent.name


def test_the_record_of_a_search_survives_its_file(plain):
    stored = json.loads((plain.folder / SEARCH).read_text())
    assert isinstance(plain.facts.search, Search)
    assert stored["calls"] == plain.facts.search.calls


def test_a_band_of_a_code_goes_through_the_saddle(plain, perovdb, tmp_path):
    """As far from the ends as it was found, with even images and its provenance."""
    chain = path_through_saddle(plain.folder, images=5)
    saddle = read_band(plain.folder).positions_A[1]
    middle = np.array([image.cart_coords for image in chain.images])
    assert np.abs(middle[3] - saddle).max() < 0.05
    assert chain.unevenness < 1e-3
    assert chain.species == "I"
    assert chain.charge == plain.manifest.charge
    place = tmp_path / "set"
    arguments = ("neb", "--from", str(plain.folder), "--code", "vasp")
    assert perovdb(*arguments, "-o", str(place)).code == 0
    manifest = read_manifest(place)
    assert manifest.hop.species == "I"
    assert manifest.history == plain.manifest.history
    assert any("by wells" in note for note in manifest.notes)
    refused = perovdb(*arguments, "--phase", "alpha", "-o", str(place))
    assert refused.code == 2
    assert "'--phase' does not go with '--from'" in refused.err


def test_no_band_is_made_of_what_is_not_trusted(ends, plain, tmp_path):
    lost = tmp_path / "lost"
    shutil.copytree(plain.folder, lost)
    search = json.loads((lost / SEARCH).read_text())
    (lost / SEARCH).write_text(json.dumps({**search, "negative_modes": 3}))
    with pytest.raises(ResultError, match="not to be trusted: The point has 3 negative modes"):
        path_through_saddle(lost)


def test_ends_with_molecules_turned_otherwise_are_told(plain):
    search = replace(plain.facts.search, moved_ends_eV=(-0.008, 0.145))
    (told,) = [str(p) for p in problems_of(search, (0, 0), 0.4) if "other turns" in str(p)]
    assert "-0.008 eV and +0.145 eV" in told


def test_a_place_is_held_along_the_way_and_falls_across_it(plain, ends):
    """Of a saddle that is displaced across, held along: it comes back, at the same height."""
    chain = read_band(plain.folder)
    surface = Surface(to_ase(ends.start), engine(ends, double(0.4)).calculator)
    way = chain.positions_A[2] - chain.positions_A[0]
    way = way - way.mean(axis=0)
    aside = np.random.default_rng(0).normal(scale=0.05, size=way.shape)
    aside -= way * (aside * way).sum() / (way**2).sum()
    moved = chain.positions_A[1] + aside
    place = start_at(surface, moved, guessed(surface.atoms))
    found = held(surface, place, way, 0.01, 60)
    gone = found.positions_A - moved
    assert (gone * way).sum() == pytest.approx(0.0, abs=1e-6)
    assert found.energy_eV == pytest.approx(0.4, abs=0.01)
    assert place.energy_eV > 0.45
