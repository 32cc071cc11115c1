"""From what people type to the formula that stands in the store, and back to its ions."""

from collections.abc import Mapping

from perovdb.composition import Composition, parse
from perovdb.composition.registry import load_registry
from perovdb.errors import FormulaError, UnknownSpecies
from perovdb.facts.conditions import phase_name
from perovdb.store import per_store, queries

#: Element or ion, or several of which one must be there.
Ions = str | tuple[str, ...]

#: Ion -> lowest and highest fraction of its site.
Fractions = Mapping[str, tuple[float, float]]


@per_store
def formula_key(text: str) -> str:
    """The formula as it stands in the store.

    Compounds that cannot be read as ions are found as they are printed.

    Raises:
        FormulaError, UnknownSpecies: it cannot be read, and no row has it.
    """
    try:
        return parse(text).formula
    except (FormulaError, UnknownSpecies):
        if queries.has_formula(text):
            return text
        raise


@per_store
def composition_of(formula: str) -> Composition | None:
    """The composition of a formula of the store; none for one that is printed otherwise."""
    try:
        return parse(formula, strict=True, lenient=False)
    except (FormulaError, UnknownSpecies):
        return None


def matches(formula: str | None, sites: Mapping[str, Ions], fraction: Fractions) -> bool:
    """Whether a formula has these ions on these sites, in these fractions."""
    if not sites and not fraction:
        return True
    composition = composition_of(formula) if formula else None
    if composition is None:
        return False
    for site, choice in sites.items():
        ions = (choice,) if isinstance(choice, str) else choice
        if not any(ion in composition.sites[site] for ion in ions):
            return False
    shares = {ion: x for ions in composition.sites.values() for ion, x in ions.items()}
    return all(low <= shares.get(ion, 0.0) <= high for ion, (low, high) in fraction.items())


def kept_word(column: str, text: str) -> str:
    """A formula, moving ions or a phase as the store in use writes them.

    Raises:
        FormulaError, UnknownSpecies: it cannot be read.
    """
    if column in ("formula", "end_1", "end_2"):
        return formula_key(text)
    if column == "phase":
        return phase_name(text)
    words, registry = queries.moving_species(), load_registry()
    parts = [part.strip() for part in text.split(";")]
    return ";".join(part if part in words else registry.ion(part).species for part in parts)
