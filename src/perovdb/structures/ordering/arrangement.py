"""An ordering: which ion stands on which site, and how it was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ordering:
    """One arrangement of ions on the sites of a cell.

    Attributes:
        ions: (n,) species on each site, "" for an empty one.
        report: what the rule has to say, as JSON can hold it: correlation errors, steps, ...
        text: the same in one line for people.
        multiplicity: of an enumeration, how many arrangements are equivalent to this one, itself
            included; 1 for the other rules.
    """

    ions: np.ndarray
    report: Mapping[str, Any]
    text: str
    multiplicity: int = 1
