"""How mixed sites are to be ordered, as a history can hold it, and what an ordering is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np

from perovdb.errors import InputError
from perovdb.structures.arguments import Options
from perovdb.structures.ordering.correlations import SHELLS
from perovdb.structures.ordering.quasirandom import MOST_SHELLS, STEPS

#: Name -> meaning of the rules that make one order.
RULES = {
    "random": "shuffled by the seed",
    "sqs": "special quasi-random: pair correlations as near to a random alloy as the cell allows",
    "clustered": "the rarest ion gathered around the middle of the cell",
    "layered": "whole planes along the axis, spread evenly",
    "columnar": "one to one, columns along the axis that alternate in the two other directions",
    "rocksalt": "one to one, alternating in all three directions",
}

#: The rule that stands for all distinct orderings, of which `choice` takes one.
ENUMERATE = "enumerate"

#: Option -> the rules that it is of.
_OF = {
    "axis": ("layered", "columnar"),
    "choice": (ENUMERATE,),
    "shells": ("sqs",),
    "steps": ("sqs",),
    "target": ("sqs",),
}


@dataclass(frozen=True)
class Order(Options):
    """How sites that several ions share are ordered.

    Attributes:
        rule: a key of RULES, or "enumerate": one of the symmetry-distinct orderings.
        axis: number of a cell vector, 0 to 2: "layered" planes are stacked along it, "columnar"
            columns run along it.
        choice: which of the distinct orderings of "enumerate", from 0.
        shells: of "sqs": how many shells of neighbours count.
        steps: of "sqs": most swaps to make.
        target: of "sqs": stop as soon as the error is not above this.

    Raises:
        InputError: there is no such rule, or an option cannot be used with it.

    >>> Order("layered", axis=0).as_dict()
    {'rule': 'layered', 'axis': 0}
    """

    rule: str = "random"
    axis: int = 2
    choice: int = 0
    shells: int = SHELLS
    steps: int = STEPS
    target: float = 0.0

    def __post_init__(self) -> None:
        if self.rule not in (*RULES, ENUMERATE):
            raise InputError(
                f"There is no ordering rule {self.rule!r}.",
                f"Use one of {', '.join(RULES)}, {ENUMERATE}.",
            )
        if not _whole(self.axis, 0, 2):
            raise InputError(f"There is no cell vector {self.axis!r}.", "Give 0, 1 or 2.")
        if not _whole(self.choice, 0):
            raise InputError(
                f"There is no distinct ordering number {self.choice!r}.",
                "They are numbered from 0.",
            )
        if not _whole(self.shells, 1, MOST_SHELLS) or not _whole(self.steps, 1):
            raise InputError(
                f"{self.shells} shells and {self.steps} steps cannot be used.",
                f"Give whole numbers from 1 on, at most {MOST_SHELLS} shells.",
            )
        if not isinstance(self.target, Real) or not self.target >= 0:
            raise InputError(
                f"A quasi-random order cannot have the error {self.target!r}.",
                "Give a number from 0 on.",
            )
        for name, value in self.as_dict().items():
            if name in _OF and self.rule not in _OF[name]:
                raise InputError(
                    f"The order {self.rule!r} has no {name}, such as {value!r}.",
                    f"It goes with {' and '.join(_OF[name])}.",
                )


@dataclass(frozen=True)
class Ordering:
    """One arrangement of ions on the sites of a cell.

    Attributes:
        ions: (n,) species on each site, "" for an empty one.
        report: what the rule has to say, as JSON can hold it: correlation errors, steps, ...
        text: the same in one line for people.
        multiplicity: of an enumeration, how many arrangements are equivalent to this one, itself
            included; 1 for the other rules.
    """

    ions: np.ndarray
    report: Mapping[str, Any]
    text: str
    multiplicity: int = 1


def _whole(value: object, least: int, most: float = float("inf")) -> bool:
    return (
        isinstance(value, Integral) and not isinstance(value, bool) and least <= int(value) <= most
    )
