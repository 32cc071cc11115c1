"""Conditions of `--where`: drawn with their truth in the logic of the unknown, or hostile."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.guard import MARKER

from perovdb.calculators.screening.expressions import Condition, Quantity
from perovdb.errors import InputError

#: A number or a truth that is not known is None.
Number = float | None
Truth = bool | None
Point = dict[str, Number]

_NAMES = ("t", "mu", "gap_eV", "Br")
_COMPARED = ("<", "<=", ">", ">=", "==", "!=")

_RUNS = (
    f"__import__('os').system('touch {MARKER}')",
    f"().__class__.__base__.__subclasses__()[0].{MARKER}",
    f"open('{MARKER}', 'w')",
    f"eval(\"open('{MARKER}','w')\")",
    f"exec('{MARKER}=1')",
    f"[x for x in ({MARKER},)]",
    f"(lambda: {MARKER})()",
    f"({MARKER} := 1)",
    f"f'{{open(\"{MARKER}\", \"w\")}}'",
    f"t.__init__.__globals__['{MARKER}']",
    f"getattr(t, '{MARKER}')",
    f"$(touch {MARKER})",
    f"`touch {MARKER}`",
    f"@{MARKER}",
    f"t if {MARKER} else mu",
    "print(t)", "abs.__self__", "abs(t, key=mu)", "abs(*t)", "abs", "abs()", "t()", "t[0]", "'t'",
    "b't'", "1j", "True", "None", "...", "{t}", "{t: 1}", "yield t", "await t", "t is t",
    "t in (t,)", "not", "t <", "< t", "t = 1", "t == ", "t && mu", "t || mu", "!t", "~t",
    "t // mu", "t % mu", "t << 1", "t @ mu", "t ** mu", "t ** 5", "2 ** 9 ** 9", "9 ** 999999999",
    "t ** -5", "t; mu", "t\nmu", "t # mu", "t, mu", "import os", "del t", "1_0", "0x10", "0b1",
    "01", "1e999", "9" * 5000, "(" * 300 + "t" + ")" * 300, "-" * 500 + "t",
    "not " * 400 + "t < 1", "t" + "+t" * 400, "t < 1 " + "and t < 1 " * 90, "\0", "\ufeff",
    "\u202e", "\x1b[2J", "ｔ", "𝐭", "t\u200b", "😀", "\ud800", "__debug__", "NotImplemented",
    "nan", "inf", "gap_ev", "T", "Brx",
)  # fmt: skip


# ------------------------------------------------------------------ drawn with its truth


def number(rng: Random, point: Point, depth: int = 0) -> tuple[str, Number]:
    """An expression and its value at a point."""
    choice = rng.randrange(3 if depth > 3 else 8)
    if choice < 2:
        name = rng.choice(_NAMES)
        return name, point[name]
    if choice == 2:
        value = rng.choice((0, 1, 2, 0.5, 0.25, 3))
        return f"{value}", float(value)
    text, value = number(rng, point, depth + 1)
    if choice == 3:
        return f"abs({text})", None if value is None else abs(value)
    if choice == 4:
        return f"(-({text}))", None if value is None else -value
    if choice == 5:
        return f"({text}) ** 2", None if value is None else value * value
    other, second = number(rng, point, depth + 1)
    sign = rng.choice("+-*/")
    known = value is not None and second is not None
    result: Number = None
    if known and sign == "/":
        result = value / second if second else None
    elif known:
        result = {"+": value + second, "-": value - second, "*": value * second}[sign]
    return f"({text} {sign} {other})", result


def condition(rng: Random, point: Point, depth: int = 0) -> tuple[str, Truth]:
    """A condition and its truth at a point: true, false or not known."""
    choice = rng.randrange(2 if depth > 3 else 6)
    if choice < 2:
        text, left = number(rng, point)
        truths: list[Truth] = []
        for _ in range(rng.choice((1, 1, 2))):
            sign = rng.choice(_COMPARED)
            other, right = number(rng, point)
            text += f" {sign} {other}"
            truths.append(None if left is None or right is None else _holds(left, sign, right))
            left = right
        return text, _every(truths)
    text, truth = condition(rng, point, depth + 1)
    if choice == 2:
        return f"(not ({text}))", None if truth is None else not truth
    other, second = condition(rng, point, depth + 1)
    if choice < 5:
        return f"({text}) and ({other})", _every([truth, second])
    opposite = _every([None if one is None else not one for one in (truth, second)])
    return f"({text}) or ({other})", None if opposite is None else not opposite


def _holds(left: float, sign: str, right: float) -> bool:
    return {
        "<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right,
        "==": left == right, "!=": left != right,
    }[sign]  # fmt: skip


def _every(truths: list[Truth]) -> Truth:
    """Kleene's "and"."""
    if False in truths:
        return False
    return None if None in truths else True


