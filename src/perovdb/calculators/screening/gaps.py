"""Gaps of a block of compositions by the fitted model, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot
from typing import NamedTuple

import numpy as np

from perovdb.calculators.gap_model import (
    LARGEST_SU_EV,
    Term,
    at_room,
    scatter_eV,
    space_terms,
)
from perovdb.calculators.gap_slopes import space_slopes
from perovdb.errors import MissingData
from perovdb.facts.conditions import ROOM_TEMPERATURE_K


class Bend(NamedTuple):
    """A bowing of two ions, by their numbers on the site and that of the halide beside which it
    holds, if it is that of one."""

    site: str
    i: int
    j: int
    beside: int | None
    value_eV: float
    su_eV: float


class GapTables(NamedTuple):
    """The model of gaps for a space of compositions, as arrays.

    Attributes:
        ends_eV, ends_su_eV: (a * b * x,) end members in eV, those of X the fastest; NaN where
            no gap is known, or none at the temperature.
        bowings: of pairs of ions.
        scatter_eV: of alloys about the model.
        notes: what the numbers rest on, and what is missing.
    """

    ends_eV: np.ndarray
    ends_su_eV: np.ndarray
    bowings: tuple[Bend, ...]
    scatter_eV: float
    notes: tuple[str, ...]

    @property
    def is_sure(self) -> bool:
        """Whether no composition of the space is less sure than an answer must be."""
        widest = [np.nanmax(self.ends_su_eV, initial=0.0), self.scatter_eV]
        widest += [su_eV / 4 for *_, su_eV in self.bowings]
        return bool(hypot(*widest) <= LARGEST_SU_EV)


def gap_tables(
    A: Sequence[str], B: Sequence[str], X: Sequence[str], temperature_K: float = ROOM_TEMPERATURE_K
) -> GapTables:
    """The model for `gap_eV`, of all compositions of some ions.

    Args:
        A, B, X: ions of each site.
        temperature_K: in kelvin.
    """
    try:
        ends, bowings = space_terms(A, B, X)
    except MissingData as error:
        unknown = np.full(len(A) * len(B) * len(X), np.nan)
        return GapTables(unknown, unknown, (), 0.0, (error.what,))
    notes = ["gap_eV: model fitted to measured gaps, as in 'perovdb gap'"]
    notes += [
        f"not measured, expected: {term.told}" for term in (*ends, *bowings) if term.is_expected
    ]
    move_eV, move_su_eV = np.zeros(len(ends)), np.zeros(len(ends))
    if not at_room(temperature_K):
        moved, told = space_slopes(A, B, X, temperature_K)
        move_eV, move_su_eV = np.array(moved, dtype=float).T
        notes += told
    return GapTables(
        np.array([term.value_eV for term in ends]) + move_eV,
        np.hypot([term.su_eV for term in ends], move_su_eV),
        tuple(_bend(term, {"A": A, "B": B, "X": X}) for term in bowings),
        scatter_eV("alloys"),
        tuple(dict.fromkeys(notes)),
    )


def _bend(term: Term, sites: Mapping[str, Sequence[str]]) -> Bend:
    ions = sites[str(term.site)]
    i, j = (ions.index(ion) for ion in term.ions)
    beside = None if term.beside is None else sites["X"].index(term.beside)
    return Bend(str(term.site), i, j, beside, term.value_eV, term.su_eV)


def gap_eV(A: np.ndarray, B: np.ndarray, X: np.ndarray, tables: GapTables) -> np.ndarray:
    """(n,) gaps in eV by the model; NaN where it is not sure to 0.25 eV.

    Args:
        A, B, X: (n, a), (n, b), (n, x) fractions on each site.
        tables: from `gap_tables`.
    """
    sites = {"A": A.T, "B": B.T, "X": X.T}
    weights = _products(sites["A"], sites["B"], sites["X"])
    unknown = np.isnan(tables.ends_eV)
    total: np.ndarray = np.where(unknown, 0.0, tables.ends_eV) @ weights
    counts = []
    for site, i, j, beside, value_eV, _ in tables.bowings:
        count = sites[site][i] * sites[site][j]
        if beside is not None and len(sites["X"]) > 1:
            count *= sites["X"][beside]
        counts.append(count)
        total -= value_eV * count
    if unknown.any():
        total[unknown @ weights > 0] = np.nan
    if not tables.is_sure:
        variance = np.nan_to_num(tables.ends_su_eV) ** 2 @ weights**2 + tables.scatter_eV**2
        for count, (*_, su_eV) in zip(counts, tables.bowings, strict=True):
            variance += (su_eV * count) ** 2
        total[variance > LARGEST_SU_EV**2] = np.nan
    return total


def _products(A: np.ndarray, B: np.ndarray, X: np.ndarray) -> np.ndarray:
    """(a * b * x, n) products of fractions, compositions along the last axis."""
    of_two = (A[:, None] * B[None]).reshape(-1, A.shape[1])
    of_three: np.ndarray = (of_two[:, None] * X[None]).reshape(-1, A.shape[1])
    return of_three
