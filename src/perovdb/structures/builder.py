"""From a composition to atoms: prototype, supercell, ordering, molecules, one vacancy."""

from __future__ import annotations

from typing import Any

import numpy as np
from pymatgen.core import Structure

from perovdb.calculators.average_cell import AverageCell, average_cell
from perovdb.composition import Composition
from perovdb.composition.registry import load_registry
from perovdb.facts.conditions import ROOM_TEMPERATURE_K
from perovdb.store import Store, open_store
from perovdb.structures.molecules import load_molecule, orientations
from perovdb.structures.ordering import random_order
from perovdb.structures.supercells import Size, repeat
from perovdb.structures.vacancies import remove

#: The order in which atoms of molecules stand; C and N before H.
ELEMENTS_OF_MOLECULES = ["C", "N", "O", "H"]


def build(
    composition: Composition | str,
    phase: str | None = None,
    size: Size = (1, 1, 1),
    seed: int = 0,
    orientation: str = "random",
    vacancy: str | None = None,
    temperature_K: float = ROOM_TEMPERATURE_K,
    store: Store | None = None,
) -> Structure:
    """An atomic model of a composition.

    Args:
        composition: a Composition or a formula.
        phase: as for `average_cell`.
        size: repeats of the phase's cell along its three vectors.
        seed: of the ordering of shared sites and of random orientations; the same seed gives the
            same structure.
        orientation: rule for organic cations, "random" or "aligned".
        vacancy: an ion of the composition; one such ion, the first, is left out, and the cell
            takes the opposite of its charge.
        temperature_K: as for `average_cell`.
        store: the curated store by default.

    Returns:
        a structure with the site properties role, ion and molecule, and a history.

    Raises:
        FormulaError, UnknownSpecies: the formula, or the ion of the vacancy, is not known.
        InputError: the size or the rule cannot be used.
        MissingData: the phase or a molecule is not in the store.
        StructureError: the fractions do not give whole numbers of ions in this cell.
    """
    store = store or open_store()
    cell = average_cell(composition, phase, temperature_K, store)
    structure = fill(cell, size, seed, orientation, store)
    return structure if vacancy is None else remove(structure, vacancy, store=store)


def fill(cell: AverageCell, size: Size, seed: int, orientation: str, store: Store) -> Structure:
    """Put real atoms on the sites of a repeated average cell; arguments as for `build`."""
    lattice_A, fractional = repeat(cell.lattice_A, cell.fractional, size)
    roles = cell.roles * int(np.prod(size))
    species = random_order(cell.composition, roles, seed)
    atoms = _atoms(species, roles, fractional @ lattice_A, orientation, seed, store)
    # Atoms of one element stand together, as POSCAR files want them; the sort is stable.
    rank = _element_order(cell.composition, store)
    atoms.sort(key=lambda atom: rank.index(atom["element"]))
    structure = Structure(
        lattice_A,
        [atom["element"] for atom in atoms],
        [atom["position_A"] for atom in atoms],
        coords_are_cartesian=True,
        site_properties={
            name: [atom[name] for atom in atoms] for name in ("role", "ion", "molecule")
        },
    )
    structure.properties["charge"] = 0
    structure.properties["history"] = [
        {
            "step": "build",
            "formula": cell.composition.formula,
            "phase": cell.phase,
            "cell": cell.origin,
            "notes": list(cell.notes),
            "size": list(size),
            "order": "random",
            "orientation": orientation,
            "seed": seed,
        }
    ]
    return structure


def _atoms(
    species: np.ndarray,
    roles: tuple[str, ...],
    positions_A: np.ndarray,
    orientation: str,
    seed: int,
    store: Store,
) -> list[dict[str, Any]]:
    registry = load_registry(store)
    molecular = [name for name in dict.fromkeys(species) if registry.ion(name).molecular]
    shapes = {name: load_molecule(name, store) for name in molecular}
    count = sum(name in shapes for name in species)
    turns = iter(orientations(orientation, count, seed))
    atoms: list[dict[str, Any]] = []
    molecule = -1
    for name, role, centre in zip(species, roles, positions_A, strict=True):
        if name not in shapes:
            atoms.append(_atom(registry.ion(name).atoms, centre, role, name, -1))
            continue
        molecule += 1
        turned = shapes[name].positions_A @ next(turns).T
        atoms += [
            _atom(element, centre + offset, role, name, molecule)
            for element, offset in zip(shapes[name].elements, turned, strict=True)
        ]
    return atoms


def _atom(
    element: str, position: np.ndarray, role: str, ion: str, molecule: int
) -> dict[str, Any]:
    return {
        "element": element,
        "position_A": position,
        "role": role,
        "ion": ion,
        "molecule": molecule,
    }


def _element_order(composition: Composition, store: Store) -> list[str]:
    """Elements as they stand in a structure: A ions, atoms of molecules, B ions, X ions."""
    registry = load_registry(store)
    ions = [registry.ion(species) for species in composition.species]
    elements: list[str] = []
    for ion in sorted(ions, key=lambda ion: (ion.site, ion.molecular)):
        elements += ELEMENTS_OF_MOLECULES if ion.molecular else [ion.atoms]
    return list(dict.fromkeys(elements))
