"""Rate constants, or curves that relax, from a CSV file whose first line names the columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from perovdb.errors import InputError
from perovdb.files.columns import read_columns

COLUMNS = ("temperature_K", "temperature_C", "rate", "rate_su", "time", "value")


class Measured(NamedTuple):
    """What a file holds: rate constants, or a curve at each temperature; the other is empty.

    Attributes:
        temperature_K, rate: (n,) rate constants; `rate_su` (n,) or None.
        curves: temperature in kelvin -> (time, value) of its curve.
    """

    temperature_K: np.ndarray
    rate: np.ndarray
    rate_su: np.ndarray | None
    curves: dict[float, tuple[np.ndarray, np.ndarray]]


def read_kinetics(path: str) -> Measured:
    """Rate constants or curves of a file.

    Columns: `temperature_K` (or `temperature_C`), then `rate` and, if known, `rate_su`; or `time`
    and `value`, the lines of one temperature together or not. Units of time are the user's.

    Raises:
        InputError: the file cannot be read, a column is missing, or an entry is not a number.
    """
    columns = read_columns(path, COLUMNS)
    if "temperature_K" in columns:
        kelvin = columns["temperature_K"]
    elif "temperature_C" in columns:
        # Sums such as 40 + 273.15 must not split a temperature by their last bit.
        kelvin = (columns["temperature_C"] + 273.15).round(9)
    else:
        raise InputError(
            f"{path} has no column temperature_K or temperature_C.", "Name one in its first line."
        )
    none = np.empty(0)
    if "rate" in columns:
        return Measured(kelvin, columns["rate"], columns.get("rate_su"), {})
    if "time" in columns and "value" in columns:
        time, value = columns["time"], columns["value"]
        curves = {
            float(one): (time[kelvin == one], value[kelvin == one]) for one in np.unique(kelvin)
        }
        return Measured(none, none, None, curves)
    raise InputError(
        f"{path} holds neither rate constants nor curves.",
        "Name a column rate, or the two columns time and value.",
    )
