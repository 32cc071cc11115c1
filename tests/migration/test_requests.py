"""Hops that are asked for in words: every kind of host gives the hop that was asked for."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from perovdb.errors import InputError, PerovdbError, StructureError
from perovdb.migration.hops import hops
from perovdb.migration.requests import HopRequest
from perovdb.migration.sampling import sample_hops
from perovdb.structures.builder import build
from perovdb.structures.files.writing import write_structure
from perovdb.structures.units import units

IODIDE = HopRequest("I", "CsPbI3", phase="alpha", images=3)


def ions(structure):
    return Counter(unit.ion for unit in units(structure))


def hop_vector(chain):
    """(3,) way of the centre of the atoms that hop."""
    ends = [chain.images[k].cart_coords[chain.mover].mean(axis=0) for k in (0, -1)]
    return ends[1] - ends[0]


@pytest.fixture(scope="module")
def alpha_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("host") / "cs.cif"
    write_structure(build("CsPbI3", "alpha", (2, 2, 2)), str(path))
    return str(path)


def test_formula_file_and_ordered_model_give_the_same_hop(alpha_file):
    """The edge of the octahedron of the cubic cell: a / sqrt(2), a = 6.2894 A (trots2008)."""
    formula = IODIDE.path()
    file = HopRequest("I", file=alpha_file, images=3).path()
    ordered = replace(IODIDE, order="random").path()
    assert [chain.phase for chain in (formula, file, ordered)] == ["alpha", "", ""]
    assert (formula.source, file.source) == ("trots2008", "")
    for chain in (formula, file, ordered):
        assert chain.distance_A == pytest.approx(6.2894 / 2**0.5, abs=1e-4)
        assert np.linalg.norm(hop_vector(chain)) == pytest.approx(chain.distance_A)
        assert ions(chain.images[0]) == {"Cs": 8, "Pb": 8, "I": 23}
        assert (len(chain.images), chain.charge, chain.species) == (5, 1, "I")
        assert chain.formula == "CsPbI3"


def test_a_formula_takes_eight_cells_and_a_file_its_own(alpha_file, tmp_path):
    assert len(HopRequest("I", "CsPbI3", phase="alpha", order="random").structure()) == 40
    assert len(HopRequest("I", file=alpha_file).structure()) == 40
    path = tmp_path / "cell.cif"
    write_structure(build("CsPbI3", "alpha"), str(path))
    assert len(HopRequest("I", file=str(path)).structure()) == 5
    assert len(HopRequest("I", file=str(path), size=[3, 1, 1]).structure()) == 15


@pytest.mark.parametrize("method", ["rigid", "idpp"])
def test_molecules_of_a_mixed_lattice(method):
    chain = HopRequest("MA", "MA0.5FA0.5PbI3", method=method, images=5).path()
    assert chain.method == method
    assert ions(chain.images[0]) == {"MA": 3, "FA": 4, "Pb": 8, "I": 24}
    assert len(chain.mover) == 8
    assert chain.charge == -1


def test_a_halide_into_the_vacancy_of_another():
    """Iodide leaves its place and ends where the bromide was: one Br less, charge +1."""
    asked = HopRequest("I", "CsPb(I0.5Br0.5)3", order="sqs", into="Br", images=3)
    chain = asked.path()
    assert ions(chain.images[0]) == {"Cs": 8, "Pb": 8, "I": 12, "Br": 11}
    assert (chain.species, chain.charge, chain.formula) == ("I", 1, "CsPbBr1.5I1.5")
    host = asked.structure()
    place = chain.images[0].cart_coords[chain.mover[0]] + hop_vector(chain)
    near = host.get_sites_in_sphere(place, 0.1)
    assert [site.specie.symbol for site in near] == ["Br"]
    two = replace(asked, vacancies=2).path()
    assert ions(two.images[0])["Br"] == 10


@pytest.mark.parametrize("number", [0, 1, 4])
def test_hops_are_numbered_as_they_are_listed(number):
    asked = HopRequest(
        "Br", "CsPb(I0.5Br0.5)3", order="sqs", seed=3, reach_A=4.6, hop=number, images=3
    )
    listed = hops(asked.structure(), "Br", reach_A=4.6)
    assert asked.path().distance_A == pytest.approx(listed[number].distance_A)


def test_hops_of_a_sample_are_those_that_are_drawn():
    asked = HopRequest("I", "CsPb(I0.5Br0.5)3", order="random", seed=5, sample=3, images=3)
    host = asked.structure()
    drawn = sample_hops(host, "I", 3, 5)
    for number, hop in enumerate(drawn):
        chain = replace(asked, hop=number).path()
        start = chain.images[0].cart_coords[chain.mover[0]]
        offset = host.lattice.get_fractional_coords(start) - np.array(hop.start)
        assert offset == pytest.approx(np.rint(offset), abs=1e-6)
        assert chain.distance_A == pytest.approx(hop.distance_A)


@pytest.mark.parametrize(
    ("changed", "charge", "left"),
    [
        ({"vacancies": 2}, 2, {"Cs": 8, "Pb": 8, "I": 22}),
        ({"vacancies": 3, "order": "random"}, 3, {"Cs": 8, "Pb": 8, "I": 21}),
        ({"neutral": "partner"}, 0, {"Cs": 7, "Pb": 8, "I": 23}),
        ({"vacancies": 2, "neutral": "V_Pb"}, 0, {"Cs": 8, "Pb": 7, "I": 22}),
        ({"neutral": "V_Cs", "order": "random"}, 0, {"Cs": 7, "Pb": 8, "I": 23}),
    ],
)
def test_vacancies_and_charge(changed, charge, left):
    chain = replace(IODIDE, **changed).path()
    assert chain.charge == charge
    for image in (chain.images[0], chain.images[-1]):
        assert ions(image) == left


def test_numbers_are_held_in_one_form():
    """So that a request read out of a file is the same as one made in Python."""
    listed = HopRequest("I", "CsPbI3", size=[2, 2, 2], temperature_K=300)
    assert listed == HopRequest("I", "CsPbI3", size=(2, 2, 2), temperature_K=300.0)
    assert hash(listed) == hash(HopRequest("I", "CsPbI3", size=(2, 2, 2), temperature_K=300.0))
    assert repr(listed.temperature_K) == "300.0"


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"species": "I"}, "one host"),
        ({"species": "I", "formula": "CsPbI3", "file": "a.cif"}, "one host"),
        ({"species": "I", "file": "a.cif", "phase": "alpha"}, "'phase' is for the model"),
        ({"species": "I", "file": "a.cif", "order": "sqs"}, "'order' is for the model"),
        ({"species": "I", "file": "a.cif", "temperature_K": 400.0}, "'temperature_K' is for"),
        ({"species": "I", "file": "a.cif", "orientation": "aligned"}, "'orientation' is for"),
        ({"species": "I", "file": "a.cif", "seed": 2}, "'seed' is for the model"),
        ({"file": "a.cif", "end": "b.cif", "hop": 1}, "'hop' does not go with"),
        ({"formula": "CsPbI3", "end": "b.cif"}, "'formula' does not go with"),
        ({"formula": "CsPbI3"}, "'species' cannot be ''"),
        ({"species": "I", "formula": "CsPbI3", "method": "fast"}, "rigid, idpp, both"),
        ({"species": "I", "formula": "CsPbI3", "sample": 3, "hop": 3}, "sample of 3"),
        ({"species": "", "formula": "CsPbI3"}, "'species' cannot be ''"),
        ({"species": "I", "formula": "CsPbI3", "hop": "x"}, "'hop' cannot be 'x'"),
        ({"species": "I", "formula": "CsPbI3", "hop": -1}, "whole number from 0"),
        ({"species": "I", "formula": "CsPbI3", "hop": True}, "'hop' cannot be True"),
        ({"species": "I", "formula": "CsPbI3", "hop": 1.0}, "'hop' cannot be 1.0"),
        ({"species": "I", "formula": "CsPbI3", "images": None}, "'images' cannot be None"),
        ({"species": "I", "formula": "CsPbI3", "size": "222"}, "'222' is not a size"),
        ({"species": "I", "formula": "CsPbI3", "size": (2, 2, 0)}, "no volume"),
        ({"species": "I", "formula": "CsPbI3", "spacing_A": float("nan")}, "cannot be nan"),
        ({"species": "I", "formula": "CsPbI3", "neutral": 1}, "'neutral' cannot be 1"),
    ],
)
def test_what_cannot_be_asked_for(asked, words):
    with pytest.raises(InputError, match=words):
        HopRequest(**asked)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"hop": 1}, "no hop number 1 of I. There are 1 distinct"),
        ({"method": "both"}, "makes two paths"),
        ({"hop": 7, "order": "random"}, "no hop number 7"),
        ({"images": 100}, "100 images"),
        ({"spacing_A": 0.0}, "'spacing_A' cannot be 0.0. Give a number from 0.001"),
        ({"reach_A": 0.0}, "'reach_A' cannot be 0.0. Give a number from 0.1"),
        ({"order": "tidy"}, "tidy"),
        ({"neutral": "somehow"}, "V_Cs"),
        ({"size": (7, 7, 7), "order": "random"}, "1715 atoms cannot"),
        ({"into": "Br"}, "no Br"),
    ],
)
def test_what_the_host_refuses(changed, words):
    with pytest.raises(PerovdbError, match=words):
        replace(IODIDE, **changed).path()


def test_more_vacancies_than_ions():
    with pytest.raises(StructureError, match="there are 22"):
        replace(IODIDE, vacancies=40).path()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none\.cif"):
        HopRequest("I", file=str(tmp_path / "none.cif")).path()
