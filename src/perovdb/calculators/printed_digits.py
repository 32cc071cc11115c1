"""Numbers as they were printed: what they may have been before rounding."""

from __future__ import annotations

import re
from decimal import Decimal

from perovdb.errors import InputError

_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")

#: More digits than these nobody prints.
_MOST_DIGITS = 30


def printed(value: str | float, what: str) -> Decimal:
    """A number with its digits: of a text all, so that "1.20" is more than "1.2"; of a float those
    that tell it from others.

    Raises:
        InputError: it is no plain decimal number; the message calls it `what`.
    """
    text = value.strip() if isinstance(value, str) else f"{value!r}".removesuffix(".0")
    if not _PLAIN.fullmatch(text) or len(text) > _MOST_DIGITS:
        raise InputError(
            f"{what} = '{text[:40]}' is no printed number.", "Write it as it is printed: 1.20."
        )
    return Decimal(text)


def half_unit(number: Decimal) -> Decimal:
    """Half a unit of the last digit."""
    return Decimal((0, (5,), int(number.as_tuple().exponent) - 1))


def interval(number: Decimal) -> tuple[float, float]:
    """Least and greatest value that rounds to a number."""
    half = half_unit(number)
    return float(number - half), float(number + half)
