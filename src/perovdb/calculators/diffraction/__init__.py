"""Powder diffraction: patterns of compositions, crystals and particles, and phases from peaks.

* `pattern`: peaks of a composition in a phase, or of a given crystal; `powder` and `reflections`
  work them out from `scatterers`, with `dispersion`, at the wavelengths of `radiation`;
* `curves`: from peaks to what an instrument records, by the line shapes of `profile`;
* `diffractogram`: curves beside each other and beside a measured one;
* `debye`: scattering of a finite particle, by the sums of `pair_sums`;
* `bragg`: angles, spacings and the cells that an index is meant in;
* `identification`: which phases of the store explain measured peaks.
"""

from perovdb.calculators.diffraction.diffractogram import Diffractogram, diffractogram
from perovdb.calculators.diffraction.pattern import GivenCell, Pattern, xrd, xrd_structure
from perovdb.calculators.diffraction.powder import Peak, peaks

__all__ = [
    "Diffractogram",
    "GivenCell",
    "Pattern",
    "Peak",
    "diffractogram",
    "peaks",
    "xrd",
    "xrd_structure",
]
