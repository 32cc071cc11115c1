"""Molecules as graphs: bonds of atoms that lie near, SMILES of ions, and which fits which."""

from __future__ import annotations

import re
from dataclasses import dataclass

import networkx as nx
import numpy as np
from pymatgen.core import Composition as Formula
from pymatgen.core import Structure

from perovdb.composition.registry import load_registry
from perovdb.errors import StructureError
from perovdb.store import per_store
from perovdb.structures.charges import LIGANDS
from perovdb.structures.files.overlaps import radii_A
from perovdb.structures.neighbours import Neighbours, walked

#: Atoms nearer than this times the sum of their covalent radii are bonded; hydrogen bonds of
#: organic cations to halides and to each other are longer.
BOND = 1.25

#: Elements that molecules are made of. A halogen is part of one where it is bonded to carbon.
MOLECULAR = frozenset({"H", "B", "C", "N", "O", "Si", "P", "S"})
_HALOGENS = frozenset({"F", "Cl", "Br", "I"})

_SMILES = re.compile(
    r"\[\d*(?P<bracket>[A-Z][a-z]?|[a-z])[^\]]*\]|(?P<atom>Br|Cl|[BCNOSPFI]|[bcnops])"
    r"|(?P<ring>%\d\d|\d)|(?P<open>\()|(?P<close>\))|[-=#:/\\]"
)


@dataclass(frozen=True)
class Molecule:
    """A bonded group of atoms in a structure.

    Attributes:
        atoms: (m,) their indices, ascending.
        cells: (m, 3) the cell that each atom must be moved by for the molecule to be whole.
        bonds: pairs of places in `atoms`.
    """

    atoms: np.ndarray
    cells: np.ndarray
    bonds: tuple[tuple[int, int], ...]

    def elements(self, structure: Structure) -> tuple[str, ...]:
        """(m,) element symbols."""
        return tuple(structure[int(atom)].specie.symbol for atom in self.atoms)


def find_molecules(structure: Structure) -> list[Molecule]:
    """The molecules of a structure, in the order of their first atoms; found by bond lengths.

    Raises:
        StructureError: a molecule is bonded to its own periodic image.
    """
    symbols = np.array([site.specie.symbol for site in structure])
    radii = radii_A(structure)
    light = np.isin(symbols, list(MOLECULAR))
    if not light.any():
        return []
    carbon, halogen = symbols == "C", np.isin(symbols, list(_HALOGENS))
    reach = BOND * (radii[light].max() + radii[light | halogen].max())
    lattice = structure.lattice
    first, second, cell, distance = Neighbours(
        lattice.matrix, structure.frac_coords, reach, lattice.pbc
    ).pairs(np.flatnonzero(light))
    may = light[second] | (carbon[first] & halogen[second])
    bonded = may & (distance < BOND * (radii[first] + radii[second]))
    bonded &= ~((symbols[first] == "H") & (symbols[second] == "H"))
    first, second, cell = first[bonded], second[bonded], cell[bonded]
    part, cells = walked(len(structure), first, second, cell)
    loops = (cells[first] + cell != cells[second]).any(axis=1)
    if loops.any():
        atom = int(first[loops.argmax()])
        raise StructureError(
            f"The molecule of {symbols[atom]} (atom {atom + 1}) is bonded to its own periodic "
            "image.",
            "Check the cell and the positions: chains and networks are no molecules.",
        )
    inside = light.copy()
    inside[second] = True
    bonds = np.unique(np.sort(np.column_stack([first, second]), axis=1), axis=0)
    of_part: dict[int, list[int]] = {}
    for atom in np.flatnonzero(inside).tolist():
        of_part.setdefault(int(part[atom]), []).append(atom)
    place = {atom: number for group in of_part.values() for number, atom in enumerate(group)}
    bonds_of: dict[int, list[tuple[int, int]]] = {number: [] for number in of_part}
    for one, other in bonds.tolist():
        bonds_of[int(part[one])].append((place[one], place[other]))
    return [
        Molecule(np.array(group), cells[group], tuple(bonds_of[number]))
        for number, group in of_part.items()
    ]


def smiles_graph(smiles: str) -> nx.Graph:
    """The atoms of a SMILES string but hydrogen, with their bonds; orders and charges left out.

    OpenSMILES specification, http://opensmiles.org (from memory).
    """
    graph, stack, last = nx.Graph(), [], -1
    rings: dict[str, int] = {}
    for token in _SMILES.finditer(smiles):
        symbol = token["bracket"] or token["atom"]
        if symbol:
            node = len(graph)
            graph.add_node(node, element=symbol.capitalize())
            if last >= 0:
                graph.add_edge(last, node)
            last = node
        elif token["ring"]:
            if token["ring"] in rings:
                graph.add_edge(last, rings.pop(token["ring"]))
            else:
                rings[token["ring"]] = last
        elif token["open"]:
            stack.append(last)
        elif token["close"]:
            last = stack.pop()
    return graph


@per_store
def _known() -> list[tuple[str, nx.Graph, int]]:
    """Species, graph without hydrogen and number of hydrogens of molecular ions and ligands."""
    ligands = [
        (name, smiles_graph(ligand.smiles), ligand.hydrogens) for name, ligand in LIGANDS.items()
    ]
    ions = [
        (ion.species, smiles_graph(ion.smiles), int(Formula(ion.atoms)["H"]))
        for ion in load_registry().ions.values()
        if ion.molecular
    ]
    return [*ions, *ligands]


@per_store
def match(elements: tuple[str, ...], bonds: tuple[tuple[int, int], ...]) -> tuple[str, str]:
    """The ion, or ligand, that a molecule is, or "", and a hint why it is none.

    Args:
        elements: (m,) element symbols.
        bonds: pairs of atoms.
    """
    hydrogens = elements.count("H")
    hints = []
    for species, count in _alike(elements, bonds):
        if count == hydrogens:
            return species, ""
        hints.append(f"{species} has {count} H, this molecule has {hydrogens}")
    return "", "; ".join(hints)


def without_hydrogen(elements: tuple[str, ...], bonds: tuple[tuple[int, int], ...]) -> str:
    """The ion that a molecule is by its other atoms, or "" if it is none or one of several."""
    fitting = _alike(elements, bonds)
    return fitting[0][0] if len(fitting) == 1 else ""


def _alike(elements: tuple[str, ...], bonds: tuple[tuple[int, int], ...]) -> list[tuple[str, int]]:
    """Ions and ligands with the same atoms but hydrogen, bonded alike, and their hydrogens."""
    graph = nx.Graph()
    graph.add_nodes_from((number, {"element": element}) for number, element in enumerate(elements))
    graph.add_edges_from(bonds)
    graph.remove_nodes_from([n for n, element in enumerate(elements) if element == "H"])
    return [
        (species, count)
        for species, known, count in _known()
        if len(known) == len(graph)
        and nx.is_isomorphic(
            known, graph, node_match=lambda one, other: one["element"] == other["element"]
        )
    ]


def hill_formula(elements: tuple[str, ...]) -> str:
    """The formula of a molecule, such as CH6N."""
    return Formula("".join(elements)).hill_formula.replace(" ", "")
