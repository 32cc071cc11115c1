"""Which phases may be in a sample: their ions, their temperature, and what it lies on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isinf
from typing import Any

import numpy as np

from perovdb.calculators.diffraction.identification.stored_peaks import (
    WEAKEST_PCT,
    StoredPeaks,
)
from perovdb.calculators.diffraction.pattern import xrd
from perovdb.composition import Material, parse
from perovdb.composition.registry import load_registry
from perovdb.errors import PerovdbError
from perovdb.facts.conditions import ROOM_TEMPERATURE_K, kelvin_apart, measured_at
from perovdb.store.connection import Record


@dataclass(frozen=True)
class Which:
    """The phases that may be in a sample.

    Attributes:
        ions: if any, phases of these ions alone.
        without: no phases that hold one of these.
        temperature_K: no phases that are known at other temperatures alone; None for all.
        substrates: what may lie below, as crystals: structures or files of them, such as the CIF
            of the SnO2 on a glass. They are never the answer.
    """

    ions: Sequence[str] = ()
    without: Sequence[str] = ()
    temperature_K: float | None = ROOM_TEMPERATURE_K
    substrates: Sequence[Any] = ()


def may_be(which: Which) -> Callable[[Record], bool]:
    """Whether the phase of a row may be in the sample.

    Raises:
        UnknownSpecies: an ion is not known.
    """
    registry = load_registry()
    wanted = {registry.ion(ion).species for ion in which.ions}
    unwanted = {registry.ion(ion).species for ion in which.without}

    def may_be_one(row: Record) -> bool:
        if which.temperature_K is not None and not (
            measured_at(row, which.temperature_K) or isinf(kelvin_apart(row, which.temperature_K))
        ):
            return False
        if not wanted and not unwanted:
            return True
        try:
            held = set(parse(row["formula"]).species)
        except PerovdbError:
            return False
        return not held & unwanted and (not wanted or held <= wanted)

    return may_be_one


def given_peaks(
    substrates: Sequence[Material], wavelength_A: float, two_theta_deg: tuple[float, float]
) -> tuple[StoredPeaks, ...]:
    """Peaks of crystals that are given, as those of phases of the store."""
    found = []
    for number, material in enumerate(substrates, 1):
        pattern = xrd(material, wavelength=wavelength_A, two_theta_deg=two_theta_deg)
        kept = pattern.above(WEAKEST_PCT).peaks
        name = material if isinstance(material, str) else f"substrate {number}"
        found.append(
            StoredPeaks(
                {"id": name, "formula": pattern.formula, "phase": pattern.phase,
                 "source": "given", "kind": "given", "evidence": "given"},
                np.array([peak.two_theta_deg for peak in kept]),
                np.array([peak.intensity for peak in kept]),
                tuple(peak.hkl[0] for peak in kept),
                False,
            )
        )  # fmt: skip
    return tuple(found)
