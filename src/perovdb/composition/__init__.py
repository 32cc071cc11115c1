"""Formula <-> occupancies of the sites A, B and X of a perovskite or of its kin."""

from perovdb.composition.composition import Composition
from perovdb.composition.parse import as_composition, as_perovskite, parse
from perovdb.composition.registry import Ion, Registry

__all__ = ["Composition", "Ion", "Registry", "as_composition", "as_perovskite", "parse"]
