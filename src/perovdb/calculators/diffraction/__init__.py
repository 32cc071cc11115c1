"""Powder diffraction: patterns of compositions, crystals and particles, and phases from peaks.

* `pattern`: peaks of a composition in a phase, or of `atoms` as they stand; `powder` and
  `reflections` work them out from `scatterers`, at the wavelengths of `radiation`;
* `curves`: from peaks to what an instrument records, by the line shapes of `profile`;
* `diffractogram`: curves beside each other and beside a measured one;
* `debye`: scattering of a finite particle, by the sums of `pair_sums`;
* `bragg`: angles, spacings and the cells that an index is meant in;
* `identification`: which phases of the store explain measured peaks.
"""

from perovdb.calculators.diffraction.curves import Curve, Instrument
from perovdb.calculators.diffraction.diffractogram import (
    Diffractogram,
    MeasuredCurve,
    diffractogram,
)
from perovdb.calculators.diffraction.pattern import Pattern, xrd
from perovdb.calculators.diffraction.powder import Peak, peaks

__all__ = [
    "Curve",
    "Diffractogram",
    "Instrument",
    "MeasuredCurve",
    "Pattern",
    "Peak",
    "diffractogram",
    "peaks",
    "xrd",
]
