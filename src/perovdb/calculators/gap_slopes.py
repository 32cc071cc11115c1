"""How the gap of a perovskite goes with temperature near that of a room.

dE/dT is positive in iodides and bromides and linear within a phase (`gap_slope_meV_per_K` of the
store, such as Francisco-Lopez 2019 and Mannino 2020). A compound of which none was measured takes
the mean of those with its halide. In chlorides it turns round (Fasahat 2024): none is assumed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import nan
from statistics import fmean, pstdev

from perovdb.calculators.gap_model import Slope
from perovdb.calculators.phase_at import phase_at
from perovdb.calculators.provenance import EVIDENCE
from perovdb.composition import Composition, as_composition, parse
from perovdb.errors import MissingData
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.facts.select import select
from perovdb.store import per_store
from perovdb.store.connection import Record

#: The measured slopes near room temperature reach from here to here (Mannino 2020).
RANGE_K = (183.0, 435.0)

#: A slope that ends this far from room temperature is still one near it.
_NEAR_K = 100.0

#: Halides whose gaps grow with temperature.
GROWING = ("Br", "I")


def slope(composition: Composition, temperature_K: float) -> Slope:
    """The change of the gap from room temperature, as the mean of the end members' slopes.

    Raises:
        MissingData: the temperature lies beyond those of measured slopes, a compound passes a
            transition on the way, or it holds another halide than Br and I.
    """
    _check(composition, temperature_K)
    parts = [(w, *_of_end(f, temperature_K)) for f, w in composition.end_members().items()]
    value = sum(w * v for w, v, _, _ in parts)
    # Those of one halide are one mean, so that their errors hang together.
    su = sum(w * s for w, _, s, _ in parts)
    rows = [row for *_, of_end in parts for row in of_end]
    sources = dict.fromkeys(row["source"] for row in rows)
    kelvin = temperature_K - ROOM_TEMPERATURE_K
    return Slope(
        value,
        su,
        value * kelvin / 1000,
        su * abs(kelvin) / 1000,
        f"from 298 K by {value:.2f} +- {su:.2f} meV/K ({', '.join(sources)})",
        " ".join(sources),
        "derived",
        max((row["evidence"] for row in rows), key=EVIDENCE.index),
    )


def space_slopes(
    A: Sequence[str], B: Sequence[str], X: Sequence[str], temperature_K: float
) -> tuple[list[tuple[float, float]], list[str]]:
    """The change in eV, with uncertainty, of all end members, and notes; NaN where unknown."""
    kelvin = (temperature_K - ROOM_TEMPERATURE_K) / 1000
    found, notes = [], []
    for a, b, x in product(A, B, X):
        composition = as_composition(f"({a})({b})({x})3")
        try:
            _check(composition, temperature_K, transitions=False)
            value, su, _ = _of_end(composition.formula, temperature_K)
            found.append((value * kelvin, su * abs(kelvin)))
        except MissingData as error:
            notes.append(error.what)
            found.append((nan, nan))
    return found, notes


def _check(composition: Composition, temperature_K: float, *, transitions: bool = True) -> None:
    formula = composition.formula
    low, high = RANGE_K
    if not low <= temperature_K <= high:
        raise MissingData(
            f"How the gap of {formula} goes to {temperature_K:g} K is not known.",
            f"Slopes were measured from {low:g} to {high:g} K; ask within.",
        )
    others = [x for x in composition.sites["X"] if x not in GROWING]
    if others:
        raise MissingData(
            f"How the gap of {formula} goes with temperature is not known: with {others[0]} it "
            "may grow or shrink.",
            "Ask at 298 K.",
        )
    if not transitions or len(composition.end_members()) > 1 or _spans(formula, temperature_K):
        return
    here, there = phase_at(composition), phase_at(composition, temperature_K)
    if here.basis == there.basis == "transitions" and here.phase != there.phase:
        raise MissingData(
            f"{formula} is {here.phase} at 298 K and {there.phase} at {temperature_K:g} K; a "
            "slope of its gap holds within a phase.",
            "Ask at a temperature of the phase of 298 K.",
        )


def _spans(formula: str, temperature_K: float) -> bool:
    """Whether one slope of a compound was measured from room temperature to this one."""
    return any(
        row["formula"] == formula
        and row["temperature_min_K"] is not None
        and row["temperature_max_K"] is not None
        and all(_holds(row, kelvin) for kelvin in (ROOM_TEMPERATURE_K, temperature_K))
        for row in _slopes()
    )


@per_store
def _of_end(formula: str, temperature_K: float) -> tuple[float, float, list[Record]]:
    """Slope, uncertainty and rows of an end member in meV/K: its own, else its halide's."""
    halide = next(iter(parse(formula).sites["X"]))
    alike = [row for row in _slopes() if halide in parse(row["formula"]).sites["X"]]
    values = [row["value"] for row in alike]
    own = [row for row in alike if row["formula"] == formula and _holds(row, temperature_K)]
    if own:
        return own[0]["value"], own[0]["su_value"] or pstdev(values), own[:1]
    return fmean(values), pstdev(values), alike


@per_store
def _slopes() -> list[Record]:
    """Measured slopes near room temperature, of the phase there where a source names one."""
    return [
        row
        for row in select("other_property", kind="measured")
        if row["property"] == "gap_slope_meV_per_K"
        and row["value"] is not None
        and row["formula"]
        and _is_near_room(row)
    ]


def _is_near_room(row: Record) -> bool:
    here = phase_at(row["formula"])
    if here.basis == "transitions" and row["phase"] not in (None, here.phase):
        return False
    low, high = row["temperature_min_K"], row["temperature_max_K"]
    if low is None or high is None:
        return True
    return bool(low - _NEAR_K <= ROOM_TEMPERATURE_K <= high + _NEAR_K)


def _holds(row: Record, temperature_K: float) -> bool:
    low, high = row["temperature_min_K"], row["temperature_max_K"]
    return low is None or high is None or bool(low <= temperature_K <= high)
