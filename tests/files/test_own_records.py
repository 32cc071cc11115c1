"""What perovdb leaves in its files is heeded by everything that reads them."""

import pytest

import perovdb
from perovdb.files.crystals import read_crystal

NAMES = ["POSCAR", "p.cif", "p.xyz", "p.json", "p.inc", "p.qe"]


@pytest.fixture(scope="module")
def particle():
    return perovdb.particle("CsPbBr3", cells=2)


@pytest.mark.parametrize("name", NAMES)
def test_the_box_of_a_particle_is_no_crystal_in_any_format(name, particle, tmp_path):
    path = tmp_path / name
    perovdb.write_structure(particle, path)
    assert read_crystal(str(path)).structure.lattice.pbc == (False, False, False)
    with pytest.raises(perovdb.InputError, match="ask `debye`"):
        perovdb.xrd(path)
    assert perovdb.debye(path, [1.5]).formula


@pytest.mark.parametrize("name", NAMES)
def test_a_slab_does_not_repeat_along_its_normal(name, tmp_path):
    perovdb.write_structure(perovdb.slab("CsPbBr3", 2), tmp_path / name)
    assert read_crystal(str(tmp_path / name)).structure.lattice.pbc == (True, True, False)


@pytest.mark.parametrize("name", NAMES)
def test_a_crystal_stays_one(name, tmp_path):
    perovdb.write_structure(perovdb.build("CsPbBr3", "alpha"), tmp_path / name)
    assert read_crystal(str(tmp_path / name)).structure.lattice.pbc == (True, True, True)
