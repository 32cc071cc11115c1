"""The two ends of a hop: the same atoms in the same order, before and after.

The periodic image is chosen once for the whole ion or molecule, by the vector of the hop; atoms
are never wrapped one by one. In a cell two sites wide a hop is half the cell, and wrapping atom
by atom would tear a molecule.
"""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

from perovdb.answers import Answer, answer
from perovdb.migration.hops import Hop
from perovdb.structures.assembling import in_cell
from perovdb.structures.history import charge_of, with_charge

#: Two images of the end count as equally near if their distances differ by a smaller share.
HALF_CELL = 0.01


@answer
class Endpoints(Answer):
    """Start and end of a hop in a structure with a vacancy.

    Attributes:
        start, end: structures with the same atoms in the same order; the mover of `end` is not
            wrapped back into the cell.
        mover: (m,) indices of the atoms that hop.
        vector_A: (3,) the hop.
        half_cell: the hop is half a cell vector, so that its mirror image is as long: another
            periodic image of the end is as near, to HALF_CELL.
        into: the ion whose vacancy it hops into.
        formula: of the host, before the vacancy.
        hop: the distinct hop that it is; None for two ends that were given.
        source, kind, evidence: of the average cell that the host was built from, if it was.
        notes: what a user should know of the host and of the vacancies.
    """

    start: Structure
    end: Structure
    mover: np.ndarray
    vector_A: np.ndarray
    half_cell: bool
    into: str = ""
    formula: str = ""
    hop: Hop | None = None
    source: str = ""
    kind: str = ""
    evidence: str = ""
    notes: tuple[str, ...] = ()

    @property
    def species(self) -> str:
        """The ion that hops."""
        return str(self.start.site_properties["ion"][int(self.mover[0])])

    def _headline(self) -> str:
        length = np.linalg.norm(self.vector_A)
        into = "" if self.into in ("", self.species) else f" into V_{self.into}"
        return f"{self.formula}, {self.species}{into} by {length:.3f} A, {len(self.start)} atoms"

    def _lines(self) -> list[str]:
        return [self._headline(), *self._note_lines()]


def half_cell(structure: Structure, vector_A: np.ndarray) -> bool:
    """Whether another periodic image of the end is as near as the one that is taken."""
    periodic = np.array(structure.lattice.pbc, dtype=int)
    cells = (np.array(list(np.ndindex(3, 3, 3))) - 1) * periodic
    others = cells[cells.any(axis=1)] @ structure.lattice.matrix + vector_A
    nearest = np.linalg.norm(others, axis=1).min(initial=np.inf)
    return bool(nearest < np.linalg.norm(vector_A) * (1 + HALF_CELL))


def with_positions(structure: Structure, positions_A: np.ndarray) -> Structure:
    """The structure with its atoms elsewhere: (n, 3) Cartesian, not wrapped into the cell."""
    moved = in_cell(structure, structure.lattice, positions_A)
    moved.properties = dict(structure.properties)
    return with_charge(moved, charge_of(structure))
