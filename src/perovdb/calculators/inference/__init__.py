"""Composition of an alloy from what was measured: Vegard's rule backwards, or atomic percents.

A lattice parameter, a spacing or peaks give a pseudo-cubic a; a straight line between the end
members' a gives the composition. Numbers are read as text, because their digits tell how well
they are known.
"""

from perovdb.calculators.inference.ends import End, end_members
from perovdb.calculators.inference.inference import Inference, card, infer
from perovdb.calculators.inference.percent import composition_from_percent
from perovdb.calculators.inference.readings import Number, Reading, read_number
from perovdb.calculators.inference.settings import Measurement, Setting, Tried
from perovdb.calculators.inference.vegard import Point, vegard_fraction

__all__ = [
    "End",
    "Inference",
    "Measurement",
    "Number",
    "Point",
    "Reading",
    "Setting",
    "Tried",
    "card",
    "composition_from_percent",
    "end_members",
    "infer",
    "read_number",
    "vegard_fraction",
]
