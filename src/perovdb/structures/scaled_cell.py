"""An average cell with a lattice parameter of one's own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Composition
from perovdb.errors import InputError, MissingData


def scaled_cell(
    composition: Composition, phase: str | None, temperature_K: float, a_A: float | None
) -> AverageCell:
    """The average cell of a composition, or that of its main end member where none can be mixed.

    Args:
        composition, phase, temperature_K: as for `average_cell`.
        a_A: pseudo-cubic parameter to scale it to: the cube root of the volume of a formula unit.

    Raises:
        InputError: a_A is not a positive number.
        MissingData: there is no such cell.
    """
    members = composition.end_members()
    try:
        cell = average_cell(composition, phase, temperature_K)
    except MissingData as error:
        if len(members) < 2:
            raise
        host = max(members, key=lambda formula: members[formula])
        cell = average_cell(host, phase, temperature_K)
        note = (
            f"on the lattice of {host}, for that of {composition.formula} cannot be mixed "
            f"({error.what.rstrip('.')}); another lattice parameter may be given"
        )
        occupants = tuple(dict(composition.sites[role]) for role in cell.roles)
        notes = cell.notes if a_A is not None else (*cell.notes, note)
        cell = replace(cell, composition=composition, occupants=occupants, notes=notes)
    if a_A is None:
        return cell
    check_lattice(a_A)
    a_now = np.cbrt(abs(np.linalg.det(cell.lattice_A)) / cell.roles.count("B"))
    # What is said of a lattice no longer holds.
    notes = tuple(
        note.replace("the cell is that of", "the positions are those of")
        for note in cell.notes
        if not note.startswith("the lattice is")
    )
    origin = f"positions of {cell.template} {cell.phase}, scaled to a = {a_A:g} A"
    lattice_A = cell.lattice_A * (a_A / a_now)
    return replace(cell, lattice_A=lattice_A, origin=origin, notes=notes)


def check_lattice(a_A: float) -> None:
    """Refuse a lattice parameter that is none.

    Raises:
        InputError: a_A is not a positive number.
    """
    if not 0 < a_A < np.inf:
        raise InputError(f"A lattice parameter of {a_A} A cannot be used.", "Give such as 5.85.")
