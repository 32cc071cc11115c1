"""Molecular ions from an XYZ file or a SMILES string."""

from __future__ import annotations

import io
import os
from importlib import import_module
from typing import Any

import numpy as np
from ase.data import atomic_numbers, covalent_radii
from scipy.sparse.csgraph import connected_components

from perovdb.composition.registry import Ion, load_registry
from perovdb.errors import InputError, MissingData, UnknownSpecies
from perovdb.files.crystal_texts import frames_of_xyz
from perovdb.files.reading import read_text, reason
from perovdb.structures.arguments import checked
from perovdb.structures.molecules.geometry import RigidMolecule, in_own_frame

#: No ion of a perovskite has as many atoms.
LARGEST = 200

#: Atoms are bound if they are nearer than this times the sum of their covalent radii
#: (Cordero et al., Dalton Trans. 2008, 2832, as ase lists them), and lie on one another if
#: nearer than the second number times it.
BOUND = 1.3
TOO_NEAR = 0.5


@checked
def read_molecule(source: str | os.PathLike[str], species: str, seed: int = 0) -> RigidMolecule:
    """A molecular ion of the registry with a geometry of the user's own.

    Args:
        source: an XYZ file, told by its ending .xyz, or a SMILES string such as "C1C[NH2+]C1",
            from which RDKit makes a geometry (distance geometry, then the MMFF94 or UFF force
            field: good enough to start from, not to publish).
        species: the ion; its charge and site stay those of the registry.
        seed: of RDKit's first guess; the same seed gives the same geometry.

    Raises:
        UnknownSpecies: the registry has no such ion.
        InputError: the ion is no molecule; the file or the string cannot be read, or is no
            molecule, or another one.
        MissingData: RDKit is not installed.
    """
    registry = load_registry()
    if species not in registry.spellings:
        raise UnknownSpecies(
            f"'{species}' is not an ion that perovdb knows, and its charge is not in a geometry.",
            "Add it to the ions of a store of your own, or: " + registry.suggestion(species),
        )
    ion = registry.ion(species)
    if not ion.molecular:
        raise InputError(f"{ion.species} is an atom, not a molecule.", "Name a molecular ion.")
    text = os.fspath(source)
    if text.lower().endswith(".xyz"):
        elements, positions_A = _from_xyz(text)
    else:
        elements, positions_A = _from_smiles(text, ion, seed)
    _check(text, ion, elements, positions_A)
    return in_own_frame(ion.species, elements, positions_A)


def _from_xyz(path: str) -> tuple[tuple[str, ...], np.ndarray]:
    from ase.io import read

    text = read_text(path, "molecule")
    try:
        frames = list(frames_of_xyz(text))
    except InputError as error:
        raise InputError(f"{path}: {error.what}", error.mend) from error
    if len(frames) != 1:
        raise InputError(f"{path} holds {len(frames)} molecules.", "Give one molecule in a file.")
    try:
        image: Any = read(io.StringIO(frames[0]), format="xyz")
    # ase's readers raise whatever a line that they did not expect brings about.
    except Exception as error:
        raise InputError(
            f"{path} is not an XYZ file: {reason(error)}.",
            "The first line holds the number of atoms, the third and all that follow an element "
            "and x, y, z in angstrom.",
        ) from error
    return tuple(image.get_chemical_symbols()), np.asarray(image.positions)


def _from_smiles(text: str, ion: Ion, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    try:
        chemistry = import_module("rdkit.Chem")
        geometry = import_module("rdkit.Chem.AllChem")
        quiet = import_module("rdkit.rdBase").BlockLogs
    except ImportError as error:
        raise MissingData(
            f"'{text}' is no name of an .xyz file, and a SMILES string needs RDKit, which is not "
            "installed.",
            "Install it with: pip install 'perovdb[molecules]'. Or give an XYZ file.",
        ) from error
    with quiet():
        molecule = chemistry.MolFromSmiles(text) if text.strip() and len(text) < LARGEST else None
        if molecule is None:
            raise InputError(
                f"'{text[:60]}' is neither the name of an .xyz file nor a SMILES string.",
                f"A SMILES string of {ion.species} is {ion.smiles}.",
            )
        charge = chemistry.GetFormalCharge(molecule)
        if charge != ion.charge:
            raise InputError(
                f"'{text}' has the charge {charge:+d}, but {ion.species} has {ion.charge:+d}.",
                f"A SMILES string of {ion.species} is {ion.smiles}.",
            )
        molecule = chemistry.AddHs(molecule)
        # A negative seed would mean another geometry every time.
        if geometry.EmbedMolecule(molecule, randomSeed=seed % 2**31) != 0:
            raise InputError(
                f"RDKit finds no geometry for '{text}'.", "Give an XYZ file, or another seed."
            )
        if geometry.MMFFHasAllMoleculeParams(molecule):
            geometry.MMFFOptimizeMolecule(molecule, maxIters=2000)
        else:
            geometry.UFFOptimizeMolecule(molecule, maxIters=2000)
    elements = tuple(atom.GetSymbol() for atom in molecule.GetAtoms())
    return elements, np.asarray(molecule.GetConformer().GetPositions())


def _check(source: str, ion: Ion, elements: tuple[str, ...], positions_A: np.ndarray) -> None:
    """Refuse what is not one whole molecule of the ion."""
    from pymatgen.core import Composition

    if not elements or len(elements) > LARGEST or not set(elements) <= set(atomic_numbers):
        raise InputError(
            f"{source} holds {len(elements)} atoms.", f"Give one molecule of {ion.species}."
        )
    if "X" in elements:
        raise InputError(f"{source} holds a dummy atom X.", "Give real elements only.")
    formula = Composition("".join(elements))
    if formula != Composition(ion.atoms):
        raise InputError(
            f"{source} holds {formula.hill_formula.replace(' ', '')}, but {ion.species} is "
            f"{ion.atoms}.",
            f"Give a geometry of {ion.name}, or name another species.",
        )
    if not np.isfinite(positions_A).all():
        raise InputError(f"{source} has a position that is no number.", "Mend the file.")
    radii = np.array([covalent_radii[atomic_numbers[element]] for element in elements])
    bond = radii[:, None] + radii[None]
    apart = np.linalg.norm(positions_A[:, None] - positions_A[None], axis=2)
    if (apart < TOO_NEAR * bond)[np.triu_indices(len(elements), 1)].any():
        raise InputError(
            f"{source} has atoms that lie on one another.", "Are its positions in angstrom?"
        )
    pieces, _ = connected_components(apart < BOUND * bond)
    if pieces > 1:
        raise InputError(
            f"{source} falls into {pieces} pieces that no bond joins.",
            "Give one whole molecule, not cut by a cell, in angstrom.",
        )
