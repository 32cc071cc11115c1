"""Go through a space of compositions and keep those that satisfy a condition.

`screen` does it all; `ask` and `kept_blocks` are its steps, for who wants to look at blocks
on their own.
"""

from perovdb.calculators.screening.blocks import Run, kept_blocks
from perovdb.calculators.screening.descriptors import DESCRIPTORS, Tables, tables
from perovdb.calculators.screening.designs import Grid, RandomSample, Sample
from perovdb.calculators.screening.question import DEFAULT_STEP, Kept, Question, ask
from perovdb.calculators.screening.screening import SHOWN, Screening, Seen, screen
from perovdb.calculators.screening.space import Block, Space, parse_space

__all__ = [
    "DEFAULT_STEP",
    "DESCRIPTORS",
    "SHOWN",
    "Block",
    "Grid",
    "Kept",
    "Question",
    "RandomSample",
    "Run",
    "Sample",
    "Screening",
    "Seen",
    "Space",
    "Tables",
    "ask",
    "kept_blocks",
    "parse_space",
    "screen",
    "tables",
]
