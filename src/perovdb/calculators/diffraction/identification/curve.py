"""A measured diffractogram taken apart: its main phase, what else is in it or may be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from perovdb.calculators.diffraction.identification.columns import Beam, Phase, phase_columns
from perovdb.calculators.diffraction.identification.mixtures import Mixture, Search
from perovdb.calculators.diffraction.identification.signal import Signal, signal_of
from perovdb.calculators.diffraction.identification.stored_peaks import StoredPeaks
from perovdb.errors import InputError, MissingData

#: Steps of a curve are at most this wide, and differ by no more than this part of one.
WIDEST_STEP_DEG, UNEVEN = 0.5, 0.05

#: What is left of a halide that has not reacted, or came apart: in each set, if it explains some.
REMAINS = ("PbI2", "2H")


class Taken(NamedTuple):
    """A curve taken apart.

    Attributes:
        signal: background and peaks.
        phases: that may be in it.
        mixtures: sets of them by cost, each with another main phase, which comes first in each.
        scores: of each: 1 less the share of the weighted squares that is left, its logarithm
            raised by what phases and shifts cost.
        second: whether both K-alpha lines were seen.
    """

    signal: Signal
    phases: tuple[StoredPeaks, ...]
    mixtures: tuple[Mixture, ...]
    scores: tuple[float, ...]
    second: bool


def is_curve(angles: np.ndarray) -> bool:
    """Whether angles (n,) stand in small even steps, as those of a curve and of no peaks."""
    if angles.ndim != 1 or len(angles) < 4 or not np.isfinite(angles).all():
        return False
    steps = np.diff(np.sort(angles))
    step = float(np.median(steps))
    if not 0 < step <= WIDEST_STEP_DEG:
        return False
    # Printed angles are rounded, and a few points may have been taken out.
    even = np.abs(steps - step) <= UNEVEN * step + 1.1e-3
    return bool(even.mean() >= 0.9) or len(angles) > 1000


def taken_apart(
    two_theta_deg: np.ndarray,
    intensity: np.ndarray,
    stored: Sequence[StoredPeaks],
    also: Sequence[StoredPeaks],
    second_line: tuple[float, float] | None,
    zero_shift_deg: float,
) -> Taken:
    """The sets of phases that explain a curve.

    Args:
        two_theta_deg, intensity: (n,) of the curve.
        stored: peaks of phases that may be in it.
        also: of the substrate and the like, which is never the answer.
        second_line: wavelength relative to the first and strength of a second line; it counts
            where it explains more than one line alone.
        zero_shift_deg: largest common shift.

    Raises:
        InputError: a curve that cannot be used.
        MissingData: no phase explains any of it.
    """
    order = np.argsort(two_theta_deg, kind="stable")
    if not np.isfinite(intensity).all():
        raise InputError("An intensity is not a number.", "Give finite numbers.")
    signal = signal_of(two_theta_deg[order], intensity[order])
    scan = (float(signal.two_theta_deg[0]), float(signal.two_theta_deg[-1]))
    phases: list[Phase] = []
    for one in (*stored, *also):
        phase = phase_columns(one, scan)
        if phase is not None:
            phases.append(phase)
    beyond = {id(one) for one in also}
    always = [
        number
        for number, phase in enumerate(phases)
        if id(phase.stored) in beyond
        or (phase.stored.row["formula"], phase.stored.row["phase"]) == REMAINS
    ]
    lines = ((1.0, 1.0), second_line) if second_line else ((1.0, 1.0),)
    search = Search(signal, phases, Beam(lines), zero_shift_deg)
    below = [number for number, phase in enumerate(phases) if id(phase.stored) in beyond]
    found = search.best(always, below) if phases else []
    second = second_line is not None
    if found and second:
        alone = Search(signal, phases, Beam(lines[:1]), zero_shift_deg)
        better = alone.refined(found[0].members, found[0].shapes[0].zero_deg)
        if better.cost < found[0].cost:
            search, second = alone, False
            found = sorted(
                (alone.refined(one.members, one.shapes[0].zero_deg) for one in found),
                key=lambda one: one.cost,
            )
    mains: dict[tuple[str, str], Mixture] = {}
    for mixture in found:
        inside = [n for n in mixture.members if id(phases[n].stored) not in beyond]
        if inside and mixture.cost < search.nothing:
            row = phases[inside[0]].stored.row
            mains.setdefault((row["formula"], row["phase"]), mixture)
    if not mains:
        raise MissingData(
            f"None of the {len(phases)} phases explains this curve.",
            "Check the wavelength and the temperature, or allow a larger zero shift.",
        )
    scores = tuple(
        float(-np.expm1((one.cost - search.nothing) / search.n)) for one in mains.values()
    )
    return Taken(
        signal, tuple(phase.stored for phase in phases), tuple(mains.values()), scores, second
    )
