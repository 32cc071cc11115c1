"""Phases of the store from measured powder peaks.

* `identify`: the question, and the phases that answer it, which are `candidates`;
* `stored_peaks`: expected peaks of every phase; `matching`: measured ones against them.
"""

from perovdb.calculators.diffraction.identification.candidates import (
    Candidate,
    Identification,
    Match,
    Missing,
)
from perovdb.calculators.diffraction.identification.identify import identify

__all__ = ["Candidate", "Identification", "Match", "Missing", "identify"]