# ------------------------------------------------------------------ thrown


def attack(rng: Random, folder: Path) -> str:
    """Half are well formed and must mean what they say; half are hostile."""
    points = [
        {name: rng.choice((0.0, 0.5, 1.0, 2.0, -1.0, -0.5, None)) for name in _NAMES}
        for _ in range(4)
    ]
    values = {
        name: np.array([np.nan if (x := point[name]) is None else x for point in points])
        for name in _NAMES
    }
    if rng.random() < 0.5:
        return _true(rng, points, values)
    text = rng.choice(_RUNS)
    if rng.random() < 0.6:
        true, _ = condition(rng, points[0])
        joined = rng.choice(
            ("{} and {}", "{1} or {0}", "({}) < ({})", "abs({}) < 1 or {}", "{}{}")
        )
        text = joined.format(text, true)
    if rng.random() < 0.4:
        at = rng.randrange(len(text) + 1)
        text = (
            text[:at]
            + rng.choice(("", "(", ")", "'", "\\", "\0", "..", "\x1b", "t", "9"))
            + text[at + 1 :]
        )
    kind = rng.choice((Condition, Quantity))
    try:
        kept = kind(text, _NAMES)(values)
        word = "hostile, answered"
    except InputError as error:
        if not str(error).isprintable():
            raise Finding(f"{text!r}: the error is not one printable line: {error!r}") from None
        word = "refused"
    else:
        if MARKER in text:
            raise Finding(f"{text!r} was read as {kept}")
        unknown = [all(point[name] is None for name in _NAMES) for point in points]
        if kind is Condition and any(kept[unknown]) and any(name in text for name in _NAMES):
            raise Finding(f"{text!r} holds where nothing is known")
    if rng.random() < 0.1 and "\0" not in text and "\ud800" not in text:
        answer = perovdb(
            "screen", "Cs,FA | Pb | I,Br", "--step", "0.5", "--json", f"--where={text}"
        )
        if word == "refused" and kind is Condition and answer.code != 2:
            raise Finding(f"screen --where {text!r}: exit {answer.code}")
    return word


def _true(rng: Random, points: list[Point], values: dict[str, np.ndarray]) -> str:
    state = rng.getstate()
    text, _ = condition(rng, points[0])
    truths = []
    for point in points:
        # The same draws give the same text; only its truth is that of the point.
        rng.setstate(state)
        again, truth = condition(rng, point)
        assert again == text
        truths.append(truth)
    try:
        kept = Condition(text, _NAMES)(values)
    except InputError as error:
        if len(text) > 1000 or "too deep" in str(error):
            return "refused"
        raise Finding(f"{text!r} is well formed and was refused: {error}") from None
    for point, truth, holds in zip(points, truths, kept, strict=True):
        if bool(holds) != (truth is True):
            raise Finding(f"{text!r} is {truth} at {point} and {'kept' if holds else 'dropped'}")
    return "true to its meaning"


CAMPAIGN = Campaign(
    kind="conditions",
    throws="conditions of --where: well formed, with values that are not known, and hostile",
    promise="a condition keeps exactly what certainly satisfies it; nothing of its text is run",
    attack=attack,
    full=6_000,
    short=300,
    words={"true to its meaning", "refused", "hostile, answered"},
    seconds=5,
)
