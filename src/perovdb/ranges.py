"""What numbers may be that people give: the range of each by its name, which tells its unit too.

A name means one thing everywhere: the options of the command line, the arguments of Python, the
fields of what belongs together and the keys of a study are held to the same range. Ranges are
wide, to refuse what is no crystal, no instrument and no machine; whether a value makes sense in
its place is for the function to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import NamedTuple


class Range(NamedTuple):
    """The least and the most that a number may be, both included."""

    least: float
    most: float

    def __str__(self) -> str:
        return f"from {self.least:g} to {self.most:g}"

    def __contains__(self, value: object) -> bool:
        """Whether a number is inside, which NaN never is."""
        return isinstance(value, Real) and self.least <= value <= self.most  # type: ignore[operator]


_LENGTH_A = Range(0.1, 100)
_ANGLE_DEG = Range(0, 180)
_COUNT = Range(1, 1_000_000)

RANGES: Mapping[str, Range] = {
    # What is measured.
    "temperature_K": Range(0, 2000),
    "a_A": Range(1, 100),
    "d_A": _LENGTH_A,
    "two_theta_deg": _ANGLE_DEG,
    "wavelength": Range(0.1, 10),
    "hkl": Range(-100, 100),
    "barrier_eV": Range(0, 20),
    "barriers_eV": Range(0, 20),
    "gap_eV": Range(0, 20),
    "radius_A": Range(0.1, 10),
    "bowing_A": Range(-10, 10),
    "fraction": Range(0, 1),
    "min_pce_pct": Range(0, 100),
    "levels": Range(-1e12, 1e12),
    "confidence": Range(0.01, 0.9999),
    # Diffraction.
    "tolerance_deg": Range(0.001, 2),
    "octahedra.tolerance_deg": Range(0, 45),
    "zero_shift_deg": Range(-5, 5),
    "identify.zero_shift_deg": Range(0, 2),
    "b_iso_A2": Range(0, 100),
    "size_nm": Range(0.1, 1e5),
    "fwhm_deg": Range(1e-4, 50),
    "caglioti": Range(-100, 100),
    "mixing": Range(0, 1),
    "shape_factor": Range(0.1, 10),
    "displacement_mm": Range(-10, 10),
    "radius_mm": Range(1, 10_000),
    "above": Range(0, 100),
    # Rates.
    "distance_A": _LENGTH_A,
    "smallest_matrix.distance_A": Range(0, 1000),
    "neighbours": Range(1, 100),
    "vacant": Range(1e-15, 1),
    "correlation": Range(1e-6, 1),
    "transport.vacant": Range(1e-15, 0.1),
    "diameter_nm": Range(0.1, 1e7),
    "exchanged": Range(0.01, 0.9999),
    "attempt_frequency_Hz": Range(1e6, 1e16),
    # Mixtures.
    "mixing.temperature_K": Range(10, 2000),
    "tc_K": Range(1, 10_000),
    "L_eV": Range(-5, 5),
    "mixing.gap": Range(1e-6, 1 - 1e-6),
    # Light.
    "intensity_mW_cm2": Range(1e-9, 1e9),
    "wavelength_nm": Range(100, 2000),
    "thickness_nm": Range(1, 1e7),
    "lifetime_ns": Range(1e-3, 1e9),
    "segregation.temperature_K": Range(100, 1000),
    # Energies of defects.
    "state_eV": Range(-100, 100),
    "compounds_eV": Range(-100, 10),
    "defect_levels.gap_eV": Range(0.01, 20),
    "defect_levels.temperature_K": Range(10, 2000),
    "masses": Range(0.001, 100),
    # Cells that make power; AM1.5G goes from 0.31 to 4.43 eV.
    "cell.gap_eV": Range(0.32, 4.4),
    "cell.temperature_K": Range(100, 600),
    "sun_K": Range(1000, 50_000),
    "voc_V": Range(1e-3, 5),
    "voc_rad_V": Range(1e-3, 5),
    "jsc_mA_cm2": Range(1e-9, 1e5),
    "plqy": Range(1e-15, 1),
    "ff_pct": Range(1e-3, 100),
    "pce_pct": Range(1e-6, 100),
    "epsilon": Range(1, 1e5),
    "vtfl_V": Range(1e-6, 1e5),
    # Values behind a mean.
    "compare_means.n": Range(2, 1_000_000_000),
    # Exchange between dots.
    "exchange.temperature_K": Range(100, 1000),
    "exchange.barrier_eV": Range(0, 3),
    "mixed_barrier_eV": Range(0, 3),
    "diffusion_cm2_s": Range(1e-40, 1e-2),
    "interaction_eV": Range(-1, 5),
    "surface_nm_s": Range(1e-30, 1e12),
    "surface_eV": Range(0, 5),
    "free_ions": Range(0, 1000),
    "exchange.share": Range(0.01, 0.99),
    "spread": Range(0, 0.5),
    "time_min": Range(0, 1e12),
    "hop_A": Range(1, 20),
    "peaks_nm": Range(200, 3000),
    "mixed_nm": Range(200, 3000),
    "line_nm": Range(5, 300),
    "quenching": Range(0, 0.99),
    # Models.
    "lattice": Range(2, 20),
    "angles_deg": Range(-60, 60),
    "interlayer_A": Range(1, 200),
    "vacuum_A": Range(0, 1000),
    "padding_A": Range(0, 1000),
    "edge_nm": Range(0.1, 100),
    "cells": Range(1, 200),
    "facet_energy": Range(0.01, 100),
    "normal": Range(-20, 20),
    "lateral": Range(1, 100),
    "layers": Range(1, 200),
    "rp_layers": Range(1, 200),
    "charge": Range(-100_000, 100_000),
    "multiplicity": Range(1, 100_000),
    "count": _COUNT,
    "RandomSample.count": Range(1, 10**12),
    "step": Range(1e-4, 1),
    "separation_A": Range(0, 1000),
    # Migration.
    "reach_A": _LENGTH_A,
    "spacing_A": Range(0.001, 100),
    "fmax_eV_A": Range(1e-4, 10),
    "images": Range(1, 1000),
    "read_barrier.images": Range(3, 1000),
    "read_barriers.images": Range(3, 1000),
    "hop": Range(0, 1_000_000),
    "sample": Range(1, 100_000),
    "vacancies": Range(1, 10_000),
    "fmax": Range(1e-6, 100),
    "steps": Range(1, 10_000_000),
    # Runs and lists.
    "ranks_per_image": _COUNT,
    "cores": _COUNT,
    "workers": Range(1, 1000),
    "hours": Range(1, 10_000),
    "limit": Range(1, 10_000_000),
    "seconds": Range(0.01, 86_400),
    "ask.limit": Range(1, 10**9),
    "search.limit": Range(1, 10_000),
    "seed": Range(0, 2**63 - 1),
    "year": Range(1, 9999),
    "width": Range(0.5, 100),
    "dpi": Range(10, 2400),
}
"""Name of an argument, field or option -> what it may be; of one function or class, where the name
means something of its own there."""


def range_of(name: str, owner: str = "") -> Range | None:
    """What a number of a name may be, as an argument or field of an owner; None if any.

    >>> range_of("zero_shift_deg", "identify")
    Range(least=0, most=2)
    """
    return RANGES.get(f"{owner}.{name}") or RANGES.get(name)
