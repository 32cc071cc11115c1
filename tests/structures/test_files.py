"""Files: what is written is what was built, and no file is half written."""

import os

import numpy as np
import pytest
from ase.io import read
from pymatgen.core import Structure

from perovdb.errors import InputError
from perovdb.structures.builder import build
from perovdb.structures.files import format_of, write_structure


@pytest.fixture
def structure():
    return build("Cs0.5FA0.5PbI3", size=(2, 2, 2), vacancy="FA")


@pytest.mark.parametrize("name", ["POSCAR", "POSCAR.start", "model.vasp", "model.cif"])
def test_pymatgen_reads_back_what_was_built(structure, tmp_path, name):
    write_structure(structure, str(tmp_path / name))
    if name == "POSCAR.start":
        os.rename(tmp_path / name, tmp_path / "POSCAR")
        name = "POSCAR"
    found = Structure.from_file(tmp_path / name)
    assert found.composition == structure.composition
    wanted = Structure(structure.lattice, structure.species, structure.frac_coords)
    distances = wanted.lattice.get_all_distances(wanted.frac_coords, found.frac_coords)
    assert distances.min(axis=1) == pytest.approx(np.zeros(len(wanted)), abs=1e-6)


def test_an_xyz_file_keeps_roles_ions_and_molecules(structure, tmp_path):
    write_structure(structure, str(tmp_path / "model.xyz"))
    atoms = read(tmp_path / "model.xyz")
    assert atoms.get_positions() == pytest.approx(structure.cart_coords, abs=1e-6)
    assert atoms.cell.array == pytest.approx(structure.lattice.matrix, abs=1e-6)
    for name in ("role", "ion", "molecule"):
        assert list(atoms.arrays[name]) == structure.site_properties[name]


def test_a_name_must_tell_its_format():
    with pytest.raises(InputError, match=r"\.vasp, \.cif, \.xyz"):
        format_of("model.pdb")


def test_an_existing_file_is_kept(structure, tmp_path):
    target = tmp_path / "POSCAR"
    target.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_structure(structure, str(target))
    assert target.read_text() == "mine"


def test_a_failed_write_leaves_nothing(structure, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        write_structure(structure, str(tmp_path / "POSCAR"))
    assert list(tmp_path.iterdir()) == []
