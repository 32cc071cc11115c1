"""Models as answers: what is said of a structure, and lists of distinct ones."""

import json

import pytest
from matplotlib.axes import Axes
from monty.json import MontyDecoder

import perovdb
from perovdb.structures.model import FIRST_LISTED, MOST_LISTED, Model, Models


@pytest.fixture(scope="module")
def charged():
    return Model(perovdb.defects(perovdb.build("MAPbI3", "alpha", 2), ["V_I"]))


@pytest.fixture(scope="module")
def pairs():
    """Two of eight Pb: edge, face diagonal, body diagonal of the cube."""
    return perovdb.distinct_models("CsPbBr3", "cubic", 2, replace={"Pb": {"Cd": 2}})


def test_a_model_says_what_it_is(charged):
    assert charged.formula == "MA8Pb8I23"
    assert (charged.n_atoms, charged.charge) == (95, 1)
    assert charged.lattice_A == pytest.approx((12.657,) * 3)
    assert charged.minimum_image_A == pytest.approx(12.657)
    assert [step["step"] for step in charged.history] == ["build", "defects"]
    assert any("charge +1" in note for note in charged.notes)
    assert repr(charged) == (
        f"Model(MA8Pb8I23, 95 atoms, charge +1, closest contact {charged.closest_contact_A:.2f} A)"
    )
    lines = str(charged).splitlines()
    assert lines[1:3] == [f"  {step['text']}" for step in charged.history]
    assert lines[3:] == [f"  note: {note}" for note in charged.notes]


def test_a_model_goes_through_json_with_its_atoms_and_history(charged, pairs):
    for answer in (charged, pairs):
        text = json.dumps(answer.as_dict())
        again = MontyDecoder().decode(text)
        assert type(again) is type(answer)
        assert json.dumps(again.as_dict()) == text
    again = Model.from_dict(charged.as_dict())
    assert again.structure == charged.structure
    assert again.structure.properties == charged.structure.properties


def test_the_table_of_a_model_has_its_cell_and_its_notes(charged):
    (row,) = charged.rows()
    assert (row["formula"], row["a_A"], row["gamma_deg"]) == ("MA8Pb8I23", 12.657, 90)
    assert row["notes"] == "; ".join(charged.notes)
    assert "notes" not in charged._table()[0]


def test_a_model_is_drawn(charged):
    assert isinstance(charged.plot(axis="a"), Axes)


def test_a_particle_repeats_nowhere():
    assert Model(perovdb.particle("CsPbBr3", cells=2)).minimum_image_A is None


def test_distinct_models_are_counted_and_named(pairs):
    assert [model.multiplicity for model in pairs] == [12, 12, 4]
    assert (len(pairs), pairs.total) == (3, 28)
    assert repr(pairs) == "Models(3 distinct of 28 orderings)"
    assert list(pairs.files()) == [f"Cs8Cd2Pb6Br24-{number}.vasp" for number in (1, 2, 3)]
    assert pairs[0].notes == list(pairs.notes)
    assert len(pairs.to_frame()) == 3


def test_names_of_files_have_no_brackets():
    one = Model(perovdb.build("CsPbBr3", "alpha", 2, replace={"Cs": {"NH4": 1}}), 1)
    assert "(NH4)1" in one.formula
    assert list(Models((one,)).files()) == ["Cs7NH41Pb8Br24-1.vasp"]


def test_of_many_models_the_first_are_listed_unless_they_are_files(pairs):
    many = Models((pairs[0],) * (MOST_LISTED + 1))
    lines = str(many).splitlines()
    assert lines[FIRST_LISTED + 1] == f"  ... the first {FIRST_LISTED}; write all with -o DIR"
    written = Models(tuple(Model(pairs[0].structure, 1, f"{n}.vasp") for n in range(201)))
    assert len(str(written).splitlines()) == 1 + 201 + 1 + len(written.notes)
