"""A structure at rest by a local engine, in its cell or with it."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.errors import InputError, ResultError
from perovdb.local.curvature import guessed
from perovdb.local.engines import as_engine
from perovdb.local.search import minimum, start_at
from perovdb.local.surface import Surface
from perovdb.migration.endpoints import with_positions
from perovdb.structures.assembling import in_cell
from perovdb.structures.files.ase_adapter import to_ase
from perovdb.structures.history import Outcome, charge_of, step

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

    from perovdb.local.engines import Engine


@step
def relax(
    structure: Structure,
    engine: str | Engine | Calculator = "7net-0",
    cell: bool = False,
    fmax_eV_A: float = 0.01,
    most_calls: int = 500,
) -> Outcome:
    """The structure with its atoms at rest, by an engine on this machine.

    Args:
        structure: any material.
        engine: as for `barrier`.
        cell: let the cell relax too.
        fmax_eV_A: largest force on an atom that may be left; with the cell, the same for the
            stress times the volume.
        most_calls: of the engine.

    Raises:
        InputError: there is no such engine, a number is not positive, or the cell of what is not
            a crystal is to relax.
        MissingData: the engine is not installed, or does not know an element.
        ResultError: the engine fails, or the atoms do not come to rest.
    """
    chosen = as_engine(engine)
    if not (fmax_eV_A > 0 and most_calls > 0):
        raise InputError("A relaxation needs a force and calls above zero.", "Give such.")
    if cell and not all(structure.lattice.pbc):
        raise InputError(
            "The cell of a slab or a particle is not to relax.", "Leave out cell=True, --cell."
        )
    chosen.check_elements(structure)
    positions, lattice, energy, calls = (_with_cell if cell else _in_cell)(
        structure, chosen, fmax_eV_A, most_calls
    )
    moved = (
        in_cell(structure, Lattice(lattice, pbc=structure.lattice.pbc), positions)
        if cell
        else with_positions(structure, positions)
    )
    change = abs(np.linalg.det(lattice)) / structure.lattice.volume - 1
    way = (
        f"with the cell, whose volume changes by {100 * change:+.1f} %" if cell else "in its cell"
    )
    charge = charge_of(structure)
    state = [f"the charge of {charge:+d} is ignored by {chosen.name}"] if charge else []
    return Outcome(
        moved,
        f"relaxed by {chosen.title} {way} to {fmax_eV_A:g} eV/A: {energy:.4f} eV, {calls} calls",
        charge,
        state=state,
        arguments={"engine": chosen.name},
    )


def _in_cell(
    structure: Structure, engine: Engine, fmax: float, most_calls: int
) -> tuple[np.ndarray, np.ndarray, float, int]:
    atoms = to_ase(structure)
    surface = Surface(atoms, engine.calculator)
    with surface.stage("relax"):
        place = start_at(surface, structure.cart_coords, guessed(atoms))
        place = minimum(surface, place, fmax, most_calls)
    if not place.at_rest:
        raise _restless(place.fmax_eV_A, most_calls)
    return place.positions_A, structure.lattice.matrix, place.energy_eV, surface.count


def _with_cell(
    structure: Structure, engine: Engine, fmax: float, most_calls: int
) -> tuple[np.ndarray, np.ndarray, float, int]:
    from ase.filters import FrechetCellFilter
    from ase.optimize import BFGSLineSearch

    atoms = to_ase(structure)
    atoms.calc = engine.calculator()
    moved: Any = FrechetCellFilter(atoms)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            search = BFGSLineSearch(moved, logfile=os.devnull)
            done = search.run(fmax=fmax, steps=most_calls)
            energy = float(atoms.get_potential_energy())
    except Exception as error:  # engines raise whatever they fall over
        raise ResultError(
            f"The engine cannot relax the cell: {type(error).__name__}: {error}.",
            "Take one that gives the stress, or relax in the cell as it is.",
        ) from error
    if not done:
        raise _restless(float(np.linalg.norm(atoms.get_forces(), axis=1).max()), most_calls)
    return atoms.get_positions(), atoms.cell.array, energy, int(search.force_calls)


def _restless(fmax: float, calls: int) -> ResultError:
    return ResultError(
        f"The atoms did not come to rest in {calls} calls: a force of {fmax:.3f} eV/A is left.",
        "Allow more calls or a larger force.",
    )
