"""Rate constants, or curves that relax, from a CSV file whose first line names the columns."""

from __future__ import annotations

import os

import numpy as np

from perovdb.calculators.kinetics.arrhenius import (
    ArrheniusFit,
    arrhenius_from_curves,
    fit_arrhenius,
)
from perovdb.errors import InputError
from perovdb.files.columns import read_columns

COLUMNS = ("temperature_K", "temperature_C", "rate", "rate_su", "time", "value",
           "conductivity", "conductivity_su")  # fmt: skip


def read_arrhenius(
    path: str | os.PathLike[str],
    levels: tuple[float, float] | None = None,
    confidence: float = 0.95,
    form: str | None = None,
) -> ArrheniusFit:
    """The activation energy behind the rate constants or curves of a file.

    Columns: `temperature_K` (or `temperature_C`), then `rate` and, if known, `rate_su`; or `time`
    and `value`, the lines of one temperature together or not, or `conductivity` and, if known,
    `conductivity_su`. Units of time are the user's.

    Args:
        path: of the CSV file.
        levels, confidence: as for `arrhenius_from_curves`.
        form: as for `fit_arrhenius`; None: "kT" of conductivities, "k" of all else.

    Raises:
        InputError: the file cannot be read, a column is missing, an entry is not a number, or
            levels are given for rates.
        OutOfRange: a curve does not relax.
    """
    columns = read_columns(os.fspath(path), COLUMNS)
    if "temperature_K" in columns:
        kelvin = columns["temperature_K"]
    elif "temperature_C" in columns:
        # Sums such as 40 + 273.15 must not split a temperature by their last bit.
        kelvin = (columns["temperature_C"] + 273.15).round(9)
    else:
        raise InputError(
            f"{path} has no column temperature_K or temperature_C.", "Name one in its first line."
        )
    for name, usual in (("rate", "k"), ("conductivity", "kT")):
        if name not in columns:
            continue
        if levels is not None:
            raise InputError(
                f"{path} holds values of a {name}, which have no levels.",
                "Leave the levels out (--levels): they are for curves.",
            )
        su = columns.get(f"{name}_su")
        return fit_arrhenius(kelvin, columns[name], su, confidence, form or usual)
    if "time" in columns and "value" in columns:
        if form == "kT":
            raise InputError(
                f"{path} holds curves, whose rates are fitted as they are.", "Leave the form out."
            )
        time, value = columns["time"], columns["value"]
        curves = {
            float(one): (time[kelvin == one], value[kelvin == one]) for one in np.unique(kelvin)
        }
        return arrhenius_from_curves(curves, levels, confidence)
    raise InputError(
        f"{path} holds neither rate constants nor curves.",
        "Name a column rate or conductivity, or the two columns time and value.",
    )
