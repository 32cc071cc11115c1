"""A manifest of another band, or one that was changed, gives no number that can be trusted."""

import json
import shutil

import numpy as np
import pytest
from tests.results.bands import FIXTURES, model, write_vasp

from perovdb.errors import ResultError
from perovdb.results.reading import read_band, read_barrier
from perovdb.results.save import save_barriers
from perovdb.store import own, using


def true_manifest(folder):
    """What a set of a fixture would have said: an iodide of CsPbI2+ hops."""
    band = read_band(folder)
    ways = band.positions_A[-1] - band.positions_A[0]
    ways -= np.round(ways @ np.linalg.inv(band.lattice_A)) @ band.lattice_A
    lengths = np.linalg.norm(ways, axis=1)
    mover = int(lengths.argmax())
    return {
        "task": "band",
        "images": len(band),
        "atoms": 4,
        "composition": {"Cs": 1, "Pb": 1, "I": 2},
        "formula": "CsPbI3",
        "charge": 1,
        "valence_electrons": 26,
        "moving_atoms": [mover + 1],
        "hop": {
            "species": "I",
            "into": "I",
            "distance_A": float(lengths[mover]),
            "multiplicity": 8,
        },
    }


@pytest.fixture(params=["qe", "cp2k", "vasp"])
def band(request, tmp_path):
    """A finished band with its own manifest."""
    folder = tmp_path / "band"
    if request.param == "vasp":
        write_vasp(folder, model())
    else:
        shutil.copytree(FIXTURES / request.param, folder)
    (folder / "manifest.json").unlink(missing_ok=True)
    write(folder, true_manifest(folder))
    return folder


def write(folder, manifest):
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_true_manifest_is_believed(band):
    told = true_manifest(band)
    if "qe" in {path.stem for path in band.iterdir()}:
        assert told["charge"] == 1
    blocking = [one.what for one in read_barrier(band).problems if one.blocks]
    assert not [what for what in blocking if "manifest" in what or "set was written" in what]


#: Key -> values that are not those of the band, or not of its kind.
DAMAGE = {
    "images": [2, 40, True, "5", 5.0, -1],
    "atoms": [3, 5, 40, True, "4"],
    "composition": [
        {"Cs": 8, "Pb": 8, "I": 23},
        {"Cs": 1, "Sn": 1, "I": 2},
        {"Cs": 1, "Pb": 1, "Br": 2},
        {"Cs": True, "Pb": 1, "I": 2},
        {"Cs": -1},
        {"Cs": "1"},
        [1, 2],
        3,
    ],
    "formula": ["CsSnI3", "CsPbBr3", "MAPbI3", 7, ["CsPbI3"]],
    "moving_atoms": [[1], [2], [1, 2], [0], [5], [True], ["4"], 4, "4"],
    "hop": [
        {"species": "Br", "distance_A": 4.4},
        {"species": "Cs", "distance_A": 4.4},
        {"species": "MA"},
        {"species": "I", "distance_A": 44.0},
        {"species": "I", "distance_A": 444.0},
        {"species": "I", "distance_A": 0.1},
        {"species": "I", "distance_A": "4.4"},
        {"species": "I", "distance_A": True},
        {"species": "I", "multiplicity": 1e300},
        {"species": "I", "multiplicity": 49},
        {"species": "I", "multiplicity": "8"},
        {"species": "I", "multiplicity": True},
        {"species": ["I"]},
        "I",
        [4],
    ],
    "charge": [1.5, "1", True, 10**9],
    "valence_electrons": [True, "26", -1, 1e99],
    "code": [["x"], 3, "lammps"],
    "size": [[9, 9, 9], [2, 2, True], "2"],
    "title": [3],
    "ranks": [0, True, "x"],
    "hours": [-1],
}


@pytest.mark.parametrize(
    ("key", "value"),
    [pytest.param(key, value, id=f"{key}-{value}") for key in DAMAGE for value in DAMAGE[key]],
)
def test_a_changed_key_gives_no_plain_number(band, key, value):
    manifest = true_manifest(band)
    write(band, manifest | {key: value})
    try:
        barrier = read_barrier(band)
    except ResultError:
        return
    assert not barrier.converged
    assert any("manifest" in one.what or "manifest" in one.mend for one in barrier.problems)


@pytest.mark.parametrize("electrons", [27, 400])
def test_other_electrons_are_told_where_the_code_tells_them(band, electrons):
    write(band, true_manifest(band) | {"valence_electrons": electrons})
    known = np.isfinite(read_barrier(band).facts.electrons).any()
    told = [one for one in read_barrier(band).problems if "electrons" in one.what]
    assert bool(told) == bool(known)


def test_another_charge_than_that_of_the_input_of_neb_x(tmp_path):
    folder = shutil.copytree(FIXTURES / "qe", tmp_path / "band")
    write(folder, true_manifest(folder) | {"charge": 0})
    told = [one for one in read_barrier(folder).problems if "charge of +1" in one.what]
    assert told[0].blocks


def test_what_is_of_another_band_is_never_saved(band, tmp_path):
    own.init(tmp_path / "lab.sqlite")
    manifest = true_manifest(band)
    for changed in (
        {"hop": manifest["hop"] | {"distance_A": 30.0}},
        {"moving_atoms": [1 + manifest["moving_atoms"][0] % 4]},
    ):
        write(band, manifest | changed)
        with using(tmp_path / "lab.sqlite"), pytest.raises(ResultError, match="Nothing is saved"):
            save_barriers([read_barrier(band)])
