"""Samples of the hops of an alloy: spread over the classes, and right on average."""

from collections import Counter

import numpy as np
import pytest

from perovdb.errors import InputError, StructureError
from perovdb.migration.hops import hops
from perovdb.migration.placing import endpoints
from perovdb.migration.sampling import sample_hops
from perovdb.structures.builder import build

ALLOY = build("CsPb(I0.6667Br0.3333)3", "alpha", (3, 3, 3), seed=2)
CLASSES = hops(ALLOY, "I", group="environment")
TOTAL = sum(hop.per_cell for hop in CLASSES)


def neighbours_of_another_kind(hop):
    """A quantity that depends on the surroundings, as a barrier does."""
    return hop.environment.count("Br") + len(hop.environment)


@pytest.mark.parametrize("count", [3, len(CLASSES), 40])
def test_weights_are_shares_of_all_hops(count):
    sample = sample_hops(ALLOY, "I", count, seed=4)
    assert len(sample) == count
    assert sum(sample.weights) == pytest.approx(1)
    for hop, number, population in zip(sample, sample.classes, sample.populations, strict=True):
        assert hop.environment == CLASSES[number].environment
        assert population == CLASSES[number].per_cell
        assert hop.steps[0] in CLASSES[number].steps
        assert hop.equivalents[0] == (hop.start, hop.end)
        assert sorted(hop.steps) == sorted(CLASSES[number].steps)
    # No hop is drawn twice.
    steps = {frozenset([hop.start_site, hop.end_site]) for hop in sample}
    assert len(steps) == count


def test_a_hop_into_the_place_of_another_ion_ends_there():
    sample = sample_hops(ALLOY, "I", 4, into="Br")
    assert {(hop.species, hop.into) for hop in sample} == {("I", "Br")}


def test_each_class_is_drawn_from():
    sample = sample_hops(ALLOY, "I", len(CLASSES) + 5)
    drawn = Counter(sample.classes)
    assert set(drawn) == set(range(len(CLASSES)))
    of_each = zip(sample.weights, sample.classes, sample.populations, strict=True)
    for weight, number, population in of_each:
        assert weight == pytest.approx(population / drawn[number] / TOTAL)
    values = [neighbours_of_another_kind(hop) for hop in sample]
    # What is the same all over a class comes out exactly.
    every = np.repeat(
        [neighbours_of_another_kind(hop) for hop in CLASSES], [hop.per_cell for hop in CLASSES]
    )
    assert sample.mean_and_spread(values) == pytest.approx((every.mean(), every.std()))


def test_all_hops_can_be_drawn():
    sample = sample_hops(ALLOY, "I", TOTAL)
    assert list(sample.weights) == pytest.approx([1 / TOTAL] * TOTAL)


@pytest.mark.parametrize("count", [4, 20])
def test_the_mean_does_not_err_on_one_side(count):
    """A quantity of the single hop, over many seeds."""
    alloy = build("CsPbI2Br", "alpha", (2, 2, 2), seed=2)
    every = [step for hop in hops(alloy, "I") for step in hop.steps]
    value = dict(zip(every, np.random.default_rng(0).normal(size=len(every)), strict=True))
    for i, j, u, v, w in every:
        value[j, i, -u, -v, -w] = value[i, j, u, v, w]
    truth = np.mean([value[step] for step in every])
    means = []
    for seed in range(50):
        sample = sample_hops(alloy, "I", count, seed)
        means.append(sample.mean_and_spread([value[hop.steps[0]] for hop in sample])[0])
    assert np.mean(means) == pytest.approx(truth, abs=4 * np.std(means) / len(means) ** 0.5)


def test_the_seed_decides():
    one, two, three = (sample_hops(ALLOY, "I", 8, seed=seed) for seed in (1, 1, 2))
    assert one == two
    assert one != three


def test_a_sampled_hop_can_be_placed():
    for hop in sample_hops(ALLOY, "I", 3, into="Br"):
        ends = endpoints(ALLOY, hop)
        assert np.linalg.norm(ends.vector_A) == pytest.approx(hop.distance_A)


def test_questions_that_have_no_answer():
    for count in (0, TOTAL + 1, 1.5, True):
        with pytest.raises(InputError, match="cannot be drawn"):
            sample_hops(ALLOY, "I", count)
    with pytest.raises(InputError, match="not a seed"):
        sample_hops(ALLOY, "I", 3, seed=-1)
    with pytest.raises(StructureError, match="own periodic image"):
        sample_hops(build("CsPbI3", "alpha"), "Cs", 1)
    sample = sample_hops(ALLOY, "I", 3)
    for values in ([1.0], [1.0, 2.0, float("nan")]):
        with pytest.raises(InputError, match="do not go with"):
            sample.mean_and_spread(values)
