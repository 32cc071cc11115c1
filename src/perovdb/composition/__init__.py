"""Formula <-> occupancies of the A, B and X sites of a perovskite ABX3."""

from perovdb.composition.composition import Composition
from perovdb.composition.parse import as_composition, parse
from perovdb.composition.registry import Ion, Registry

__all__ = ["Composition", "Ion", "Registry", "as_composition", "parse"]
