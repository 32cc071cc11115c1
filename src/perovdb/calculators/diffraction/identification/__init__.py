"""Phases of the store from measured powder peaks or a measured curve.

* `identify`: the question, and the phases that answer it, which are `candidates`;
* `stored_peaks`: expected peaks of every phase; `matching`: measured ones against them;
* `signal`: background and peaks of a curve; `columns`: curves of phases; `mixtures`: the few that
  together make it; `curve`: how it is taken apart; `which`: phases that may be in it.
"""

from perovdb.calculators.diffraction.identification.candidates import (
    Candidate,
    FittedCurve,
    Identification,
    Match,
    Missing,
    Share,
)
from perovdb.calculators.diffraction.identification.identify import identify
from perovdb.calculators.diffraction.identification.which import Which

__all__ = [
    "Candidate",
    "FittedCurve",
    "Identification",
    "Match",
    "Missing",
    "Share",
    "Which",
    "identify",
]
