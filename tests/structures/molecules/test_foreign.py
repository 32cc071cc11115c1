"""Molecules from XYZ files and SMILES strings: read, or refused in one line."""

import sys

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from perovdb.errors import InputError, MissingData, PerovdbError, UnknownSpecies
from perovdb.store import current_store
from perovdb.structures.drawing import draw
from perovdb.structures.molecules.foreign import read_molecule
from perovdb.structures.molecules.geometry import load_molecule
from perovdb.structures.molecules.orientations import Orientation
from perovdb.structures.sites import Sites
from perovdb.structures.units import units

STORE = current_store()


def distances(positions):
    return np.linalg.norm(positions[:, None] - positions[None], axis=2)


@pytest.fixture
def ma_file(tmp_path):
    """MA in a frame that is not its own."""
    molecule = load_molecule("MA")
    atoms = Atoms(molecule.elements, molecule.positions_A)
    atoms.translate((3, -2, 7))
    atoms.rotate(40, (1, 2, 3))
    name = tmp_path / "ma.xyz"
    write(name, atoms, format="xyz")
    return name


def test_a_file_gives_the_molecule_in_its_own_frame(ma_file):
    found, wanted = read_molecule(ma_file, "MA"), load_molecule("MA")
    assert found.species == "MA"
    assert found.elements == wanted.elements
    assert distances(found.positions_A) == pytest.approx(distances(wanted.positions_A), abs=1e-6)
    assert found.positions_A[:, 0] == pytest.approx(wanted.positions_A[:, 0], abs=1e-5)
    assert found.masses @ found.positions_A == pytest.approx(np.zeros(3), abs=1e-9)


def test_an_alias_names_the_species(ma_file):
    assert read_molecule(str(ma_file), "CH3NH3").species == "MA"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: "", "holds 0 molecules"),
        (lambda t: t.replace("8", "9", 1), "tells 9 atoms, but only 8 lines"),
        (lambda t: t + t, "holds 2 molecules"),
        (lambda t: t.replace("N ", "Qq "), "is not an XYZ file"),
        (lambda t: t.replace("N ", "P "), "holds CH6P, but MA is CH6N"),
        (lambda t: t.replace("N ", "X "), "dummy atom"),
        (lambda t: "\n".join([*t.split("\n")[:-2], "H nan 0 0\n"]), "no number"),
        (lambda t: "\n".join([*t.split("\n")[:-2], "H 50 50 50\n"]), "falls into 2 pieces"),
        (lambda t: "\n".join([*t.split("\n")[:-2], t.split("\n")[-3], ""]), "on one another"),
        (lambda t: "1\n\nH 0 0 0\n", "holds H, but MA is CH6N"),
        (lambda t: "0\n\n", "holds 0 atoms|is not an XYZ"),
        (lambda t: "8\n\n" + "H one two three\n" * 8, "is not an XYZ file"),
        (lambda t: "99999999999\n\n", "tells 99999999999 atoms, but only 0 lines"),
        (lambda t: "\x00\xff" + t, "Line 1 is not a number of atoms"),
        (lambda t: t + " " * 1_000_001, "more than 1 MB"),
    ],
)
def test_a_file_that_is_not_the_molecule(ma_file, change, words):
    ma_file.write_text(change(ma_file.read_text()))
    with pytest.raises(InputError, match=words) as error:
        read_molecule(ma_file, "MA")
    assert "\n" not in str(error.value)


def test_mutated_files_give_one_error_or_the_molecule(ma_file):
    """Any byte anywhere, cut or not; or a digit of a place, which may leave the molecule whole."""
    text = ma_file.read_bytes()
    digits = [n for n in range(20, len(text)) if chr(text[n]).isdigit()]
    generator = np.random.default_rng(4)
    wanted = distances(load_molecule("MA").positions_A)
    good = 0
    for run in range(300):
        mutated = bytearray(text)
        if run % 2:
            mutated[generator.choice(digits)] = ord("0") + generator.integers(10)
        else:
            for place in generator.integers(len(text), size=generator.integers(1, 6)):
                mutated[place] = generator.integers(256)
            del mutated[generator.integers(1, len(text) + 1) :]
        ma_file.write_bytes(bytes(mutated))
        message = ""
        try:
            found = read_molecule(ma_file, "MA")
        except PerovdbError as error:
            message = str(error)
        else:
            good += 1
            # One digit moves one atom: it is the molecule still, bent by less than a bond.
            assert distances(found.positions_A) == pytest.approx(wanted, abs=1.0)
        assert "\n" not in message
    assert 50 < good < 200


