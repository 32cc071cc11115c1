"""Hops, endpoints and paths show themselves, and come back from what they write."""

import json

import pytest
from monty.json import MontyDecoder

from perovdb.migration.bottleneck import bottlenecks
from perovdb.migration.hops import hops
from perovdb.migration.path import Images, path
from perovdb.migration.percolation import percolation
from perovdb.migration.placing import endpoints
from perovdb.migration.sampling import sample_hops
from perovdb.structures.builder import build

GAMMA = hops("CsPbI3", "I", phase="gamma")
ALLOY = build("CsPb(I0.5Br0.5)3", size=(2, 2, 2))
ALPHA = hops("MAPbI3", "MA", phase="alpha")[0]
PATH = path("MAPbI3", ALPHA, images=1)

ANSWERS = {
    "Hops(6 of I in CsPbI3 gamma, 4.411 to 4.616 A)": GAMMA,
    "Hop(I, 4.411 A, 2 a site)": GAMMA[0],
    "Percolation(3 dimension(s), by 3 of 6 hops)": percolation(GAMMA),
    "Sample(3 of I in Cs8Pb8Br12I12, 4.252 to 4.252 A)": bottlenecks(
        ALLOY, sample_hops(ALLOY, "I", 3)
    ),
    "Bottleneck(CsCsPb, 1.506 A free, mover 2.200 A)": bottlenecks(
        ALLOY, hops(ALLOY, "I", into="Br")
    ).bottlenecks[0],
    "Endpoints(MAPbI3, MA by 6.329 A, 88 atoms)": endpoints("MAPbI3", ALPHA),
    "Path(MAPbI3 alpha, MA by 6.329 A, rigid, 3 images of 88 atoms)": PATH,
}


@pytest.mark.parametrize("line", ANSWERS)
def test_an_answer_is_one_line_and_comes_back_whole(line):
    answer = ANSWERS[line]
    assert repr(answer) == line
    written = json.loads(json.dumps(answer.as_dict()))
    for again in (type(answer).from_dict(written), MontyDecoder().process_decoded(written)):
        assert type(again) is type(answer)
        assert again.as_dict() == answer.as_dict()
    assert len(answer.to_frame()) == len(answer.rows())
    assert line.split("(")[1][:6] in answer._repr_html_()


def test_hops_are_a_sequence_and_a_table():
    assert (len(GAMMA), GAMMA[-1] in GAMMA, GAMMA[:2]) == (6, True, GAMMA.hops[:2])
    assert GAMMA.dimension == 3
    (first, *_), head = GAMMA.rows(), str(GAMMA).splitlines()
    assert (first["number"], first["source"], first["evidence"]) == (0, "sutton2018", "read")
    assert head[0].startswith("CsPbI3 gamma: cell and positions")
    assert head[-1] == "  together they lead in 3 dimension(s)"


def test_the_card_of_a_hop_tells_its_length():
    """Along the edge of an octahedron: a / sqrt(2), with a = 6.2894 A."""
    (hop,) = hops("CsPbI3", "I", phase="alpha")
    assert f"{6.2894 / 2**0.5:.3f}" in str(hop)


def test_a_hop_that_came_back_is_placed_in_the_same_atoms():
    again = type(ALPHA).from_dict(json.loads(json.dumps(ALPHA.as_dict())))
    same = path("MAPbI3", again, images=1)
    assert same.images == PATH.images


def test_a_path_tells_its_source_and_draws_itself():
    (row,) = PATH.rows()
    assert (row["phase"], row["source"], row["images"], row["atoms"]) == (
        "alpha",
        "poglitsch1987",
        3,
        88,
    )
    pytest.importorskip("matplotlib")
    assert PATH.plot().get_ylabel()


def test_an_idpp_path_says_what_it_is():
    assert "idpp" in repr(path("MAPbI3", ALPHA, images=Images(1, method="idpp")))
