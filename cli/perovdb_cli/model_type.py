"""A model that `perovdb build` makes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymatgen.core import Structure


@dataclass(frozen=True)
class Model:
    """A structure to write, and how many orderings, or choices of sites for defects, are like it,
    if they were counted."""

    structure: Structure
    multiplicity: int | None = None
    of_defects: bool = False
