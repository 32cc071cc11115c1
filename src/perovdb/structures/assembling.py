"""Structures put together from atoms: sorted by element, molecules numbered, properties kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pymatgen.core import Lattice, Structure

from perovdb.composition.registry import load_registry
from perovdb.structures.units import Unit

#: The order in which atoms of molecules stand; C and N before H, others after it.
ELEMENTS_OF_MOLECULES = ["C", "N", "O", "H"]


def assembled(
    lattice: Lattice,
    elements: Sequence[str],
    positions_A: np.ndarray,
    properties: Mapping[str, Sequence[Any]],
) -> Structure:
    """A structure of these atoms. Those of one element stand together, as POSCAR files want them.

    Args:
        lattice: the cell.
        elements: (n,) symbols.
        positions_A: (n, 3) Cartesian.
        properties: name -> (n,) values; ion and molecule are among them.
    """
    rank = element_order(elements, properties["ion"], properties["molecule"])
    order = sorted(range(len(elements)), key=lambda atom: rank[elements[atom]])
    return Structure(
        lattice,
        [elements[atom] for atom in order],
        np.asarray(positions_A).reshape(-1, 3)[order],
        coords_are_cartesian=True,
        site_properties={
            name: [values[atom] for atom in order] for name, values in properties.items()
        },
    )


def element_order(
    elements: Sequence[str], ions: Sequence[str], molecules: Sequence[int]
) -> dict[str, int]:
    """Element -> its place in a structure: A ions, molecules and ligands, B ions, X ions.

    Args:
        elements, ions, molecules: (n,) of the atoms; ions of a site stand in the order of the
            registry, elements that no ion brings come last.
    """
    there = set(ions)
    single = [ion for ion in load_registry().ions.values() if not ion.molecular]
    of_site = {
        site: [i.atoms for i in single if i.site == site and i.species in there] for site in "ABX"
    }
    inside = [element for element, number in zip(elements, molecules, strict=True) if number >= 0]
    order = [
        *of_site["A"],
        *(ELEMENTS_OF_MOLECULES if inside else []),
        *inside,
        *of_site["B"],
        *of_site["X"],
        *elements,
    ]
    return {element: place for place, element in enumerate(dict.fromkeys(order))}


def added(
    structure: Structure,
    elements: Sequence[str],
    positions_A: np.ndarray,
    properties: Mapping[str, Sequence[Any]],
) -> Structure:
    """A structure and further atoms in its cell; it has no history yet.

    Args:
        structure: what is there.
        elements: (m,) of the new atoms.
        positions_A: (m, 3) Cartesian.
        properties: name -> (m,) values, role, ion and molecule among them; molecules are numbered
            from 0 and come after those that are there. A property that one side lacks is None.
    """
    before = structure.site_properties
    first_free = max([-1, *before.get("molecule", [])]) + 1
    new = dict(properties)
    new["molecule"] = [m + first_free if m >= 0 else -1 for m in properties["molecule"]]
    return assembled(
        structure.lattice,
        [*(site.specie.symbol for site in structure), *elements],
        np.concatenate([structure.cart_coords.reshape(-1, 3), positions_A]),
        {
            name: [
                *before.get(name, [None] * len(structure)),
                *new.get(name, [None] * len(elements)),
            ]
            for name in dict.fromkeys([*before, *new])
        },
    )


def in_cell(structure: Structure, lattice: Lattice, positions_A: np.ndarray) -> Structure:
    """The same atoms elsewhere, (n, 3) Cartesian, in another cell, with what they carry."""
    return Structure(
        lattice,
        structure.species,
        positions_A,
        coords_are_cartesian=True,
        site_properties=dict(structure.site_properties),
    )


def copied(
    structure: Structure,
    chosen: Sequence[Unit],
    positions_A: Sequence[np.ndarray],
    lattice: Lattice,
) -> Structure:
    """Whole units of a structure, each as often as it is named, in another cell.

    Args:
        structure: that the units are of; their site properties are kept.
        chosen: (k,) units.
        positions_A: (k,) of the atoms of each, (m, 3) Cartesian.
        lattice: of the new cell.
    """
    atoms = np.concatenate([unit.atoms for unit in chosen])
    numbers, molecules = 0, list[int]()
    for unit in chosen:
        alone = len(unit.atoms) == 1
        molecules += [-1 if alone else numbers] * len(unit.atoms)
        numbers += not alone
    properties = {
        name: [values[atom] for atom in atoms]
        for name, values in structure.site_properties.items()
    }
    return assembled(
        lattice,
        [structure[int(atom)].specie.symbol for atom in atoms],
        np.concatenate(list(positions_A)),
        properties | {"molecule": molecules},
    )
