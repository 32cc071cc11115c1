"""Pareto fronts against comparison of all pairs."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from perovdb.calculators.screening.pareto import front, objective
from perovdb.errors import InputError


def brute_force(costs):
    known = ~np.isnan(costs).any(axis=1)
    result = np.zeros(len(costs), dtype=bool)
    for i in np.flatnonzero(known):
        others = costs[known]
        beats = (others <= costs[i]).all(axis=1) & (others < costs[i]).any(axis=1)
        result[i] = not beats.any()
    return result


few_values = st.integers(0, 4).map(float) | st.sampled_from([np.nan, np.inf, -np.inf, -0.0])


@settings(max_examples=300, deadline=None)
@given(arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=few_values))
def test_small_ones_with_ties(costs):
    assert front(costs).tolist() == brute_force(costs).tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.sampled_from([3, 30, 10**6]))
def test_larger_ones(seed, k, values):
    costs = np.random.default_rng(seed).integers(0, values, (1500, k)).astype(float)
    assert (front(costs) == brute_force(costs)).all()


@pytest.mark.parametrize("k", [2, 3, 4])
def test_everything_on_the_front(k):
    # Points of a simplex: what one gains in an objective it loses in another.
    points = np.random.default_rng(0).dirichlet(np.ones(k), 3000)
    points[:, -1] = 1 - points[:, :-1].sum(axis=1)
    assert (front(points) == brute_force(points)).all()


def test_a_hundred_thousand_points():
    points = np.random.default_rng(1).random((100_000, 4))
    on = front(points)
    # What is on the front stays on it alone, and some of it beats each other point.
    assert front(points[on]).all()
    for point in points[~on][:200]:
        assert (points[on] <= point).all(axis=1).any()


def test_none():
    assert front(np.empty((0, 2))).tolist() == []
    assert front(np.full((3, 2), np.nan)).tolist() == [False] * 3


def test_objectives():
    values = {"t": np.array([0.9, 1.0]), "gap_eV": np.array([1.5, 2.5])}
    assert objective("min abs(t - 1)", tuple(values)).cost(values) == pytest.approx([0.1, 0])
    assert objective("MAX gap_eV", tuple(values)).cost(values).tolist() == [-1.5, -2.5]
    assert objective(" maximise (t)", tuple(values)).cost(values).tolist() == [-0.9, -1.0]
    again = pickle.loads(pickle.dumps(objective("minimize t", tuple(values))))
    assert again.cost(values).tolist() == [0.9, 1.0]


@pytest.mark.parametrize(
    "text", ["t", "", "min", "min ", "least t", "min t < 1", "min foo", "mint"]
)
def test_objectives_refused(text):
    with pytest.raises(InputError):
        objective(text, ("t",))
