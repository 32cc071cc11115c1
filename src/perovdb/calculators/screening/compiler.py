"""Turn an expression that people type into numpy operations, without ever running its text.

Python's own parser reads the text into a tree; each node of it is looked up in a short list of
what is allowed and becomes a numpy operation.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable
from difflib import get_close_matches
from math import inf
from typing import Any

import numpy as np

from perovdb.calculators.screening.truth import (
    Claim,
    Number,
    all_of,
    any_of,
    compared,
    opposite,
)
from perovdb.errors import InputError

#: Longer or deeper texts are refused before they are read.
LONGEST = 1000
DEEPEST = 40

#: Powers go from -HIGHEST_POWER to HIGHEST_POWER.
HIGHEST_POWER = 4

_HOW = "Write comparisons joined by and, or, not, as in '0.9 < t < 1 and Br <= 0.3'."

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_SIGNS: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


class Compiler:
    """Walks the tree of a text; a node that has no case below is refused.

    Args:
        text: as typed.
        known: names that it may use; `used`, those met so far.

    Raises:
        InputError: the text cannot be read, here, or holds what is not allowed, in `claim` and
            `number`.
    """

    def __init__(self, text: str, known: tuple[str, ...]) -> None:
        self.text = text
        self.known = known
        self.used: dict[str, None] = {}
        self.tree = self._parse()

    def _parse(self) -> ast.expr:
        if not self.text.strip():
            raise InputError("The expression is empty.", _HOW)
        if len(self.text) > LONGEST:
            raise InputError(
                f"The expression has {len(self.text)} characters.",
                f"Write it in at most {LONGEST}.",
            )
        if "\0" in self.text:
            raise self._error_at(self.text.index("\0"), "a null character stands", "Remove it.")
        # A space for each line break, and none before the first word, which would be an indent.
        flat = "".join(" " if c.isspace() else c for c in self.text)
        self.skipped = len(flat) - len(flat.lstrip())
        self.flat = flat.strip()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.flat, mode="eval").body
        except SyntaxError as error:
            at = min(max((error.offset or 1) - 1, 0), len(self.flat) - 1)
            raise self._error_at(
                self.skipped + at, "it cannot be read", self._syntax_hint()
            ) from None
        except (ValueError, RecursionError, MemoryError):
            raise InputError(f"'{self._shown()}' cannot be read.", _HOW) from None

    def _syntax_hint(self) -> str:
        bare = self.flat
        for sign in ("==", "<=", ">=", "!="):
            bare = bare.replace(sign, "")
        return "Equal is written ==." if "=" in bare else _HOW

    def claim(self, node: ast.expr, depth: int) -> Claim:
        """A node that must be true, false or unknown."""
        self._check_depth(node, depth)
        match node:
            case ast.BoolOp(op=ast.And(), values=parts):
                return all_of([self.claim(part, depth + 1) for part in parts])
            case ast.BoolOp(op=ast.Or(), values=parts):
                return any_of([self.claim(part, depth + 1) for part in parts])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return opposite(self.claim(operand, depth + 1))
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._comparison(node, [left, *others], ops, depth)
        if self._is_number(node):
            raise self._error(node, "a number stands where a condition must", "Compare it: t < 1.")
        raise self._refusal(node)

    def _comparison(
        self, node: ast.expr, sides: list[ast.expr], ops: list[ast.cmpop], depth: int
    ) -> Claim:
        if any(type(op) not in _COMPARISONS for op in ops):
            raise self._error(
                node, "'in' and 'is' compare nothing here", "Use < <= > >= == or !=."
            )
        numbers = [self.number(side, depth + 1) for side in sides]
        return all_of(
            [
                compared(_COMPARISONS[type(op)], left, right)
                for op, left, right in zip(ops, numbers[:-1], numbers[1:], strict=True)
            ]
        )

    def number(self, node: ast.expr, depth: int) -> Number:
        """A node that must be a number."""
        self._check_depth(node, depth)
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub() as op, operand=operand):
                return _applied(_SIGNS[type(op)], self.number(operand, depth + 1))
            case ast.BinOp(left=left, op=ast.Pow(), right=right):
                power = self._power(right)
                base = self.number(left, depth + 1)
                return lambda values: np.power(base(values), power)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
                return _joined(
                    _ARITHMETIC[type(op)],
                    self.number(left, depth + 1),
                    self.number(right, depth + 1),
                )
            case ast.Call(func=ast.Name(id="abs"), args=[argument], keywords=[]):
                return _applied(np.abs, self.number(argument, depth + 1))
            case ast.BoolOp() | ast.Compare() | ast.UnaryOp(op=ast.Not()):
                raise self._error(
                    node, "a condition stands where a number must", "Join conditions with and, or."
                )
        raise self._refusal(node)

    def _constant(self, node: ast.Constant) -> Number:
        value = _plain_number(node)
        if value is None:
            raise self._refusal(node)
        if not np.isfinite(value):
            raise self._error(node, "a number is too large", "Write a smaller one.")
        return lambda values: value

    def _name(self, node: ast.Name, name: str) -> Number:
        if name not in self.known:
            near = get_close_matches(name, self.known, n=1, cutoff=0.5) or [
                known for known in self.known if known.lower() == name.lower()
            ]
            hint = f"Did you mean {near[0]}? " if near else ""
            raise self._error(
                node, f"the name '{name}' is not known", f"{hint}Known: {', '.join(self.known)}."
            )
        self.used[name] = None
        return lambda values: values[name]

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

    def _is_number(self, node: ast.expr) -> bool:
        return (
            _plain_number(node) is not None
            or isinstance(node, ast.Name | ast.BinOp)
            or (isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS)
        )

    def _check_depth(self, node: ast.expr, depth: int) -> None:
        if depth > DEEPEST:
            raise self._error(
                node, "the expression goes too deep", "Write it with fewer parentheses."
            )

    def _refusal(self, node: ast.expr) -> InputError:
        kind = _KINDS.get(type(node), "this")
        if isinstance(node, ast.BinOp):
            kind = "this operator"
        return self._error(node, f"{kind} is not allowed", _HOW + " The only function is abs().")

    def _error(self, node: ast.expr, what: str, mend: str) -> InputError:
        # The parser counts bytes, people count characters.
        characters = self.flat.encode()[: node.col_offset].decode(errors="ignore")
        return self._error_at(self.skipped + len(characters), what, mend)

    def _error_at(self, at: int, what: str, mend: str) -> InputError:
        return InputError(f"'{self._shown()}': at position {at + 1} {what}.", mend)

    def _shown(self) -> str:
        text = "".join(c if c.isprintable() else "?" for c in self.text)
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
        return np.float64(inf)


_KINDS: dict[type[ast.expr], str] = {
    ast.Attribute: "a dot behind a name",
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


def _applied(function: Callable[[Any], Any], number: Number) -> Number:
    return lambda values: function(number(values))


def _joined(function: Callable[[Any, Any], Any], left: Number, right: Number) -> Number:
    return lambda values: function(left(values), right(values))
