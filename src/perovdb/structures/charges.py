"""Formal charges of what stands in a structure: ions, ligands, molecules that were kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from perovdb.composition.registry import load_registry
from perovdb.structures.units import Unit


class Ligand(NamedTuple):
    """A ligand that is no ion of the registry.

    Attributes:
        charge: in e.
        smiles: its atoms but hydrogen, and their bonds.
        hydrogens: how many it has.
    """

    charge: int
    smiles: str
    hydrogens: int


#: By its chemistry, CH3COO-.
LIGANDS = {"acetate": Ligand(-1, "CC(=O)[O-]", 3)}

#: Charge of a molecule that the registry does not know and that was kept as an A cation.
KEPT = 1


def ion_charge(ion: str) -> int:
    """Formal charge of an ion of the registry or of a ligand, in e.

    Raises:
        UnknownSpecies: it is neither.
    """
    return LIGANDS[ion].charge if ion in LIGANDS else load_registry().ion(ion).charge


def unit_charge(unit: Unit) -> int:
    """Formal charge of a unit of a structure, in e; a kept molecule counts as one A cation.

    Raises:
        UnknownSpecies: it is no ion, ligand or molecule.
    """
    kept = unit.role == "A" and unit.ion not in load_registry().ions
    return KEPT if kept else ion_charge(unit.ion)


def formal_charge(ions: Sequence[str]) -> int:
    """Sum of the charges of ions by their names, in e; "" counts nothing."""
    return sum(ion_charge(ion) for ion in ions if ion)


def charge_of_units(every: Iterable[Unit]) -> int:
    """Sum of the formal charges of units, in e."""
    return sum(unit_charge(unit) for unit in every)