@pytest.mark.parametrize("name", ["missing.xyz", ".xyz"])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(InputError, match="cannot be read"):
        read_molecule(tmp_path / name, "MA")


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder.xyz").mkdir()
    with pytest.raises(InputError):
        read_molecule(tmp_path / "folder.xyz", "MA")


def test_species_that_are_no_molecules(ma_file):
    with pytest.raises(UnknownSpecies):
        read_molecule(ma_file, "Xy")
    with pytest.raises(InputError, match="Cs is an atom"):
        read_molecule(ma_file, "Cs")


def test_without_rdkit_a_smiles_string_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "rdkit.Chem", None)
    with pytest.raises(MissingData, match=r"pip install 'perovdb\[molecules\]'"):
        read_molecule("C[NH3+]", "MA")


def smiles(species):
    return STORE.rows("SELECT smiles FROM ion WHERE species = ?", (species,))[0]["smiles"]


@pytest.mark.parametrize("species", ["MA", "FA", "GUA", "DMA", "EA", "NH4"])
def test_rdkit_agrees_with_the_computed_geometry(species):
    """Bonds of a force field and of B3LYP: within 0.05 A."""
    pytest.importorskip("rdkit")
    found = read_molecule(smiles(species), species)
    wanted = load_molecule(species)
    assert bonds(found) == pytest.approx(bonds(wanted), abs=0.05)


def bonds(molecule):
    """Sorted bond lengths: under 1.75 A, of which one end is heavy, or 1.2 A to hydrogen."""
    light = np.array(molecule.elements) == "H"
    apart = np.triu(distances(molecule.positions_A), 1)
    return np.concatenate(
        [
            np.sort(apart[(apart > 0) & (apart < 1.2) & (light[:, None] ^ light[None])]),
            np.sort(apart[(apart > 0) & (apart < 1.75) & ~light[:, None] & ~light[None]]),
        ]
    )


@pytest.mark.parametrize("species", ["NH3OH", "HYD", "AZ", "IMI", "TriMA", "TMA"])
def test_ions_without_a_geometry_are_built_from_smiles(species):
    pytest.importorskip("rdkit")
    one, two = (read_molecule(smiles(species), species, seed=3) for _ in range(2))
    assert (one.positions_A == two.positions_A).all()
    fractional = np.array([[0.5] * 3, [0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    sites = Sites(np.eye(3) * 6.4, fractional, np.array(["A", "B", "X", "X", "X"]))
    orientation = Orientation(molecules={species: smiles(species)})
    structure = draw(sites, [species, "Pb", "I", "I", "I"], orientation, 0)
    assert {unit.ion for unit in units(structure)} == {species, "Pb", "I"}
    assert len(structure) == 4 + len(one.elements)


@pytest.mark.parametrize(
    ("text", "species", "words"),
    [
        ("", "MA", "neither the name"),
        ("no such thing", "MA", "neither the name"),
        ("C[NH3", "MA", "neither the name"),
        ("CN", "MA", r"charge \+0, but MA has \+1"),
        ("CC[NH3+]", "MA", "holds C2H8N, but MA is CH6N"),
        ("[NH4+].C", "MA", "holds CH8N|pieces"),
        ("C" * 100000, "MA", "neither the name"),
    ],
)
def test_strings_that_are_not_the_ion(text, species, words):
    pytest.importorskip("rdkit")
    with pytest.raises(InputError, match=words) as error:
        read_molecule(text, species)
    assert "\n" not in str(error.value)
