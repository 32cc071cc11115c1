"""Conditions and quantities that people type, such as "0.9 < t < 1 and Br <= 0.3"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from perovdb.calculators.screening.compiler import Compiler
from perovdb.calculators.screening.truth import Claim, Number, Values


@dataclass(frozen=True)
class Quantity:
    """An arithmetic expression; call it with name -> (n,) values for (n,) numbers.

    Attributes:
        text: as typed.
        known: names that it might use; `names`, those that it does.
    """

    text: str
    known: tuple[str, ...]
    names: tuple[str, ...] = field(init=False)
    _number: Number = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiler = Compiler(self.text, self.known)
        object.__setattr__(self, "_number", compiler.number(compiler.tree, 0))
        object.__setattr__(self, "names", tuple(compiler.used))

    def __call__(self, values: Values) -> np.ndarray:
        with np.errstate(all="ignore"):
            number = np.asarray(self._number(values), dtype=float)
        n = len(next(iter(values.values())))
        return np.broadcast_to(number, (n,))

    def __reduce__(self) -> tuple[Any, ...]:
        # Compiled functions do not pickle; the text compiles again.
        return Quantity, (self.text, self.known)


@dataclass(frozen=True)
class Condition:
    """A condition; call it with name -> (n,) values for (n,) booleans, unknown counting as no.

    Attributes:
        text: as typed.
        known: names that it might use; `names`, those that it does.
    """

    text: str
    known: tuple[str, ...]
    names: tuple[str, ...] = field(init=False)
    _claim: Claim = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        compiler = Compiler(self.text, self.known)
        object.__setattr__(self, "_claim", compiler.claim(compiler.tree, 0))
        object.__setattr__(self, "names", tuple(compiler.used))

    def __call__(self, values: Values) -> np.ndarray:
        with np.errstate(all="ignore"):
            true = self._claim(values).true
        n = len(next(iter(values.values())))
        return np.broadcast_to(true, (n,))

    def __reduce__(self) -> tuple[Any, ...]:
        return Condition, (self.text, self.known)


def condition(text: str, names: Iterable[str]) -> Condition:
    """The condition that a text states.

    Args:
        text: comparison chains joined by and, or, not and parentheses, over arithmetic of numbers
            and names: + - * /, ** to small constant powers, abs().
        names: that it may use.

    Raises:
        InputError: it is anything else; the message names the position.

    >>> below = condition("t < 0.9 or abs(t - 1) < 0.01", ["t"])
    >>> below({"t": np.array([0.85, 0.95, 1.0, np.nan])})
    array([ True, False,  True, False])
    """
    return Condition(text, tuple(names))


def quantity(text: str, names: Iterable[str]) -> Quantity:
    """The arithmetic expression that a text states; arguments and errors as for `condition`.

    >>> quantity("abs(t - 1)", ["t"])({"t": np.array([0.75, 1.5])})
    array([0.25, 0.5 ])
    """
    return Quantity(text, tuple(names))
