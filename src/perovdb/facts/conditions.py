"""Phases by any of their names, which rows hold at a temperature, and what rows say in words."""

from collections.abc import Mapping
from math import inf
from typing import Any

from perovdb.store.connection import Record

#: Names in use for the phases of a perovskite -> names in the store.
PHASE_NAMES = {
    **{name: name for name in ("alpha", "beta", "gamma", "delta")},
    "cubic": "alpha",
    "tetragonal": "beta",
    "orthorhombic": "gamma",
    "α": "alpha",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
}

#: How sources begin the words for a phase -> the store's name of it.
_BEGIN = {
    "gamma": ("gamma", "ortho", "mono/ortho", "pnma", "pbnm", "pnam", "pna21"),
    "beta": ("beta", "tetra", "i4/mcm", "p4/mbm", "p4/mmm"),
    "alpha": ("alpha", "cubic", "pm-3m"),
    "trigonal": ("trigonal", "rhombohedral", "r3m"),
    "delta": ("delta", "hexagonal", "y"),
}

ROOM_TEMPERATURE_K = 298.0

#: A cell measured within this of the temperature asked for is taken for it. At a linear
#: expansion of 4e-5 / K (alpha-FAPbI3 between its cells at 299 and 399 K, Fabini 2016) 15 K
#: is worth 0.004 angstrom.
TEMPERATURE_TOLERANCE_K = 15.0

#: How far beyond its limit a cell stated for "> T" or "< T" is used.
OPEN_RANGE_K = 100.0


def phase_name(name: str) -> str:
    """The store's name of a phase."""
    return PHASE_NAMES.get(name.lower(), name)


def phase_meant(words: str | None) -> str:
    """The store's name of the phase that a source's words mean; else the words."""
    words = (words or "").strip()
    folded = words.casefold()
    return next((name for name, begin in _BEGIN.items() if folded.startswith(begin)), words)


def measured_at(row: Record, temperature_K: float) -> bool:
    """Whether a row holds at a temperature."""
    if row["temperature_K"] is None:
        return kelvin_apart(row, temperature_K) == 0
    return kelvin_apart(row, temperature_K) <= TEMPERATURE_TOLERANCE_K


def kelvin_apart(row: Record, temperature_K: float) -> float:
    """How far a row is from a temperature; infinite if its own is not known.

    A range that is open to one side is taken to reach OPEN_RANGE_K beyond its limit: a lattice
    expands, and the phase's cell was measured near the limit or nobody said where.
    """
    if row["temperature_K"] is not None:
        return float(abs(row["temperature_K"] - temperature_K))
    low: Any = row.get("temperature_min_K")
    high: Any = row.get("temperature_max_K")
    if low is None and high is None:
        return inf
    lowest = high - OPEN_RANGE_K if low is None else low
    highest = low + OPEN_RANGE_K if high is None else high
    return float(max(lowest - temperature_K, temperature_K - highest, 0.0))


def temperature_text(row: Mapping[str, Any]) -> str:
    """The temperature of a row of the phase table in words, with how well it is known."""
    if row["temperature_K"] is not None:
        text = f"{row['temperature_K']:g} K"
    elif row["temperature_min_K"] is not None and row["temperature_max_K"] is not None:
        text = f"{row['temperature_min_K']:g}-{row['temperature_max_K']:g} K"
    elif row["temperature_min_K"] is not None:
        text = f"> {row['temperature_min_K']:g} K"
    elif row["temperature_max_K"] is not None:
        text = f"< {row['temperature_max_K']:g} K"
    else:
        return "unknown temperature"
    basis = row["temperature_basis"]
    return text if basis == "stated" else f"{text} ({basis})"


def value_text(row: Mapping[str, Any]) -> str:
    """A number with its qualifier and uncertainty, or a range; empty if there is none."""
    value, low, high = row["value"], row["min"], row["max"]
    about = "" if row["qualifier"] in (None, "=") else row["qualifier"] + " "
    if value is not None:
        uncertainty = f" ± {row['uncertainty']:g}" if row["uncertainty"] is not None else ""
        return f"{about}{value:g}{uncertainty}"
    if low is not None and high is not None:
        return f"{about}{low:g}-{high:g}"
    if low is not None or high is not None:
        return f">= {low:g}" if low is not None else f"<= {high:g}"
    return ""


def phase_columns(row: Mapping[str, Any]) -> Record:
    """A row of the phase table as people see it."""
    return {
        "phase": row["phase"],
        "perovskite": bool(row["perovskite"]),
        "space group": row["space_group"],
        **{name: row[name] for name in ("a_A", "b_A", "c_A", "Z", "a_pseudocubic_A")},
        "temperature": temperature_text(row),
        "evidence": row["evidence"],
        "source": row["source"],
    }
