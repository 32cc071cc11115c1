"""Phases of a compound as the store has them, and what to ask where it has none."""

from perovdb.errors import MissingData
from perovdb.facts.formulas import composition_of, formula_key
from perovdb.store import queries
from perovdb.store.connection import Record


def phases(formula: str) -> list[Record]:
    """Rows of the phase table of a formula as people write it, best first.

    Raises:
        FormulaError, UnknownSpecies: the formula cannot be read.
        MissingData: there is none.
    """
    key = formula_key(formula)
    rows = queries.phases(key)
    if rows:
        return [{**row, "perovskite": bool(row["perovskite"])} for row in rows]
    composition = composition_of(key)
    if composition is None or not composition.is_perovskite:
        mend = f"See 'perovdb show {key}' for what it has."
    elif len(composition.end_members()) > 1:
        members = ", ".join(composition.end_members())
        mend = f"It is an alloy: 'perovdb lattice' mixes its end members {members}."
    else:
        mend = "Tolerance factors do without one: 'perovdb tolerance'."
    raise MissingData(f"The store has no phase of {key}.", mend)
