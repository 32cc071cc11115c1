"""Vacancy-assisted exchange of A ions between two populations of quantum dots.

* `evolution`: diffusion in spheres that share what they give off, over arrays;
* `emission`: from compositions to spectra, peaks and widths; `lines`: what the store has of them;
* `course`: two populations, and the answer with its limits;
* `fit`: from widths at several temperatures to an apparent energy and a Biot number.
"""

from perovdb.calculators.exchange.course import Exchange, exchange
from perovdb.calculators.exchange.emission import Emission
from perovdb.calculators.exchange.evolution import Course, Spheres, evolve
from perovdb.calculators.exchange.fit import ExchangeFit, fit_exchange

__all__ = [
    "Course",
    "Emission",
    "Exchange",
    "ExchangeFit",
    "Spheres",
    "evolve",
    "exchange",
    "fit_exchange",
]
