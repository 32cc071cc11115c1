"""The curve, the tangents and the order of images: properties that must hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicHermiteSpline
from scipy.optimize import minimize_scalar

from perovdb.errors import ResultError
from perovdb.results.chain import check_order, coordinates, shortest, tangents, unwrapped
from perovdb.results.profile import highest

PERIODIC = (True, True, True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_highest_point_is_that_of_a_search(seed):
    rng = np.random.default_rng(seed)
    along = np.cumsum(rng.uniform(0.2, 1, 6))
    energies, slopes = rng.normal(size=6), rng.normal(size=6)
    curve = CubicHermiteSpline(along, energies, slopes)
    place, height = highest(curve, along, energies)
    grid = np.linspace(along[0], along[-1], 400)
    near = grid[np.argmax(curve(grid))]
    bounds = (max(near - 0.05, along[0]), min(near + 0.05, along[-1]))
    best = minimize_scalar(lambda x: -curve(x), bounds=bounds, method="bounded")
    assert height >= -best.fun - 1e-9
    assert height >= energies.max() - 1e-12
    assert curve(place) == pytest.approx(height, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_shortest_vector_is_that_of_brute_force(seed):
    rng = np.random.default_rng(seed)
    lattice = np.eye(3) * 5 + rng.uniform(-2, 2, (3, 3))
    vectors = rng.uniform(-12, 12, (8, 3))
    cells = np.stack(np.meshgrid(*[range(-6, 7)] * 3, indexing="ij"), -1).reshape(-1, 3)
    brute = np.sqrt(((vectors[:, None] + cells @ lattice) ** 2).sum(axis=2)).min(axis=1)
    ours = np.sqrt((shortest(vectors, lattice, PERIODIC) ** 2).sum(axis=1))
    assert ours == pytest.approx(brute, abs=1e-9)


def test_wrapping_does_not_change_a_path():
    rng = np.random.default_rng(1)
    lattice = np.eye(3) * 6.3 + rng.uniform(-1, 1, (3, 3))
    chain = rng.uniform(0, 6, (1, 5, 3)) + np.cumsum(rng.uniform(-0.5, 0.5, (6, 5, 3)), axis=0)
    wrapped = (chain @ np.linalg.inv(lattice) % 1) @ lattice
    ours = unwrapped(wrapped, lattice, PERIODIC)
    assert coordinates(ours) == pytest.approx(coordinates(chain), abs=1e-9)
    assert tangents(ours, np.arange(6.0)) == pytest.approx(tangents(chain, np.arange(6.0)))


def test_tangents_point_uphill_and_bisect_at_the_top():
    chain = np.array([[[0, 0, 0]], [[1, 0, 0]], [[1, 1, 0]], [[1, 2, 0]]], dtype=float)
    found = tangents(chain, np.array([0.0, 2.0, 1.0, 0.0]))[:, 0]
    assert found[0] == pytest.approx([1, 0, 0])
    # At the maximum both steps count, the one to the higher neighbour most.
    assert found[1] == pytest.approx(np.array([1, 2, 0]) / np.sqrt(5))
    assert found[2] == pytest.approx([0, 1, 0])


def test_images_out_of_order_are_told():
    lattice = np.eye(3) * 8
    chain = np.zeros((7, 3, 3))
    chain[:, 0, 0] = np.linspace(0, 3, 7)
    chain[:, 0, 1] = np.sin(np.linspace(0, np.pi, 7))
    check_order(chain, lattice, PERIODIC, "here")
    for one in range(7):
        for other in range(one):
            swapped = chain.copy()
            swapped[[one, other]] = chain[[other, one]]
            with pytest.raises(ResultError, match="here: the images are not in the order"):
                check_order(swapped, lattice, PERIODIC, "here")
            twice = chain.copy()
            twice[one] = chain[other]
            with pytest.raises(ResultError, match="are the same"):
                check_order(twice, lattice, PERIODIC, "here")
