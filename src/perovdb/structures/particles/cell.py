"""The crystal that a particle or a slab of a composition is cut from."""

from __future__ import annotations

from perovdb.calculators.average_cell import AverageCell
from perovdb.composition import Composition, as_composition
from perovdb.errors import FormulaError
from perovdb.structures.scaled_cell import scaled_cell


def particle_cell(
    composition: Composition | str, phase: str | None, temperature_K: float, a_A: float | None
) -> AverageCell:
    """The average cell of a composition, or that of its main end member where none can be mixed.

    Args:
        composition, phase, temperature_K: as for `average_cell`.
        a_A: pseudo-cubic parameter to scale it to.

    Raises:
        FormulaError: the composition has empty sites.
        InputError: a_A is not a positive number.
        MissingData: there is no such cell.
    """
    composition = as_composition(composition)
    if composition.vacancies:
        raise FormulaError(
            f"{composition.formula} has empty sites.",
            "Cut the full crystal and take ions out of it.",
        )
    return scaled_cell(composition, phase, temperature_K, a_A)
