"""A history makes its structure again, whatever made it."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, PerovdbError
from perovdb.structures.builder import build, distinct_models
from perovdb.structures.defects.point_defects import defects
from perovdb.structures.files.reading import read_structure
from perovdb.structures.files.writing import write_structure
from perovdb.structures.history import rebuild, steps
from perovdb.structures.hosts import Tilt
from perovdb.structures.layered.layers import layers
from perovdb.structures.ordering import Order
from perovdb.structures.particles.dopants import dope
from perovdb.structures.particles.ligands import ligands
from perovdb.structures.particles.nanocrystals import particle
from perovdb.structures.particles.slabs import Surface, slab
from perovdb.structures.supercells import supercell


def hybrid(**more):
    return build("MA0.5FA0.5PbI3", size=(2, 2, 1), seed=4, **more)


def crystal():
    return build("CsPbI3", "alpha", (2, 2, 2))


def dot():
    return particle("CsPbBr3", cells=3)


#: One model for each step; together they use every one.
MODELS = {
    "build": lambda: build("Cs0.5FA0.5Pb(I0.5Br0.5)3", size=(2, 2, 2), order="sqs", seed=2),
    "tilt": lambda: build("CsPbI3", phase=Tilt("a-b+a-", [8, 11]), size=(2, 1, 1)),
    "matrix": lambda: build("MAPbI3", "alpha", [[1, 1, 0], [-1, 1, 0], [0, 0, 2]]),
    "distance": lambda: build("CsPbI3", "gamma", size="12.0 A"),
    "enumerate": lambda: build(
        "CsPbBr3",
        "alpha",
        (2, 2, 2),
        replace={"Pb": {"Cd": 2}},
        order=Order("enumerate", choice=1),
    ),
    "empty": lambda: build("Cs0.96PbI2.96", "alpha", (5, 5, 1), seed=3),
    "antiferro": lambda: build("FAPbI3", "alpha", (2, 2, 2), orientation="antiferro-010"),
    "vacancy": lambda: defects(hybrid(), ["V_MA"]),
    "vacancies": lambda: defects(crystal(), ["V_I:2"], choose="far", neutral="partner"),
    "substitute": lambda: defects(crystal(), ["MA_Cs:3"], choose="random", seed=5),
    "antisite": lambda: defects(crystal(), ["I_Pb"], neutral="partner"),
    "add_interstitial": lambda: defects(crystal(), ["I_i"]),
    "supercell": lambda: supercell(hybrid(), [[1, 0, 0], [0, 1, 0], [1, 0, 2]]),
    "ruddlesden_popper": lambda: layers("CsPbBr3", 2, apical="I"),
    "layered formula": lambda: build("Cs2PbBr4", size=(2, 1, 1)),
    "intergrowth": lambda: layers("CsPbBr3", (3, 1)),
    "antiphase_boundary": lambda: layers("CsPbBr3", (2, 2), stack="AX"),
    "nanocrystal": lambda: particle("MAPbI3", cells=2, placement="core"),
    "dope": lambda: dope(dot(), "Pb", "Cd", count=4, placement="surface"),
    "attach_ligands": lambda: ligands(dot(), "methylammonium", count=2),
    "surface_vacancies": lambda: defects(dot(), ["V_Br:2"], choose="surface"),
    "carve": lambda: particle(build("CsPbI3", phase="a0a0c-"), cells=3),
    "slab": lambda: slab("FAPbI3", layers=2, surface=Surface(termination="BX2", symmetric=False)),
    "cut_slab": lambda: slab(build("CsPbI3", "gamma"), layers=3),
}


def same(one, two):
    assert two.lattice.matrix == pytest.approx(one.lattice.matrix, abs=1e-9)
    assert [site.specie for site in one] == [site.specie for site in two]
    assert np.abs(one.cart_coords - two.cart_coords).max() < 1e-9
    assert one.site_properties == two.site_properties
    assert one.properties == two.properties
    assert one.lattice.pbc == two.lattice.pbc


@pytest.mark.parametrize("name", MODELS)
def test_a_history_rebuilds_its_structure(name):
    structure = MODELS[name]()
    through_json = json.loads(json.dumps(structure.properties["history"]))
    same(structure, rebuild(through_json))


def test_every_step_is_tried():
    used = {step["step"] for make in MODELS.values() for step in make().properties["history"]}
    # Files have their own test below, `adopt` is tested with the other formats, and `relax` with
    # the engines that it needs.
    assert used | {"read_structure", "adopt"} == steps().keys() - {"relax"}


def test_each_distinct_ordering_is_rebuilt_as_itself():
    found = distinct_models("CsPbBr3", "alpha", (2, 2, 1), replace={"Br": {"I": 2}})
    assert found.total == 66
    for model in found:
        same(model.structure, rebuild(model.history))


def test_a_file_is_a_step_and_must_be_the_same_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bare = crystal()
    bare.remove_site_property("molecule")
    bare.to("foreign.cif")
    structure = defects(read_structure("foreign.cif"), ["V_I"])
    same(structure, rebuild(structure.properties["history"]))
    text = (tmp_path / "foreign.cif").read_text()
    (tmp_path / "foreign.cif").write_text(text + "\n# changed\n")
    with pytest.raises(InputError, match="not the file of this history"):
        rebuild(structure.properties["history"])


def test_the_history_of_a_file_of_ours_goes_on(tmp_path):
    structure = defects(hybrid(), ["V_MA"])
    write_structure(structure, str(tmp_path / "m.cif"))
    again = defects(read_structure(str(tmp_path / "m.cif")), ["V_I"])
    rebuilt = rebuild(again.properties["history"])
    assert np.abs(rebuilt.cart_coords - again.cart_coords).max() < 1e-6
    assert [step["step"] for step in again.properties["history"]] == [
        "build",
        "defects",
        "defects",
    ]


@given(st.recursive(st.none() | st.integers() | st.text(max_size=8), st.lists, max_leaves=4))
@settings(max_examples=40, deadline=None)
def test_nonsense_is_refused(junk):
    with pytest.raises(PerovdbError):
        rebuild([{"step": "build", "arguments": {"x": "CsPbI3", "nonsense": junk}}])
    with pytest.raises(PerovdbError):
        rebuild([{"step": junk if isinstance(junk, str) else "no", "arguments": {}}])


@pytest.mark.parametrize("history", [[], [{"step": "defects", "arguments": {"defects": ["V_I"]}}]])
def test_a_history_must_begin(history):
    with pytest.raises(InputError):
        rebuild(history)
