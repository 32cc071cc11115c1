"""Which ion each atom of a foreign structure belongs to: metals, halides, organic cations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import InputError, StructureError
from perovdb.structures.charges import KEPT, LIGANDS, ion_charge
from perovdb.structures.files.molecular_graphs import Molecule, find_molecules, hill_formula, match
from perovdb.structures.files.overlaps import check_overlaps

#: What to do with a molecule that the store does not know.
UNKNOWN = {"refuse": "an error", "keep": "it is an A cation of charge +1, named by its formula"}


class Recognised(NamedTuple):
    """A structure with the site properties role, ion and molecule; molecules are whole.

    Attributes:
        structure: its properties are empty.
        charge: sum of the formal charges of the ions, in e.
        notes: what was taken for granted.
    """

    structure: Structure
    charge: int
    notes: tuple[str, ...]


def recognise(structure: Structure, unknown: str) -> Recognised:
    """Find the ions of a structure of bare elements (`overlaps.plain`).

    Organic cations are found by bond lengths and matched to the ions of the store by elements,
    bonds and number of hydrogens, acetate is a ligand; each other atom is the ion of its element.

    Args:
        structure: ordered, of elements.
        unknown: a key of UNKNOWN.

    Raises:
        InputError: there is no such rule for unknown molecules.
        StructureError: atoms overlap, or an atom or molecule is no ion of the store.
    """
    if unknown not in UNKNOWN:
        raise InputError(
            f"'{unknown}' is not a rule for unknown molecules.",
            f"Choose one of: {', '.join(UNKNOWN)}.",
        )
    check_overlaps(structure)
    registry = load_registry()
    size = len(structure)
    roles, ions, molecules = [""] * size, [""] * size, [-1] * size
    charge, notes = 0, []
    found = find_molecules(structure)
    for number, molecule in enumerate(found):
        species, hint = match(molecule.elements(structure), molecule.bonds)
        if species:
            role = "L" if species in LIGANDS else registry.ion(species).site
            own = ion_charge(species)
        else:
            species = _kept(structure, molecule, unknown, hint)
            role, own = "A", KEPT
            notes.append(
                f"{species} is not in the store: taken as an A cation of charge {KEPT:+d}"
            )
        charge += own
        for atom in molecule.atoms:
            roles[atom], ions[atom], molecules[atom] = role, species, number
    atomic = {ion.atoms: ion for ion in registry.ions.values() if not ion.molecular}
    for index, site in enumerate(structure):
        if molecules[index] >= 0:
            continue
        if site.specie.symbol not in atomic:
            raise StructureError(
                f"{site.specie.symbol} (atom {index + 1}) is not an ion of A, B or X.",
                registry.suggestion(site.specie.symbol),
            )
        ion = atomic[site.specie.symbol]
        roles[index], ions[index] = ion.site, ion.species
        charge += ion.charge
    if charge:
        notes.append(f"the formal charges of the ions sum to {charge:+d}")
    whole = dressed(structure, roles, ions, molecules, make_whole(structure, found))
    return Recognised(whole, charge, tuple(dict.fromkeys(notes)))


def dressed(
    structure: Structure,
    roles: list[str],
    ions: list[str],
    molecules: list[int],
    fractional: np.ndarray,
) -> Structure:
    """The atoms of a structure at these places, with their site properties and no others."""
    return Structure(
        structure.lattice,
        [site.specie for site in structure],
        fractional,
        site_properties={"role": roles, "ion": ions, "molecule": molecules},
    )


def make_whole(structure: Structure, molecules: list[Molecule]) -> np.ndarray:
    """(n, 3) fractional coordinates in which no molecule is torn by the edge of the cell.

    A molecule that is whole stays where it is; the centre of one that is not comes into the cell.
    """
    fractional = np.array(structure.frac_coords)
    for molecule in molecules:
        if molecule.cells.any():
            moved = fractional[molecule.atoms] + molecule.cells
            fractional[molecule.atoms] = moved - np.floor(moved.mean(axis=0) + 1e-9)
    return fractional


def _kept(structure: Structure, molecule: Molecule, unknown: str, hint: str) -> str:
    """The name of an unknown molecule, if it may be kept."""
    elements = molecule.elements(structure)
    name = hill_formula(elements)
    if unknown == "keep":
        return name
    place = " ".join(f"{x:.3f}" for x in structure[int(molecule.atoms[0])].frac_coords)
    raise StructureError(
        f"The molecule {name} at {place} (atom {molecule.atoms[0] + 1}) is not an ion of the store"
        + (f": {hint}." if hint else "."),
        "Add the hydrogens that lack, or take those that are too many."
        if hint
        else "Take it out, or have unknown molecules kept as A cations.",
    )
