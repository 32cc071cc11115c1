"""Which ion each atom of a foreign structure belongs to: metals, halides, organic cations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import StructureError, check_choice
from perovdb.structures.charges import KEPT, LIGANDS
from perovdb.structures.files.molecular_graphs import Molecule, hill_formula, match
from perovdb.structures.files.records import Labels

#: What to do with a molecule that the store does not know.
UNKNOWN = {"refuse": "an error", "keep": "it is an A cation of charge +1, named by its formula"}


def recognise(
    structure: Structure, groups: Sequence[Molecule], unknown: str
) -> tuple[Labels, list[str]]:
    """The ions of a structure of bare elements, and what was taken for granted.

    Organic cations are matched to the ions of the store by elements, bonds and number of
    hydrogens, acetate is a ligand; each other atom is the ion of its element.

    Args:
        structure: ordered, of elements (`overlaps.plain`).
        groups: its molecules, by `find_molecules`.
        unknown: a key of UNKNOWN.

    Raises:
        InputError: there is no such rule for unknown molecules.
        StructureError: an atom or molecule is no ion of the store.
    """
    check_choice(unknown, UNKNOWN, "not a rule for unknown molecules")
    registry = load_registry()
    size, notes = len(structure), []
    labels = Labels([""] * size, [""] * size, [-1] * size)
    for number, molecule in enumerate(groups):
        species, hint = match(molecule.elements(structure), molecule.bonds)
        if species:
            role = "L" if species in LIGANDS else registry.ion(species).site
        else:
            species, role = _kept(structure, molecule, unknown, hint), "A"
            notes.append(
                f"{species} is not in the store: taken as an A cation of charge {KEPT:+d}"
            )
        for atom in molecule.atoms:
            labels.roles[atom], labels.ions[atom] = role, species
            labels.molecules[atom] = number
    atomic = {ion.atoms: ion for ion in registry.ions.values() if not ion.molecular}
    for index, site in enumerate(structure):
        if labels.molecules[index] >= 0:
            continue
        if site.specie.symbol not in atomic:
            raise StructureError(
                f"{site.specie.symbol} (atom {index + 1}) is not an ion of A, B or X.",
                registry.suggestion(site.specie.symbol),
            )
        ion = atomic[site.specie.symbol]
        labels.roles[index], labels.ions[index] = ion.site, ion.species
    return labels, list(dict.fromkeys(notes))


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
        else 'Take it out, or keep it as an A cation: `read_structure(..., unknown="keep")`.',
    )
