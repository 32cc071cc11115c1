"""Which ion stands on which of the sites that several ions share.

`ordered` takes one arrangement as an `Order` says, `enumerate_orderings` all that are distinct.
"""

from perovdb.structures.ordering.counts import exact_counts, whole_counts
from perovdb.structures.ordering.distinct import enumerate_orderings
from perovdb.structures.ordering.order import ENUMERATE, RULES, Order, Ordering
from perovdb.structures.ordering.rules import ordered, shuffled

__all__ = [
    "ENUMERATE",
    "RULES",
    "Order",
    "Ordering",
    "enumerate_orderings",
    "exact_counts",
    "ordered",
    "shuffled",
    "whole_counts",
]
