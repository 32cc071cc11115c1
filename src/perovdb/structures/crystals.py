"""The crystal that a model of a formula is made from: phase, temperature, lattice parameter."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.calculators.mixing import Lattice
from perovdb.composition import Composition
from perovdb.errors import FormulaError, InputError, MissingData
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.structures.sites import Sites


@dataclass(frozen=True)
class Crystal:
    """The crystal of a formula.

    Attributes:
        phase: as for `average_cell`; by default what the store knows at the temperature, and the
            aristotype "alpha" for particles and slabs.
        temperature_K: that the phase and the lattice are taken at.
        lattice: pseudo-cubic lattice parameter to which the cell is scaled, in angstrom, the cube
            root of the volume of a formula unit; or what `perovdb.lattice` gave. By default that
            of the facts.

    Raises:
        InputError: the lattice parameter is not a positive number.
    """

    phase: str | None = None
    temperature_K: float = ROOM_TEMPERATURE_K
    lattice: float | Lattice | None = None

    def __post_init__(self) -> None:
        if isinstance(self.lattice, Lattice):
            object.__setattr__(self, "lattice", self.lattice.a_pseudocubic_A)
        if self.a_A is not None and not 0 < self.a_A < np.inf:
            raise InputError(
                f"A lattice parameter of {self.a_A:g} A cannot be used.", "Give such as 5.85."
            )

    @property
    def a_A(self) -> float | None:
        """The lattice parameter as a number."""
        return None if self.lattice is None else float(self.lattice)  # type: ignore[arg-type]  # no Lattice is left

    def cell(self, composition: Composition) -> AverageCell:
        """The average cell of a composition. With a lattice of one's own, where none can be mixed,
        it is that of its main end member.

        Raises:
            MissingData: there is no such cell.
        """
        if self.a_A is None:
            return average_cell(composition, self.phase, self.temperature_K)
        return _scaled(self._or_of_main_member(composition, noted=False), self.a_A)

    def full_cell(self, composition: Composition) -> AverageCell:
        """The cell that a particle or a slab is cut from: that of the main end member where none
        can be mixed.

        Raises:
            FormulaError: the composition has empty sites.
            MissingData: there is no such cell.
        """
        if composition.vacancies:
            raise FormulaError(
                f"{composition.formula} has empty sites.",
                "Cut the full crystal and take ions out of it.",
            )
        cell = self._or_of_main_member(composition, noted=self.a_A is None)
        return cell if self.a_A is None else _scaled(cell, self.a_A)

    def _or_of_main_member(self, composition: Composition, noted: bool) -> AverageCell:
        members = composition.end_members()
        try:
            return average_cell(composition, self.phase, self.temperature_K)
        except MissingData as error:
            if len(members) < 2:
                raise
            host = max(members, key=lambda formula: members[formula])
            cell = average_cell(host, self.phase, self.temperature_K)
            note = (
                f"on the lattice of {host}, for that of {composition.formula} cannot be mixed "
                f"({error.what.rstrip('.')}); another lattice parameter may be given"
            )
            occupants = tuple(dict(composition.sites[role]) for role in cell.roles)
            notes = (*cell.notes, note) if noted else cell.notes
            return replace(cell, composition=composition, occupants=occupants, notes=notes)


def cell_sites(cell: AverageCell) -> Sites:
    """The sites of an average cell."""
    return Sites(cell.lattice_A, cell.fractional, np.array(cell.roles))


def _scaled(cell: AverageCell, a_A: float) -> AverageCell:
    a_now = np.cbrt(abs(np.linalg.det(cell.lattice_A)) / cell.roles.count("B"))
    # What is said of a lattice no longer holds.
    notes = tuple(
        note.replace("the cell is that of", "the positions are those of")
        for note in cell.notes
        if not note.startswith("the lattice is")
    )
    origin = f"positions of {cell.template} {cell.phase}, scaled to a = {a_A:g} A"
    return replace(cell, lattice_A=cell.lattice_A * (a_A / a_now), origin=origin, notes=notes)
