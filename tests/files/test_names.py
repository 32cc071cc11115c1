"""Names of files: what a text means does not hang on what lies in the folder."""

import gzip

import pytest
from pymatgen.core import Lattice, Structure

from perovdb.files.crystals import read_crystal
from perovdb.files.names import FORMATS, READ_TOO, format_to_read, is_file_name


@pytest.mark.parametrize("ending", [*FORMATS, *READ_TOO, ".mcif", ".cssr", ".xsf", ".res", ".xml"])
def test_endings_of_structures_are_those_of_files(ending):
    assert is_file_name(f"a{ending}")
    assert is_file_name(f"here/CsPbI3{ending.upper()}")


@pytest.mark.parametrize("name", ["POSCAR", "run/CONTCAR_2", "CHGCAR", "my_POSCAR", "a.cif.gz"])
def test_names_without_such_an_ending(name):
    assert is_file_name(name)


@pytest.mark.parametrize(
    "formula", ["CsPbI3", "CsPbI2.5Br0.5", "Cs0.5[FA].5PbI3", "FAPb(I,Br)3", "CsPbBr3:beta", "C.5"]
)
def test_formulas_are_no_names(formula, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / formula).write_text("x")
    assert not is_file_name(formula)


@pytest.mark.parametrize("ending", [".cif", ".vasp", ".json"])
def test_a_compressed_file_is_the_file_in_it(ending, tmp_path):
    salt = Structure(Lattice.cubic(4.1), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    plain = tmp_path / f"a{ending}"
    salt.to(str(plain), fmt={".vasp": "poscar"}.get(ending, ending[1:]))
    packed = tmp_path / f"a{ending}.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    one, other = read_crystal(str(plain)), read_crystal(str(packed))
    assert one.text == other.text
    assert one.form == other.form == format_to_read(str(packed))
    assert one.structure == other.structure


def test_a_poscar_is_told_wherever_the_word_stands():
    assert [format_to_read(name) for name in ("my_POSCAR", "a/CONTCAR_2", "POSCAR_a.cif")] == [
        "poscar"
    ] * 3
    assert [format_to_read(name) for name in ("of_POSCAR.cif", "a.mcif", "POSCAR/a")] == [
        "cif",
        "cif",
        "",
    ]
