"""An order with its options: checked when it is made, plain in a history."""

import json

import numpy as np
import pytest

from perovdb.answers.encoding import decoded, encoded
from perovdb.errors import InputError
from perovdb.structures.ordering import ENUMERATE, RULES, Order, ordered
from perovdb.structures.sites import Sites


@pytest.mark.parametrize("rule", [*RULES, ENUMERATE])
def test_a_rule_alone_is_an_order(rule):
    assert Order.of(rule) == Order(rule)
    assert Order(rule).as_dict() == {"rule": rule}


@pytest.mark.parametrize(
    "order",
    [
        Order("layered", axis=0),
        Order(ENUMERATE, choice=3),
        Order("sqs", shells=4, steps=50, target=0.01),
    ],
)
def test_an_order_goes_through_json(order):
    data = json.loads(json.dumps(encoded(order)))
    assert Order.of(data) == order
    assert Order.of(order) is order
    assert decoded(Order, data) == order


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rule": "sorted"}, r"no ordering rule 'sorted'.*random, sqs.*enumerate"),
        ({"rule": 3}, "no ordering rule 3"),
        ({"rule": "layered", "axis": 3}, "no cell vector 3"),
        ({"rule": "layered", "axis": True}, "no cell vector True"),
        ({"rule": ENUMERATE, "choice": -1}, "number -1"),
        ({"rule": "sqs", "shells": 0}, "0 shells"),
        ({"rule": "sqs", "steps": 0}, "0 steps"),
        ({"rule": "sqs", "target": -1.0}, r"error -1\.0"),
        ({"rule": "random", "axis": 0}, r"'random' has no axis.*layered and columnar"),
        ({"rule": "sqs", "choice": 1}, r"'sqs' has no choice.*enumerate"),
        ({"rule": "random", "shell": 3}, r"no option shell\b.*shells"),
    ],
)
def test_what_is_no_order_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        Order.of(options)


def test_a_choice_of_the_distinct_orderings():
    sites = Sites(np.diag([6.0, 6, 12]), np.array([[0, 0, 0], [0, 0, 0.5]]), np.array(["B", "B"]))
    only = ordered(sites, {"B": {"Pb": 1, "Sn": 1}}, Order(ENUMERATE))
    assert (only.multiplicity, sorted(only.ions)) == (2, ["Pb", "Sn"])
    with pytest.raises(InputError, match="There are 1, numbered from 0"):
        ordered(sites, {"B": {"Pb": 1, "Sn": 1}}, Order(ENUMERATE, choice=1))
