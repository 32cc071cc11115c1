"""Take an ion, or a whole molecule, out of a structure."""

from __future__ import annotations

from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, UnknownSpecies
from perovdb.store import Store, open_store
from perovdb.structures.units import units


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
    registry = load_registry(store or open_store())
    every = units(structure)
    species = registry.ion(ion).species
    candidates = [unit for unit in every if unit.ion == species]
    if not candidates:
        present = ", ".join(dict.fromkeys(unit.ion for unit in every))
        raise UnknownSpecies(f"There is no {ion} in the structure.", f"It holds: {present}.")
    if not 0 <= index < len(candidates):
        raise InputError(
            f"There is no {ion} number {index}.",
            f"The structure has {len(candidates)}, numbered from 0.",
        )
    unit = candidates[index]
    left = structure.copy()
    left.remove_sites([int(atom) for atom in unit.atoms])
    charge = structure.properties["charge"] - registry.ion(ion).charge
    left.properties["charge"] = charge
    left.properties["history"] = [
        *structure.properties["history"],
        {
            "step": "vacancy",
            "ion": species,
            "index": index,
            "fractional": structure.lattice.get_fractional_coords(unit.centre_A).round(6).tolist(),
            "charge": charge,
        },
    ]
    return left
