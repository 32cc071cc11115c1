"""Pairs, first shells and colours of networks, against counting by hand and brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perovdb.structures.neighbours import (
    MOST_CELLS,
    Neighbours,
    first_shell,
    parts_of,
    step_keys,
    two_colours,
    walked,
)

CUBE = np.eye(3) * 6.0


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 9999), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_pairs_are_those_of_brute_force(seed, periodic):
    generator = np.random.default_rng(seed)
    lattice = np.diag([4.0, 5.0, 6.0]) + generator.normal(scale=0.5, size=(3, 3))
    points = generator.uniform(-1.5, 1.5, size=(5, 3))
    expected = {}
    for i, j in product(range(5), repeat=2):
        for cell in product(*(range(-6, 7) if along else (0,) for along in periodic)):
            distance = np.linalg.norm((points[j] + cell - points[i]) @ lattice)
            if distance < 5.5 and (i != j or any(cell)):
                expected[i, j, *cell] = distance
    i, j, cells, distances = Neighbours(lattice, points, 5.5, periodic).pairs()
    found = {
        (int(a), int(b), *map(int, cell)): d
        for a, b, cell, d in zip(i, j, cells, distances, strict=True)
    }
    assert list(found) == sorted(found)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("edge_A", [3.0, 6.0, 15.0])
def test_the_first_shell_of_a_simple_cubic_lattice_has_six(edge_A):
    for cells in (1, 2):
        points = np.array(list(product(range(cells), repeat=3))) / cells
        i, _, _, vectors = first_shell(np.eye(3) * edge_A * cells, points)
        assert np.bincount(i).tolist() == [6] * cells**3
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(edge_A)


def test_sites_too_far_apart_have_no_neighbours():
    assert len(first_shell(CUBE * 5, np.zeros((1, 3)))[0]) == 0
    assert len(first_shell(CUBE, np.zeros((1, 3)), (False,) * 3)[0]) == 0


def ring(n):
    start = np.arange(n)
    return n, start, (start + 1) % n


def test_even_rings_have_two_colours_and_odd_ones_do_not():
    assert two_colours(*ring(6)).tolist() == [False, True] * 3
    assert two_colours(*ring(5)) is None
    # One bond that keeps the colour closes the odd ring, and opens the even one.
    keeps = np.array([True, True, True, True, False])
    assert two_colours(*ring(5), keeps).tolist() == [False, True, False, True, False]
    assert two_colours(*ring(4), keeps[1:]) is None
    assert two_colours(3, np.array([1]), np.array([2])).tolist() == [False, False, True]
    assert parts_of(3, np.array([1]), np.array([2]))[0] == 2


def test_a_walk_counts_the_cells_that_it_crosses():
    n, start, end = ring(4)
    cell = np.zeros((4, 1), dtype=int)
    cell[3] = 1
    part, sums = walked(n + 1, start, end, cell)
    assert part.tolist() == [0, 0, 0, 0, 4]
    # The loop leads into the next cell, whichever bond is not of the tree.
    assert abs(cell + sums[start] - sums[end]).sum() == 1


def test_steps_have_keys_of_their_own_in_the_order_of_their_numbers():
    """As far as cells are counted: the ends of the range, beside it, and the middle."""
    ends = (-MOST_CELLS, 1 - MOST_CELLS, 0, MOST_CELLS - 1, MOST_CELLS)
    steps = np.array(list(product(range(3), range(3), ends, ends, ends)))
    keys = step_keys(steps, 3)
    assert (np.diff(keys) > 0).all()
