"""How far hops lead, against known cases and against walking through a large block of cells."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.errors import InputError, StructureError
from perovdb.migration.hops import Hop, hops
from perovdb.migration.percolation import dimension, directions, percolation
from perovdb.structures.builder import build
from perovdb.structures.layered.layers import layers


def hop_along(*steps, distance_A=1.0):
    return Hop("I", "I", distance_A, 1, 1, (0, 0, 0), (0, 0, 0), 0, 0, (), steps)


@pytest.mark.parametrize("species", ["I", "Cs", "Pb"])
@pytest.mark.parametrize("size", [(1, 1, 1), (2, 1, 2)])
def test_the_cubic_phase_conducts_in_three_dimensions(species, size):
    found = percolation(hops(build("CsPbI3", "alpha", size), species))
    assert (found.alone, found.together, found.carriers(3)) == ((3,), (3,), (0,))


def test_layers_conduct_in_two_dimensions():
    structure = layers("Cs2PbI2Cl2")
    planes = hops(structure, "Cl")
    assert percolation(planes).dimension == 2
    # The planes of Pb and Cl lie across c.
    along = directions(planes) @ structure.lattice.matrix
    assert along[:, 2] == pytest.approx(0)
    swaps = hops(structure, "I", into="Cl")
    assert dimension([*planes, *swaps]) == 2
    between = hops(structure, "I", reach_A=5.6)
    assert dimension([*planes, *swaps, *between]) == 3


def test_chains_conduct_in_one_dimension():
    # Yellow CsPbI3 is made of double chains along b; between them Pb is 9 A apart.
    found = hops("CsPbI3", "Pb", phase="delta")
    result = percolation(found)
    assert result.dimension == 1
    assert directions(found).tolist() in ([[0, 1, 0]], [[0, -1, 0]])
    with pytest.raises(StructureError, match="1 dimensions, not in 2"):
        result.carriers(2)


def test_gamma_needs_several_hops():
    found = hops("CsPbI3", "I", phase="gamma")
    result = percolation(found)
    assert max(result.alone) < 3
    assert result.dimension == 3
    assert list(result.together) == sorted(result.together)
    enough = result.carriers(3)
    assert dimension([found[k] for k in enough]) == 3
    assert dimension([found[k] for k in enough[:-1]]) < 3


def test_barriers_rank_the_hops():
    found = hops("CsPbI3", "I", phase="gamma")
    barriers = [0.3, 0.5, 0.1, 0.6, 0.2, 0.4]
    result = percolation(found, barriers)
    assert result.order == (2, 4, 0, 5, 1, 3)
    assert result.costs == tuple(barriers)
    assert result.alone == percolation(found).alone


def test_an_island_leads_nowhere():
    ring = hop_along((0, 1, 0, 0, 0), (1, 2, 0, 0, 0), (2, 0, 0, 0, 0))
    assert dimension([ring]) == 0
    assert directions([ring]).shape == (0, 3)
    assert dimension([hop_along((0, 0, 1, 0, 0))]) == 1
    # Two chains that cross, and two that do not.
    cross = [hop_along((0, 0, 1, 0, 0)), hop_along((0, 0, 0, 1, 0))]
    apart = [hop_along((0, 0, 1, 0, 0)), hop_along((1, 1, 0, 1, 0))]
    assert (dimension(cross), dimension(apart)) == (2, 1)


def reached(steps, sites, cells):
    """Dimension by walking: in a block of cells, where can one get from each site?"""
    best = 0
    for root in range(sites):
        seen, ahead = {(root, 0, 0, 0)}, [(root, 0, 0, 0)]
        while ahead:
            i, *cell = ahead.pop()
            for a, b, *shift in steps:
                for one, two, sign in ((a, b, 1), (b, a, -1)):
                    if one != i:
                        continue
                    there = (two, *(c + sign * s for c, s in zip(cell, shift, strict=True)))
                    if max(map(abs, there[1:])) <= cells and there not in seen:
                        seen.add(there)
                        ahead.append(there)
        own = np.array([cell for i, *cell in seen if i == root])
        best = max(best, int(np.linalg.matrix_rank(own)))
    return best


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 2), *(st.integers(-1, 1) for _ in range(3))),
        min_size=1,
        max_size=4,
    )
)
def test_the_dimension_is_that_of_walking(steps):
    assert dimension([hop_along(*steps)]) == reached(steps, 3, 4)


def test_questions_that_have_no_answer():
    with pytest.raises(InputError, match="no hops"):
        percolation([])
    chain = [hop_along((0, 0, 1, 0, 0))]
    with pytest.raises(InputError, match="1 hops"):
        percolation(chain, [0.1, 0.2])
    with pytest.raises(InputError, match="1 hops"):
        percolation(chain, [float("nan")])
    with pytest.raises(InputError, match="no dimension"):
        percolation(chain).carriers(4)
