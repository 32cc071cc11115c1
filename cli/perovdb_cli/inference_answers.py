"""An inferred composition as a plain dictionary, whose keys carry units, and as lines and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perovdb.calculators.inference import End, Inference, Measurement, Point, Tried

Answer = dict[str, Any]


def inference_answer(found: Inference) -> Answer:
    """An inferred composition with the ends, setting and measurement that it rests on."""
    point = found.point
    return {
        "measured": _values(found.measured),
        "quantity": found.measured.quantity,
        "readings": _readings(found.measured),
        "a_A": found.a_A,
        "a_su_A": found.a_su_A,
        "fraction": found.fraction,
        "fraction_of": found.ends[1].formula if point else None,
        "fraction_uncertainty": point.uncertainty if point else None,
        "uncertainty_parts": _parts(point) if point else None,
        "in_range": found.in_range,
        "formula": found.formula,
        "reason": found.reason or None,
        "segment": [_point(one) for one in found.segment] if not point else None,
        "setting": found.setting
        and {
            "asked": found.setting.asked,
            "chosen": found.setting.chosen.cell,
            "ambiguous": found.setting.ambiguous,
            "tried": [_tried(one) for one in found.setting.tried],
        },
        **_refined(found),
        "ends": [_end(end) for end in found.ends],
        "method": _method(),
        "sources": found.sources,
        "notes": list(found.notes),
    }


def _method() -> str:
    from perovdb.calculators.inference import METHOD

    return METHOD


def _values(measured: Measurement) -> float | list[float]:
    """The number that was measured; a list of them where there are several peaks."""
    values = [reading.value for reading in measured.readings]
    return values[0] if len(values) == 1 else values


def _readings(measured: Measurement) -> list[Answer]:
    """What was measured, each with its uncertainty."""
    unit = "deg" if measured.quantity == "two_theta_deg" else "A"
    return [
        {
            measured.quantity: reading.value,
            f"su_{unit}": reading.su,
            "su_from": reading.su_from,
            **({"hkl": list(measured.hkl[i])} if measured.hkl else {}),
            **({"wavelength_A": measured.wavelength_A} if measured.wavelength_A else {}),
        }
        for i, reading in enumerate(measured.readings)
    ]


def _parts(point: Point) -> Answer:
    """Parts of the uncertainty of a fraction, to be added as squares; null did not enter."""
    return {"measured": point.from_measured, "ends": point.from_ends}


def _point(point: Point) -> Answer:
    return {
        "fractions": dict(point.fractions),
        "fraction_uncertainty": point.uncertainty,
        "uncertainty_parts": _parts(point),
        "formula": point.formula,
    }


def _tried(tried: Tried) -> Answer:
    return {
        "cell": tried.cell,
        "hkl_pseudocubic": [list(hkl) for hkl in tried.hkl_pseudocubic],
        "a_A": tried.a_A,
        "a_su_A": tried.a_su_A,
        "in_range": tried.in_range,
        "plausible": tried.plausible,
    }


def _refined(found: Inference) -> Answer:
    """The zero shift, of several peaks."""
    refined = found.setting and found.setting.chosen.refined
    if not refined:
        return {}
    return {
        "zero_shift_deg": refined.zero_shift_deg,
        "zero_shift_su_deg": refined.zero_shift_su_deg,
        "residuals_deg": list(refined.residuals_deg),
    }


def _end(end: End) -> Answer:
    return {
        "formula": end.formula,
        "a_A": end.a_A,
        "su_A": end.su_A,
        "su_from": end.su_from,
        "min_A": end.range_A[0],
        "max_A": end.range_A[1],
        "given": not end.cells,
        "cells": [
            {
                "formula": cell.formula,
                "phase": cell.phase,
                "phase_id": cell.phase_id,
                "a_pseudocubic_A": cell.a_pseudocubic_A,
                "temperature": cell.temperature,
                "source": cell.source,
                "kind": cell.kind,
                "evidence": cell.evidence,
            }
            for cell in end.cells
        ],
    }


def head_lines(found: Inference) -> list[str]:
    """Which mixture the fractions are of, and the lattice parameters of its ends."""
    names = [end.formula for end in found.ends]
    if found.point:
        lines = [f"({names[0]})1-x({names[1]})x"]
    else:
        lines = [f"{', '.join(names)}: end points of the line of compositions"]
    for end in found.ends:
        cells = ", ".join(f"{c.phase}, {c.temperature} [{c.source}]" for c in end.cells)
        lines.append(f"  {end.formula}: a = {end.a_A:.4f} A, {cells or 'given'}")
    if found.setting and found.setting.chosen.refined:
        refined = found.setting.chosen.refined
        lines.append(
            f"  zero shift {refined.zero_shift_deg:.3f} +- {refined.zero_shift_su_deg:.3f} degrees"
        )
    return lines


def measured_text(measured: Measurement) -> str:
    """What was measured, as text."""
    values = ", ".join(f"{reading.value:g}" for reading in measured.readings)
    return f"{measured.quantity} {values}"


def inference_rows(found: Inference, full: bool) -> list[Answer]:
    """A row for a composition, or one for each end of a line of them; digits in full or cut."""

    def number(value: float, decimals: int) -> Any:
        return value if full else f"{value:.{decimals}f}"

    start = {
        "measured": measured_text(found.measured),
        "a_A": number(found.a_A, 4),
        **({"cell": found.setting.chosen.cell} if found.setting else {}),
    }
    if found.point:
        return [
            {
                **start,
                "x": number(found.point.fractions[found.ends[1].formula], 3),
                "uncertainty": number(found.point.uncertainty, 3),
                "in_range": found.in_range if full else ("yes" if found.in_range else "no"),
                "formula": found.formula,
            }
        ]
    return [
        {
            **start,
            **{
                end.formula: number(point.fractions.get(end.formula, 0.0), 3) if point else None
                for end in found.ends
            },
            "uncertainty": number(point.uncertainty, 3) if point else None,
            "in_range": found.in_range if full else ("yes" if found.in_range else "no"),
            "formula": point.formula if point else None,
        }
        for point in found.segment or (None,)
    ]
