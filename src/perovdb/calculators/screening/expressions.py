"""Conditions and quantities that people type, such as "0.9 < t < 1 and Br <= 0.3".

Python's own parser reads the text into a tree, and nothing of the text is ever run: each node of
the tree is looked up in the short list of what is allowed and becomes a numpy operation.

What has no finite value, such as a division by zero, is not known (NaN), and each operation says
so at once: 1 / (1 / 0) is not 0. What is not known satisfies neither a comparison nor its
opposite. A `not` is therefore carried down to the comparisons that it turns round; `and` and `or`
of these then pass what is certainly true, whatever the unknown values are (Kleene's logic).
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import reduce
from typing import Any

import numpy as np

from perovdb.errors import InputError

#: Longer or deeper texts are refused.
LONGEST = 1000
DEEPEST = 40

#: Powers go from -HIGHEST_POWER to HIGHEST_POWER.
HIGHEST_POWER = 4

_HOW = "Write comparisons joined by and, or, not, as in '0.9 < t < 1 and Br <= 0.3'."

#: Comparison -> its opposite.
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
_OPERATIONS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Lt: operator.lt, ast.GtE: operator.ge, ast.Gt: operator.gt, ast.LtE: operator.le,
    ast.Eq: operator.eq,
    # The one comparison that numpy holds for true of an unknown value.
    ast.NotEq: lambda left, right: (left < right) | (left > right),
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.UAdd: operator.pos, ast.USub: operator.neg,
}  # fmt: skip

#: Name -> (n,) values.
Values = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Expression:
    """A text over names, read and checked.

    Attributes:
        text: as typed.
        known: names that it might use; `names`, those that it does.

    Raises:
        InputError: the text cannot be read, or holds what is not allowed; the message names the
            position.
    """

    text: str
    known: tuple[str, ...]
    names: tuple[str, ...] = field(init=False)
    tree: ast.expr = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", _parse(self.text))
        # Whatever is not allowed is met on the way through the tree, with any values.
        self(dict.fromkeys(self.known, np.ones(1)))
        used = {node.id: None for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        object.__setattr__(self, "names", tuple(name for name in used if name in self.known))

    def __call__(self, values: Values) -> np.ndarray:
        """(n,) what it says of name -> (n,) values."""
        with np.errstate(all="ignore"):
            result = self._evaluated(values)
        return np.broadcast_to(result, next(iter(values.values())).shape)

    def _evaluated(self, values: Values) -> Any:
        raise NotImplementedError

    def number(self, node: ast.expr, values: Values, depth: int = 0) -> Any:
        """A node that must be a number: an array, or one number for all."""
        self._check_depth(node, depth)
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name(id=name):
                self._check_name(node, name)
                return values[name]
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
                return _OPERATIONS[type(sign)](self.number(operand, values, depth + 1))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                base = self.number(left, values, depth + 1)
                # What is not known has no power 0 either, which numpy takes to be 1.
                return _known(np.power(base, self._power(right)) + 0 * base)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
                sides = (self.number(side, values, depth + 1) for side in (left, right))
                return _known(_OPERATIONS[type(op)](*sides))
            case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
                return np.abs(self.number(argument, values, depth + 1))
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                raise self._error(
                    node, "a condition stands where a number must", "Join conditions with and, or."
                )
        raise self._refusal(node)

    def _constant(self, node: ast.Constant) -> np.float64:
        value = _plain_number(node)
        if value is None:
            raise self._refusal(node)
        if not np.isfinite(value):
            raise self._error(node, "a number is too large", "Write a smaller one.")
        return value

    def _check_name(self, node: ast.expr, name: str) -> None:
        if name in self.known:
            return
        near = get_close_matches(name, self.known, n=1, cutoff=0.5) or [
            known for known in self.known if known.lower() == name.lower()
        ]
        hint = f"Did you mean {near[0]}? " if near else ""
        raise self._error(
            node, f"the name '{name}' is not known", f"{hint}Known: {', '.join(self.known)}."
        )

    def _power(self, node: ast.expr) -> np.float64:
        inner, sign = node, 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            inner, sign = node.operand, -1
        power = _plain_number(inner)
        if power is not None and power <= HIGHEST_POWER:
            return sign * power
        raise self._error(
            node,
            "a power is not a small number",
            f"Powers are numbers from -{HIGHEST_POWER} to {HIGHEST_POWER}.",
        )

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise self._error(
                node, "the expression goes too deep", "Write it with fewer parentheses."
            )

    def _refusal(self, node: ast.expr) -> InputError:
        kind = _KINDS.get(type(node), "this")
        return self._error(node, f"{kind} is not allowed", _HOW + " The only function is abs().")

    def _error(self, node: ast.expr, what: str, mend: str) -> InputError:
        # The parser counts bytes, people count characters.
        before = _flat(self.text).encode()[: node.col_offset].decode(errors="ignore")
        return _error_at(self.text, _indent(self.text) + len(before), what, mend)


class Quantity(Expression):
    """An arithmetic expression; call it with name -> (n,) values for (n,) numbers.

    It holds numbers and names, + - * /, ** to small constant powers, and abs().

    >>> Quantity("abs(t - 1)", ("t",))({"t": np.array([0.75, 1.5])})
    array([0.25, 0.5 ])
    """

    def _evaluated(self, values: Values) -> Any:
        return self.number(self.tree, values)


class Condition(Expression):
    """A condition; call it with name -> (n,) values for (n,) booleans, unknown counting as no.

    It holds comparisons of quantities, in chains, joined by and, or, not and parentheses.

    >>> below = Condition("t < 0.9 or abs(t - 1) < 0.01", ("t",))
    >>> below({"t": np.array([0.85, 0.95, 1.0, np.nan])})
    array([ True, False,  True, False])
    """

    def _evaluated(self, values: Values) -> Any:
        return self._holds(self.tree, values, True)

    def _holds(self, node: ast.expr, values: Values, wanted: bool, depth: int = 0) -> Any:
        """Where a node is certainly true, or certainly false if that is what is wanted."""
        self._check_depth(node, depth)
        match node:
            case ast.BoolOp(op=op, values=parts):
                each = [self._holds(part, values, wanted, depth + 1) for part in parts]
                return _joined(each, every=isinstance(op, ast.And) == wanted)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._holds(operand, values, not wanted, depth + 1)
            case ast.Compare(left=left, ops=ops, comparators=others):
                if any(type(op) not in _OPPOSITE for op in ops):
                    raise self._error(
                        node, "'in' and 'is' compare nothing here", "Use < <= > >= == or !=."
                    )
                sides = [self.number(side, values, depth + 1) for side in (left, *others)]
                kinds = [type(op) if wanted else _OPPOSITE[type(op)] for op in ops]
                each = [
                    _OPERATIONS[kind](*pair)
                    for kind, *pair in zip(kinds, sides[:-1], sides[1:], strict=True)
                ]
                return _joined(each, every=wanted)
            case ast.Constant() | ast.Name() | ast.BinOp() | ast.UnaryOp() | ast.Call():
                # What is no number either is refused as such.
                self.number(node, values, depth)
                raise self._error(
                    node, "a number stands where a condition must", "Compare it: t < 1."
                )
        raise self._refusal(node)


def _known(result: Any) -> Any:
    """Numbers as they are, and unknown where they are not finite."""
    infinite = np.isinf(result)
    return np.where(infinite, np.nan, result) if infinite.any() else result


def _joined(each: list[Any], every: bool) -> Any:
    return reduce(operator.and_ if every else operator.or_, each)


def _parse(text: str) -> ast.expr:
    if not text.strip():
        raise InputError("The expression is empty.", _HOW)
    if len(text) > LONGEST:
        raise InputError(
            f"The expression has {len(text)} characters.", f"Write it in at most {LONGEST}."
        )
    if "\0" in text:
        raise _error_at(text, text.index("\0"), "a null character stands", "Remove it.")
    flat = _flat(text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(flat, mode="eval").body
    except SyntaxError as error:
        at = min(max((error.offset or 1) - 1, 0), len(flat) - 1)
        bare = re.sub("[=<>!]=", "", flat)
        mend = "Equal is written ==." if "=" in bare else _HOW
        raise _error_at(text, _indent(text) + at, "it cannot be read", mend) from None
    except (ValueError, RecursionError, MemoryError):
        raise InputError(f"'{_shown(text)}' cannot be read.", _HOW) from None


def _flat(text: str) -> str:
    """A space for each line break, and none before the first word, which would be an indent."""
    return re.sub(r"\s", " ", text).strip()


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _error_at(text: str, at: int, what: str, mend: str) -> InputError:
    return InputError(f"'{_shown(text)}': at position {at + 1} {what}.", mend)


def _shown(text: str) -> str:
    text = "".join(c if c.isprintable() else "?" for c in text)
    return text if len(text) <= 80 else text[:77] + "..."


def _plain_number(node: ast.expr) -> np.float64 | None:
    """The number that a node writes out; None for True, texts, complex numbers and all else."""
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return None
    if not isinstance(node.value, int | float):
        return None
    try:
        return np.float64(node.value)
    except OverflowError:
        return np.float64(np.inf)


#: What a node is called where it is refused.
_KINDS: dict[type[ast.expr], str] = {
    ast.Attribute: "a dot behind a name",
    ast.BinOp: "this operator",
    ast.Call: "this function",
    ast.Constant: "a text or constant that is no number",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "if and else",
    ast.JoinedStr: "a text",
    ast.Lambda: "lambda",
    ast.List: "a list",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "an assignment",
    ast.SetComp: "a comprehension",
    ast.Subscript: "a bracket behind a name",
    ast.Tuple: "a comma",
}
