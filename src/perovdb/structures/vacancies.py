"""Take an ion, or a whole molecule, out of a structure."""

from __future__ import annotations

from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, UnknownSpecies
from perovdb.store import Store, open_store
from perovdb.structures.units import Unit, units


def remove(
    structure: Structure, ion: str, index: int = 0, store: Store | None = None
) -> Structure:
    """The structure without one ion. The cell takes the charge that the vacancy leaves.

    A vacancy of an ion of charge q is left with charge -q: V_I is +1, V_Cs and V_FA are -1.

    Args:
        structure: as built by perovdb.
        ion: species to take out.
        index: which of these ions, from 0 in the order of the structure.
        store: the curated store by default.

    Raises:
        UnknownSpecies: there is no such ion in the structure.
        InputError: there are not that many.
    """
    store = store or open_store()
    species = load_registry(store).ion(ion).species
    every = units(structure)
    candidates = [unit for unit in every if unit.ion == species]
    if not candidates:
        present = ", ".join(dict.fromkeys(unit.ion for unit in every))
        raise UnknownSpecies(f"There is no {ion} in the structure.", f"It holds: {present}.")
    if not 0 <= index < len(candidates):
        raise InputError(
            f"There is no {ion} number {index}.",
            f"The structure has {len(candidates)}, numbered from 0.",
        )
    return remove_unit(structure, candidates[index], store)


def remove_unit(structure: Structure, unit: Unit, store: Store) -> Structure:
    """The structure without a unit of it; charge and history follow."""
    charge = structure.properties["charge"] - load_registry(store).ion(unit.ion).charge
    centre = structure.lattice.get_fractional_coords(unit.centre_A)
    left = structure.copy()
    left.remove_sites([int(atom) for atom in unit.atoms])
    step = {
        "step": "vacancy",
        "ion": unit.ion,
        "fractional": [round(float(x), 6) for x in centre],
        "charge": charge,
    }
    left.properties = {"charge": charge, "history": [*structure.properties["history"], step]}
    return left
