"""Go through a space of compositions and keep those that satisfy a condition.

`screen` does it all; `ask`, `found_blocks` and `frame` are its steps, for who wants to look at
blocks on their own.
"""

from perovdb.calculators.screening.descriptors import DESCRIPTORS, Tables, tables
from perovdb.calculators.screening.question import DEFAULT_STEP, Found, Question, ask
from perovdb.calculators.screening.run import (
    Progress,
    Screening,
    Seen,
    found_blocks,
    frame,
    screen,
)
from perovdb.calculators.screening.space import Block, Space, parse_space

__all__ = [
    "DEFAULT_STEP",
    "DESCRIPTORS",
    "Block",
    "Found",
    "Progress",
    "Question",
    "Screening",
    "Seen",
    "Space",
    "Tables",
    "ask",
    "found_blocks",
    "frame",
    "parse_space",
    "screen",
    "tables",
]
