"""Several barriers: mean and spread, hop rates and diffusion coefficients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perovdb.calculators.kinetics import diffusion_coefficient, hop_rate
from perovdb.errors import InputError
from perovdb.results.reading import Barrier


@dataclass(frozen=True)
class Average:
    """Mean of forward barriers.

    Attributes:
        count: of barriers that can be trusted; the others are left out.
        left_out: folders of the others.
        mean_eV: of the forward barriers, None if there is none.
        deviation_eV: standard deviation of the sample, None if there are fewer than two.
        lowest_eV, highest_eV: None if there is none.
        rate_Hz: mean of the hop rates, which the low barriers carry; None if there is none.
    """

    count: int
    left_out: tuple[str, ...]
    mean_eV: float | None
    deviation_eV: float | None
    lowest_eV: float | None
    highest_eV: float | None
    rate_Hz: float | None


def average(barriers: Sequence[Barrier], temperature_K: float, attempts_Hz: float) -> Average:
    """Mean and spread of the forward barriers that can be trusted.

    Args:
        barriers: one or more.
        temperature_K: of the rates.
        attempts_Hz: attempt frequency.

    Raises:
        InputError: a temperature or frequency is not positive.
    """
    good = [barrier for barrier in barriers if barrier.converged]
    left_out = tuple(str(barrier.folder) for barrier in barriers if not barrier.converged)
    if not good:
        return Average(0, left_out, None, None, None, None, None)
    heights = np.array([barrier.profile.barrier_forward_eV for barrier in good])
    return Average(
        count=len(good),
        left_out=left_out,
        mean_eV=float(heights.mean()),
        deviation_eV=float(heights.std(ddof=1)) if len(good) > 1 else None,
        lowest_eV=float(heights.min()),
        highest_eV=float(heights.max()),
        rate_Hz=float(np.mean(hop_rate(heights, temperature_K, attempts_Hz))),
    )


def kinetics(
    barrier: Barrier,
    temperature_K: float,
    attempts_Hz: float,
    neighbours: int | None = None,
    distance_A: float | None = None,
) -> dict[str, float | int | None]:
    """Hop rates both ways, and the diffusion coefficient of a vacancy whose hops are all like it.

    Args:
        barrier: of one hop.
        temperature_K: of the rates.
        attempts_Hz: attempt frequency.
        neighbours: ways that lead from a site; by default as the manifest tells the hop's
            multiplicity.
        distance_A: length of the hop; by default as the manifest tells.

    Raises:
        InputError: a number is not positive.
    """
    hop = barrier.manifest.get("hop")
    hop = hop if isinstance(hop, dict) else {}
    length = hop.get("distance_A") if distance_A is None else distance_A
    ways = hop.get("multiplicity") if neighbours is None else neighbours
    found = barrier.profile
    forward = float(hop_rate(found.barrier_forward_eV, temperature_K, attempts_Hz))
    backward = float(hop_rate(found.barrier_backward_eV, temperature_K, attempts_Hz))
    diffusion = None
    if length is not None and ways is not None and forward > 0:
        try:
            diffusion = float(diffusion_coefficient(forward, float(length), int(ways)))
        except (TypeError, ValueError):
            raise InputError(
                f"{barrier.folder}: the manifest does not tell length and number of ways.",
                "Give them: --distance A --neighbours N.",
            ) from None
    return {
        "temperature_K": temperature_K,
        "attempt_frequency_Hz": attempts_Hz,
        "hop_rate_Hz": forward,
        "hop_rate_backward_Hz": backward,
        "distance_A": length,
        "neighbours": ways,
        "vacancy_diffusion_cm2_s": diffusion,
    }
