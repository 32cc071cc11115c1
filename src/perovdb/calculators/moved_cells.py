"""Cells of a compound between two measured temperatures, and moved by a coefficient of expansion.

Both hold within one phase: between two of its cells, or as far as a measured coefficient says.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from perovdb.calculators.mixing import Cell, cell_of
from perovdb.facts.conditions import TEMPERATURE_TOLERANCE_K, temperature_text
from perovdb.facts.select import select
from perovdb.store.connection import Record

#: Cells of one phase from two sources differ by so much, and a coefficient by so much per kelvin.
_TWO_SOURCES_SU_A = 0.01
_EXPANSION_SU_PER_K = 1e-5


def between(rows: list[Record], temperature_K: float) -> Cell | None:
    """A cell between two of one phase, rather of one source than of two."""
    pairs = list(_around(rows, temperature_K))
    if not pairs:
        return None
    low, high = min(pairs, key=lambda pair: pair[0]["source"] != pair[1]["source"])
    first, last = low["temperature_K"], high["temperature_K"]
    share = (temperature_K - first) / (last - first)
    a_A = low["a_pseudocubic_A"] + share * (high["a_pseudocubic_A"] - low["a_pseudocubic_A"])
    one = low["source"] == high["source"]
    told = f"{temperature_K:g} K, between the cells of {first:g} K ({low['source']}) and "
    told += f"{last:g} K ({high['source']})"
    return _of_phase(low, a_A, temperature_K, told, 0.0 if one else _TWO_SOURCES_SU_A)


def expanded(rows: list[Record], formula: str, temperature_K: float) -> Cell | None:
    """A cell moved to a temperature of its phase by a stored coefficient of expansion."""
    for coefficient in _coefficients(formula):
        start, end = coefficient["temperature_min_K"], coefficient["temperature_max_K"]
        if not start <= temperature_K <= end or not _is_phase(coefficient, temperature_K):
            continue
        base = [
            row
            for row in rows
            if row["phase"] == coefficient["phase"]
            and row["temperature_K"] is not None
            and start - TEMPERATURE_TOLERANCE_K
            <= row["temperature_K"]
            <= end + TEMPERATURE_TOLERANCE_K
        ]
        if not base:
            continue
        row = base[0]
        per_K = coefficient["value"] / (3 if "volume" in coefficient["property"] else 1)
        kelvin = temperature_K - row["temperature_K"]
        a_A = row["a_pseudocubic_A"] * (1 + per_K * kelvin)
        told = (
            f"{temperature_K:g} K, from the cell of {temperature_text(row)} by {per_K:.2g} per K "
            f"({coefficient['evidence']}, {coefficient['source']})"
        )
        su_A = row["a_pseudocubic_A"] * _EXPANSION_SU_PER_K * abs(kelvin)
        return _of_phase(row, a_A, temperature_K, told, su_A)
    return None


def _around(rows: list[Record], temperature_K: float) -> Iterator[tuple[Record, Record]]:
    """Neighbouring cells of one phase, below and above a temperature, of one source or of two."""
    stated = [row for row in rows if row["temperature_K"] is not None]
    for phase in dict.fromkeys(row["phase"] for row in stated):
        of_phase = [row for row in stated if row["phase"] == phase]
        for source in (*dict.fromkeys(row["source"] for row in of_phase), None):
            some = [row for row in of_phase if source in (None, row["source"])]
            some.sort(key=lambda row: row["temperature_K"])
            for low, high in pairwise(some):
                if low["temperature_K"] <= temperature_K < high["temperature_K"]:
                    yield low, high


def _of_phase(row: Record, a_A: float, temperature_K: float, told: str, su_A: float) -> Cell:
    return cell_of(row)._replace(
        phase_id="",
        a_pseudocubic_A=a_A,
        temperature_K=temperature_K,
        temperature=told,
        kind="derived",
        su_A=su_A,
    )


def _coefficients(formula: str) -> list[Record]:
    """Measured coefficients of expansion of a compound that hold from one temperature to another;
    those of which nobody says whether they are linear are left out."""
    return [
        row
        for row in select("other_property", formula=formula, kind="measured")
        if row["property"] in ("thermal_expansion_linear_per_K", "thermal_expansion_volume_per_K")
        and None not in (row["value"], row["temperature_min_K"], row["temperature_max_K"])
        and row["formula"] == formula
    ]


def _is_phase(coefficient: Record, temperature_K: float) -> bool:
    from perovdb.calculators.phase_at import phase_at

    found = phase_at(coefficient["formula"], temperature_K)
    return found.basis == "transitions" and found.phase == coefficient["phase"]
