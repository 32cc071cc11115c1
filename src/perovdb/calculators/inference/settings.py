"""What was measured, and the cell in which its indices are meant."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np

from perovdb.calculators.diffraction import bragg
from perovdb.calculators.diffraction.bragg import SETTINGS, Index, Refined
from perovdb.calculators.diffraction.radiation import radiation_lines
from perovdb.calculators.inference.ends import SAME, End, lies_in_range, span
from perovdb.calculators.inference.readings import Number, Reading, in_range, read_number
from perovdb.errors import InputError, check_choice

#: A setting that needs a larger zero shift than this is not believed, nor one whose peaks miss
#: the fit by more than this or three times their uncertainty. Judgement: a shift of a degree is
#: beyond any aligned diffractometer, and another index is off by degrees.
MOST_ZERO_SHIFT_DEG = 1.0
MOST_RESIDUAL_DEG = 0.1


class Measurement(NamedTuple):
    """What was measured: `quantity` is a_A, d_A or two_theta_deg, each reading with its hkl."""

    quantity: str
    readings: tuple[Reading, ...]
    hkl: tuple[Index, ...]
    wavelength_A: float | None
    wavelength_name: str | None


class Tried(NamedTuple):
    """The lattice parameter that follows if the index is meant in a cell.

    Attributes:
        cell: name of the cell.
        hkl_pseudocubic: each index taken over to the pseudo-cubic cell.
        in_range: whether a composition has this lattice parameter.
        plausible: in range, and the peaks fit it without an unlikely zero shift.
    """

    cell: str
    hkl_pseudocubic: tuple[tuple[float, float, float], ...]
    a_A: float
    a_su_A: float
    in_range: bool
    plausible: bool
    refined: Refined | None


class Setting(NamedTuple):
    """The cell that an index was taken to be meant in, and all that were tried.

    Attributes:
        name: pseudo-cubic, tetragonal, orthorhombic or auto.
        ambiguous: another cell gives another composition.
    """

    name: str
    chosen: Tried
    tried: tuple[Tried, ...]
    ambiguous: bool


def measurement(
    a_A: Number | None,
    d_A: Number | None,
    two_theta_deg: Number | Sequence[Number] | None,
    hkl: Index | Sequence[Index] | None,
    wavelength: str | float | None,
) -> Measurement:
    """The readings of the one kind of value that is given, checked and with their indices."""
    values = {"a_A": a_A, "d_A": d_A, "two_theta_deg": two_theta_deg}
    quantities = [name for name, value in values.items() if value is not None]
    if len(quantities) != 1:
        raise InputError(
            f"Kinds of measured values given: {len(quantities)}.",
            "Give a lattice parameter, a spacing, or peaks: one of them.",
        )
    (quantity,) = quantities
    numbers = _several(cast(Number | Sequence[Number], values[quantity]))
    if quantity != "two_theta_deg" and len(numbers) > 1:
        raise InputError(
            f"{len(numbers)} lengths are {len(numbers)} samples.", "Infer from one at a time."
        )
    line, wavelength_A = None, None
    if quantity == "two_theta_deg":
        line, lines = radiation_lines("CuKa1" if wavelength is None else wavelength)
        # Of a doublet that is not resolved the peak stands at the mean.
        wavelength_A = sum(value * strength for value, strength in lines)
        wavelength_A /= sum(strength for _, strength in lines)
    elif wavelength is not None:
        raise InputError(
            "A wavelength belongs to peaks, not to lengths.", "Leave it out, or give peaks."
        )
    return Measurement(
        quantity=quantity,
        readings=tuple(in_range(read_number(number), quantity) for number in numbers),
        hkl=_indices(quantity, hkl, len(numbers)),
        wavelength_A=wavelength_A,
        wavelength_name=line,
    )


def _several(value: Number | Sequence[Number]) -> list[Number]:
    if isinstance(value, (str, Reading)) or np.ndim(value) == 0:
        return [cast(Number, value)]
    return list(cast(Sequence[Number], value))


def _indices(quantity: str, hkl: Index | Sequence[Index] | None, n: int) -> tuple[Index, ...]:
    if hkl is None or len(hkl) == 0:
        indices: list[Index] = []
    else:
        indices = [cast(Index, hkl)] if np.ndim(hkl) == 1 else list(cast(Sequence[Index], hkl))
    if quantity == "a_A":
        if indices:
            raise InputError(
                "A lattice parameter has no index.", "Leave it out, or give a spacing or peaks."
            )
        return ()
    if len(indices) != n:
        raise InputError(
            f"Indices hkl given: {len(indices)}, measured values: {n}.",
            "Give one for each, such as 2 0 0.",
        )
    for index in indices:
        if len(index) != 3 or not all(float(value).is_integer() for value in index):
            raise InputError(f"{tuple(index)} is no index hkl.", "Give three whole numbers.")
        bragg.pseudocubic_index(index)
    return tuple((int(index[0]), int(index[1]), int(index[2])) for index in indices)


def choose_setting(measured: Measurement, name: str, ends: Sequence[End]) -> Setting:
    """The first cell in which the indices give a composition; else the nearest to one."""
    check_choice(name, SETTINGS, "not a setting")
    tried: list[Tried] = []
    refused: dict[bragg.Cell, InputError] = {}
    for cell in SETTINGS[name]:
        try:
            tried.append(_try(measured, cell, ends))
        except InputError as error:
            refused[cell] = error
    plausible = [one for one in tried if one.plausible]
    # What the indices mean in the first cell is what is said, unless another one answers.
    if SETTINGS[name][0] in refused and not plausible:
        raise refused[SETTINGS[name][0]]
    middle = sum(span(ends)) / 2
    chosen = plausible[0] if plausible else min(tried, key=lambda one: abs(one.a_A - middle))
    return Setting(
        name=name,
        chosen=chosen,
        tried=tuple(tried),
        ambiguous=any(not same_length(one, chosen) for one in plausible),
    )


def _try(measured: Measurement, cell: bragg.Cell, ends: Sequence[End]) -> Tried:
    ratios = [bragg.a_over_d(hkl, cell) for hkl in measured.hkl]
    values = [reading.value for reading in measured.readings]
    su = [reading.su for reading in measured.readings]
    refined, fits = None, True
    if measured.wavelength_A is None:
        a, a_su = values[0] * ratios[0], su[0] * ratios[0]
    elif len(values) == 1:
        a = float(bragg.d_from_two_theta(values[0], measured.wavelength_A)) * ratios[0]
        a_su = a / np.tan(np.radians(values[0] / 2)) * np.radians(su[0]) / 2
    else:
        refined = bragg.refine(values, su, ratios, measured.wavelength_A)
        a, a_su = refined.a_A, refined.a_su_A
        fits = _fits(refined, su)
    in_range = lies_in_range(a, float(a_su), ends)
    return Tried(
        cell=cell.name,
        hkl_pseudocubic=tuple(bragg.pseudocubic_index(hkl, cell) for hkl in measured.hkl),
        a_A=a,
        a_su_A=float(a_su),
        in_range=in_range,
        plausible=in_range and fits,
        refined=refined,
    )


def _fits(refined: Refined, su: Sequence[float]) -> bool:
    return abs(refined.zero_shift_deg) <= MOST_ZERO_SHIFT_DEG and all(
        abs(residual) <= max(MOST_RESIDUAL_DEG, 3 * one)
        for residual, one in zip(refined.residuals_deg, su, strict=True)
    )


def same_length(one: Tried, other: Tried) -> bool:
    """Whether two cells give the same lattice parameter, but for rounding."""
    return abs(one.a_A - other.a_A) <= SAME * other.a_A
