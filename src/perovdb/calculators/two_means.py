"""Whether two means differ: Student's t, with B. L. Welch's degrees of freedom (Biometrika 34, 28
(1947))."""

from __future__ import annotations

from math import hypot, inf, sqrt
from typing import Any

from scipy import stats

from perovdb.answers import Answer, answer
from perovdb.calculators.printed_digits import half_unit, printed
from perovdb.errors import InputError

#: The share of chance under which people call a difference one.
_LEVEL = 0.05

#: Numbers of values behind each mean that a card without them shows.
_EACH = (3, 5, 10, 30)

_NOTES = (
    "n counts independent values: columns of one image are not",
    "an error of calibration is common to both: it cancels in the difference, not in the values",
)


@answer
class TwoMeans(Answer):
    """The difference of two means.

    Attributes:
        difference: the second less the first.
        difference_su: its standard uncertainty.
        relative_pct: the first less the second, in per cent of the second; None of zero.
        t: |difference| / difference_su.
        t_low, t_high: what it can be before the figures were rounded.
        degrees_of_freedom: Welch's; None where n is not known.
        p: two-sided chance of such a t if both are equal; of many values where n is not known.
        least_freedom: fewest degrees of freedom at which this t reaches 5 %; None if none does.
        p_each: n -> p if each mean is of n values; empty where n is known.
        notes: what a user should know.
    """

    difference: float
    difference_su: float
    relative_pct: float | None
    t: float
    t_low: float
    t_high: float
    degrees_of_freedom: float | None
    p: float
    least_freedom: int | None
    p_each: dict[str, float]
    notes: tuple[str, ...] = _NOTES

    def rows(self) -> list[dict[str, Any]]:
        """One row; p for n each in columns p_3, p_5, ..."""
        row = super().rows()[0]
        notes = row.pop("notes")
        return [row | {f"p_{n}": p for n, p in self.p_each.items()} | {"notes": notes}]

    def _lines(self) -> list[str]:
        reached = (
            "reaches 5 % with no number of values"
            if self.least_freedom is None
            else f"needs {self.least_freedom} or more degrees of freedom for 5 %"
        )
        freedom = (
            f"{self.degrees_of_freedom:.1f} degrees of freedom"
            if self.degrees_of_freedom is not None
            else "many values"
        )
        part = self.relative_pct
        relative = "" if part is None else f"; the first {part:+.3f} % from the second"
        each = ", ".join(f"{p:.2g} for n = {n}" for n, p in self.p_each.items())
        return [
            f"difference {self.difference:.4g} +- {self.difference_su:.2g}{relative}",
            f"  t = {self.t:.3f}, {self.t_low:.2f} to {self.t_high:.2f} by rounding",
            f"  p = {self.p:.2g} ({freedom}); t {reached}",
            *([f"  p of n values each: {each}"] if each else []),
            *self._note_lines(),
        ]

    def _headline(self) -> str:
        return f"{self.difference:.4g} +- {self.difference_su:.2g}, t = {self.t:.2f}"


def welch_freedom(first_su: float, second_su: float, n: tuple[int, int]) -> float:
    """Degrees of freedom of a difference of means with these standard errors."""
    a, b = first_su**2, second_su**2
    return float((a + b) ** 2 / (a**2 / (n[0] - 1) + b**2 / (n[1] - 1)))


def compare_means(
    first: str | float,
    first_su: str | float,
    second: str | float,
    second_su: str | float,
    n: tuple[int, int] | None = None,
    deviations: bool = False,
) -> TwoMeans:
    """Student's t of two means.

    Args:
        first, second: the means, as texts if their printed digits are to count ("5.870").
        first_su, second_su: their standard errors.
        n: how many independent values are behind each.
        deviations: the errors are standard deviations of the values, which need `n`.

    Raises:
        InputError: what is no number, an error that is not above zero, fewer than two values, or
            deviations without n.
    """
    if deviations and n is None:
        raise InputError(
            "Standard deviations say nothing of a mean without the number of values.",
            "Give it (--n 12 30), or standard errors.",
        )
    if n is not None and min(n) < 2:
        raise InputError(f"A mean of {min(n)} has no error.", "Give 2 values or more for each.")
    names = ("first mean", "its error", "second mean", "its error")
    figures = (first, first_su, second, second_su)
    m1, s1, m2, s2 = (printed(v, name) for v, name in zip(figures, names, strict=True))
    if s1 <= 0 or s2 <= 0:
        raise InputError("An error is not above zero.", "Give standard errors above zero.")
    scale = [sqrt(count) for count in n] if deviations and n else [1.0, 1.0]
    errors = float(s1) / scale[0], float(s2) / scale[1]
    half = [float(half_unit(s)) / each for s, each in zip((s1, s2), scale, strict=True)]
    difference = float(m2 - m1)
    play = float(half_unit(m1) + half_unit(m2))
    t = abs(difference) / hypot(*errors)
    most = hypot(errors[0] + half[0], errors[1] + half[1])
    least = hypot(errors[0] - half[0], errors[1] - half[1])
    freedom = welch_freedom(*errors, n) if n else None
    return TwoMeans(
        difference=difference,
        difference_su=hypot(*errors),
        relative_pct=float(100 * (m1 - m2) / m2) if m2 else None,
        t=t,
        t_low=max(0.0, abs(difference) - play) / most,
        t_high=(abs(difference) + play) / least,
        degrees_of_freedom=freedom,
        p=chance(t, freedom or inf),
        least_freedom=_least_freedom(t),
        p_each={} if n else {str(k): chance(t, welch_freedom(*errors, (k, k))) for k in _EACH},
    )


def chance(t: float, freedom: float) -> float:
    """Two-sided p of Student's t."""
    return float(2 * stats.t.sf(t, freedom))


def _least_freedom(t: float) -> int | None:
    if chance(t, inf) > _LEVEL:
        return None
    low, high = 0, 1
    while chance(t, high) > _LEVEL:
        low, high = high, 2 * high
        if high > 10**9:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if chance(t, middle) > _LEVEL else (low, middle)
    return high
