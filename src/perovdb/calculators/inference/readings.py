"""Numbers read as text, whose digits tell how well they are known."""

import re
from decimal import Decimal
from typing import NamedTuple

from perovdb.errors import InputError
from perovdb.ranges import RANGES

_READING = re.compile(r"(\d+\.?\d*|\.\d+)(?:\((\d+)\))?([eE][+-]?\d{1,2})?")

#: More characters no number has that was measured.
LONGEST = 40


class Reading(NamedTuple):
    """A number with its standard uncertainty and where that comes from."""

    value: float
    su: float
    su_from: str = "given"


Number = str | float | Reading


def read_number(number: Number, su: Number | None = None) -> Reading:
    """A number with its uncertainty: `su` if given, else 6.110(4), else half its last digit.

    Args:
        number: best as text, which keeps its digits: "6.110" is known to 0.0005, 6.11 to 0.005.
        su: its standard uncertainty, in the same unit.

    Raises:
        InputError: not a number above 0, or an uncertainty that is not.

    >>> read_number("6.11")
    Reading(value=6.11, su=0.005, su_from='half of the last digit')
    >>> read_number("6.110(4)").su
    0.004
    """
    if isinstance(number, Reading):
        if not all(0 < x < float("inf") for x in (number.value, number.su)):
            raise InputError(f"{number} cannot be.", "Give a value and an uncertainty above 0.")
        return number if su is None else Reading(number.value, _above_zero(su))
    text = str(number).strip()
    match = _READING.fullmatch(text) if len(text) <= LONGEST else None
    if not match or not float(match[1] + (match[3] or "")) > 0:
        raise InputError(
            f"'{text}' is not a number above 0.", "Write one such as 6.11 or 6.11(2)."
        )
    exact = Decimal(match[1] + (match[3] or ""))
    digit = Decimal(1).scaleb(int(exact.as_tuple().exponent))
    if su is not None:
        return Reading(float(exact), _above_zero(su))
    if match[2] and int(match[2]):
        return Reading(float(exact), float(digit * int(match[2])))
    return Reading(float(exact), float(digit / 2), "half of the last digit")


def in_range(reading: Reading, quantity: str) -> Reading:
    """The reading itself.

    Raises:
        InputError: it, or its uncertainty, is none of this quantity.
    """
    limits = RANGES[quantity]
    if reading.value not in limits or reading.su > limits.most:
        raise InputError(
            f"{quantity} cannot be {reading.value:g}, known to {reading.su:g}.",
            f"Give it {limits}.",
        )
    return reading


def _above_zero(su: Number) -> float:
    return su.value if isinstance(su, Reading) else read_number(su).value
