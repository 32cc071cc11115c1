"""Formula <-> occupancies of the sites A, B and X of a perovskite or of its kin."""

from perovdb.composition.composition import Composition
from perovdb.composition.material import Material, as_composition, as_perovskite
from perovdb.composition.parse import parse
from perovdb.composition.registry import Ion, Registry

__all__ = [
    "Composition",
    "Ion",
    "Material",
    "Registry",
    "as_composition",
    "as_perovskite",
    "parse",
]
