"""What the library answers, as plain dictionaries whose keys carry units.

These keys are what other programs rely on; several commands share them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perovdb.facts.conditions import temperature_text
from perovdb.store.connection import Record

if TYPE_CHECKING:
    from perovdb.calculators.mixing import Cell, EndMember, Lattice
    from perovdb.calculators.tolerance import Tolerance

Answer = dict[str, Any]

#: What tells how far a value can be trusted; every value from the store carries it.
PROVENANCE = ("source", "kind", "evidence")


def tolerance_answer(result: Tolerance) -> Answer:
    """Tolerance factors with the radii that they rest on."""
    return {
        "formula": result.formula,
        "t": result.t,
        "mu": result.mu,
        "tau": result.tau,
        "radii": {
            species: {
                "radius_A": used.radius_A,
                "set": used.set,
                "coordination": used.coordination,
                "source": used.source,
                "kind": used.kind,
                "evidence": used.evidence,
            }
            for species, used in result.radii.items()
        },
        "probability": result.probability,
        "end_members": result.end_members,
        "windows": [window._asdict() for window in result.windows],
        "averaging": result.averaging,
        "radii_rule": result.radii_rule,
        "notes": list(result.notes),
    }


def lattice_answer(result: Lattice) -> Answer:
    """A lattice parameter with its end members and sources."""
    return {
        "formula": result.formula,
        "a_pseudocubic_A": result.a_pseudocubic_A,
        "temperature_K": result.temperature_K,
        "method": result.method,
        "end_members": [_end_member(member) for member in result.end_members],
        "sources": result.sources,
        "notes": list(result.notes),
    }


def _end_member(member: EndMember) -> Answer:
    low, high = member.range_A
    return {
        "formula": member.formula,
        "fraction": member.fraction,
        **_cell(member.cell),
        "n_values": 1 + len(member.competing),
        "min_A": low,
        "max_A": high,
        "competing": [_cell(cell) for cell in member.competing],
    }


def _cell(cell: Cell) -> Answer:
    return {
        "a_pseudocubic_A": cell.a_pseudocubic_A,
        "phase": cell.phase,
        "phase_id": cell.phase_id,
        "space_group": cell.space_group,
        "temperature_K": cell.temperature_K,
        "temperature_basis": cell.temperature_basis,
        "temperature": cell.temperature,
        "source": cell.source,
        "kind": cell.kind,
        "evidence": cell.evidence,
    }


def phase_answer(row: Record) -> Answer:
    """A row of the phase table, without the columns that hold nothing."""
    always = {"formula", "phase", "space_group", *PROVENANCE}
    answer = {
        key: value
        for key, value in row.items()
        if key in always or (value is not None and key != "perovskite")
    }
    return {**answer, "perovskite": bool(row["perovskite"])}


def phase_table(rows: list[Record]) -> list[Answer]:
    """Rows of the phase table as they are shown to people."""
    return [
        {
            "phase": row["phase"],
            "perovskite": bool(row["perovskite"]),
            "space group": row["space_group"],
            "a_A": row["a_A"],
            "b_A": row["b_A"],
            "c_A": row["c_A"],
            "Z": row["Z"],
            "a_pseudocubic_A": row["a_pseudocubic_A"],
            "temperature": temperature_text(row),
            "evidence": row["evidence"],
            "source": row["source"],
        }
        for row in rows
    ]


def value_text(row: Mapping[str, Any]) -> str:
    """A number with its qualifier and uncertainty, or a range; empty if there is none."""
    value, low, high = row["value"], row["min"], row["max"]
    told = "" if row["qualifier"] in (None, "=") else row["qualifier"] + " "
    if value is not None:
        uncertainty = f" ± {row['uncertainty']:g}" if row["uncertainty"] is not None else ""
        return f"{told}{value:g}{uncertainty}"
    if low is not None and high is not None:
        return f"{told}{low:g}-{high:g}"
    if low is not None or high is not None:
        return f">= {low:g}" if low is not None else f"<= {high:g}"
    return ""
