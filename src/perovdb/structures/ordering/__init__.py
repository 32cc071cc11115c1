"""Which ion stands on which of the sites that several ions share.

`order` takes one arrangement by a rule of `RULES`, `enumerate_orderings` all that are distinct.
"""

from perovdb.structures.ordering.arrangement import Ordering
from perovdb.structures.ordering.counts import exact_counts, site_counts
from perovdb.structures.ordering.distinct import enumerate_orderings
from perovdb.structures.ordering.rules import RULES, order
from perovdb.structures.ordering.shuffled import random_order, shuffled

__all__ = [
    "RULES",
    "Ordering",
    "enumerate_orderings",
    "exact_counts",
    "order",
    "random_order",
    "shuffled",
    "site_counts",
]
