"""Barriers in one's own store: with provenance, once, whole or not at all."""

import json
import re

import pytest

from perovdb.errors import InputError, ResultError, StoreError
from perovdb.facts.formulas import kept_word
from perovdb.facts.store import barriers
from perovdb.results.reading import read_barrier
from perovdb.results.save import result_id, save_barriers
from perovdb.store import Store, current_store, own, using

MANIFEST = {
    "perovdb": "0.1",
    "title": "CsPbI3 alpha, I hop into a vacancy, charge +1",
    "formula": "CsPbI3",
    "phase": "alpha",
    "charge": 1,
    "size": [1, 1, 1],
    "hop": {"species": "I", "distance_A": 4.447},
    "images": 5,
    "atoms": 4,
    "code": "qe",
    "preset": "quick",
    "settings": {"system": {"ecutwfc": {"value": 16, "source": "test"}}},
}


@pytest.fixture
def lab(tmp_path):
    path = tmp_path / "lab.sqlite"
    own.init(path)
    with using(path):
        yield path


@pytest.fixture
def band(copied):
    folder = copied("qe")
    (folder / "manifest.json").write_text(json.dumps(MANIFEST))
    return read_barrier(folder)


def test_the_row_holds_value_and_provenance(band, lab):
    saved = save_barriers([band])[0].saved
    assert saved.new
    (found,) = barriers("I", "CsPbI3", source=saved.source)
    assert found["barrier_eV"] == pytest.approx(band.profile.barrier_forward_eV, abs=1e-6)
    assert found["formula"] == "CsPbI3"
    assert (found["phase"], found["species"], found["kind"]) == ("alpha", "I", "computed")
    assert found["charge_state"] == "+1 (cell)"
    assert found["cell"] == "1 x 1 x 1 cell, 4 atoms, 5 images"
    assert re.search("Quantum ESPRESSO 6.7.*preset quick", found["method"])
    assert "perovdb 0.1" in found["note"]
    (source,) = current_store().rows("SELECT * FROM source WHERE key = ?", (saved.source,))
    assert MANIFEST["title"] in source["citation"]
    assert "ecutwfc=16" in source["note"]
    assert list(own.check(lab, kept_word)) == []


def test_the_same_folder_is_recognised_wherever_it_stands(band, lab, copied):
    first = save_barriers([band])[0].saved
    again = save_barriers([read_barrier(band.folder)], source="other2026")[0].saved
    assert (again.id, again.new) == (first.id, False)
    assert "source other2026 was not taken" in again.note
    assert result_id(read_barrier(copied("qe", "elsewhere"))) == first.id
    assert len(list(barriers("I", source=first.source))) == 1


def test_two_results_share_a_source_that_is_named(band, lab, copied):
    save_barriers([band, read_barrier(copied("cp2k", "other"))], source="lab2026")
    assert len(list(barriers(source="lab2026"))) == 2


def test_what_cannot_be_trusted_is_saved_by_force_alone(lab, copied):
    stopped = read_barrier(copied("qe_stopped"))
    before = lab.read_bytes()
    with pytest.raises(ResultError, match=r"Nothing is saved: .* is not converged.*--unconverged"):
        save_barriers([read_barrier(copied("cp2k", "good")), stopped])
    assert lab.read_bytes() == before
    row = save_barriers([stopped], force=True)[0].saved.row
    assert row["confidence"] == "low"
    assert "NOT CONVERGED" in row["note"]
    # Tables show the beginning of the method.
    assert row["method"].startswith("not converged: NEB, Quantum ESPRESSO")


def test_a_refusal_leaves_the_store_as_it_was(copied, lab):
    folder = copied("qe")
    (folder / "manifest.json").write_text(json.dumps({**MANIFEST, "formula": "NoFormula3"}))
    before = lab.read_bytes()
    with pytest.raises(StoreError, match="was not saved"):
        save_barriers([read_barrier(folder)])
    assert lab.read_bytes() == before


def test_there_must_be_a_store_and_a_key(band, lab, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="cannot be the key"):
        save_barriers([band], source="Lab 2026")
    with using(Store()), pytest.raises(InputError, match="no store of your own"):
        save_barriers([band])
    lab.unlink()
    with pytest.raises(StoreError, match="no store at"):
        save_barriers([band])
