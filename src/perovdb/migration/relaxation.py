"""Relax the two ends of a hop with a calculator, and check that it is still the same hop."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from ase.optimize import FIRE
from pymatgen.core import Structure

from perovdb.errors import InputError, StructureError
from perovdb.migration.endpoints import Endpoints, with_positions
from perovdb.migration.integrity import bonds
from perovdb.structures.files.ase_adapter import to_ase
from perovdb.structures.units import units

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

#: A unit that has gone further than this share of the way to the next site is not on its own.
OFF_SITE = 0.5


def relax_endpoints(
    ends: Endpoints, calculator: Calculator, fmax: float = 0.05, steps: int = 500
) -> Endpoints:
    """Both ends at rest, in the cell as it is; nothing is wrapped.

    The start and the end keep their atoms and order, and the hop is measured anew, from centre to
    centre. FIRE moves the atoms (Bitzek et al., Phys. Rev. Lett. 97, 170201 (2006), from memory).

    Args:
        ends: of `endpoints`.
        calculator: any calculator of ASE; the charge stands in `atoms.info["charge"]`.
        fmax: largest force that may be left on an atom, in eV/A.
        steps: at most so many, for each end.

    Raises:
        InputError: `fmax` or `steps` is not a number above 0.
        StructureError: an end did not come to rest, an ion or molecule has left its site, or a
            bond in a molecule has broken or formed.
    """
    if not (np.isfinite(fmax) and fmax > 0 and steps > 0):
        raise InputError(
            f"fmax {fmax:g} eV/A in {steps} steps cannot be reached.", "Give numbers above 0."
        )
    centres = [_centres(structure) for structure in (ends.start, ends.end)]
    mover = next(
        number for number, unit in enumerate(units(ends.start)) if int(ends.mover[0]) in unit.atoms
    )
    relaxed = []
    for number, (name, structure) in enumerate((("start", ends.start), ("end", ends.end))):
        atoms = to_ase(structure)
        atoms.calc = calculator
        search = FIRE(atoms, logfile=None)
        if not search.run(fmax=fmax, steps=steps):
            raise StructureError(
                f"The {name} of the hop did not come to rest in {steps} steps.",
                "Allow more steps or a larger fmax.",
            )
        at_rest = with_positions(structure, atoms.get_positions())
        check_on_site(structure, at_rest, vacant_A=centres[1 - number][mover], name=name)
        relaxed.append(at_rest)
    start, end = relaxed
    return replace(
        ends, start=start, end=end, vector_A=_centres(end)[mover] - _centres(start)[mover]
    )


def check_on_site(
    before: Structure, after: Structure, *, vacant_A: np.ndarray, name: str = "end"
) -> None:
    """Refuse a relaxed end that is another arrangement than the one it began as.

    Args:
        before: as placed, atoms in the order of `after`.
        after: as relaxed, not wrapped.
        vacant_A: (3,) the vacant site that an ion could slip into.
        name: of the end, for the message.

    Raises:
        StructureError: a unit has gone half-way or more to the nearest other site, so that its
            own need not be the nearest any more; or a molecule is not what it was.
    """
    every = units(before)
    old, new = _centres(before), _centres(after)
    # A crystal that shifts as a whole has not changed.
    gone = np.linalg.norm(new - old - (new - old).mean(axis=0), axis=1)
    places = before.lattice.get_fractional_coords(np.concatenate([old, vacant_A[None]]))
    apart = before.lattice.get_all_distances(places[:-1], places)
    # Its own periodic images are other sites too, but itself is not.
    own = min(np.linalg.norm(before.lattice.matrix, axis=1))
    apart[np.arange(len(old)), np.arange(len(old))] = own
    share = gone / apart.min(axis=1)
    worst = int(share.argmax())
    if share[worst] >= OFF_SITE:
        raise StructureError(
            f"At the {name} of the hop {every[worst].ion} number {worst} has left its site: it "
            f"went {gone[worst]:.2f} A.",
            "The site is no minimum for this calculator: take another hop, cell or calculator.",
        )
    bonded = bonds(after)
    for number, pairs in bonds(before).items():
        if not np.array_equal(pairs, bonded[number]):
            raise StructureError(
                f"At the {name} of the hop the bonds of {every[number].ion} number {number} have "
                "changed.",
                "The molecule does not hold with this calculator: check its charge and settings.",
            )


def _centres(structure: Structure) -> np.ndarray:
    return np.array([unit.centre_A for unit in units(structure)])
