"""Ions and molecular cations: their atoms, charges, bonds and dipoles."""

import itertools
import re
from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Composition, Element

from perovdb.store import Store, queries

STORE = Store()
MOLECULES = STORE.rows("SELECT * FROM molecule JOIN ion USING (species) ORDER BY species")
#: Covalent radii of Cordero et al., Dalton Trans. 2008, 2832, in angstrom.
COVALENT = {"H": 0.31, "C": 0.76, "N": 0.71}
#: One elementary charge times one angstrom, in debye (CODATA).
DEBYE = 4.80320


def species(row):
    return row["species"]


def atoms(name):
    rows = queries.molecule_atoms(name)
    places = np.array([[row[axis] for axis in ("x_A", "y_A", "z_A")] for row in rows])
    return [row["element"] for row in rows], places


def bonds(name):
    """(i, j, length) of every pair nearer than 1.25 times the sum of its covalent radii."""
    elements, places = atoms(name)
    found = []
    for i, j in itertools.combinations(range(len(elements)), 2):
        length = float(np.linalg.norm(places[i] - places[j]))
        if length < 1.25 * (COVALENT[elements[i]] + COVALENT[elements[j]]):
            found.append((i, j, length))
    return found


def smiles_charge(smiles):
    return sum(b.count("+") - b.count("-") for b in re.findall(r"\[[^\]]*\]", smiles))


def test_six_cations_have_a_geometry():
    assert {row["species"] for row in MOLECULES} == {"NH4", "MA", "FA", "GUA", "DMA", "EA"}


@pytest.mark.parametrize("row", MOLECULES, ids=species)
def test_molecules_are_the_atoms_of_their_ions(row):
    elements, _ = atoms(row["species"])
    assert Composition("".join(elements)) == Composition(row["atoms"])


@pytest.mark.parametrize(
    ("species", "bond", "shortest_A", "longest_A", "count"),
    [
        # As the program that optimised the cations (B3LYP/6-31G*) printed them.
        ("NH4", "H-N", 1.030, 1.030, 4),
        ("MA", "C-N", 1.517, 1.517, 1),
        ("MA", "C-H", 1.090, 1.090, 3),
        ("MA", "H-N", 1.028, 1.028, 3),
        ("FA", "C-N", 1.315, 1.315, 2),
        ("FA", "C-H", 1.087, 1.087, 1),
        ("FA", "H-N", 1.014, 1.016, 4),
        ("GUA", "C-N", 1.337, 1.337, 3),
        ("GUA", "H-N", 1.011, 1.011, 6),
        ("DMA", "C-N", 1.510, 1.510, 2),
        ("DMA", "C-H", 1.091, 1.091, 6),
        ("DMA", "H-N", 1.027, 1.027, 2),
        ("EA", "C-C", 1.519, 1.519, 1),
        ("EA", "C-N", 1.533, 1.533, 1),
        ("EA", "C-H", 1.092, 1.095, 5),
        ("EA", "H-N", 1.028, 1.028, 3),
    ],
)
def test_molecules_have_their_bonds(species, bond, shortest_A, longest_A, count):
    elements, _ = atoms(species)
    lengths = [
        length
        for i, j, length in bonds(species)
        if "-".join(sorted([elements[i], elements[j]])) == bond
    ]
    assert len(lengths) == count
    assert min(lengths) == pytest.approx(shortest_A, abs=1.1e-3)
    assert max(lengths) == pytest.approx(longest_A, abs=1.1e-3)


@pytest.mark.parametrize("row", MOLECULES, ids=species)
def test_bonds_are_as_long_as_covalent_radii_say(row):
    elements, _ = atoms(row["species"])
    for i, j, length in bonds(row["species"]):
        # A C-N bond of order 1.5, as in formamidinium, is a tenth shorter than a single one.
        expected = COVALENT[elements[i]] + COVALENT[elements[j]]
        assert length == pytest.approx(expected, rel=0.12)


@pytest.mark.parametrize("row", MOLECULES, ids=species)
def test_molecules_hang_together_and_hydrogen_has_one_bond(row):
    elements, _ = atoms(row["species"])
    joined = {0}
    for _ in elements:
        joined |= {k for i, j, _ in bonds(row["species"]) if {i, j} & joined for k in (i, j)}
    assert len(joined) == len(elements)
    ends = Counter(k for i, j, _ in bonds(row["species"]) for k in (i, j))
    assert {ends[k] for k, element in enumerate(elements) if element == "H"} == {1}
    # No rings among these: a tree has one bond fewer than atoms.
    assert len(bonds(row["species"])) == len(elements) - 1


@pytest.mark.parametrize("row", MOLECULES, ids=species)
def test_dipoles_about_two_origins_differ_by_charge_times_shift(row):
    elements, places = atoms(row["species"])
    numbers = np.array([Element(element).Z for element in elements])
    masses = np.array([float(Element(element).atomic_mass) for element in elements])
    origins = {
        "dipole_mass_centre_D": masses @ places / masses.sum(),
        "dipole_nuclear_charge_centre_D": numbers @ places / numbers.sum(),
        "dipole_heavy_centroid_D": places[numbers > 1].mean(axis=0),
    }
    for one, two in itertools.combinations(origins, 2):
        shift = row["charge"] * DEBYE * np.linalg.norm(origins[one] - origins[two])
        difference = abs(row[one] - row[two])
        if row["point_group"] == "Cs":
            # The dipole need not be parallel to the shift.
            assert difference <= shift + 1e-3
        else:
            assert difference == pytest.approx(shift, abs=2e-3)


def test_charges_of_smiles_are_those_of_their_ions():
    rows = STORE.rows("SELECT * FROM ion WHERE smiles IS NOT NULL")
    assert len(rows) > 10
    for row in rows:
        assert smiles_charge(row["smiles"]) == row["charge"], row["species"]


def test_smiles_hold_the_atoms_of_their_ions():
    from rdkit import Chem

    for row in STORE.rows("SELECT * FROM ion WHERE smiles IS NOT NULL"):
        molecule = Chem.AddHs(Chem.MolFromSmiles(row["smiles"]))
        atoms = Counter(atom.GetSymbol() for atom in molecule.GetAtoms())
        assert atoms == Composition(row["atoms"]).as_dict(), row["species"]


def test_molecular_ions_are_closed_shells():
    for row in STORE.rows("SELECT * FROM ion WHERE smiles IS NOT NULL"):
        electrons = sum(
            Element(element).Z * n for element, n in Composition(row["atoms"]).as_dict().items()
        )
        assert (electrons - row["charge"]) % 2 == 0, row["species"]


def test_every_alias_stands_for_one_ion(tables):
    aliases = [row["alias"] for row in tables["ion_alias"]]
    known = {row["species"] for row in tables["ion"]}
    assert len(aliases) == len(set(aliases))
    assert known.isdisjoint(aliases)
    assert {row["species"] for row in tables["ion_alias"]} <= known


def test_aliases_that_are_formulas_hold_the_atoms_of_their_ion(tables):
    """Me, Et and PhEt are methyl, ethyl and phenylethyl; without hydrogen an alias is a name."""
    made_of = {row["species"]: Composition(row["atoms"]) for row in tables["ion"]}
    for row in tables["ion_alias"]:
        alias = row["alias"].replace("PhEt", "(C6H5)(C2H4)")
        alias = alias.replace("Me", "(CH3)").replace("Et", "(C2H5)")
        if not re.search(r"H\d", alias):
            continue
        assert Composition(alias) == made_of[row["species"]], row["alias"]
